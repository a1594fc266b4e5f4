import type { IExecuteFunctions } from 'n8n-workflow';
import type { Outcome } from '../../generation/outcome';
import { NOT_READ } from '../../generation/polling';
import type { ClipJob, Run, WaitSettings } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { entriesOf } from './openRun';

/** All rows of this run of the node, and what they share. */
export function sheetOf(
	context: IExecuteFunctions,
	{ keyScope, concurrency, clock }: Run,
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

/** A row that is to be submitted. */
export function queuedRow(job: ClipJob, isSubmitOnly: boolean): SheetRow {
	const { itemIndex, request, estimatedCostUsd, contentHash, dedupeKey } = job;
	const frames = job.frames.map(({ identity, file }) => ({ identity, file }));
	return {
		phase: 'queued',
		outcome: { itemIndex, request, estimatedCostUsd, status: 'failed' },
		settings: waitSettingsOf(job),
		job: { contentHash, dedupeKey, frames },
		isSubmitOnly,
	};
}

/** A row whose task exists already. `isSingleRead`: it is read once, whatever its state. */
export function openRow(
	taskId: string,
	{ itemIndex, metadata }: Pick<Outcome, 'itemIndex' | 'metadata'>,
	settings: WaitSettings,
	{ nowMs, isSingleRead }: { nowMs: number; isSingleRead: boolean },
): SheetRow {
	return {
		phase: 'open',
		outcome: { itemIndex, metadata, taskId, status: 'processing' },
		settings: waitSettingsOf(settings),
		startedAtMs: nowMs,
		pollFromMs: nowMs,
		reading: NOT_READ,
		nextReadAtMs: nowMs,
		isSingleRead,
	};
}

/** A row about which nothing is left to do. */
export function endedRow(outcome: Outcome): SheetRow {
	return { phase: 'ended', outcome, settings: { maxWaitSeconds: 0, download: false } };
}

/** Images that n8n keeps in memory are uploaded before the sheet sleeps: they could not be found later. */
export async function uploadFromMemory(sheet: Sheet, jobs: ClipJob[]): Promise<void> {
	for (const { identity, file, address } of jobs.flatMap(({ frames }) => frames)) {
		if (file && file.id === undefined) sheet.uploads[identity] = await address();
	}
	for (const { job } of sheet.rows) {
		for (const frame of job?.frames ?? []) {
			if (frame.file) frame.file = { ...frame.file, data: '' };
		}
	}
}

function waitSettingsOf(settings: WaitSettings): WaitSettings {
	const { maxWaitSeconds, pollIntervalSeconds, download, retryFailed } = settings;
	return { maxWaitSeconds, pollIntervalSeconds, download, retryFailed };
}
