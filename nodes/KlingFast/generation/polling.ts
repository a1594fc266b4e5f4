/*
 * What must stay true:
 * - A task that was paid for is not given up because some reads went wrong.
 */
import type { ApimartClient } from '../apimart/client';
import { ApimartError, toError, type ErrorDetails } from '../apimart/errors';
import { backoffSeconds } from '../apimart/retry';
import type { Task } from '../apimart/task';
import { stopReason } from '../clock';

/** A task that was just accepted may not be readable everywhere at once. */
const MAX_UNKNOWN_READS = 5;
/** Of an id that somebody typed: a read has nothing else in it that could be refused. */
const MAX_ODD_READS = 5;
/** A completed task whose answer names no video yet. */
const MAX_READS_WITHOUT_VIDEO = 3;

/** What the reads of one task have shown so far. Plain data: a sleeping sheet is saved with it. */
export interface Reading {
	task?: Task;
	/** Whether no further read is needed. */
	isFinished: boolean;
	reads: number;
	/** Reads that failed since the last one that did not. */
	faults: number;
	unknownReads: number;
	oddReads: number;
	readsWithoutVideo: number;
	/** Of the last read, where it failed: seconds, and what was said. */
	retryAfter?: number;
	lastFault?: string;
}

export const NOT_READ: Readonly<Reading> = {
	isFinished: false,
	reads: 0,
	faults: 0,
	unknownReads: 0,
	oddReads: 0,
	readsWithoutVideo: 0,
};

export interface ReadRules {
	client: ApimartClient;
	signal?: AbortSignal;
	/** Whether "unknown task" may be the provider's delay and not a wrong id. */
	isNewTask: boolean;
	/** Whether a read that failed like this ends the wait; never for a task that this run pays for. */
	isHopeless?: (details: ErrorDetails) => boolean;
	/** Gets each state that differs from the one of the read before. */
	onState?: (task: Task) => void;
}

/** One read, added to what the earlier ones have shown. Throws `ApimartError` where no read can ever succeed. */
export async function readOnce(
	taskId: string,
	before: Reading,
	{ client, signal, isNewTask, isHopeless, onState }: ReadRules,
): Promise<Reading> {
	const reading = { ...before, reads: before.reads + 1 };
	let task: Task;
	try {
		task = await client.readTask(taskId);
	} catch (error) {
		if (signal?.aborted) throw stopReason(signal);
		if (!(error instanceof ApimartError)) throw toError(error);
		const { kind, retryAfterSeconds } = error.details;
		const unknownReads = before.unknownReads + 1;
		if (kind === 'unknownTask' && isNewTask && unknownReads <= MAX_UNKNOWN_READS) {
			return { ...reading, unknownReads };
		}
		const oddReads = before.oddReads + (kind === 'parameter' ? 1 : 0);
		const isOdd = !isNewTask && oddReads > MAX_ODD_READS;
		// A read costs nothing and decides nothing: whatever else refuses it (402, 409, 422, 500), it is repeated.
		if (kind === 'credential' || kind === 'unknownTask' || isOdd) throw toError(error);
		if (isHopeless?.(error.details)) throw toError(error);
		const faults = before.faults + 1;
		return {
			...reading,
			oddReads,
			faults,
			retryAfter: retryAfterSeconds,
			lastFault: error.message,
		};
	}
	if (task.stateWord !== before.task?.stateWord) onState?.(task);
	const hasEnded = task.state === 'completed' || task.state === 'failed';
	const lacksVideo = task.state === 'completed' && !task.videoUrl;
	const readsWithoutVideo = before.readsWithoutVideo + (lacksVideo ? 1 : 0);
	const isFinished = hasEnded && (!lacksVideo || readsWithoutVideo >= MAX_READS_WITHOUT_VIDEO);
	const sound = { faults: 0, retryAfter: undefined, lastFault: undefined };
	return { ...reading, ...sound, task, isFinished, readsWithoutVideo };
}

/** Seconds until the next read after some that failed, or `usual` where that is longer. */
export function delayAfterFaults(reading: Reading, usual: number, random: number): number {
	const { faults, retryAfter } = reading;
	return faults === 0 ? usual : Math.max(usual, backoffSeconds(faults, random, retryAfter));
}
