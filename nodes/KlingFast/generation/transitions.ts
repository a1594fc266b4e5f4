/*
 * What must stay true:
 * - A row is plain data, and each of these functions gives a new one; none of them asks for the time or for anything else.
 * - From the moment a task id is known, the row carries it; that of a failed attempt, until the next attempt has one.
 */
import { ApimartError, type ErrorDetails } from '../apimart/errors';
import type { Task } from '../apimart/task';
import {
	faultOf,
	mayBeMadeAgain,
	timeoutFault,
	withTask,
	type Fault,
	type Outcome,
} from './outcome';
import { FIRST_EXPECTED_SECONDS, isFinished, NOT_READ, type Reading } from './polling';
import type { StoredVideo } from './run';
import { isBeforeSubmit, type SheetRow } from './sheetRow';
import type { Submission } from './submission';

/** How many clips that failed in earlier runs, under the same row key, are passed over until one is made. */
const MAX_EARLIER_FAILURES = 20;

/** A task exists for this row. `firstReadSeconds`: after which a new task is read for the first time. */
export function afterSubmit(
	row: SheetRow,
	{ firstSentAtMs, isFound, attempts, ...bought }: Submission,
	nowMs: number,
	firstReadSeconds: number,
): SheetRow {
	const firstReadAtMs = isFound ? nowMs : nowMs + firstReadSeconds * 1000;
	const open: SheetRow = {
		...row,
		isPerhapsSent: undefined,
		tries: undefined,
		nextTryAtMs: undefined,
		phase: 'open',
		outcome: {
			...row.outcome,
			task: undefined,
			fault: undefined,
			...bought,
			status: row.isUnawaited ? 'submitted' : 'processing',
			submittedAtMs: firstSentAtMs,
			...(attempts > 1 && { attempts }),
		},
		startedAtMs: firstSentAtMs,
		// A busy provider may have refused a new task for minutes before it took it.
		pollFromMs: isFound ? firstSentAtMs : nowMs,
		reading: NOT_READ,
		nextReadAtMs: Math.min(firstReadAtMs, deadlineMs({ ...row, startedAtMs: firstSentAtMs })),
	};
	// A clip that was found again may have ended long ago, so it is read.
	return row.isUnawaited && !isFound ? endedWith(open) : open;
}

export interface NextTry extends Pick<ErrorDetails, 'retryForSeconds'> {
	/** Until the same request may be sent again. */
	waitSeconds: number;
}

/** A submit went wrong. Without `next` the row ends. */
export function afterRefusal(
	row: SheetRow,
	error: unknown,
	nowMs: number,
	next?: NextTry,
): SheetRow {
	const { waitSeconds = 0, retryForSeconds = Infinity } = next ?? {};
	const isPerhapsSent = error instanceof ApimartError && error.details.charged === 'unknown';
	const firstTryAtMs = row.firstTryAtMs ?? nowMs;
	const lastTryAtMs = firstTryAtMs + retryForSeconds * 1000;
	const nextTryAtMs = Math.min(nowMs + waitSeconds * 1000, lastTryAtMs);
	const isTooLate = nextTryAtMs > firstTryAtMs + row.settings.maxWaitSeconds * 1000;
	if (!next || nowMs >= lastTryAtMs || isTooLate) {
		return afterError(row, faultOf(error), { isPerhapsSent });
	}
	const tries = (row.tries ?? 0) + 1;
	return { ...row, tries, firstTryAtMs, nextTryAtMs, isPerhapsSent };
}

/** Whether what an earlier run left under the same row key may be passed over once more. */
export function mayPassOver({ earlierFailures = 0 }: SheetRow): boolean {
	return earlierFailures < MAX_EARLIER_FAILURES;
}

/** What an earlier run left under the same row key has failed: the next attempt is asked for. */
export function passedOver(row: SheetRow): SheetRow {
	const { phase, outcome, earlierFailures = 0 } = row;
	// Nothing that this run has begun: its wait starts with its own submit.
	const isFirst = phase === 'open' && outcome.attempts === undefined;
	return {
		...queuedAgain(row),
		startedAtMs: isFirst ? undefined : row.startedAtMs,
		firstTryAtMs: row.firstTryAtMs,
		earlierFailures: earlierFailures + 1,
	};
}

/**
 * The next attempt of a row whose task has failed, all within the wait of its first. Its slot goes to a row that is ready, and it takes
 * the next one, before rows below it: asleep its key has to be saved before it is sent, and a slot kept meanwhile would stand empty.
 */
function queuedAgain(row: SheetRow): SheetRow {
	const { outcome, settings, job, startedAtMs, isUnawaited, earlierFailures } = row;
	return {
		phase: 'queued',
		outcome: { ...outcome, isFromEarlierRun: undefined },
		settings,
		job,
		startedAtMs,
		firstTryAtMs: startedAtMs,
		isUnawaited,
		earlierFailures,
	};
}

