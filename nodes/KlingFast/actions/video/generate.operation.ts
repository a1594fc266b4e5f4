/*
 * What must stay true:
 * - Every row is read and checked, the cost of all is added up, and whoever is to be called back is asked, before the first
 *   paid request.
 * - `execute` throws only when the node may not go on after a failure, or when the run is stopped.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { estimateCostUsd, roundUsd } from '../../apimart/models';
import { contentHash } from '../../generation/idempotency';
import { sentEntry } from '../../generation/ledger';
import type { Fault } from '../../generation/outcome';
import { endedRow, queuedRow, type SheetRow } from '../../generation/sheetRow';
import { warningsOfRun } from './warnings';
import type { Params } from '../../params';
import { goesOnAfterFailure, inputFault } from '../failures';
import { hint } from '../hint';
import { isTool } from '../toolCall';
import { probeTriggers, readCallbackBase } from './callbacks';
import { openFrames } from './images';
import { openRun } from './openRun';
import { readClipRequest } from './clip';
import { readDelivery, readWaiting } from './result.fields';
import { refusalError, refuseAll } from './results';
import { recallSheet } from './sleep';
import { finishRows, readConcurrency, readForRun, readRows, readSleeps, type Row } from './rows';

type Opened = Awaited<ReturnType<typeof open>>;

export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const unknown = await recallSheet(this);
	if (unknown) return refuseAll(this, unknown);
	let opened: Opened;
	try {
		opened = await open(this);
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const rows = await readRows(
		this,
		async (params, itemIndex) => await readRow(this, itemIndex, params, opened),
	);
	hintAtWarnings(this, rows);
	const queued = rows.map(({ row }) => row).filter(({ phase }) => phase === 'queued');
	// What an earlier try may have paid for goes on: refused, it would pass for not submitted, and somebody would buy it again.
	// Of what was only ready when its sheet was cut off or stopped, most was not sent.
	const unpaid = queued.filter((row) => sentEntry(row, opened.run.ledger)?.state !== 'pending');
	const refusals = await refuseBeforePaying(this, unpaid, opened);
	const [first] = refusals.values();
	if (first && !goesOnAfterFailure(this)) throw refusalError(this, first);
	for (const each of rows) {
		const { row } = each;
		const fault = refusals.get(row);
		if (fault) each.row = endedRow({ ...row.outcome, fault });
		// A run that is refused buys no further attempt either.
		else if (first) row.settings.retryFailed = 0;
	}
	const makesNone = first !== undefined && refusals.size === queued.length;
	const startsWorkflows = opened.canWait && !makesNone;
	return await finishRows(this, opened.run, rows, { ...opened, startsWorkflows });
}

async function open(context: IExecuteFunctions) {
	const mode = readForRun(context, 'mode', (params, path) => params.choice(path));
	const waitForEnd = mode === 'submitAndWait';
	// An agent waits inside the tool, and takes no files. n8n shows a field as soon as a `show` rule meets an expression, before it
	// looks at `hide`: a tool may have fields of a wait.
	const canWait = waitForEnd && !isTool(context);
	const sleeps = canWait && readSleeps(context);
	const maxCostUsd = readForRun(context, 'options.maxCost', (params, path) =>
		params.optionalNumber(path),
	);
	const concurrency = readConcurrency(context);
	const opened = await openRun(context, concurrency);
	return { ...opened, concurrency, waitForEnd, canWait, sleeps, maxCostUsd };
}

async function readRow(
	context: IExecuteFunctions,
	itemIndex: number,
	params: Params,
	{ run, waitForEnd, canWait }: Opened,
): Promise<Row> {
	const request = readClipRequest(params, run.client.baseUrl);
	const waiting = readWaiting(params);
	const settings = {
		...waiting,
		download: canWait && waiting.download,
		retryFailed: waitForEnd ? params.number('options.retryFailed') : 0,
	};
	const delivery = readDelivery(params);
	const dedupeKey = params.text('options.dedupeKey') || undefined;
	const callbackBase = waitForEnd ? undefined : readCallbackBase(params);
	const frames = await openFrames(context, itemIndex, request, params);
	const identities = frames.map(({ identity }) => identity);
	const job = { contentHash: contentHash(request, identities), dedupeKey, frames, callbackBase };
	const asked = { itemIndex, request, estimatedCostUsd: estimateCostUsd(request) };
	return { row: queuedRow(asked, job, settings, !waitForEnd), delivery };
}

function hintAtWarnings(context: IExecuteFunctions, rows: Row[]): void {
	const judged = rows.flatMap(({ row: { outcome, job } }) => {
		const { request, itemIndex } = outcome;
		return request ? [{ ...request, itemIndex, startSize: job?.frames[0]?.size }] : [];
	});
	for (const message of warningsOfRun(judged)) hint(context, message, 'info');
}

/** What stands against submitting: the cost of all, or a callback that would be lost. */
async function refuseBeforePaying(
	context: IExecuteFunctions,
	unpaid: SheetRow[],
	{ run, secret, maxCostUsd }: Opened,
): Promise<Map<SheetRow, Fault>> {
	const tooDear = costFault(unpaid, maxCostUsd);
	if (tooDear) return new Map(unpaid.map((row) => [row, tooDear]));
	const bases = unpaid.flatMap(({ job }) => job?.callbackBase ?? []);
	const faults = await probeTriggers(context, run, secret, bases);
	const refusals = new Map<SheetRow, Fault>();
	for (const row of unpaid) {
		const fault = faults.get(row.job?.callbackBase ?? '');
		if (fault) refusals.set(row, fault);
	}
	return refusals;
}

function costFault(unpaid: SheetRow[], maxCostUsd = Infinity): Fault | undefined {
	const costs = unpaid.map(({ outcome }) => outcome.estimatedCostUsd ?? 0);
	const costUsd = roundUsd(costs.reduce((sum, cost) => sum + cost, 0));
	if (costUsd <= maxCostUsd) return undefined;
	const clips = unpaid.length === 1 ? 'the clip' : `the ${unpaid.length} clips`;
	return {
		message: `The estimate of ${costUsd} USD for ${clips} is above 'Maximum Cost (USD)', which is ${maxCostUsd}`,
		advice: 'Nothing was submitted and nothing was charged. Raise the limit or send fewer rows.',
	};
}
