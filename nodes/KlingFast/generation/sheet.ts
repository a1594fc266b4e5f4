/*
 * What must stay true:
 * - A sheet is plain data. n8n saves it whenever it sleeps, and a round that was cut off is run again from what was saved.
 * - A row is sent only with the key and the bytes that were saved before its round began, so that a round that runs again sends the
 *   same. The first round is the exception: until it has ended, the execution does not sleep and nothing could run it again.
 * - What is due is decided here, from the sheet and the time alone; `round.ts` does it and writes down what came of it.
 */
import type { IBinaryData } from 'n8n-workflow';
import type { Task } from '../apimart/task';
import type { KeyScope } from './idempotency';
import type { LedgerEntries } from './ledger';
import {
	faultOf,
	faultOfTask,
	isUnknownTask,
	timeoutFault,
	withTask,
	type Fault,
	type Outcome,
} from './outcome';
import { delayAfterFaults, NOT_READ, type Reading } from './polling';
import { asleepDelaySeconds } from './pollSchedule';
import type { ClipJob, WaitSettings } from './run';
import type { Submission } from './submission';

/** All rows of one run of the node that sleeps. */
export interface Sheet {
	/** Clips of the key in flight at the same time. */
	concurrency: number;
	keyScope: KeyScope;
	startedAtMs: number;
	/** Executions that wait for this sheet: nothing is submitted once one of them has ended. */
	waitingExecutionIds: string[];
	ledger: LedgerEntries;
	/** Addresses of uploaded images, by the hash of their bytes. */
	uploads: Record<string, string>;
	/** Where n8n has no store for files: they are fetched when the rows are delivered. */
	keepsFilesInMemory: boolean;
	rows: SheetRow[];
	/** Rounds in a row in which the credential could not be read. */
	credentialFaults?: number;
	/** Nobody waits for the rows any more. */
	isGivenUp?: boolean;
}

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
	/** When the wait for the clip began: its submit, or its first look. */
	startedAtMs?: number;
	reading?: Reading;
	nextReadAtMs?: number;
	/** Whether "unknown task" may be the provider's delay and not a wrong id. */
	isFresh?: boolean;
	/** Whether a task of this row may be in the works at the provider although its id is not known. */
	mayBeSent?: boolean;
	tries?: number;
	firstTryAtMs?: number;
	nextTryAtMs?: number;
	/** Clips that failed in earlier runs under the same row key, and were passed over. */
	earlierFailures?: number;
	isFromEarlierRun?: boolean;
}

/** A job without what cannot be saved. */
export type SavedJob = Pick<ClipJob, 'contentHash' | 'dedupeKey'> & {
	frames: Array<{ identity: string; file?: IBinaryData }>;
};

export type Action = { do: 'read' | 'submit' | 'prepare' | 'store'; rowIndex: number };

/** What counts at the moment of a decision. */
export interface Moment {
	nowMs: number;
	/** The task that a callback named, if it was not looked at yet. */
	named?: string;
	/** Clips of this sheet that may be in flight, beside those of others with the same key. */
	slots: number;
	/** Rows that something is done for already. */
	busy: ReadonlySet<number>;
}

/** How many clips that failed in earlier runs, under the same row key, are passed over until one is made. */
const MAX_EARLIER_FAILURES = 20;
/** Rows that are ready beyond those in flight, so that a round that frees slots can fill them. */
const READY_PER_SLOT = 2;
const LONGEST_SLEEP_SECONDS = 60;

