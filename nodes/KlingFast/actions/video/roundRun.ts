import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { isObject } from '../../apimart/answer';
import { connect } from '../../apimart/client';
import { downloadVideo } from '../../apimart/download';
import { currentClock } from '../../clock';
import { ImageUploads } from '../../generation/imageUploads';
import { faultOf, type Fault } from '../../generation/outcome';
import type { RoundRun, StoredVideo } from '../../generation/round';
import type { ClipJob } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { keepSlots, slotsLeftBeside } from '../../generation/slots';
import { resumeCallback } from './callbacks';
import { loadImage } from './frames';
import { openPaidRun } from './openRun';
import { storeWorkflow } from './sheetWorkflows';

/** A sheet that is not heard of in this process for so long may have gone on in another one. */
const SLOTS_KEPT_MS = 150_000;
/** So long the executions that wait for a sheet may take until n8n has saved them as waiting. */
const STARTING_MS = 60_000;
const OUTPUT_FIELD = 'data';

export interface OpenRoundRun extends RoundRun {
	/** Whether callbacks wake the sheet; else it has only n8n's timer. */
	isCalledBack: boolean;
}

/** What a round of this sheet works with. */
export async function openRoundRun(
	context: IExecuteFunctions,
	sheet: Sheet,
): Promise<OpenRoundRun> {
	const { run } = await openPaidRun(context, sheet.concurrency, sheet);
	const { client, clock, signal, apiKey } = run;
	const { executionId, workflowId, nodeId, runIndex } = sheet.keyScope;
	const sheetId = [executionId, nodeId, runIndex].join();
	const addresses = resumeCallback(context, client.baseUrl);
	const uploads = new ImageUploads(client, clock, signal, sheet.uploads);
	return {
		...run,
		isCalledBack: addresses !== undefined,
		jobOf: (row) => jobOf(context, row, uploads, addresses && (() => addresses)),
		storeVideo: async (url, taskId) =>
			await storeForParent(context, { url, taskId }, { executionId, workflowId }),
		whyStopped: async () => await whyStopped(context, sheet),
		slots: () => slotsLeftBeside(apiKey, sheetId, sheet.concurrency),
		keepSlots: (count) => keepSlots(apiKey, sheetId, count, clock.nowMs() + SLOTS_KEPT_MS),
	};
}

/** Downloads the video of the input item; what goes wrong is an item, too. */
export async function storeVideoItem(context: IExecuteFunctions): Promise<INodeExecutionData> {
	const { url, taskId } = context.getInputData()[0].json;
	try {
		const { baseUrl } = (await connect(context)).client;
		const binary = await downloadVideo(context, {
			url: String(url),
			fileName: `${String(taskId).replace(/[^\w-]+/g, '_')}.mp4`,
			baseUrl,
			clock: currentClock(),
			signal: context.getExecutionCancelSignal(),
		});
		return { json: {}, binary: { [OUTPUT_FIELD]: binary } };
	} catch (error) {
		return { json: { fault: { ...faultOf(error) } } };
	}
}

/**
 * n8n deletes the files of an execution with it, and the sheet's own executions are deleted early. A child execution that ends without
 * waiting gives its files to the execution that it names as its parent.
 */
async function storeForParent(
	context: IExecuteFunctions,
	video: { url: string; taskId: string },
	parent: { executionId: string; workflowId: string },
): Promise<StoredVideo> {
	const { data } = await context.executeWorkflow(
		{ code: storeWorkflow(context) },
		[{ json: video }],
		undefined,
		{ parentExecution: { ...parent, shouldResume: false } },
	);
	const [item] = data[0] ?? [];
	const { fault } = item.json;
	if (isObject(fault)) return { fault: { message: String(fault.message), ...fault } };
	const binary = item.binary?.[OUTPUT_FIELD];
	return binary?.id === undefined ? 'inMemory' : { binary };
}

function jobOf(
	context: IExecuteFunctions,
	{ outcome, settings, job }: SheetRow,
	uploads: ImageUploads,
	callbackFor: ClipJob['callbackFor'],
): ClipJob {
	const { itemIndex, request, estimatedCostUsd = 0 } = outcome;
	if (!job || !request) throw new Error('The row has no request');
	const frames = job.frames.map(({ identity, file }) => ({
		identity,
		address: async () =>
			file ? await uploads.address(identity, async () => await loadImage(context, file)) : identity,
	}));
	return {
		...settings,
		...job,
		itemIndex,
		request,
		estimatedCostUsd,
		frames,
		waitForEnd: true,
		callbackFor,
	};
}

/** Stop ends the execution that waits, and tells this one nothing: n8n's record of it does. */
async function whyStopped(context: IExecuteFunctions, sheet: Sheet): Promise<Fault | undefined> {
	// Until the sheet sleeps, those that wait for it still run, and of a manual execution nothing is saved then.
	const isStarting = currentClock().nowMs() - sheet.startedAtMs < STARTING_MS;
	for (const executionId of sheet.waitingExecutionIds) {
		const data = await context.getExecutionDataById(executionId);
		const name = `Execution ${executionId}, which waits for this row,`;
		if (data?.resultData.error) return { message: `${name} was stopped` };
		if (isStarting) continue;
		if (!data) return { message: `${name} was deleted` };
		if (!data.waitTill) return { message: `${name} does not wait any more` };
	}
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
