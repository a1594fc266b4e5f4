/* A row of a sheet, awake or asleep, and how it begins: plain data that n8n saves. `transitions.ts` has what becomes of it. */
import type { IBinaryData, IDataObject } from 'n8n-workflow';
import type { ClipRequest } from '../apimart/clipRequest';
import type { Outcome } from './outcome';
import { NOT_READ, type Reading } from './polling';

/**
 * - `queued`: nothing is known but what is asked for
 * - `prepared`: key and bytes are written down, in this round
 * - `ready`: they were saved; the row is submitted when a slot is free
 * - `open`: its task is being made
 * - `made`: the clip is finished, its video has still to be stored
 * - `ended`
 */
type RowPhase = 'queued' | 'prepared' | 'ready' | 'open' | 'made' | 'ended';

export interface SheetRow {
	phase: RowPhase;
	outcome: Outcome;
	settings: WaitSettings;
	/** Absent where the task was there from the start, and once it is not needed any more. */
	job?: ClipJob;
	/** When the wait for the clip began: the submit of its first attempt, or its first read. Before a submit: the next attempt's. */
	startedAtMs?: number;
	reading?: Reading;
	nextReadAtMs?: number;
	/** Whether a task of this row may be in the works at the provider although its id is not known. */
	isPerhapsSent?: boolean;
	tries?: number;
	firstTryAtMs?: number;
	nextTryAtMs?: number;
	/** Clips that failed in earlier runs under the same row key, and were passed over. */
	earlierFailures?: number;
	/** Whether nobody waits for the clip: a task that was there already is read once, whatever its state. */
	isUnawaited?: boolean;
	/** From when the plan of status reads counts. */
	pollFromMs?: number;
	/** Whether its file belongs to the execution that waits. */
	isHandedOver?: boolean;
}

/** How long to wait for one clip, and what to bring along. */
export interface WaitSettings {
	/** From the clip's submit; of a clip that exists, from the start of the run. */
	maxWaitSeconds: number;
	/** Absent: the interval follows the clip's progress. */
	pollIntervalSeconds?: number;
	download: boolean;
	/** How many failed tasks of a row are followed by another one at once. */
	retryFailed?: number;
}

/** What a row is submitted with, beside its request. */
export interface ClipJob {
	contentHash: string;
	/** A person's own key of the row. */
	dedupeKey?: string;
	/** Start before end. */
	frames: Frame[];
	/** Of the trigger that is to be called, for Submit Only. */
	callbackBase?: string;
}

/** An image of a clip. Uploaded when its clip is among the next to be sent. */
export interface Frame {
	/** The address, or the hash of the bytes. */
	identity: string;
	/** Where it is a file, and not an address. */
	file?: IBinaryData;
	/** In pixels, of a file. */
	size?: { width: number; height: number };
}

/** Of an image. Its address expires. */
export interface Upload {
	url: string;
	atMs: number;
}

/** A row that is to be submitted. */
export function queuedRow(
	asked: { itemIndex: number; request: ClipRequest; estimatedCostUsd: number },
	job: ClipJob,
	settings: WaitSettings,
	isUnawaited: boolean,
): SheetRow {
	// Failed, until it is known that there is a task.
	return { phase: 'queued', outcome: { ...asked, status: 'failed' }, settings, job, isUnawaited };
}

/** A row whose task exists already. */
export function openRow(
	asked: { itemIndex: number; taskId: string; metadata?: IDataObject },
	settings: WaitSettings,
	nowMs: number,
	isUnawaited: boolean,
): SheetRow {
	return {
		phase: 'open',
		// Its state is not known before it was read.
		outcome: asked,
		settings,
		startedAtMs: nowMs,
		pollFromMs: nowMs,
		reading: NOT_READ,
		nextReadAtMs: nowMs,
		isUnawaited,
	};
}

/** A row about which nothing is left to do. */
export function endedRow(outcome: Outcome): SheetRow {
	return { phase: 'ended', outcome, settings: { maxWaitSeconds: 0, download: false } };
}

/** Whether the row's next request has not been answered yet. */
export function isBeforeSubmit({ phase }: SheetRow): boolean {
	return phase === 'queued' || phase === 'prepared' || phase === 'ready';
}