/** All that should be done now, the most urgent first. */
export function dueActions(sheet: Sheet, { nowMs, named, slots, busy }: Moment): Action[] {
	const rows = sheet.rows.map((row, rowIndex) => ({ row, rowIndex }));
	const free = rows.filter(({ rowIndex }) => !busy.has(rowIndex));
	const inPhase = (phase: RowPhase) => free.filter(({ row }) => row.phase === phase);
	const isNamed = ({ outcome }: SheetRow) => outcome.taskId === named;
	const toRead = inPhase('open').filter(({ row }) => isNamed(row) || isReadDue(row, nowMs));
	const reads = [
		...toRead.filter(({ row }) => isNamed(row)),
		...toRead.filter(({ row }) => !isNamed(row)),
	];
	const due = inPhase('ready').filter(({ row }) => (row.nextTryAtMs ?? 0) <= nowMs);
	// A request whose answer was lost may be in flight already: asking for its task again takes no slot more.
	const again = due.filter(({ row }) => row.mayBeSent);
	const fresh = due.filter(({ row }) => !row.mayBeSent);
	const submits = [...again, ...fresh.slice(0, Math.max(0, slots - inFlight(sheet)))];
	const ready = rows.filter(({ row }) => row.phase === 'ready' || row.phase === 'prepared').length;
	const preparing = free.length < rows.length ? rows.filter(isPreparing(busy)).length : 0;
	const wanted = READY_PER_SLOT * sheet.concurrency - ready - preparing;
	const action = (what: Action['do']) => (entry: { rowIndex: number }) => ({
		do: what,
		rowIndex: entry.rowIndex,
	});
	return [
		...reads.map(action('read')),
		...submits.map(action('submit')),
		...(sheet.keepsFilesInMemory ? [] : inPhase('made').map(action('store'))),
		...inPhase('queued').slice(0, Math.max(0, wanted)).map(action('prepare')),
	];
}

const isPreparing =
	(busy: ReadonlySet<number>) =>
	({ row, rowIndex }: { row: SheetRow; rowIndex: number }) =>
		row.phase === 'queued' && busy.has(rowIndex);

/** Clips that are, or may be, in the works at the provider. */
export function inFlight({ rows }: Sheet): number {
	return rows.filter(({ phase, mayBeSent, job }) => job && (phase === 'open' || mayBeSent)).length;
}

/** Whether nothing is left but to deliver the rows. */
export function isOver({ rows, keepsFilesInMemory }: Sheet): boolean {
	return rows.every(({ phase }) => phase === 'ended' || (phase === 'made' && keepsFilesInMemory));
}

/** What was prepared in the round before is saved by now. */
export function releasePrepared(sheet: Sheet): void {
	for (const row of sheet.rows) if (row.phase === 'prepared') row.phase = 'ready';
}

/**
 * Seconds until the next round, 1 to 60. Where callbacks wake the sheet, only what they cannot tell is waited for: a time limit, the
 * next try of a submit, and a look once a minute.
 */
export function sleepSeconds(sheet: Sheet, nowMs: number, isCalledBack: boolean): number {
	const moments = sheet.rows.flatMap((row) => {
		if (row.phase === 'open') {
			return [deadlineMs(row), ...(isCalledBack ? [] : [row.nextReadAtMs ?? nowMs])];
		}
		return row.phase === 'ready' && row.nextTryAtMs ? [row.nextTryAtMs] : [];
	});
	const seconds = Math.ceil((Math.min(...moments) - nowMs) / 1000);
	return Math.max(1, Math.min(LONGEST_SLEEP_SECONDS, seconds));
}

/** A task exists for this row. */
export function afterSubmit(row: SheetRow, submission: Submission, nowMs: number): SheetRow {
	const { taskId, firstSentAtMs, isFound, isFromEarlierRun } = submission;
	return {
		...row,
		mayBeSent: undefined,
		tries: undefined,
		nextTryAtMs: undefined,
		phase: 'open',
		outcome: { ...row.outcome, taskId, status: 'processing', submittedAtMs: firstSentAtMs },
		startedAtMs: firstSentAtMs,
		reading: NOT_READ,
		isFresh: !isFound,
		isFromEarlierRun,
		nextReadAtMs: isFound ? nowMs : nowMs + asleepDelaySeconds(NEW_TASK) * 1000,
	};
}

const NEW_TASK = { elapsedSeconds: 0, reads: 0 };

/** A submit went wrong; `retryAtMs` where the same request may be sent again. */
export function afterRefusal(
	row: SheetRow,
	fault: Fault,
	{ nowMs, retryAtMs, mayBeSent }: { nowMs: number; retryAtMs?: number; mayBeSent: boolean },
): SheetRow {
	const firstTryAtMs = row.firstTryAtMs ?? nowMs;
	const patienceEndsMs = firstTryAtMs + row.settings.maxWaitSeconds * 1000;
	if (retryAtMs === undefined || retryAtMs > patienceEndsMs) return ended(row, { fault });
	const tries = (row.tries ?? 0) + 1;
	return { ...row, tries, firstTryAtMs, nextTryAtMs: retryAtMs, mayBeSent };
}

