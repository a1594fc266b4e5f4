/*
 * What must stay true:
 * - A sheet is plain data. n8n saves it whenever it sleeps, and a round that was cut off is run again from what was saved.
 * - A row is sent only with the key and the bytes that were saved before its round began, so that a round that runs again sends the
 *   same. The first round is the exception: until it has ended, the execution does not sleep and nothing could run it again.
 * - What is due is decided here, from the sheet and the time alone; `round.ts` does it and writes down what came of it.
 */
import type { WorkflowExecuteMode } from 'n8n-workflow';
import type { KeyScope } from './idempotency';
import { Ledger, sentEntry, type LedgerEntries } from './ledger';
import type { Fault } from './outcome';
import { isBeforeSubmit, type SheetRow, type Upload } from './sheetRow';
import { abandonedRow, deadlineMs, givenUpAtMs } from './transitions';

/** All rows of one run of the node, awake or asleep. */
export interface Sheet {
	/** Clips of the key in flight at the same time. */
	concurrency: number;
	keyScope: KeyScope;
	/** When it first went to sleep. Until then those that wait for it run, in the same process. */
	firstSleepAtMs?: number;
	/** Executions that called this one's workflow and wait for its end: nothing is submitted once one of them was stopped. */
	callerIds: string[];
	/** Asleep: executions that wait for this sheet, each for the next one. Nothing is submitted once one of them has ended. */
	waitingExecutionIds: string[];
	ledger: LedgerEntries;
	/** Of images, by the hash of their bytes. */
	uploads: Record<string, Upload>;
	/** Where n8n has no store for files: they are fetched when the rows are delivered. */
	keepsFilesInMemory: boolean;
	rows: SheetRow[];
	/** Rounds in a row in which the credential could not be read. */
	credentialFaults?: number;
	/** Whether all of them were seen waiting once: from then on one that does not wait has ended. */
	wasWaitedFor?: boolean;
	/** When APIMart itself last answered. */
	heardAtMs?: number;
	/** Nobody waits for the rows any more. */
	isGivenUp?: boolean;
	/** Where a workflow is started for each clip: how, and for which rows that was done. */
	eachClip?: {
		executionMode: WorkflowExecuteMode;
		/** Whether this workflow, started for a clip, comes to this node again. */
		isLoop: boolean;
		plan: string;
		starts: Starts;
	};
}

/** By row and task: whether n8n took the start over. */
export type Starts = Record<string, boolean>;

/** What could not be started is tried again. */
export function startedOnly(starts: Starts = {}): Starts {
	return Object.fromEntries(Object.entries(starts).filter(([, isStarted]) => isStarted));
}

export type Action = { do: 'read' | 'submit' | 'prepare' | 'store' | 'giveUp'; rowIndex: number };

/** What counts at the moment of a decision. */
interface Moment {
	nowMs: number;
	/** The task that a callback named, if it was not read yet. */
	namedTaskId?: string;
	/** Clips of this sheet that may be in flight, beside those of others with the same key. */
	slots: number;
	/** Rows that something is done for already. */
	busy: ReadonlySet<number>;
}

/** Rows that are ready beyond those that the slots can take: refused ones cost a sleeping sheet no round of their own. */
const READY_AHEAD = 20;
const LONGEST_SLEEP_SECONDS = 60;
const CALLBACK_GRACE_MS = 3_000;

/** All that should be done now, the most urgent first. One pass: a sheet of a thousand rows asks this thousands of times. */
export function dueActions(sheet: Sheet, { nowMs, namedTaskId, slots, busy }: Moment): Action[] {
	const namedReads: Action[] = [];
	const reads: Action[] = [];
	const submitsAgain: Action[] = [];
	const submits: Action[] = [];
	const stores: Action[] = [];
	const prepares: Action[] = [];
	const givenUp: Action[] = [];
	let ahead = 0;
	let filesAhead = 0;
	sheet.rows.forEach((row, rowIndex) => {
		const { phase, outcome } = row;
		if (phase === 'ended') return;
		const isBusy = busy.has(rowIndex);
		if (!isBusy && nowMs >= givenUpAtMs(row)) {
			givenUp.push({ do: 'giveUp', rowIndex });
			return;
		}
		// Uploads would lie unused if the sheet is stopped.
		const isUploadTooEarly = hasFiles(row) && filesAhead >= sheet.concurrency;
		const isTooEarly = isUploadTooEarly || ahead >= sheet.concurrency + READY_AHEAD;
		const isQueued = phase === 'queued' && (isBusy || !isTooEarly);
		if (isQueued || (!isBusy && (phase === 'ready' || phase === 'prepared'))) {
			ahead++;
			if (hasFiles(row)) filesAhead++;
		}
		if (isBusy) return;
		if (isQueued) prepares.push({ do: 'prepare', rowIndex });
		if (phase === 'open') {
			const isNamed = namedTaskId !== undefined && outcome.taskId === namedTaskId;
			if (isNamed) namedReads.push({ do: 'read', rowIndex });
			else if (nowMs >= (row.nextReadAtMs ?? 0)) reads.push({ do: 'read', rowIndex });
		}
		if (phase === 'ready' && (row.nextTryAtMs ?? 0) <= nowMs) {
			// A request whose answer was lost may be in flight already: asking for its task again takes no slot more.
			(row.isPerhapsSent ? submitsAgain : submits).push({ do: 'submit', rowIndex });
		}
		if (phase === 'made' && !sheet.keepsFilesInMemory) stores.push({ do: 'store', rowIndex });
	});
	const free = Math.max(0, slots - inFlight(sheet));
	return [
		...namedReads,
		...reads,
		...givenUp,
		...submitsAgain,
		...submits.slice(0, free),
		...stores,
		...prepares,
	];
}