/** When a row that waits for its next attempt is left as failed, because no time remains. Infinite for all others. */
export function givenUpAtMs(row: SheetRow): number {
	const isNextAttempt = row.startedAtMs !== undefined && isBeforeSubmit(row);
	return isNextAttempt && !row.isPerhapsSent ? lastSubmitMs(row) : Infinity;
}

/** A next attempt that is sent later cannot be ready in time: it would be paid for, and come out as timed out. */
function lastSubmitMs(row: SheetRow): number {
	return deadlineMs(row) - FIRST_EXPECTED_SECONDS * 1000;
}

/** The row ends with a fault, which is that of the next attempt where the known task has failed. */
export function afterError(row: SheetRow, fault: Fault, more: Partial<Outcome> = {}): SheetRow {
	const isOfNextAttempt = isBeforeSubmit(row) && row.outcome.taskId !== undefined;
	return endedWith(row, { ...more, fault, isOfNextAttempt });
}

/** A status read has come back; the next one is due after `delaySeconds`, and the last one when the time is up. */
export function afterRead(
	row: SheetRow,
	reading: Reading,
	nowMs: number,
	delaySeconds: number,
): SheetRow {
	const { task } = reading;
	if (task && isFinished(task, reading)) return afterEnd(row, task, nowMs);
	const { taskId = '' } = row.outcome;
	if (nowMs >= deadlineMs(row)) {
		const fault = timeoutFault(taskId, row.settings.maxWaitSeconds, reading);
		return endedWith(row, { task, status: 'timedOut', fault });
	}
	return {
		...row,
		reading,
		nextReadAtMs: Math.min(nowMs + delaySeconds * 1000, deadlineMs(row)),
	};
}

/** The single read of a row that nobody waits for has brought its task. */
export function afterSingleRead(row: SheetRow, task: Task): SheetRow {
	const after = afterEnd(row, task, Infinity);
	if (task.state !== 'completed' && !row.job) after.outcome.isReport = true;
	return after;
}

/** No read of this task can succeed. That changes nothing for a row of Submit Only: its task was found, so it exists. */
export function afterLostTask(row: SheetRow, error: unknown): SheetRow {
	if (row.isUnawaited && row.job) return endedWith(row);
	const fault = faultOf(error);
	const isUnknown = fault.api?.kind === 'unknownTask';
	return endedWith(row, isUnknown ? { fault, status: 'failed' } : { fault });
}

/** The video is stored, or why it could not be. */
export function afterStore(row: SheetRow, stored: StoredVideo): SheetRow {
	return stored === 'inMemory' ? row : endedWith(row, stored);
}

/** Nothing more is done for this row; what is known of it stays. */
export function abandonedRow(row: SheetRow, fault: Fault): SheetRow {
	const { outcome, phase, isPerhapsSent } = row;
	// The fault says what to do, and that nothing was charged; a finished clip has its link, and is reported as finished.
	if (fault.api?.kind === 'unreachable' || phase === 'made') return afterError(row, fault);
	if (phase === 'open') {
		const advice = 'The clip may still be finished and charged: fetch it with Get Video.';
		return endedWith(row, { status: 'processing', fault: { ...fault, advice } });
	}
	// Its task has failed, and no other was begun.
	if (outcome.taskId && !isPerhapsSent) return endedWith(row);
	const advice = isPerhapsSent
		? "Whether this row was submitted is not known here: n8n's log names the task of every row that was."
		: 'This row was not submitted and nothing was charged for it.';
	return afterError(row, { ...fault, advice }, { isPerhapsSent, status: 'failed' });
}

/** When the wait for the row's clip is over. */
export function deadlineMs({ startedAtMs = 0, settings }: SheetRow): number {
	return startedAtMs + settings.maxWaitSeconds * 1000;
}

function afterEnd(row: SheetRow, task: Task, nowMs: number): SheetRow {
	const { settings } = row;
	const outcome = withTask(row.outcome, task);
	if (task.state === 'failed' && outcome.isFromEarlierRun && mayPassOver(row)) {
		return passedOver({ ...row, outcome });
	}
	const { attempts = 1 } = outcome;
	const isAllowed = attempts <= (settings.retryFailed ?? 0) && nowMs < lastSubmitMs(row);
	if (isAllowed && mayBeMadeAgain(task)) return queuedAgain({ ...row, outcome });
	const hasVideo = task.state === 'completed' && task.videoUrl && settings.download;
	return { phase: hasVideo ? 'made' : 'ended', outcome, settings };
}

/** Nothing is left to do for the row; `more` is what there is to say beside what is known. */
export function endedWith({ outcome, settings }: SheetRow, more: Partial<Outcome> = {}): SheetRow {
	return { phase: 'ended', outcome: { ...outcome, ...more }, settings };
}