/** The next attempt of a row whose earlier one failed for nothing. */
export function queuedAgain(row: SheetRow): SheetRow {
	const { outcome, settings, job, firstTryAtMs, earlierFailures = 0 } = row;
	const { itemIndex, request, estimatedCostUsd } = outcome;
	return {
		phase: 'queued',
		outcome: { itemIndex, request, estimatedCostUsd, status: 'failed' },
		settings,
		job,
		firstTryAtMs,
		earlierFailures: earlierFailures + 1,
	};
}

/** A status read has come back. */
export function afterRead(
	row: SheetRow,
	reading: Reading,
	nowMs: number,
	random: number,
): SheetRow {
	const { task, isFinished } = reading;
	if (isFinished && task) return afterEnd(row, task);
	const { maxWaitSeconds, pollIntervalSeconds } = row.settings;
	const { taskId = '' } = row.outcome;
	if (nowMs >= deadlineMs(row)) {
		const fault = timeoutFault(taskId, maxWaitSeconds, task);
		return ended(row, { task, status: 'timedOut', fault });
	}
	const elapsedSeconds = (nowMs - (row.startedAtMs ?? nowMs)) / 1000;
	const { reads } = reading;
	const usual =
		pollIntervalSeconds ?? asleepDelaySeconds({ elapsedSeconds, reads, progress: task?.progress });
	const delaySeconds = delayAfterFaults(reading, usual, random);
	return { ...row, reading, nextReadAtMs: nowMs + delaySeconds * 1000 };
}

/** No read of this task can succeed. */
export function afterLostTask(row: SheetRow, error: unknown): SheetRow {
	const fault = faultOf(error);
	return ended(row, isUnknownTask(fault) ? { fault, status: 'failed' } : { fault });
}

/** The video is stored, or why it could not be. */
export function afterStore(
	row: SheetRow,
	stored: { binary: IBinaryData } | { fault: Fault },
): SheetRow {
	return ended(row, stored);
}

/** For whoever has only an older state of the sheet: what is not known to have ended may have been sent since. */
export function outdated(sheet: Sheet): Sheet {
	const rows = sheet.rows.map((row) => (row.phase === 'ended' ? row : { ...row, mayBeSent: true }));
	return { ...sheet, rows };
}

/** Ends all that has not ended; what is known of each row stays. */
export function abandon(sheet: Sheet, fault: Fault): Sheet {
	const rows = sheet.rows.map((row) => (row.phase === 'ended' ? row : abandoned(row, fault)));
	return { ...sheet, rows };
}

function abandoned(row: SheetRow, fault: Fault): SheetRow {
	const { outcome, phase, mayBeSent } = row;
	// A finished clip has its link, and is told as finished.
	if (phase === 'made') return ended(row, { fault });
	if (outcome.taskId) {
		const advice = 'The clip may still be finished and charged: fetch it with Get Video.';
		return ended(row, { status: 'processing', fault: { ...fault, advice } });
	}
	const advice = mayBeSent
		? "Whether this row was submitted is not known here: n8n's log names the task of every row that was."
		: 'This row was not submitted and nothing was charged for it.';
	return ended(row, { status: 'failed', fault: { ...fault, advice } });
}

function afterEnd(row: SheetRow, task: Task): SheetRow {
	const { earlierFailures = 0, isFromEarlierRun, settings } = row;
	const outcome = withTask(row.outcome, task);
	if (task.state === 'failed' && isFromEarlierRun && earlierFailures < MAX_EARLIER_FAILURES) {
		return queuedAgain({ ...row, outcome });
	}
	const hasVideo = task.state === 'completed' && task.videoUrl && settings.download;
	return hasVideo
		? { phase: 'made', outcome, settings }
		: ended(row, { ...outcome, fault: faultOfTask(task) });
}

function ended({ outcome, settings }: SheetRow, more: Partial<Outcome>): SheetRow {
	return { phase: 'ended', outcome: { ...outcome, ...more }, settings };
}

function isReadDue(row: SheetRow, nowMs: number): boolean {
	return nowMs >= (row.nextReadAtMs ?? 0) || nowMs >= deadlineMs(row);
}

function deadlineMs({ startedAtMs = 0, settings }: SheetRow): number {
	return startedAtMs + settings.maxWaitSeconds * 1000;
}

/** Tasks that go on at the provider, as far as is known. */
export function openTaskIds({ rows }: Sheet): string[] {
	return rows.flatMap(({ outcome: { taskId, status } }) =>
		taskId && status === 'processing' ? [taskId] : [],
	);
}
