/*
 * The executions that work on a sheet or wait for it, as n8n has them on record, and the sheet in what they have saved.
 */
import {
	jsonParse,
	type ExecuteWorkflowData,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type IRunExecutionData,
	type IWorkflowBase,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Clock } from '../../clock';
import type { Fault } from '../../generation/outcome';
import type { Sheet } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { isObject } from '../../json';
import { filesWorkflow, SHEET_KEY, WATCH_NODE } from './sheetWorkflows';

/** So long after its first round the executions that wait for a sheet may take until n8n has saved them as waiting. */
const STARTING_MS = 60_000;
/** n8n copies the files of one execution all at once. */
const FILES_AT_ONCE = 10;
const OUTPUT_FIELD = 'data';

export function sheetItem(sheet: Sheet, more: IDataObject = {}): INodeExecutionData {
	return { json: { ...more, [SHEET_KEY]: JSON.stringify(sheet) } };
}

/** Starts one of the workflows of a sheet, as a child that n8n resumes this execution after. */
export async function startChild(
	context: IExecuteFunctions,
	code: IWorkflowBase,
	item: INodeExecutionData,
	executionMode?: WorkflowExecuteMode,
): Promise<ExecuteWorkflowData> {
	const executionId = context.getExecutionId();
	const workflowId = context.getWorkflow().id ?? '';
	const parentExecution = { executionId, workflowId, shouldResume: true };
	const options = { parentExecution, executionMode };
	return await context.executeWorkflow({ code }, [item], undefined, options);
}

/** The sheet in an item or a context, undefined where there is none. */
export function sheetIn(holder: unknown): Sheet | undefined {
	const text = isObject(holder) ? holder[SHEET_KEY] : undefined;
	return typeof text === 'string' ? jsonParse<Sheet>(text) : undefined;
}

/** The sheet that an execution has saved in the context of one of its nodes. */
export function sheetSavedIn(data: IRunExecutionData | undefined): Sheet | undefined {
	const contexts = Object.values(data?.executionData?.contextData ?? {});
	return contexts.map(sheetIn).find((sheet) => sheet !== undefined);
}

/** The execution that works on a sheet, by what the one that watches over it has saved. */
export function workerIdIn(data: IRunExecutionData | undefined): string | undefined {
	const workerId: unknown = data?.executionData?.contextData[`node:${WATCH_NODE}`]?.workerId;
	return typeof workerId === 'string' ? workerId : undefined;
}

/** The copy that the guard of a sheet keeps, found by what n8n notes of the children of the execution that waits. */
export async function sheetKeptByGuard(
	context: IExecuteFunctions,
	waitingExecutionId: string,
): Promise<Sheet | undefined> {
	const waiting = await context.getExecutionDataById(waitingExecutionId);
	const [entry] = waiting?.executionData?.nodeExecutionStack ?? [];
	for (const childId of entry?.metadata?.waitingChildExecutionIds ?? []) {
		const sheet = sheetSavedIn(await context.getExecutionDataById(childId));
		if (sheet) return sheet;
	}
	return undefined;
}

/**
 * Gives the stored videos to the execution that waits: n8n deletes the files of an execution with it, and this one goes early. A child
 * execution that ends without waiting leaves copies of its files to the execution that it names as its parent.
 */
export async function handOverFiles(
	context: IExecuteFunctions,
	{ keyScope }: Sheet,
	all: SheetRow[],
): Promise<void> {
	const { executionId, workflowId } = keyScope;
	const options = { parentExecution: { executionId, workflowId, shouldResume: false } };
	const withFiles = all.filter(({ outcome, isHandedOver }) => outcome.binary && !isHandedOver);
	for (let first = 0; first < withFiles.length; first += FILES_AT_ONCE) {
		const rows = withFiles.slice(first, first + FILES_AT_ONCE);
		const items = rows.map(({ outcome: { binary } }) => ({
			json: {},
			...(binary && { binary: { [OUTPUT_FIELD]: binary } }),
		}));
		const code = filesWorkflow(context);
		const { data } = await context.executeWorkflow({ code }, items, undefined, options);
		for (const [index, row] of rows.entries()) {
			row.outcome.binary = data[0]?.[index]?.binary?.[OUTPUT_FIELD] ?? row.outcome.binary;
			row.isHandedOver = true;
		}
	}
}

