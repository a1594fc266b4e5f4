/*
 * What must stay true:
 * - A task that was paid for is not given up because some reads went wrong.
 * - When the time is up there is one last read; what it says counts.
 * - The wait ends at once when the run is stopped.
 */
import type { ApimartClient } from '../apimart/client';
import { ApimartError } from '../apimart/errors';
import { backoffSeconds } from '../apimart/retry';
import type { Task } from '../apimart/task';
import { stopReason, type Clock } from '../clock';
import { pollDelaySeconds } from './pollSchedule';

/** A task that was just accepted may not be readable everywhere at once. */
const MAX_UNKNOWN_READS = 5;
/** A read has nothing in it that could be refused but its task id: what says otherwise is some gateway's mood, for a while. */
const MAX_ODD_READS = 5;
/** A completed task whose answer names no video yet. */
const MAX_READS_WITHOUT_VIDEO = 3;

export interface PollRules {
	client: ApimartClient;
	clock: Clock;
	signal?: AbortSignal;
	/** When the wait for this task began. */
	startedAtMs: number;
	deadlineMs: number;
	/** A fixed interval instead of the adaptive one. */
	pollIntervalSeconds?: number;
	/** Whether the first read comes at once (a task of unknown age) or after the first delay (a fresh one). */
	readAtOnce: boolean;
	/** Whether "unknown task" may be the provider's delay and not a wrong id. */
	isFresh: boolean;
	/** Told each state that differs from the one of the read before. */
	onState?: (task: Task) => void;
}

export type PollResult = { isFinished: true; task: Task } | { isFinished: false; task?: Task };

/** Reads a task until it has ended or the deadline is reached. Throws `ApimartError` where no read can ever succeed. */
export async function waitForTask(taskId: string, rules: PollRules): Promise<PollResult> {
	const { client, clock, signal, deadlineMs } = rules;
	let task: Task | undefined;
	let faults = 0;
	let unknownReads = 0;
	let oddReads = 0;
	let readsWithoutVideo = 0;
	let retryAfter: number | undefined;
	for (let reads = 0; ; reads++) {
		if (reads > 0 || !rules.readAtOnce) {
			const leftMs = deadlineMs - clock.nowMs();
			if (leftMs <= 0 && reads > 0) return { isFinished: false, task };
			const delayMs = delaySeconds({ task, reads, faults, retryAfter }, rules) * 1000;
			await clock.sleep(Math.max(0, Math.min(delayMs, leftMs)), signal);
		}
		const [read] = await Promise.allSettled([client.readTask(taskId)]);
		if (read.status === 'rejected') {
			const error: unknown = read.reason;
			if (signal?.aborted) throw stopReason(signal);
			if (!(error instanceof ApimartError)) throw error;
			const isUnknown = error.details.kind === 'unknownTask';
			if (isUnknown && rules.isFresh && ++unknownReads <= MAX_UNKNOWN_READS) continue;
			// A read costs nothing, so it is also repeated after a plain 500, unlike a submit.
			const isOdd = error.details.kind === 'parameter' && ++oddReads <= MAX_ODD_READS;
			if (!error.details.passing && error.details.kind !== 'server' && !isOdd) throw error;
			faults++;
			retryAfter = error.details.retryAfterSeconds;
			continue;
		}
		if (read.value.stateWord !== task?.stateWord) rules.onState?.(read.value);
		task = read.value;
		faults = 0;
		retryAfter = undefined;
		if (task.state === 'failed') return { isFinished: true, task };
		if (task.state !== 'completed') continue;
		if (task.videoUrl || ++readsWithoutVideo >= MAX_READS_WITHOUT_VIDEO) {
			return { isFinished: true, task };
		}
	}
}

interface Waited {
	task?: Task;
	reads: number;
	/** Those that failed since the last one that did not. */
	faults: number;
	retryAfter?: number;
}

function delaySeconds(
	{ task, reads, faults, retryAfter }: Waited,
	{ clock, startedAtMs, pollIntervalSeconds }: PollRules,
): number {
	const usual =
		pollIntervalSeconds ??
		pollDelaySeconds({
			elapsedSeconds: (clock.nowMs() - startedAtMs) / 1000,
			reads,
			progress: task?.progress,
			estimatedSeconds: task?.estimatedSeconds,
		});
	// Rows that were submitted together would otherwise ask together, again and again.
	const spread = usual * (0.9 + 0.2 * clock.random());
	return faults === 0
		? spread
		: Math.max(spread, backoffSeconds(faults, clock.random(), retryAfter));
}
