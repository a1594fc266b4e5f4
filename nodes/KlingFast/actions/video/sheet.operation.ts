/*
 * The operations of a sleeping sheet, which no dropdown shows. What must stay true:
 * - Whatever ends a worker, its sheet goes on from what n8n has saved, or ends with a sentence that names its tasks.
 * - After Stop, in whichever of its executions, no row is submitted.
 * - The rows are delivered as the node that waits would have done it.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { taskIdOfCallback } from '../../apimart/callback';
import { currentClock } from '../../clock';
import { afterCutOff } from '../../generation/ledger';
import { faultOf, outcomeJson } from '../../generation/outcome';
import { runRound } from '../../generation/round';
import {
	abandon,
	isOver,
	openTaskIds,
	outdated,
	sleepSeconds,
	withoutRequests,
	type Sheet,
} from '../../generation/sheet';
import { TaskJournal } from '../../generation/taskLog';
import { isObject } from '../../json';
import { nodeError } from '../failures';
import { eachClipAsleep, forgetStarts } from './eachClip';
import { explainBalance, openRun, outcomesOf, type OpenRun } from './openRun';
import { deliver, type DeliveryPlan } from './results';
import {
	handOverFiles,
	isStopped,
	isWaitedFor,
	sheetIn,
	sheetItem,
	sheetKeptByGuard,
	sheetSavedIn,
	startChild,
	waitsFor,
	whyStopped,
	workerIdIn,
} from './sheetExecutions';
import { SHEET_KEY, workerWorkflow } from './sheetWorkflows';

/** So often a worker may be cut off without having brought a row to its end. */
const MAX_RESTARTS = 5;
/** So many rounds a credential may be unreadable: a database or a vault that is busy, not a credential that was deleted. */
const MAX_CREDENTIAL_FAULTS = 4;
const SOON_SECONDS = 1;
const LATER_SECONDS = 60;

/** Starts the worker of a sheet, or checks what became of it. */
export async function watchSheet(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { workerId } = this.getContext('node');
	return typeof workerId === 'string' ? await checkWorker(this, workerId) : await takeOver(this);
}

async function takeOver(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const [{ json }] = context.getInputData();
	const sheet = sheetIn(json);
	if (!sheet) throw new Error('There is no sheet to watch over');
	sheet.waitingExecutionIds.push(context.getExecutionId());
	// This execution is read in every round: what is only needed should its worker be deleted is enough.
	delete json[SHEET_KEY];
	context.getContext('node').rows = JSON.stringify(outdated(withoutRequests(sheet)));
	return await startWorker(context, sheet);
}

/** The worker has ended early: another one goes on, or the sheet ends with what is known of its rows. */
async function checkWorker(
	context: IExecuteFunctions,
	workerId: string,
): Promise<INodeExecutionData[][]> {
	const state = context.getContext('node');
	const worker = await context.getExecutionDataById(workerId);
	const known: Sheet = JSON.parse(String(state.rows));
	const { executionId } = known.keyScope;
	const saved = sheetSavedIn(worker) ?? (await sheetKeptByGuard(context, executionId));
	if (!worker || !saved || isStopped(worker)) {
		const end = worker && saved ? 'stopped' : 'deleted';
		const message = `Execution ${workerId}, which made the clips of this sheet, was ${end}`;
		return [[sheetItem(abandon(outdated(saved ?? known), { message }))]];
	}
	const endedRows = saved.rows.filter(({ phase }) => phase === 'ended').length;
	const restarts = state.endedRows === endedRows ? Number(state.restarts) + 1 : 0;
	Object.assign(state, { endedRows, restarts });
	if (restarts >= MAX_RESTARTS) {
		const message = `n8n was cut off ${MAX_RESTARTS} times while it worked on this sheet`;
		return [[sheetItem(abandon(outdated(saved), { message }))]];
	}
	context.logger.warn(
		`Kling Fast: execution ${workerId}, which made the clips of execution ${executionId}, was cut off; another one goes on`,
	);
	const ledger = afterCutOff(saved.ledger);
	return await startWorker(context, { ...saved, ledger }, { start: 'restart' });
}

