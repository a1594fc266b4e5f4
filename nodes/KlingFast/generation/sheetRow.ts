/*
 * What must stay true:
 * - A row is plain data, and each of these functions gives a new one; none of them asks for the time or for anything else.
 * - From the moment a task id is known, the row carries it; that of a failed attempt, until the next attempt has one.
 */
import type { IBinaryData } from 'n8n-workflow';
import type { Task } from '../apimart/task';
import {
	faultOf,
	faultOfTask,
	isUnknownTask,
	mayBeMadeAgain,
	timeoutFault,
	withTask,
	type Fault,
	type Outcome,
} from './outcome';
import { NOT_READ, type Reading } from './polling';
import { FIRST_EXPECTED_SECONDS } from './pollSchedule';
import type { ClipJob, StoredVideo, WaitSettings } from './run';
import type { Submission } from './submission';

/**
 * - `queued`: nothing is known but what is asked for
 * - `prepared`: key and bytes are written down, in this round
 * - `ready`: they were saved; the row is submitted when a slot is free
 * - `open`: its task is being made
 * - `made`: the clip is finished, its video has still to be stored
 * - `ended`
 */
export type RowPhase = 'queued' | 'prepared' | 'ready' | 'open' | 'made' | 'ended';

export interface SheetRow {
	phase: RowPhase;
	outcome: Outcome;
	settings: WaitSettings;
	/** Absent where the task was there from the start, and once it is not needed any more. */
	job?: SavedJob;
	/** When the wait for the clip began: the submit of its first attempt, or its first look. Before a submit: the next attempt's. */
	startedAtMs?: number;
	reading?: Reading;
	nextReadAtMs?: number;
	/** Whether "unknown task" may be the provider's delay and not a wrong id. */
	isNewTask?: boolean;
	/** Whether a task of this row may be in the works at the provider although its id is not known. */
	mayBeSent?: boolean;
	tries?: number;
	firstTryAtMs?: number;
	nextTryAtMs?: number;
	/** Clips that failed in earlier runs under the same row key, and were passed over. */
	earlierFailures?: number;
	isFromEarlierRun?: boolean;
	/** Whether nobody waits for the clip. */
	isSubmitOnly?: boolean;
	/** Whether the task is read only once, whatever its state. */
	isSingleRead?: boolean;
	/** From when the plan of status reads counts. */
	pollFromMs?: number;
	/** Whether its file belongs to the execution that waits. */
	isHandedOver?: boolean;
}

/** A job without what cannot be saved. */
export type SavedJob = Pick<ClipJob, 'contentHash' | 'dedupeKey'> & {
	frames: Array<{ identity: string; file?: IBinaryData }>;
};

/** How many clips that failed in earlier runs, under the same row key, are passed over until one is made. */
const MAX_EARLIER_FAILURES = 20;

/** A task exists for this row. `firstReadSeconds`: after which a new task is read for the first time. */
export function afterSubmit(
	row: SheetRow,
	{ taskId, firstSentAtMs, isFound, isFromEarlierRun, attempts }: Submission,
	nowMs: number,
	firstReadSeconds: number,
): SheetRow {
	const status = row.isSubmitOnly ? 'submitted' : 'processing';
	const open: SheetRow = {
		...row,
		mayBeSent: undefined,
		tries: undefined,
		nextTryAtMs: undefined,
		phase: 'open',
		outcome: {
			...row.outcome,
			task: undefined,
			fault: undefined,
			taskId,
			status,
			submittedAtMs: firstSentAtMs,
			isFromEarlierRun,
			...(attempts > 1 && { attempts }),
		},
		startedAtMs: firstSentAtMs,
		// A full provider may have refused a fresh task for minutes before it took it.
		pollFromMs: isFound ? firstSentAtMs : nowMs,
		reading: NOT_READ,
		isNewTask: !isFromEarlierRun,
		isFromEarlierRun,
		nextReadAtMs: isFound ? nowMs : nowMs + firstReadSeconds * 1000,
	};
	if (!row.isSubmitOnly) return open;
	// A clip that was found again may have ended long ago.
	return isFound ? { ...open, isSingleRead: true } : ended(open, {});
}

