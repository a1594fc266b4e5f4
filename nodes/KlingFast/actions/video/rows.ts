import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { estimateCostUsd } from '../../apimart/models';
import { contentHash } from '../../generation/idempotency';
import { ImageUploads } from '../../generation/imageUploads';
import type { Outcome } from '../../generation/outcome';
import type { ClipJob, Run } from '../../generation/run';
import { goesOnAfterFailure, inputFault, nodeError } from '../failures';
import { paramsOf } from '../properties';
import { readCallbackBase } from './callbacks';
import { openFrames } from './frames';
import { readClipRequest } from './readClip';
import { readDownloadVideo, readEachClipWorkflow, readMetadata, readWaiting } from './options';
import { deliveryOfUnread, type Delivery } from './results';

/** A row that can be submitted. */
export interface ReadyRow {
	job: ClipJob;
	delivery: Delivery;
	/** The trigger that is to be called, for Submit Only. */
	callbackBase?: string;
}

export type Row = ReadyRow | { invalid: Outcome; delivery: Delivery };

/**
 * All rows, read and checked, before anything is sent. Throws for the first invalid one where the node may not go on after a
 * failure, and when the run is stopped.
 */
export async function readRows(
	context: IExecuteFunctions,
	run: Run,
	settings: { waitForEnd: boolean; isTool: boolean },
): Promise<Row[]> {
	const uploads = new ImageUploads(run);
	const rows: Row[] = [];
	for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		try {
			rows.push(await readRow(context, itemIndex, { run, uploads, ...settings }));
		} catch (error) {
			const fault = inputFault(error);
			if (!goesOnAfterFailure(context)) throw nodeError(context, fault, itemIndex);
			const metadata = metadataOf(context, itemIndex);
			const delivery = deliveryOfUnread(context, itemIndex);
			rows.push({ invalid: { itemIndex, status: 'failed', metadata, fault }, delivery });
		}
	}
	return rows;
}

async function readRow(
	context: IExecuteFunctions,
	itemIndex: number,
	{
		run,
		uploads,
		waitForEnd,
		isTool,
	}: { run: Run; uploads: ImageUploads; waitForEnd: boolean; isTool: boolean },
): Promise<ReadyRow> {
	const params = paramsOf(context, itemIndex);
	const request = readClipRequest(params, run.client.baseUrl);
	const { outputField, includeInputFields, ...waiting } = readWaiting(params);
	const dedupeKey = params.text('options.dedupeKey') || undefined;
	const callbackBase = waitForEnd ? undefined : readCallbackBase(params);
	const download = waitForEnd && !isTool && readDownloadVideo(params);
	const retryFailed = waitForEnd ? params.number('options.retryFailed') : 0;
	const frames = await openFrames(context, itemIndex, { request, params, uploads });
	const identities = frames.map(({ identity }) => identity);
	return {
		job: {
			itemIndex,
			request,
			frames,
			contentHash: contentHash(request, identities),
			estimatedCostUsd: estimateCostUsd(request),
			dedupeKey,
			download,
			retryFailed,
			...waiting,
		},
		delivery: { outputField, includeInputFields, eachClipWorkflow: readEachClipWorkflow(params) },
		callbackBase,
	};
}

/** The metadata of an invalid row, so that whoever gets its error knows which row it is; nothing where it is unreadable. */
function metadataOf(context: IExecuteFunctions, itemIndex: number): IDataObject | undefined {
	try {
		return readMetadata(paramsOf(context, itemIndex));
	} catch {
		return undefined;
	}
}
