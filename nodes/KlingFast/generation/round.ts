/*
 * What must stay true:
 * - Nothing that a clip, the provider or n8n does ends a round early: what goes wrong belongs to a row.
 * - A row is submitted only after it was asked, in this very moment, whether somebody still waits for the sheet.
 * - A round ends only when nothing is due any more: what a callback would have said while it ran is read before the sheet sleeps.
 */
import { ApimartError, isTransportFault, toError } from '../apimart/errors';
import { backoffSeconds, logRetry, withRetries } from '../apimart/retry';
import { stopReason } from '../clock';
import { faultOf, type Outcome } from './outcome';
import { NOT_READ, readOnce, type Reading } from './polling';
import type { Run } from './run';
import {
	abandon,
	dueActions,
	endUnsent,
	inFlight,
	isOver,
	nextDueMs,
	releasePrepared,
	type Action,
	type Sheet,
} from './sheet';
import { isBeforeSubmit, type SheetRow } from './sheetRow';
import { isReplayedRefusal, markFailed, prepareEntry, submitPrepared } from './submission';
import { logEnd, logState, logSubmit } from './taskLog';
import {
	afterError,
	afterLostTask,
	afterRead,
	afterRefusal,
	afterSingleRead,
	afterStore,
	afterSubmit,
	endedWith,
	mayPassOver,
	passedOver,
	type NextTry,
} from './transitions';

/** What is due so soon is waited for before a sheet sleeps, as long as nobody has reached APIMart: n8n's timers take a minute. */
const EARLY_MS = 10_000;
const SINGLE_READ_TRIES = 3;
const SINGLE_READ_LIMIT_MS = 60_000;

interface RoundStart {
	/** Whether rows are sent without having been saved: awake, and before a sheet sleeps for the first time. */
	isUnsaved: boolean;
	/** Whether the round waits in the process for what is due later, until all rows have ended. */
	isAwake?: boolean;
	/** The task that a callback named. */
	namedTaskId?: string;
	/** Called whenever rows may have ended; asleep only once it is known that somebody still waits. */
	onRows?(sheet: Sheet): void;
}

/** Does all that is due, and what becomes due meanwhile. Rejects only when the execution of the round is stopped. */
export async function runRound(sheet: Sheet, run: Run, start: RoundStart): Promise<Sheet> {
	releasePrepared(sheet);
	const working: Working = new Map();
	const atOnce = Math.max(5, sheet.concurrency);
	let { namedTaskId } = start;
	let hasCheckedStop = false;
	let maySubmit = false;
	for (;;) {
		if (run.signal?.aborted) {
			// What still runs must not count for slots that are given back by now.
			working.clear();
			throw stopReason(run.signal);
		}
		if (start.isAwake || hasCheckedStop) start.onRows?.(sheet);
		const nowMs = run.clock.nowMs();
		const actions = dueActions(sheet, {
			nowMs,
			namedTaskId,
			slots: run.slots.left(),
			busy: new Set(working.keys()),
		});
		const isSubmitDue = actions.some((action) => action.do === 'submit');
		const isEnd = actions.length === 0 && working.size === 0;
		if ((isSubmitDue && !maySubmit) || (isEnd && !hasCheckedStop)) {
			const stopped = await run.whyStopped().catch(toError);
			hasCheckedStop = maySubmit = true;
			if (!stopped) continue;
			await Promise.all(endsOf(working));
			// n8n's database did not answer: the next round asks again.
			if (stopped instanceof Error) return sheet;
			return { ...abandon(sheet, stopped), isGivenUp: true };
		}
		// From here to the requests nobody else can take the slots.
		maySubmit = false;
		for (const action of actions) {
			const { rowIndex } = action;
			const alike = [...working.values()].filter((other) => other.do === action.do);
			if (alike.length >= (action.do === 'store' ? sheet.concurrency : atOnce)) continue;
			const { taskId } = sheet.rows[rowIndex].outcome;
			if (action.do === 'read' && taskId === namedTaskId) namedTaskId = undefined;
			const ended = perform(action, sheet, run).then((isCutOff) => {
				if (!working.delete(rowIndex)) return;
				const { fault } = sheet.rows[rowIndex].outcome;
				if (isCutOff && fault) endUnsent(sheet, fault, new Set(working.keys()), run.ledger);
				if (start.isUnsaved) releasePrepared(sheet);
				run.slots.keep(inFlight(sheet));
			});
			working.set(rowIndex, { do: action.do, ended });
		}
		run.slots.keep(inFlight(sheet));
		const isEarly = sheet.heardAtMs === undefined && nextDueMs(sheet, nowMs) < nowMs + EARLY_MS;
		const maySleep = !start.isAwake && !isEarly;
		if (working.size === 0 && (maySleep || isOver(sheet))) return sheet;
		await somethingIsDue(sheet, run, working, nowMs);
	}
}

