import {
	jsonParse,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type IRunExecutionData,
} from 'n8n-workflow';
import { isObject } from '../../apimart/answer';
import type { Outcome } from '../../generation/outcome';
import type { Sheet } from '../../generation/sheet';
import type { OnFailure } from '../failures';
import { openRun } from './openRun';
import type { Delivery } from './results';
import { WATCH_NODE } from './sheetWorkflows';

/** Under which a sheet lies in an item and in a node's context: as text, which n8n saves quicker than many small objects. */
export const SHEET_KEY = 'klingFastSheet';

/** What is needed of a sheet only when its rows are delivered. */
export interface DeliveryPlan {
	deliveries: Delivery[];
	/** The rows' own fields, where they are kept beside the result. */
	own: Array<IDataObject | undefined>;
	/** What failed rows become, as the node says that waits. */
	onFailure: OnFailure;
}

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

/** What became of the rows. Where n8n keeps files in memory they are fetched only now. */
export async function outcomesOf(context: IExecuteFunctions, { rows }: Sheet): Promise<Outcome[]> {
	if (!rows.some(({ phase }) => phase === 'made')) return rows.map(({ outcome }) => outcome);
	const { run } = await openRun(context, 1);
	const outcomes: Outcome[] = [];
	for (const { outcome, phase } of rows) {
		const { task, taskId = '' } = outcome;
		const { videoUrl = '', completedMs } = task ?? {};
		const stored = phase === 'made' ? await run.storeVideo(videoUrl, taskId, completedMs) : {};
		outcomes.push({ ...outcome, ...(stored as Partial<Outcome>) });
	}
	return outcomes;
}