async function startWorker(
	context: IExecuteFunctions,
	sheet: Sheet,
	more: { start?: 'restart' } = {},
): Promise<INodeExecutionData[][]> {
	try {
		const worker = workerWorkflow(context, sheet.keyScope);
		const result = await startChild(context, worker, sheetItem(sheet, more));
		context.getContext('node').workerId = result.executionId;
		const [items] = result.data;
		const given = items ?? [];
		if (!result.waitTill) return [given.map(({ json }) => ({ json: { ...json, isAwake: true } }))];
		// What the execution that waits gets should n8n be killed in the few milliseconds in which this one works.
		return [interrupted(sheet, given[0]?.json.taskIds)];
	} catch (error) {
		return [[sheetItem(abandon(outdated(sheet), faultOf(error)))]];
	}
}

function taskIdsOf({ rows }: Sheet): IDataObject {
	return Object.fromEntries(
		rows.flatMap(({ outcome: { itemIndex, taskId } }) => (taskId ? [[itemIndex, taskId]] : [])),
	);
}

function interrupted(sheet: Sheet, taskIds: unknown): INodeExecutionData[] {
	const why = { message: 'n8n was ended while it worked on this sheet' };
	return abandon(outdated(withoutRequests(sheet)), why).rows.map(({ outcome }) => {
		const { itemIndex } = outcome;
		const taskId = isObject(taskIds) ? taskIds[itemIndex] : undefined;
		const json = outcomeJson(typeof taskId === 'string' ? { ...outcome, taskId } : outcome);
		return { json, pairedItem: { item: itemIndex } };
	});
}

/**
 * One round: what has ended, what comes next, and how long to sleep. The first call takes the sheet over and lets n8n's Wait pass once
 * without waiting: of an execution that is killed in a round, n8n tells the parent only where its Wait node has run before.
 */
export async function sheetRound(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const context = this.getContext('node');
	const [{ json }] = this.getInputData();
	const sheet = sheetIn(context);
	if (!sheet) {
		Object.assign(context, { [SHEET_KEY]: json[SHEET_KEY], start: json.start ?? 'first' });
		// The item that brought the sheet would be saved in every round.
		delete json[SHEET_KEY];
		return sleepFor(0);
	}
	const { start } = context;
	const { body } = json;
	// What came with a callback would be saved in every round.
	for (const name of Object.keys(json)) delete json[name];
	// Nothing is done before n8n has saved this execution as waiting: the one that watches over it is at work as long.
	context.start = start === 'restart' ? 'restarted' : undefined;
	if (start === 'restart') return sleepFor(SOON_SECONDS);
	// The one that was cut off stays in the list of executions, and its files go when somebody deletes it.
	if (start === 'restarted') await handOverFiles(this, sheet, sheet.rows);
	const after = await roundOf(this, sheet, { isFirst: start === 'first', body });
	const isEnd =
		isOver(after.sheet) &&
		(start === 'first' || after.sheet.isGivenUp || (await isWaitedFor(this, sheet)));
	if (after.sheet.isGivenUp) nameOpenTasks(this, after.sheet);
	if (isEnd) {
		await handOverFiles(this, after.sheet, after.sheet.rows);
		return [[sheetItem(after.sheet)]];
	}
	after.sheet.firstSleepAtMs ??= currentClock().nowMs();
	context[SHEET_KEY] = JSON.stringify(after.sheet);
	return sleepFor(after.waitSeconds, start === 'first' ? taskIdsOf(after.sheet) : undefined);
}

/** In n8n's log and in this execution's custom data, which n8n keeps of a stopped one. */
function nameOpenTasks(context: IExecuteFunctions, sheet: Sheet): void {
	const taskIds = openTaskIds(sheet);
	if (taskIds.length === 0) return;
	const journal = new TaskJournal(context.customData, context.logger);
	for (const taskId of taskIds) journal.add(taskId);
	const line = `the sheet of execution ${sheet.keyScope.executionId} has ended, and these tasks go on at APIMart: ${taskIds.join(', ')}`;
	context.logger.warn(`Kling Fast: ${line}`);
}

function sleepFor(waitSeconds: number, taskIds?: IDataObject): INodeExecutionData[][] {
	return [[{ json: { waitSeconds, ...(taskIds && { taskIds }) } }]];
}

