/*
 * What must stay true:
 * - A task that was paid for is not given up because some reads went wrong.
 */
import type { ApimartClient } from '../apimart/client';
import { ApimartError, toError, type ErrorDetails } from '../apimart/errors';
import { hasEnded, type Task } from '../apimart/task';
import { stopReason } from '../clock';

/** A task that was just accepted may not be readable everywhere at once: so many reads, and so many seconds from its submit. */
const MAX_UNKNOWN_READS = 5;
const UNKNOWN_SECONDS = 120;
/**
 * A read has no other parameter than the id: one that somebody typed is wrong after so many refusals. So is a key; that one has bought a
 * task shows that it was good, and a gateway that cannot look keys up calls a good one wrong.
 */
const MAX_REFUSED_READS = 5;
/** A completed task whose answer names no video yet. */
const MAX_READS_WITHOUT_VIDEO = 3;

/** What the reads of one task have shown so far. Plain data: a sleeping sheet is saved with it. */
export interface Reading {
	task?: Task;
	reads: number;
	/** Reads that failed since the last one that did not. */
	faults: number;
	unknownReads: number;
	refusedReads: number;
	readsWithoutVideo: number;
	/** Of the last read, where it failed: seconds, and what was said. */
	retryAfter?: number;
	lastFault?: string;
}

export const NOT_READ: Readonly<Reading> = {
	reads: 0,
	faults: 0,
	unknownReads: 0,
	refusedReads: 0,
	readsWithoutVideo: 0,
};

interface ReadRules {
	client: ApimartClient;
	signal?: AbortSignal;
	/** Whether "unknown task" may be the provider's delay and not a wrong id. */
	isNewTask: boolean;
	/** Since the task was accepted. */
	ageSeconds: number;
	/** Whether a read that failed like this ends the wait; never for a task that this run pays for. */
	endsWait: (details: ErrorDetails) => boolean;
}

/** One read, added to what the earlier ones have shown. Throws `ApimartError` where no read can ever succeed. */
export async function readOnce(
	taskId: string,
	before: Reading,
	{ client, signal, isNewTask, ageSeconds, endsWait }: ReadRules,
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
		const mayAppear = unknownReads <= MAX_UNKNOWN_READS || ageSeconds < UNKNOWN_SECONDS;
		if (kind === 'unknownTask' && isNewTask && mayAppear) {
			return { ...reading, unknownReads };
		}
		const isRefusal = kind === 'parameter' || kind === 'credential';
		const refusedReads = before.refusedReads + (isRefusal ? 1 : 0);
		const isRefused = refusedReads > MAX_REFUSED_READS;
		const isKeyWrong = kind === 'credential' && (isRefused || !isNewTask);
		const isIdWrong = kind === 'unknownTask' || (isRefused && !isNewTask);
		// A read costs nothing, so after any other refusal (402, 409, 422, 500) it is repeated.
		if (isKeyWrong || isIdWrong || endsWait(error.details)) throw toError(error);
		const fault = { retryAfter: retryAfterSeconds, lastFault: error.message };
		return { ...reading, ...fault, refusedReads, faults: before.faults + 1 };
	}
	const readsWithoutVideo = before.readsWithoutVideo + (lacksVideo(task) ? 1 : 0);
	const sound = { faults: 0, refusedReads: 0, retryAfter: undefined, lastFault: undefined };
	return { ...reading, ...sound, task, readsWithoutVideo };
}

/** Whether no further read of the task is needed. */
export function isFinished(task: Task, { readsWithoutVideo }: Reading): boolean {
	return hasEnded(task) && (!lacksVideo(task) || readsWithoutVideo >= MAX_READS_WITHOUT_VIDEO);
}

function lacksVideo({ state, videoUrl }: Task): boolean {
	return state === 'completed' && !videoUrl;
}

