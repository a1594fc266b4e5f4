/*
 * What must stay true:
 * - Every row is read and checked, the cost of all is added up, and whoever is to be called back is asked, before the first
 *   paid request.
 * - `execute` throws only when the node may not go on after a failure, or when the run is stopped.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { finishAwake, openCostUsd } from '../../generation/batch';
import type { Fault } from '../../generation/outcome';
import type { ClipJob, Run } from '../../generation/run';
import type { SheetRow } from '../../generation/sheetRow';
import { warningsOfRun } from '../../generation/warnings';
import { goesOnAfterFailure, inputFault, isTool, nodeError } from '../failures';
import { probeTriggers, signedPath } from './callbacks';
import { eachClipAwake } from './eachClip';
import { explainBalance, openRun } from './openRun';
import { readConcurrency, readForRun, readSleeps } from './options';
import { deliver, refuseAll } from './results';
import { readRows, type ReadyRow, type Row } from './rows';
import { endedRow, queuedRow, sheetOf, uploadFromMemory } from './sheetRows';
import { sleepingFault, sleepThrough } from './sleep';

interface Settings {
	waitForEnd: boolean;
	/** An AI agent waits inside the tool and takes no files. */
	isTool: boolean;
	canSleep: boolean;
	maxCostUsd?: number;
}

export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let opened: Awaited<ReturnType<typeof open>>;
	try {
		opened = await open(this);
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const { run, secret, settings } = opened;
	const unable = settings.canSleep ? sleepingFault() : undefined;
	if (unable) return refuseAll(this, unable);
	const rows = await readRows(this, run, settings);
	const ready = rows.filter((row) => 'job' in row);
	const judged = ready.map(({ job: { itemIndex, request, frames } }) => ({
		...request,
		itemIndex,
		startSize: frames[0]?.size,
	}));
	for (const message of warningsOfRun(judged)) {
		this.addExecutionHints({ message, type: 'info', location: 'outputPane' });
	}
	const refusals = await refuseBeforePaying(this, { run, secret, settings, ready });
	const first = refusals.values().next().value;
	if (first && !goesOnAfterFailure(this)) throw nodeError(this, first);
	const jobs = ready.map(({ job }) => job).filter(({ itemIndex }) => !refusals.has(itemIndex));
	const deliveryOf = (itemIndex: number) => rows[itemIndex].delivery;
	const sheet = sheetOf(
		this,
		run,
		rows.map((row) => sheetRowOf(row, refusals, settings)),
	);
	// What waits is refused as a whole or not at all.
	const startsWorkflows = settings.waitForEnd && !settings.isTool && refusals.size === 0;
	const eachClip = startsWorkflows ? eachClipAwake(this, run, deliveryOf) : undefined;
	await eachClip?.check(rows.length);
	if (settings.canSleep && jobs.length > 0) {
		await uploadFromMemory(sheet, jobs);
		const slept = await sleepThrough(this, run, sheet, deliveryOf);
		if (run.signal?.aborted) throw stopReason(run.signal);
		return 'waiting' in slept ? slept.waiting : deliver(this, slept.outcomes, { deliveryOf });
	}
	const ended = await finishAwake(sheet, run, jobs, eachClip?.onRows);
	const outcomes = await explainBalance(ended, run);
	await eachClip?.started();
	if (run.signal?.aborted) throw stopReason(run.signal);
	eachClip?.hintAtFailures();
	return deliver(this, outcomes, { deliveryOf });
}

function sheetRowOf(row: Row, refusals: Map<number, Fault>, { waitForEnd }: Settings): SheetRow {
	if ('invalid' in row) return endedRow(row.invalid);
	const { itemIndex, request, estimatedCostUsd } = row.job;
	const fault = refusals.get(itemIndex);
	return fault
		? endedRow({ itemIndex, request, estimatedCostUsd, status: 'failed', fault })
		: queuedRow(row.job, !waitForEnd);
}

async function open(
	context: IExecuteFunctions,
): Promise<{ run: Run; secret: Buffer; settings: Settings }> {
	const waitForEnd =
		readForRun(context, 'mode', (params, path) => params.choice(path)) === 'submitAndWait';
	const canWait = waitForEnd && !isTool(context);
	const canSleep = canWait && readSleeps(context);
	const settings = {
		waitForEnd,
		isTool: isTool(context),
		canSleep,
		maxCostUsd: readForRun(context, 'options.maxCost', (params, path) =>
			params.optionalNumber(path),
		),
	};
	return { ...(await openRun(context, readConcurrency(context))), settings };
}

/** What stands against submitting, by item: the cost of all, or a callback that would be lost. */
async function refuseBeforePaying(
	context: IExecuteFunctions,
	{
		run,
		secret,
		settings,
		ready,
	}: { run: Run; secret: Buffer; settings: Settings; ready: ReadyRow[] },
): Promise<Map<number, Fault>> {
	const forAll = (fault: Fault) => new Map(ready.map(({ job }) => [job.itemIndex, fault]));
	const jobs = ready.map(({ job }) => job);
	const overBudget = costFault(jobs, run, settings.maxCostUsd);
	if (overBudget) return forAll(overBudget);
	const called = ready.flatMap(({ job, callbackBase: base }) => (base ? [{ job, base }] : []));
	for (const { job, base } of called) {
		job.callbackFor = signedPath(base, secret, job.request.metadata);
	}
	const bases = called.map(({ base }) => base);
	const faults = await probeTriggers(context, run, secret, bases);
	const refused = called.flatMap(({ job, base }): Array<[number, Fault]> => {
		const fault = faults.get(base);
		return fault ? [[job.itemIndex, fault]] : [];
	});
	return new Map(refused);
}

function costFault(jobs: ClipJob[], run: Run, maxCostUsd?: number): Fault | undefined {
	const costUsd = openCostUsd(jobs, run);
	if (maxCostUsd === undefined || costUsd <= maxCostUsd) return undefined;
	const clips = jobs.length === 1 ? 'the clip' : `the ${jobs.length} clips`;
	return {
		message: `The estimate of ${costUsd} USD for ${clips} is above 'Maximum Cost (USD)', which is ${maxCostUsd}`,
		advice: 'Nothing was submitted and nothing was charged. Raise the limit or send fewer rows.',
	};
}