export interface Refusal {
	nowMs: number;
	/** When the same request may be sent again, if it may. */
	retryAtMs?: number;
	/** How long that is worth it at most. */
	retryForSeconds?: number;
	/** Whether the clip may exist all the same. */
	mayBeSent: boolean;
}

/** A submit went wrong. */
export function afterRefusal(row: SheetRow, fault: Fault, refusal: Refusal): SheetRow {
	const { nowMs, retryAtMs, retryForSeconds = Infinity, mayBeSent } = refusal;
	const firstTryAtMs = row.firstTryAtMs ?? nowMs;
	const retryEndsMs = firstTryAtMs + retryForSeconds * 1000;
	const nextTryAtMs = Math.min(retryAtMs ?? Infinity, retryEndsMs);
	const isTooLate = nextTryAtMs > firstTryAtMs + row.settings.maxWaitSeconds * 1000;
	if (retryAtMs === undefined || nowMs >= retryEndsMs || isTooLate) {
		return ended(row, { ...withFault(row, fault), ...(mayBeSent && { mayBeSent }) });
	}
	const tries = (row.tries ?? 0) + 1;
	return { ...row, tries, firstTryAtMs, nextTryAtMs, mayBeSent };
}

/** The row was sent before, and its content refused: what was said then is said again. */
export function afterRefusedContent(
	row: SheetRow,
	refused: Pick<Outcome, 'fault' | 'taskId'>,
): SheetRow {
	return ended(row, refused);
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
	const { outcome, settings, job, startedAtMs, isSubmitOnly, earlierFailures } = row;
	return {
		phase: 'queued',
		outcome: { ...outcome, isFromEarlierRun: undefined },
		settings,
		job,
		startedAtMs,
		firstTryAtMs: startedAtMs,
		isSubmitOnly,
		earlierFailures,
	};
}

/** When a row that waits for its next attempt is left as failed, because no time remains. */
export function givenUpAtMs(row: SheetRow): number {
	const isWaiting = isBeforeSubmit(row) && row.startedAtMs !== undefined && !row.mayBeSent;
	return isWaiting ? lastSubmitMs(row) : Infinity;
}

/** A next attempt that is sent later cannot be ready in time: it would be paid for, and come out as timed out. */
function lastSubmitMs(row: SheetRow): number {
	return deadlineMs(row) - FIRST_EXPECTED_SECONDS * 1000;
}

/** What the attempt before said is the row's end. */
export function givenUp(row: SheetRow): SheetRow {
	return ended(row, {});
}

/** Whether the row's next request has not been answered yet. */
export function isBeforeSubmit({ phase }: SheetRow): boolean {
	return phase === 'queued' || phase === 'prepared' || phase === 'ready';
}

/** What is done for the row went wrong in a way that nothing else here foresees. */
export function afterError(row: SheetRow, fault: Fault): SheetRow {
	return { ...row, phase: 'ended', outcome: { ...row.outcome, ...withFault(row, fault) } };
}

function withFault(row: SheetRow, fault: Fault): Pick<Outcome, 'fault' | 'isOfNextAttempt'> {
	const isOfNextAttempt = isBeforeSubmit(row) && row.outcome.taskId !== undefined;
	return isOfNextAttempt ? { fault, isOfNextAttempt } : { fault };
}

/** A status read has come back; the next one is due after `delaySeconds`, and the last one when the time is up. */
export function afterRead(
	row: SheetRow,
	reading: Reading,
	nowMs: number,
	delaySeconds: number,
): SheetRow {
	const { task, isFinished } = reading;
	if (isFinished && task) return afterEnd(row, task, nowMs);
	const { taskId = '' } = row.outcome;
	if (nowMs >= deadlineMs(row)) {
		const fault = timeoutFault(taskId, row.settings.maxWaitSeconds, reading);
		return ended(row, { task, status: 'timedOut', fault });
	}
	return {
		...row,
		reading,
		nextReadAtMs: Math.min(nowMs + delaySeconds * 1000, deadlineMs(row)),
	};
}