function hasFiles({ job }: SheetRow): boolean {
	return job?.frames.some(({ file }) => file) === true;
}

/** When something becomes due by itself; infinite where nothing does. What is due already waits for a slot, or its turn. */
export function nextDueMs({ rows }: Sheet, nowMs: number): number {
	let nextMs = Infinity;
	for (const row of rows) {
		const { phase, nextReadAtMs = 0, nextTryAtMs = 0 } = row;
		const moment = phase === 'open' ? nextReadAtMs : phase === 'ready' ? nextTryAtMs : 0;
		if (moment > nowMs && moment < nextMs) nextMs = moment;
		const givenUpMs = givenUpAtMs(row);
		if (givenUpMs > nowMs && givenUpMs < nextMs) nextMs = givenUpMs;
	}
	return nextMs;
}

/** Clips of this run that are, or may be, in the works at the provider. */
export function inFlight({ rows }: Sheet): number {
	return rows.filter(isInFlight).length;
}

function isInFlight({ phase, isPerhapsSent, job }: SheetRow): boolean {
	return job !== undefined && (phase === 'open' || isPerhapsSent === true);
}

/** Whether nothing is left to do for the row but to deliver it. */
export function isDone({ phase }: SheetRow, keepsFilesInMemory: boolean): boolean {
	return phase === 'ended' || (phase === 'made' && keepsFilesInMemory);
}

export function isOver({ rows, keepsFilesInMemory }: Sheet): boolean {
	return rows.every((row) => isDone(row, keepsFilesInMemory));
}

/** What was prepared in the round before is saved by now. */
export function releasePrepared(sheet: Sheet): void {
	for (const row of sheet.rows) if (row.phase === 'prepared') row.phase = 'ready';
}

/**
 * Seconds until the next round, 1 to 60. Where callbacks resume the sheet, only what they cannot tell is waited for: a time limit, the
 * next try of a submit, a clip that should have called back by its progress, and a read once a minute.
 */
export function sleepSeconds(sheet: Sheet, nowMs: number, isCalledBack: boolean): number {
	// What was prepared is saved by this very sleep: where there is room for it, nothing else is waited for.
	const isRoomLeft = inFlight(sheet) < sheet.concurrency;
	if (isRoomLeft && sheet.rows.some(({ phase }) => phase === 'prepared')) return 1;
	const rows = sheet.rows.map((row) => {
		if (!isCalledBack || row.phase !== 'open') return row;
		const overdueMs = row.reading?.reads ? (row.nextReadAtMs ?? 0) + CALLBACK_GRACE_MS : Infinity;
		return { ...row, nextReadAtMs: Math.min(deadlineMs(row), overdueMs) };
	});
	const seconds = Math.ceil((nextDueMs({ ...sheet, rows }, nowMs) - nowMs) / 1000);
	return Math.max(1, Math.min(LONGEST_SLEEP_SECONDS, seconds));
}

/** What is needed to name the rows: where n8n reads a sheet often, it should be small. */
export function withoutRequests(sheet: Sheet): Sheet {
	const rows = sheet.rows.map(({ phase, settings, outcome }): SheetRow => {
		const { request, metadata = request?.metadata, ...known } = outcome;
		return { phase, settings, outcome: { ...known, metadata } };
	});
	return { ...sheet, ledger: {}, uploads: {}, rows };
}

/** For whoever has only an older state of the sheet: what is not known to have ended may have been sent since. */
export function outdated(sheet: Sheet): Sheet {
	const rows = sheet.rows.map((row) =>
		row.phase === 'ended' ? row : { ...row, isPerhapsSent: true },
	);
	return { ...sheet, rows };
}

/** Ends all that has not ended; what is known of each row stays. */
export function abandon(sheet: Sheet, fault: Fault): Sheet {
	const ledger = new Ledger(sheet.ledger, sheet.keyScope.executionId);
	const rows = sheet.rows.map((row) =>
		row.phase === 'ended' ? row : abandonedRow(asSubmitted(row, ledger), fault),
	);
	return { ...sheet, rows };
}

/** A row that an earlier try has sent, and this one not yet. */
function asSubmitted(row: SheetRow, ledger: Ledger): SheetRow {
	const entry = isBeforeSubmit(row) ? sentEntry(row, ledger) : undefined;
	if (!entry) return row;
	const { taskId } = entry;
	if (taskId === undefined) return { ...row, isPerhapsSent: true };
	return { ...row, phase: 'open', outcome: { ...row.outcome, taskId } };
}

/**
 * Where one row ends because nothing comes through to APIMart, those of which nothing was sent end with it. A task that was paid for
 * in this run, or may have been, is asked for as long as its own time lasts.
 */
export function endUnsent(
	sheet: Sheet,
	fault: Fault,
	busy: ReadonlySet<number>,
	ledger: Ledger,
): void {
	sheet.rows.forEach((row, rowIndex) => {
		const { phase } = row;
		const isPaid = isInFlight(row) || phase === 'made' || sentEntry(row, ledger);
		if (phase === 'ended' || isPaid || busy.has(rowIndex)) return;
		sheet.rows[rowIndex] = abandonedRow(row, fault);
	});
}

/** Tasks that go on at the provider, as far as is known. */
export function openTaskIds({ rows }: Sheet): string[] {
	return rows.flatMap(({ phase, outcome: { taskId, status } }) =>
		taskId && (phase === 'open' || status === 'processing') ? [taskId] : [],
	);
}