/** No clip of the provider's article is ready before 45 s. */
export const FIRST_EXPECTED_SECONDS = 47;
/** So the middle clip is noticed 2.5 s late. The provider's own advice ends with this gap too. */
const GAP_SECONDS = 5;
/** Two early reads for quick clips, which bring progress and estimate, too. At peak hours clips take 150 s: the last one is at 152 s. */
const PLAN_SECONDS = [
	...[5, 25],
	...Array.from({ length: 22 }, (_, index) => FIRST_EXPECTED_SECONDS + index * GAP_SECONDS),
];
/** So near a moment of the plan, a request (moved by the spread, or caused by progress) takes its place. */
const NEAR_SECONDS = GAP_SECONDS / 2;
/** Requests beyond the plan that the provider's progress and estimate may cause. */
const EXTRA_READS = 2;
const SHORTEST_DELAY_SECONDS = 1;
const LONGEST_EARLY_DELAY_SECONDS = 25;
const LONGEST_LATE_DELAY_SECONDS = 20;

/** A sleeping sheet is resumed by callbacks, or about once a minute: the time of n8n's own timers. */
const ASLEEP_GAP_SECONDS = 60;
const ASLEEP_SHORTEST_SECONDS = 5;

/** What is known of a task, as of the last read. */
export interface PollState
	extends Pick<Reading, 'reads'>, Pick<Task, 'progress' | 'estimatedSeconds'> {
	/** Since the task was created. */
	elapsedSeconds: number;
}

/**
 * Seconds until the next status request: by the plan, and later after a thirtieth of the time that went by (20 s at most). So a clip of
 * 60 s is asked for six times. Progress and estimate only ever bring a request forward. Progress can stand still at any number and
 * estimates are far off (recordings show 600 s for a job of 155 s): being wrong costs two requests and hardly any time.
 * `npm run bench:polling` compares this with other schedules.
 */
export function pollDelaySeconds(state: PollState): number {
	const { elapsedSeconds, reads } = state;
	const planned = PLAN_SECONDS.findIndex((at) => elapsedSeconds < at - NEAR_SECONDS);
	if (planned === -1) {
		return Math.max(GAP_SECONDS, Math.min(LONGEST_LATE_DELAY_SECONDS, elapsedSeconds / 30));
	}
	const usual = Math.min(LONGEST_EARLY_DELAY_SECONDS, PLAN_SECONDS[planned] - elapsedSeconds);
	if (reads >= planned + EXTRA_READS) return usual;
	return untilReady(state, SHORTEST_DELAY_SECONDS, usual);
}

/**
 * Seconds until a sleeping sheet should read a clip by itself: when the first clips are ready, and then once a minute. The
 * provider's progress brings a read forward, twice at most, so that a callback that came while the sheet was at work (n8n refuses
 * it then, and APIMart does not repeat it) is made up for in the next round.
 */
export function asleepDelaySeconds(state: PollState): number {
	const { elapsedSeconds, reads, progress = 0 } = state;
	if (reads === 0) return Math.max(0, FIRST_EXPECTED_SECONDS - elapsedSeconds);
	if (reads > EXTRA_READS || progress <= 0) return ASLEEP_GAP_SECONDS;
	return untilReady(state, ASLEEP_SHORTEST_SECONDS, ASLEEP_GAP_SECONDS);
}

/** Seconds until the clip should be ready, by its progress where there is any, else by the provider's estimate; `usual` where neither is known. */
function untilReady(
	{ elapsedSeconds, progress = 0, estimatedSeconds = 0 }: PollState,
	shortest: number,
	usual: number,
): number {
	const totalSeconds = progress > 0 ? (elapsedSeconds * 100) / progress : estimatedSeconds;
	const leftSeconds = totalSeconds - elapsedSeconds;
	if (leftSeconds <= 0) return usual;
	// A little later than estimated: the spread of a tenth must not lead to a request just before the end.
	return Math.min(usual, Math.max(shortest, leftSeconds * 1.1 + 0.5));
}
