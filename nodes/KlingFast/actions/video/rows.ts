import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { stopReason } from '../../clock';
import type { Outcome } from '../../generation/outcome';
import { runAwake } from '../../generation/round';
import type { Run } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import { endedRow, type SheetRow } from '../../generation/sheetRow';
import type { Params } from '../../params';
import { goesOnAfterFailure, inputFault, nodeError } from '../failures';
import { paramsOf } from '../properties';
import { eachClipAwake } from './eachClip';
import { entriesOf, explainBalance } from './openRun';
import { deliveryOfUnread, readMetadata, type Delivery } from './options';
import { deliver, planOf } from './results';
import { sleepThrough } from './sleep';

export interface Row {
	row: SheetRow;
	delivery: Delivery;
}

/**
 * All rows, read and checked, before anything is sent. Throws for the first invalid one where the node may not go on after a
 * failure, and when the run is stopped.
 */
export async function readRows(
	context: IExecuteFunctions,
	read: (params: Params, itemIndex: number) => Row | Promise<Row>,
): Promise<Row[]> {
	const signal = context.getExecutionCancelSignal();
	const rows: Row[] = [];
	for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
		if (signal?.aborted) throw stopReason(signal);
		try {
			rows.push(await read(paramsOf(context, itemIndex), itemIndex));
		} catch (error) {
			const fault = inputFault(error);
			if (!goesOnAfterFailure(context)) throw nodeError(context, fault, itemIndex);
			const metadata = metadataOf(context, itemIndex);
			const outcome: Outcome = { itemIndex, status: 'failed', metadata, fault };
			rows.push({ row: endedRow(outcome), delivery: deliveryOfUnread(context, itemIndex) });
		}
	}
	return rows;
}

/** The metadata of an invalid row, so that whoever gets its error knows which row it is; nothing where it is unreadable. */
function metadataOf(context: IExecuteFunctions, itemIndex: number): IDataObject | undefined {
	try {
		return readMetadata(paramsOf(context, itemIndex));
	} catch {
		return undefined;
	}
}

/** Brings all rows to their end, in this process or asleep, and delivers them. */
export async function finishRows(
	context: IExecuteFunctions,
	run: Run,
	read: Row[],
	settings: {
		concurrency: number;
		sleeps: boolean;
		/** Whether workflows are started for clips, where rows ask for it. */
		startsWorkflows: boolean;
	},
): Promise<INodeExecutionData[][]> {
	const plan = planOf(
		context,
		read.map(({ delivery }) => delivery),
	);
	const rows = read.map(({ row }) => row);
	const sheet = sheetOf(context, run, settings.concurrency, rows);
	const eachClip = settings.startsWorkflows ? eachClipAwake(context, run, plan) : undefined;
	await eachClip?.check();
	if (
		settings.sleeps &&
		rows.some(({ phase, isSingleRead }) => phase !== 'ended' && !isSingleRead)
	) {
		sheet.eachClip = eachClip?.saved();
		const slept = await sleepThrough(context, run, sheet, plan);
		if (run.signal?.aborted) throw stopReason(run.signal);
		return 'waiting' in slept ? slept.waiting : deliver(context, slept.outcomes, plan);
	}
	const outcomes = await explainBalance(await runAwake(sheet, run, eachClip?.onRows), run);
	await eachClip?.started();
	if (run.signal?.aborted) throw stopReason(run.signal);
	eachClip?.hintAtFailures();
	return deliver(context, outcomes, plan);
}

function sheetOf(
	context: IExecuteFunctions,
	{ keyScope, clock }: Run,
	concurrency: number,
	rows: SheetRow[],
): Sheet {
	return {
		concurrency,
		keyScope,
		startedAtMs: clock.nowMs(),
		waitingExecutionIds: [keyScope.executionId],
		ledger: entriesOf(context, keyScope.runIndex),
		uploads: {},
		keepsFilesInMemory: false,
		rows,
	};
}