type Waiters = Pick<Sheet, 'callerIds' | 'waitingExecutionIds' | 'firstSleepAtMs' | 'wasWaitedFor'>;

/**
 * The executions that called this one as a sub-workflow and wait for its end, the nearest first. n8n does not pass Stop on to what they
 * have called.
 */
export async function callersOf(context: IExecuteFunctions): Promise<string[]> {
	const callerIds: string[] = [];
	// n8n's Retry starts with the data of the execution before, of which the caller is part. Nobody waits for a Retry.
	if (context.getMode() === 'retry') return callerIds;
	// Most executions were not called: those need not be read.
	if (!context.getExecutionContext()?.parentExecutionId) return callerIds;
	let caller = (await context.getExecutionDataById(context.getExecutionId()))?.parentExecution;
	while (caller && caller.shouldResume !== false) {
		callerIds.push(caller.executionId);
		caller = (await context.getExecutionDataById(caller.executionId))?.parentExecution;
	}
	return callerIds;
}

/** Stop ends the execution that waits, and n8n does not notify this one: n8n's record of it says so. */
export async function whyStopped(
	context: IExecuteFunctions,
	sheet: Waiters,
	clock: Clock,
): Promise<Fault | undefined> {
	for (const executionId of sheet.callerIds) {
		const data = await context.getExecutionDataById(executionId);
		// Of a manual execution that runs n8n has nothing saved, so that there is none says nothing.
		if (isStopped(data)) {
			return { message: `Execution ${executionId}, which called this workflow, was stopped` };
		}
	}
	// Until the sheet sleeps, those that wait for it still run, of a manual one again with nothing saved.
	const { firstSleepAtMs = Infinity, wasWaitedFor } = sheet;
	const isStarting = !wasWaitedFor && clock.nowMs() < firstSleepAtMs + STARTING_MS;
	const all = await waitingExecutions(context, sheet);
	for (const { executionId, data, isWaiting } of all) {
		const who = `Execution ${executionId}, which waits for this row,`;
		if (data?.resultData.error) return { message: `${who} was stopped` };
		if (isWaiting || isStarting) continue;
		return { message: data ? `${who} does not wait any more` : `${who} was deleted` };
	}
	sheet.wasWaitedFor ||= all.every(({ isWaiting }) => isWaiting);
	return undefined;
}

/** Whether a person has stopped an execution. */
export function isStopped(data: IRunExecutionData | undefined): boolean {
	const error: unknown = data?.resultData.error;
	return isObject(error) && error.name === 'ManualExecutionCancelledError';
}

/** Whether an execution is saved as waiting for this child: later it may wait in another node, or for another sheet. */
export function waitsFor(data: IRunExecutionData | undefined, childId: string): boolean {
	if (!data?.waitTill || data.resultData.error) return false;
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	return entry?.metadata?.waitingChildExecutionIds?.includes(childId) ?? true;
}

/** Whether all that wait for the sheet are saved as waiting: only then n8n takes its rows over. */
export async function isWaitedFor(context: IExecuteFunctions, sheet: Sheet): Promise<boolean> {
	return (await waitingExecutions(context, sheet)).every(({ isWaiting }) => isWaiting);
}

/** Each waits for the next one, and the last for the execution that does the rounds. */
async function waitingExecutions(context: IExecuteFunctions, { waitingExecutionIds }: Waiters) {
	const childIds = [...waitingExecutionIds.slice(1), context.getExecutionId()];
	return await Promise.all(
		waitingExecutionIds.map(async (executionId, index) => {
			const data = await context.getExecutionDataById(executionId);
			return { executionId, data, isWaiting: waitsFor(data, childIds[index]) };
		}),
	);
}