/** Brings all rows to their end in this process. Rejects only when the run is stopped. */
export async function runAwake(
	sheet: Sheet,
	run: Run,
	onRows?: RoundStart['onRows'],
): Promise<Outcome[]> {
	try {
		const { rows } = await runRound(sheet, run, { isUnsaved: true, isAwake: true, onRows });
		return rows.map(({ outcome }) => outcome);
	} finally {
		run.slots.keep(0);
	}
}

/** By row: what is done for it. */
type Working = Map<number, { do: Action['do']; ended: Promise<void> }>;

function endsOf(working: Working): Array<Promise<void>> {
	return [...working.values()].map(({ ended }) => ended);
}

/** Resolves when an action has ended, the next one is due, a slot was given back, or the execution is stopped. */
async function somethingIsDue(
	sheet: Sheet,
	{ clock, signal, slots }: Run,
	working: Working,
	/** What was due at this moment is done already: time goes on between two reads of the clock. */
	decidedAtMs: number,
): Promise<void> {
	const ended = new AbortController();
	const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
	const dueInMs = nextDueMs(sheet, decidedAtMs) - clock.nowMs();
	const due = Number.isFinite(dueInMs)
		? [clock.sleep(Math.max(0, dueInMs), either).catch(() => undefined)]
		: [];
	await Promise.race([...endsOf(working), slots.givenBack(either), ...due]);
	ended.abort();
}

/** Does what is due for a row, and gives whether the row was cut off (see `isCutOff`). */
async function perform(action: Action, sheet: Sheet, run: Run): Promise<boolean> {
	const { rowIndex } = action;
	const row = sheet.rows[rowIndex];
	const beganAtMs = row.firstTryAtMs ?? row.startedAtMs ?? run.clock.nowMs();
	const work = {
		read,
		submit,
		prepare,
		store: async () => afterStore(row, await run.storeVideo(row.outcome)),
		giveUp: async () => endedWith(row),
	}[action.do];
	// Set before the request leaves: a slot is taken from here on.
	if (action.do === 'submit') sheet.rows[rowIndex] = { ...row, isPerhapsSent: true };
	const after = await work(row, run, sheet).catch((error: unknown) =>
		afterError(row, faultOf(error)),
	);
	sheet.rows[rowIndex] = after;
	sheet.heardAtMs = run.client.heardAtMs ?? sheet.heardAtMs;
	if (action.do === 'store' && after === row) sheet.keepsFilesInMemory = true;
	noteEnd(row, after, run);
	return isCutOff(after, action, sheet, beganAtMs);
}

/** Notes in ledger, journal and log what has become of the row's task, where it has ended. */
function noteEnd(row: SheetRow, { phase, outcome }: SheetRow, run: Run): void {
	const { taskId, itemIndex } = outcome;
	// A task that cannot be read (any more) was paid for all the same: only one that has failed makes room for another.
	if (row.phase === 'open' && outcome.task?.state === 'failed') markFailed(row, outcome, run);
	// That of the attempt before is in the log already.
	const isLogged = isBeforeSubmit(row) && taskId === row.outcome.taskId;
	if (taskId !== undefined && !isLogged && (phase === 'ended' || phase === 'queued')) {
		if (outcome.status === 'completed' || outcome.status === 'failed') run.journal.end(taskId);
		logEnd({ taskId, itemIndex }, outcome, run);
	}
}

/** Whether the row has ended because APIMart was not heard of since it began. */
function isCutOff(row: SheetRow, action: Action, sheet: Sheet, beganAtMs: number): boolean {
	if (row.phase !== 'ended') return false;
	const kind = row.outcome.fault?.api?.kind;
	if (action.do !== 'submit') return kind === 'unreachable' && sheet.heardAtMs === undefined;
	return isTransportFault(kind) && (sheet.heardAtMs ?? -Infinity) < beganAtMs;
}

