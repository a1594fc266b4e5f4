import type { IExecuteFunctions } from 'n8n-workflow';
import { currentClock } from '../../clock';
import { ImageUploads } from '../../generation/imageUploads';
import type { Fault } from '../../generation/outcome';
import { asleepDelaySeconds } from '../../generation/pollSchedule';
import type { RoundRun } from '../../generation/round';
import type { ClipJob } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { keepSlots, slotGivenBack, slotsLeftBeside } from '../../generation/slots';
import { resumeCallback } from './callbacks';
import { loadImage } from './frames';
import { openRun } from './openRun';
import { filesWorkflow } from './sheetWorkflows';

/** A sheet that is not heard of in this process for so long may have gone on in another one. */
const SLOTS_KEPT_MS = 150_000;
/** So long the executions that wait for a sheet may take until n8n has saved them as waiting. */
const STARTING_MS = 60_000;
/** n8n copies the files of one execution all at once. */
const FILES_AT_ONCE = 10;
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
	const { run } = await openRun(context, sheet.concurrency, sheet);
	const { client, clock, apiKey } = run;
	const { executionId, nodeId, runIndex } = sheet.keyScope;
	const sheetId = [executionId, nodeId, runIndex].join();
	const addresses = resumeCallback(context, client.baseUrl);
	const uploads = new ImageUploads(run, sheet.uploads);
	return {
		...run,
		isCalledBack: addresses !== undefined,
		jobOf: (row) => jobOf(context, row, uploads, addresses && (() => addresses)),
		readDelaySeconds: asleepDelaySeconds,
		storeVideo: async (url, taskId, completedMs) => {
			const stored = await run.storeVideo(url, taskId, completedMs);
			const isInMemory = typeof stored === 'object' && 'binary' in stored && !stored.binary.id;
			return isInMemory ? 'inMemory' : stored;
		},
		whyStopped: async () => await whyStopped(context, sheet),
		slots: () => slotsLeftBeside(apiKey, sheetId, sheet.concurrency),
		keepSlots: (count) => keepSlots(apiKey, sheetId, count, clock.nowMs() + SLOTS_KEPT_MS),
		slotGivenBack: async (ended) => await slotGivenBack(apiKey, sheetId, ended),
	};
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
		callbackFor,
	};
}

/** Stop ends the execution that waits, and n8n does not notify this one: n8n's record of it says so. */
async function whyStopped(context: IExecuteFunctions, sheet: Sheet): Promise<Fault | undefined> {
	const waiting = new Set<string>();
	// Until the sheet sleeps, those that wait for it still run, and of a manual execution nothing is saved then.
	const isStarting =
		!sheet.wasWaitedFor && currentClock().nowMs() - sheet.startedAtMs < STARTING_MS;
	for (const executionId of sheet.waitingExecutionIds) {
		const data = await context.getExecutionDataById(executionId);
		const name = `Execution ${executionId}, which waits for this row,`;
		if (data?.resultData.error) return { message: `${name} was stopped` };
		if (data?.waitTill) waiting.add(executionId);
		else if (!isStarting) {
			return { message: data ? `${name} does not wait any more` : `${name} was deleted` };
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
