/*
 * The executions that work on a sheet or wait for it, as n8n has them on record, and the sheet in what they have saved.
 */
import {
	jsonParse,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type IRunExecutionData,
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

/** The sheet in an item or a context, undefined where there is none. */
export function sheetIn(holder: unknown): Sheet | undefined {
	const text = isObject(holder) ? holder[SHEET_KEY] : undefined;
	return typeof text === 'string' ? jsonParse<Sheet>(text) : undefined;
}

/** The sheet that an execution has saved in the context of one of its nodes. */
export function sheetSavedIn(data: IRunExecutionData): Sheet | undefined {
	const contexts = Object.values(data.executionData?.contextData ?? {});
	return contexts.map(sheetIn).find((sheet) => sheet !== undefined);
}

/** The execution that works on a sheet, by what the one that watches over it has saved. */
export function workerIdIn(data: IRunExecutionData): string | undefined {
	const workerId: unknown = data.executionData?.contextData[`node:${WATCH_NODE}`]?.workerId;
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
		const child = await context.getExecutionDataById(childId);
		const sheet = child && sheetSavedIn(child);
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
	const parentExecution = { executionId, workflowId, shouldResume: false };
	const withFiles = all.filter(({ outcome, isHandedOver }) => outcome.binary && !isHandedOver);
	for (let first = 0; first < withFiles.length; first += FILES_AT_ONCE) {
		const rows = withFiles.slice(first, first + FILES_AT_ONCE);
		const items = rows.map(({ outcome: { binary } }) => ({
			json: {},
			...(binary && { binary: { [OUTPUT_FIELD]: binary } }),
		}));
		const code = filesWorkflow(context);
		const options = { parentExecution };
		const { data } = await context.executeWorkflow({ code }, items, undefined, options);
		rows.forEach((row, index) => {
			const { outcome } = row;
			outcome.binary = data[0]?.[index]?.binary?.[OUTPUT_FIELD] ?? outcome.binary;
			row.isHandedOver = true;
		});
	}
}

/** Stop ends the execution that waits, and n8n does not notify this one: n8n's record of it says so. */
export async function whyStopped(
	context: IExecuteFunctions,
	sheet: Sheet,
	clock: Clock,
): Promise<Fault | undefined> {
	const waiting = new Set<string>();
	// Until the sheet sleeps, those that wait for it still run, and of a manual execution nothing is saved then.
	const { firstSleepAtMs = Infinity, wasWaitedFor } = sheet;
	const isStarting = !wasWaitedFor && clock.nowMs() < firstSleepAtMs + STARTING_MS;
	for (const executionId of sheet.waitingExecutionIds) {
		const data = await context.getExecutionDataById(executionId);
		const who = `Execution ${executionId}, which waits for this row,`;
		if (data?.resultData.error) return { message: `${who} was stopped` };
		if (data?.waitTill) waiting.add(executionId);
		else if (!isStarting) {
			return { message: data ? `${who} does not wait any more` : `${who} was deleted` };
		}
	}
	sheet.wasWaitedFor ||= waiting.size === sheet.waitingExecutionIds.length;
	return undefined;
}

/** Whether all that wait for the sheet are saved as waiting: only then n8n takes its rows over. */
export async function isWaitedFor(context: IExecuteFunctions, sheet: Sheet): Promise<boolean> {
	for (const executionId of sheet.waitingExecutionIds) {
		const data = await context.getExecutionDataById(executionId);
		if (!data?.waitTill) return false;
	}
	return true;
}
