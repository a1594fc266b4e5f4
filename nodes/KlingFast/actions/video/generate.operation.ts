/*
 * What must stay true:
 * - Every row is read and checked, and the cost of all is added up, before the first request.
 * - `execute` throws only when the node may not go on after a failure, or when the run is stopped.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { makeClips, openCostUsd } from '../../generation/batch';
import { estimateCostUsd } from '../../generation/cost';
import { contentHash } from '../../generation/idempotency';
import { ImageUploads } from '../../generation/imageUploads';
import type { Fault, Outcome } from '../../generation/outcome';
import { checkFrameAddresses } from '../../generation/request';
import type { ClipJob, PaidRun } from '../../generation/run';
import { inputFault, nodeError } from '../failures';
import { readFieldsOf } from '../reader';
import { openFrames } from './frames';
import { explainBalance, openPaidRun } from './openRun';
import { readClipRequest } from './readClip';
import { readDedupeKey, readMetadata } from './readRow';
import {
	readConcurrency,
	readDownloadVideo,
	readMaxCostUsd,
	readMode,
	readWaiting,
} from './readRun';
import { deliver, refuseAll, type Delivery } from './results';

type Row = { job: ClipJob; delivery: Delivery } | { invalid: Outcome };

export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const signal = this.getExecutionCancelSignal();
	let run: PaidRun;
	let settings: { waitForEnd: boolean; maxCostUsd?: number };
	try {
		const read = readFieldsOf(this, 0);
		const waitForEnd = readMode(read) === 'submitAndWait';
		settings = { waitForEnd, maxCostUsd: readMaxCostUsd(read) };
		run = await openPaidRun(this, readConcurrency(read));
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const rows = await readRows(this, run, settings.waitForEnd);
	const jobs = rows.flatMap((row) => ('job' in row ? [row.job] : []));
	const tooDear = costFault(jobs, run, settings.maxCostUsd);
	if (tooDear && !this.continueOnFail()) throw nodeError(this, tooDear);
	const made = tooDear
		? jobs.map((job) => refused(job, tooDear))
		: await explainBalance(await makeClips(jobs, run), run);
	if (signal?.aborted) throw stopReason(signal);
	const byItem = new Map(made.map((outcome) => [outcome.itemIndex, outcome]));
	const outcomes = rows.map((row) => {
		return 'invalid' in row ? row.invalid : (byItem.get(row.job.itemIndex) ?? refused(row.job));
	});
	return deliver(this, outcomes, (itemIndex) => deliveryOf(rows[itemIndex]));
}

/** All rows, read and checked. Throws for the first invalid one where the node may not go on after a failure. */
async function readRows(
	context: IExecuteFunctions,
	run: PaidRun,
	waitForEnd: boolean,
): Promise<Row[]> {
	const uploads = new ImageUploads(run.client, run.clock, run.signal);
	const rows: Row[] = [];
	for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		try {
			rows.push(await readRow(context, itemIndex, { run, uploads, waitForEnd }));
		} catch (error) {
			const fault = inputFault(error);
			if (!context.continueOnFail()) throw nodeError(context, fault, itemIndex);
			const metadata = metadataOf(context, itemIndex);
			rows.push({ invalid: { itemIndex, status: 'failed', metadata, fault } });
		}
	}
	return rows;
}

async function readRow(
	context: IExecuteFunctions,
	itemIndex: number,
	{ run, uploads, waitForEnd }: { run: PaidRun; uploads: ImageUploads; waitForEnd: boolean },
): Promise<Row> {
	const read = readFieldsOf(context, itemIndex);
	const request = readClipRequest(read);
	checkFrameAddresses(request, run.client.baseUrl);
	const { outputField, includeInputFields, ...waiting } = readWaiting(read);
	const download = waitForEnd && readDownloadVideo(read);
	const dedupeKey = readDedupeKey(read);
	const frames = await openFrames(context, itemIndex, request, uploads);
	const identities = frames.map(({ identity }) => identity);
	return {
		job: {
			itemIndex,
			request,
			frames,
			contentHash: contentHash(request, identities),
			estimatedCostUsd: estimateCostUsd(request),
			dedupeKey,
			waitForEnd,
			download,
			...waiting,
		},
		delivery: { outputField, includeInputFields },
	};
}

function costFault(jobs: ClipJob[], run: PaidRun, maxCostUsd?: number): Fault | undefined {
	const costUsd = openCostUsd(jobs, run);
	if (maxCostUsd === undefined || costUsd <= maxCostUsd) return undefined;
	const clips = jobs.length === 1 ? 'the clip' : `the ${jobs.length} clips`;
	return {
		message: `The estimate of ${costUsd} USD for ${clips} is above 'Maximum Cost (USD)', which is ${maxCostUsd}`,
		advice: 'Nothing was submitted and nothing was charged. Raise the limit or send fewer rows.',
	};
}

function refused({ itemIndex, request, estimatedCostUsd }: ClipJob, fault?: Fault): Outcome {
	return { itemIndex, request, estimatedCostUsd, status: 'failed', fault };
}

function deliveryOf(row: Row): Delivery {
	return 'job' in row ? row.delivery : { outputField: 'data', includeInputFields: false };
}

/** The metadata of an invalid row, so that whoever gets its error knows which row it is; nothing where it is unreadable. */
function metadataOf(context: IExecuteFunctions, itemIndex: number): IDataObject | undefined {
	try {
		return readMetadata(readFieldsOf(context, itemIndex));
	} catch {
		return undefined;
	}
}