/** The one look at a row that does not wait has brought its task. That it cannot be read leaves a new row as it is: it exists. */
export function afterSingleRead(
	row: SheetRow,
	looked: { task: Task } | { error: unknown },
): SheetRow {
	if ('task' in looked) {
		const after = afterEnd(row, looked.task, Infinity);
		const isNews = looked.task.state !== 'completed' && !row.isSubmitOnly;
		return isNews ? { ...after, outcome: { ...after.outcome, isNews } } : after;
	}
	return row.isSubmitOnly ? ended(row, {}) : afterLostTask(row, looked.error);
}

/** No read of this task can succeed. */
export function afterLostTask(row: SheetRow, error: unknown): SheetRow {
	const fault = faultOf(error);
	return ended(row, isUnknownTask(fault) ? { fault, status: 'failed' } : { fault });
}

/** The video is stored, or why it could not be. */
export function afterStore(row: SheetRow, stored: StoredVideo): SheetRow {
	return stored === 'inMemory' ? row : ended(row, stored);
}

/** Nothing more is done for this row; what is known of it stays. */
export function abandonedRow(row: SheetRow, fault: Fault): SheetRow {
	const { outcome, phase, mayBeSent } = row;
	// What to do, and that nothing was charged, stands in it.
	if (fault.api?.kind === 'unreachable') return ended(row, withFault(row, fault));
	// A finished clip has its link, and is reported as finished.
	if (phase === 'made') return ended(row, { fault });
	// Its task has failed, and no other was begun.
	if (outcome.taskId && isBeforeSubmit(row) && !mayBeSent) return givenUp(row);
	if (outcome.taskId && !isBeforeSubmit(row)) {
		const advice = 'The clip may still be finished and charged: fetch it with Get Video.';
		return ended(row, { status: 'processing', fault: { ...fault, advice } });
	}
	const advice = mayBeSent
		? "Whether this row was submitted is not known here: n8n's log names the task of every row that was."
		: 'This row was not submitted and nothing was charged for it.';
	const uncertain = mayBeSent ? { mayBeSent } : {};
	return ended(row, { ...uncertain, status: 'failed', ...withFault(row, { ...fault, advice }) });
}

/** Whether the row's task should be read, be it for the last time. */
export function isReadDue(row: SheetRow, nowMs: number): boolean {
	return nowMs >= (row.nextReadAtMs ?? 0);
}

/** When the wait for the row's clip is over. */
export function deadlineMs({ startedAtMs = 0, settings }: SheetRow): number {
	return startedAtMs + settings.maxWaitSeconds * 1000;
}

function afterEnd(row: SheetRow, task: Task, nowMs: number): SheetRow {
	const { isFromEarlierRun, settings } = row;
	const outcome = withTask(row.outcome, task);
	if (task.state === 'failed' && isFromEarlierRun && mayPassOver(row)) {
		return passedOver({ ...row, outcome });
	}
	const { attempts = 1 } = outcome;
	const isAllowed = attempts <= (settings.retryFailed ?? 0) && nowMs < lastSubmitMs(row);
	if (isAllowed && mayBeMadeAgain(task)) return queuedAgain({ ...row, outcome });
	const hasVideo = task.state === 'completed' && task.videoUrl && settings.download;
	return hasVideo
		? { phase: 'made', outcome, settings }
		: ended(row, { ...outcome, fault: faultOfTask(task) });
}

function ended({ outcome, settings }: SheetRow, more: Partial<Outcome>): SheetRow {
	return { phase: 'ended', outcome: { ...outcome, ...more }, settings };
}