async function read(row: SheetRow, run: Run, { heardAtMs }: Sheet): Promise<SheetRow> {
	if (row.isUnawaited) return await singleRead(row, run);
	const { client, signal, clock, logger } = run;
	const { taskId = '', itemIndex } = row.outcome;
	const isBeginning = () => (client.heardAtMs ?? heardAtMs) === undefined;
	const waitedSeconds = () => (clock.nowMs() - (row.startedAtMs ?? 0)) / 1000;
	try {
		const reading = await readOnce(taskId, row.reading ?? NOT_READ, {
			client,
			signal,
			isNewTask: row.job !== undefined && !row.outcome.isFromEarlierRun,
			ageSeconds: (clock.nowMs() - (row.pollFromMs ?? 0)) / 1000,
			endsWait: ({ kind, retryForSeconds = Infinity }) =>
				kind === 'unreachable' && isBeginning() && !row.job && waitedSeconds() >= retryForSeconds,
		});
		const { task } = reading;
		if (task && task.stateWord !== row.reading?.task?.stateWord) {
			logState({ taskId, itemIndex }, task, run);
		}
		const delay = delaySeconds(row, reading, run, isBeginning());
		if (reading.lastFault) logRetry(`task ${taskId}: ${reading.lastFault}`, delay, logger);
		return afterRead(row, reading, clock.nowMs(), delay);
	} catch (error) {
		return signal?.aborted ? row : afterLostTask(row, error);
	}
}

function delaySeconds(
	row: SheetRow,
	reading: Reading,
	{ clock, readDelaySeconds }: Run,
	isBeginning = false,
): number {
	const { reads, task, faults, retryAfter } = reading;
	const elapsedSeconds = (clock.nowMs() - (row.pollFromMs ?? 0)) / 1000;
	const usual =
		row.settings.pollIntervalSeconds ?? readDelaySeconds({ ...task, reads, elapsedSeconds });
	// Rows that were submitted together would otherwise ask together, again and again.
	const spread = isBeginning ? 0 : usual * (0.9 + 0.2 * clock.random());
	const backoff = faults === 0 ? 0 : backoffSeconds(faults, clock.random(), retryAfter);
	return Math.max(spread, backoff);
}

/** One read, repeated only where the answer did not come through. */
async function singleRead(
	row: SheetRow,
	{ client, clock, signal, logger }: Run,
): Promise<SheetRow> {
	const { taskId = '' } = row.outcome;
	const deadlineMs = clock.nowMs() + SINGLE_READ_LIMIT_MS;
	const maxTries = row.job ? 1 : SINGLE_READ_TRIES;
	try {
		const rules = { clock, signal, logger, deadlineMs, maxTries };
		return afterSingleRead(row, await withRetries(() => client.readTask(taskId), rules));
	} catch (error) {
		if (signal?.aborted) throw toError(error);
		return afterLostTask(row, error);
	}
}

async function submit(row: SheetRow, run: Run, sheet: Sheet): Promise<SheetRow> {
	try {
		const submission = await submitPrepared(row, run);
		if (!submission) return passedOver(row);
		const { taskId, isFound } = submission;
		run.journal.add(taskId);
		const { itemIndex, request, taskId: failedTaskId } = row.outcome;
		logSubmit({ taskId, itemIndex, metadata: request?.metadata, failedTaskId }, isFound, run);
		const first = delaySeconds({ ...row, pollFromMs: run.clock.nowMs() }, NOT_READ, run);
		return afterSubmit(row, submission, run.clock.nowMs(), first);
	} catch (error) {
		if (run.signal?.aborted) return { ...row, isPerhapsSent: true };
		if (isReplayedRefusal(error) && mayPassOver(row)) return passedOver(row);
		return afterRefusal(row, error, run.clock.nowMs(), nextTryOf(error, row, run, sheet));
	}
}

/** Undefined where the same request may not be sent again. */
function nextTryOf(
	error: unknown,
	{ tries = 0, outcome }: SheetRow,
	{ client, clock, logger }: Run,
	{ heardAtMs = client.heardAtMs }: Sheet,
): NextTry | undefined {
	if (!(error instanceof ApimartError) || !error.details.retryable) return undefined;
	const { retryAfterSeconds, retryForSeconds } = error.details;
	const waitSeconds = backoffSeconds(tries + 1, clock.random(), retryAfterSeconds);
	const because = `the submit of item ${outcome.itemIndex}, with the same key: ${error.message}`;
	logRetry(because, waitSeconds, logger);
	// What was reached once will be reached again: then only the row's own time counts.
	return heardAtMs === undefined ? { waitSeconds, retryForSeconds } : { waitSeconds };
}

async function prepare(row: SheetRow, run: Run): Promise<SheetRow> {
	const refused = await prepareEntry(row, run);
	return refused ? endedWith(row, refused) : { ...row, phase: 'prepared' };
}