async function roundOf(
	context: IExecuteFunctions,
	sheet: Sheet,
	{ isFirst, body }: { isFirst: boolean; body: unknown },
): Promise<{ sheet: Sheet; waitSeconds: number }> {
	let opened: OpenRun;
	try {
		opened = await openRun(context, sheet.concurrency, sheet);
	} catch (error) {
		const faults = (sheet.credentialFaults ?? 0) + 1;
		const after = { ...sheet, credentialFaults: faults };
		const waitSeconds = faults === 1 ? SOON_SECONDS : LATER_SECONDS;
		if (faults < MAX_CREDENTIAL_FAULTS) return { sheet: after, waitSeconds };
		const stopped = await whyStopped(context, after, currentClock());
		const ended = { ...abandon(after, faultOf(error)), isGivenUp: stopped !== undefined };
		return { sheet: ended, waitSeconds: SOON_SECONDS };
	}
	const before = new Set(sheet.rows.filter(({ phase }) => phase === 'ended'));
	sheet.credentialFaults = 0;
	const { run, isCalledBack } = opened;
	const eachClip = eachClipAsleep(context, run, sheet);
	const after = await runRound(sheet, run, {
		isUnsaved: isFirst,
		namedTaskId: taskIdOfCallback(body),
		onRows: eachClip?.onRows,
	});
	await eachClip?.started();
	for (const row of after.rows) {
		if (row.phase !== 'ended' || before.has(row)) continue;
		row.outcome = await explainBalance(row.outcome, run);
	}
	const waitSeconds = isOver(after)
		? SOON_SECONDS
		: sleepSeconds(after, run.clock.nowMs(), isCalledBack);
	return { sheet: after, waitSeconds };
}

/**
 * Checks whether the executions of a sheet are still there. As long as somebody waits for the sheet this may end only with an error: what
 * it ends with becomes the result of the node that waits.
 */
export async function guardSheet(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const context = this.getContext('node');
	const [{ json }] = this.getInputData();
	const waiting = await this.getExecutionDataById(String(json.waitingExecutionId));
	const isWaiting = waitsFor(waiting, String(json.sheetExecutionId));
	// The first check comes before the node that waits has gone to wait.
	if (!isWaiting && context.hasChecked) return [[{ json: { [SHEET_KEY]: '' } }]];
	const sheet = await this.getExecutionDataById(String(json.sheetExecutionId));
	const workerId = workerIdIn(sheet) ?? context.workerId;
	const hasWorker = typeof workerId === 'string';
	const worker = hasWorker ? await this.getExecutionDataById(workerId) : undefined;
	const gone = !sheet ? json.sheetExecutionId : hasWorker && !worker ? workerId : undefined;
	// One that has just ended is gone, too, before n8n has delivered its rows.
	const isGoneForGood = gone !== undefined && gone === context.gone;
	Object.assign(context, { workerId, gone, hasChecked: true });
	const saved = sheetSavedIn(worker);
	if (saved) context[SHEET_KEY] = JSON.stringify(saved);
	if (!isGoneForGood) return [[{ json }]];
	const last = sheetIn(context);
	const tasks = last ? openTaskIds(last).join(', ') : '';
	const named = tasks ? ` These go on at APIMart: ${tasks}.` : '';
	throw nodeError(this, {
		message: `Execution ${String(gone)}, which made the clips of this sheet, was deleted`,
		advice: `Nothing more is submitted.${named} n8n's log names the task of every row that was submitted: fetch them with Get Video.`,
	});
}

/** All rows have ended: gives their items, or throws one error for what went wrong, as the node that waits asks for. */
export async function deliverSheet(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const [input] = this.getInputData();
	const sheet = sheetIn(input.json);
	if (!sheet) throw new Error('There is no sheet to deliver');
	await forgetStarts(this, sheet);
	// The node that waits has not gone to sleep yet and delivers itself.
	if (input.json.isAwake) return [[input]];
	nameOpenTasks(this, sheet);
	const outcomes = await outcomesOf(this, sheet);
	const plan: DeliveryPlan = JSON.parse(
		String(this.evaluateExpression('{{ $("Start").first().json.plan }}', 0)),
	);
	// Where this throws, the ledger is found here by n8n's Retry of the execution.
	this.getContext('node')[SHEET_KEY] = input.json[SHEET_KEY];
	// Where nobody waits any more an error stays in the list of executions, and names the tasks.
	return deliver(this, outcomes, sheet.isGivenUp ? { ...plan, onFailure: 'throw' } : plan);
}
