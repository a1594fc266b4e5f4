import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { toError } from '../../apimart/errors';
import { stopReason } from '../../clock';
import { runAwake } from '../../generation/round';
import type { Outcome } from '../../generation/outcome';
import type { Run } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import { endedRow, type SheetRow } from '../../generation/sheetRow';
import { InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';
import { goesOnAfterFailure, inputFault } from '../failures';
import { paramsOf } from '../properties';
import { eachClipAwake } from './eachClip';
import { entriesOf, explainBalance } from './openRun';
import type { Delivery } from './result.fields';
import { deliver, planOf, refusalError, refuseAll, unreadRow } from './results';
import { sleepingFault, sleepThrough } from './sleep';

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
		const params = paramsOf(context, itemIndex);
		try {
			rows.push(await read(params, itemIndex));
		} catch (error) {
			const fault = inputFault(error);
			if (!goesOnAfterFailure(context)) throw refusalError(context, fault, itemIndex);
			const { outcome, delivery } = unreadRow(context, itemIndex, fault);
			rows.push({ row: endedRow(outcome), delivery });
		}
	}
	return rows;
}

/**
 * A value that holds for the whole run. An expression can give each row another one: then it is not known which was meant, and a
 * limit that is empty in the first row is not meant to be none.
 *
 * @param path of the field that `readValue` reads
 * @throws InvalidField where a row's value cannot be used, or is another one than that of item 0
 */
export function readForRun<Value>(
	context: IExecuteFunctions,
	path: string,
	readValue: (params: Params, path: string) => Value,
): Value {
	const first = paramsOf(context, 0);
	const value = readValue(first, path);
	for (let itemIndex = 1; itemIndex < context.getInputData().length; itemIndex++) {
		const params = paramsOf(context, itemIndex);
		let isSame = false;
		try {
			isSame = readValue(params, path) === value;
		} catch (error) {
			if (!(error instanceof InvalidField)) throw toError(error);
		}
		if (isSame) continue;
		const typed = [first, params].map((row) => shown(row.value(path)));
		const both = `${typed[0]} for item 0 and ${typed[1]} for item ${itemIndex}`;
		const allowed = 'one value for all rows, because it holds for the whole run';
		throw new InvalidField(first.label(path), both, allowed);
	}
	return value;
}

export function readConcurrency(context: IExecuteFunctions): number {
	return readForRun(context, 'options.concurrency', (params, path) => params.number(path));
}

/** Whether the run waits asleep. It does not where the field is hidden. */
export function readSleeps(context: IExecuteFunctions): boolean {
	return readForRun(context, 'waitBy', (params, path) => params.choice(path)) === 'sleep';
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
	const plan = planOf(context, read);
	const rows = read.map(({ row }) => row);
	const isAwaited = ({ phase, isUnawaited }: SheetRow) => phase !== 'ended' && !isUnawaited;
	const sleeps = settings.sleeps && rows.some(isAwaited);
	const unable = sleeps ? sleepingFault() : undefined;
	if (unable) return refuseAll(context, unable);
	const { keyScope, callerIds } = run;
	const sheet: Sheet = {
		concurrency: settings.concurrency,
		keyScope,
		callerIds,
		waitingExecutionIds: [],
		ledger: entriesOf(context, keyScope.runIndex),
		uploads: {},
		keepsFilesInMemory: false,
		rows,
	};
	const eachClip = settings.startsWorkflows ? eachClipAwake(context, run, plan) : undefined;
	await eachClip?.check();
	if (sleeps) {
		sheet.eachClip = eachClip?.saved();
		const slept = await sleepThrough(context, run, sheet, plan);
		if (run.signal?.aborted) throw stopReason(run.signal);
		if (slept) return deliver(context, slept, plan);
		// Thrown away when the execution resumes; must not carry an error, or n8n's Retry On Fail runs the node again.
		return [rows.map((_, item) => ({ json: {}, pairedItem: { item } }))];
	}
	const outcomes: Outcome[] = [];
	for (const outcome of await runAwake(sheet, run, eachClip?.onRows)) {
		outcomes.push(await explainBalance(outcome, run));
	}
	await eachClip?.started();
	if (run.signal?.aborted) throw stopReason(run.signal);
	eachClip?.hintAtFailures();
	return deliver(context, outcomes, plan);
}
