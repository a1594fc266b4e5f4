/*
 * What must stay true:
 * - The sheet is handed to n8n whole: after that this execution runs no code of ours until all rows are delivered.
 * - A further try of the node, and n8n's Retry of the execution, go on with what was bought: the ledger comes back into the node's
 *   context, or is read from the execution that kept it.
 */
import { WAIT_FOR_SUB_EXECUTION, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { afterCutOff, sentEntry } from '../../generation/ledger';
import { faultOf, type Fault, type Outcome } from '../../generation/outcome';
import type { Run } from '../../generation/run';
import { startedOnly, type Sheet } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { afterError } from '../../generation/transitions';
import { hint } from '../hint';
import { runIndexOf } from '../toolCall';
import { checkResumeAddress } from './callbacks';
import { startsIn } from './eachClip';
import { entriesOf, outcomesOf } from './openRun';
import type { DeliveryPlan } from './results';
import { sheetIn, sheetItem, sheetSavedIn, startChild, workerIdIn } from './sheetExecutions';
import { guardWorkflow, sheetWorkflow } from './sheetWorkflows';

const EXECUTIONS_KEY = 'klingFastSheetExecutions';

/** Why this n8n cannot sleep, undefined where it can: version 1 resumes a waiting workflow without the results. */
export function sleepingFault(): Fault | undefined {
	const isAbleTo = (WAIT_FOR_SUB_EXECUTION as Date | undefined) !== undefined;
	if (isAbleTo) return undefined;
	return {
		message: "'How to Wait' is \"Sleep in n8n's Database\", which needs a later n8n 2",
		advice:
			'Set it to "Check Until Finished", or update n8n. Nothing was submitted and nothing was charged.',
	};
}

/**
 * Hands a sheet over to n8n and, as soon as that sleeps, puts this execution to wait for it.
 *
 * @returns what became of the rows where all have ended before anything had to wait; undefined where the execution waits
 */
export async function sleepThrough(
	context: IExecuteFunctions,
	run: Run,
	sheet: Sheet,
	plan: DeliveryPlan,
): Promise<Outcome[] | undefined> {
	const { keyScope, rows, ledger: own } = sheet;
	sheet.ledger = { ...own };
	sheet.waitingExecutionIds = [keyScope.executionId];
	const starts = sheet.eachClip?.starts ?? {};
	await uploadFromMemory(sheet, run);
	if (rows.some(({ job }) => job)) await checkResumeAddress(context, run);
	hintAtTimeLimit(context, rows);
	const { executionId } = keyScope;
	const item = sheetItem(sheet, { plan: JSON.stringify(plan) });
	const mode = context.getMode();
	const result = await startChild(context, sheetWorkflow(context, keyScope), item, mode);
	const [first] = result.data;
	if (!result.waitTill) {
		const after = sheetIn(first?.[0]?.json);
		if (!after) throw new Error('The sheet ended without its rows');
		Object.assign(own, after.ledger);
		Object.assign(starts, after.eachClip?.starts);
		return await outcomesOf(context, after);
	}
	for (const { json } of first ?? []) {
		if (typeof json.taskId === 'string') run.journal.add(json.taskId);
	}
	executionsIn(context)[keyScope.runIndex] = result.executionId;
	const watched = { waitingExecutionId: executionId, sheetExecutionId: result.executionId };
	await startChild(context, guardWorkflow(context), { json: watched }, mode);
	const line = `execution ${executionId} sleeps until its ${rows.length} rows have ended; execution ${result.executionId} works on them`;
	run.logger.info(`Kling Fast: ${line}`, { executionId, sheetExecutionId: result.executionId });
	return undefined;
}

/**
 * Images that n8n keeps in memory are uploaded before the sheet sleeps: they could not be found later. Of the others the sheet is saved
 * with no more than where they are.
 */
async function uploadFromMemory({ rows, uploads }: Sheet, run: Run): Promise<void> {
	for (const [rowIndex, row] of rows.entries()) {
		const frames = row.job?.frames.filter(({ file }) => file) ?? [];
		try {
			for (const frame of frames) {
				if (frame.file?.id) continue;
				const atMs = run.clock.nowMs();
				uploads[frame.identity] ??= { url: await run.imageUrl(frame), atMs };
			}
		} catch (error) {
			if (run.signal?.aborted) throw stopReason(run.signal);
			// What an earlier try has sent needs no image. A next attempt would, so there is none.
			if (sentEntry(row, run.ledger)) row.settings.retryFailed = 0;
			else rows[rowIndex] = afterError(row, faultOf(error));
		}
		for (const frame of frames) {
			if (frame.file) Object.assign(frame, { file: { ...frame.file, data: '' }, size: undefined });
		}
	}
}

/**
 * What n8n's Retry of an execution that slept has to know, however it waits now: what was paid for, and which workflows were started.
 *
 * @returns why that is not known: without it every clip would be bought again
 */
export async function recallSheet(context: IExecuteFunctions): Promise<Fault | undefined> {
	const runIndex = runIndexOf(context);
	const executions = executionsIn(context);
	const sheetId = executions[runIndex];
	if (!sheetId) return undefined;
	let sheet: Sheet | undefined;
	let cause = 'was deleted';
	try {
		sheet = await earlierSheet(context, sheetId);
	} catch (error) {
		cause = `could not be read (${faultOf(error).message})`;
	}
	if (!sheet) {
		return {
			message: `Execution ${sheetId}, in which these clips were made before, ${cause}: it is not known what was paid for`,
			advice:
				"Nothing is submitted now. n8n's log names the task of every row that was: fetch the clips with Get Video. To buy all clips again, start the workflow anew instead of retrying it.",
		};
	}
	Object.assign(entriesOf(context, runIndex), afterCutOff(sheet.ledger));
	Object.assign(startsIn(context), startedOnly(sheet.eachClip?.starts));
	// What this execution adds from here on is newer.
	delete executions[runIndex];
	return undefined;
}

/** The sheet of the execution before, as it was saved last. */
async function earlierSheet(
	context: IExecuteFunctions,
	sheetId: string,
): Promise<Sheet | undefined> {
	const sheet = await context.getExecutionDataById(sheetId);
	const workerId = workerIdIn(sheet);
	const saved = sheetSavedIn(sheet);
	if (saved || !workerId) return saved;
	return sheetSavedIn(await context.getExecutionDataById(workerId));
}

function executionsIn(context: IExecuteFunctions): Record<string, string> {
	return (context.getContext('node')[EXECUTIONS_KEY] ??= {}) as Record<string, string>;
}

/** n8n counts the time asleep, too, and cancels the execution when it resumes too late. */
function hintAtTimeLimit(context: IExecuteFunctions, rows: SheetRow[]): void {
	const { executionTimeout = 0 } = context.getWorkflowSettings() as IDataObject;
	const longest = Math.max(...rows.map(({ settings }) => settings.maxWaitSeconds));
	if (typeof executionTimeout !== 'number' || executionTimeout <= 0) return;
	if (executionTimeout >= longest) return;
	const message = `The workflow's time limit (Settings, "Timeout Workflow") is ${executionTimeout} seconds and "Maximum Wait (Seconds)" ${longest}: n8n counts the time asleep, too, and cancels the execution although its clips are made and charged.`;
	hint(context, message);
}
