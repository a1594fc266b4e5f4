/*
 * What must stay true:
 * - Nothing that a clip, the provider or n8n does ends a round early: what goes wrong belongs to a row.
 * - A row is submitted only after it was asked, in this very moment, whether somebody still waits for the sheet.
 * - A round ends only when nothing is due any more: what a callback would have told while it ran is looked up before the sheet sleeps.
 */
import type { IBinaryData } from 'n8n-workflow';
import { ApimartError } from '../apimart/errors';
import { backoffSeconds } from '../apimart/retry';
import { stopReason } from '../clock';
import { logEnd, logState, logSubmit } from './clipLog';
import { faultOf, type Fault } from './outcome';
import { NOT_READ, readOnce } from './polling';
import type { ClipJob, PaidRun } from './run';
import { abandon, dueActions, inFlight, releasePrepared, type Action, type Sheet } from './sheet';
import {
	afterLostTask,
	afterRead,
	afterRefusal,
	afterStore,
	afterSubmit,
	queuedAgain,
	type SheetRow,
} from './sheetRow';
import { isReplayedRefusal, markFailed, prepareEntry, submitPrepared } from './submission';

/** What a round needs of the world. */
export interface RoundRun extends PaidRun {
	/** A row as it was before it was saved. */
	jobOf(row: SheetRow): ClipJob;
	/** Stores a finished video where it lives as long as the execution that waits: a file, a fault, or neither where n8n has no store. */
	storeVideo(url: string, taskId: string): Promise<StoredVideo>;
	/** Why nothing more may be submitted: the execution that waits was stopped or deleted. */
	whyStopped(): Promise<Fault | undefined>;
	/** How many clips of this sheet may be in flight, beside those of others with the same key. */
	slots(): number;
	/** Tells others how many there are. */
	keepSlots(count: number): void;
}

export type StoredVideo = { binary: IBinaryData } | { fault: Fault } | 'inMemory';

export interface RoundStart {
	/** The first one of the sheet, in which nothing was saved yet. */
	isFirst: boolean;
	/** The task that a callback named. */
	named?: string;
}

/** Does all that is due, and what becomes due meanwhile. Rejects only when the execution of the round is stopped. */
export async function runRound(sheet: Sheet, run: RoundRun, start: RoundStart): Promise<Sheet> {
	releasePrepared(sheet);
	const working = new Map<number, Promise<void>>();
	const atOnce = Math.max(5, sheet.concurrency);
	let { named } = start;
	let hasAsked = false;
	for (;;) {
		const actions = dueActions(sheet, {
			nowMs: run.clock.nowMs(),
			named,
			slots: run.slots(),
			busy: new Set(working.keys()),
		});
		const isSubmitDue = actions.some((action) => action.do === 'submit');
		const stopped = isSubmitDue || !hasAsked ? await run.whyStopped() : undefined;
		hasAsked = true;
		if (run.signal?.aborted) throw stopReason(run.signal);
		if (stopped) {
			await Promise.all(working.values());
			return { ...abandon(sheet, stopped), isGivenUp: true };
		}
		for (const action of actions.slice(0, Math.max(0, atOnce - working.size))) {
			const { rowIndex } = action;
			const isNamed = named !== undefined && sheet.rows[rowIndex].outcome.taskId === named;
			if (action.do === 'read' && isNamed) named = undefined;
			const work = perform(action, sheet, run).then(() => {
				working.delete(rowIndex);
				if (start.isFirst) releasePrepared(sheet);
				run.keepSlots(inFlight(sheet));
			});
			working.set(rowIndex, work);
		}
		run.keepSlots(inFlight(sheet));
		if (working.size === 0) return sheet;
		await Promise.race(working.values());
	}
}

async function perform(action: Action, sheet: Sheet, run: RoundRun): Promise<void> {
	const { rowIndex } = action;
	const row = sheet.rows[rowIndex];
	const work = { read, submit, prepare, store }[action.do];
	// Set before the request leaves: a slot is taken from here on.
	if (action.do === 'submit') sheet.rows[rowIndex] = { ...row, mayBeSent: true };
	const after = await work(row, run).catch((error: unknown): SheetRow => ({
		...row,
		phase: 'ended',
		outcome: { ...row.outcome, fault: faultOf(error) },
	}));
	sheet.rows[rowIndex] = after;
	if (action.do === 'store' && after === row) sheet.keepsFilesInMemory = true;
	const { phase, outcome } = after;
	const { taskId, itemIndex } = outcome;
	const hasFailed = outcome.status === 'failed' || phase === 'queued';
	if (row.job && row.phase === 'open' && hasFailed) {
		markFailed({ itemIndex, contentHash: row.job.contentHash }, run);
	}
	if (phase !== 'ended' || taskId === undefined) return;
	if (outcome.status === 'completed' || outcome.status === 'failed') run.journal.end(taskId);
	logEnd({ taskId, itemIndex }, outcome, run);
}

async function read(row: SheetRow, run: RoundRun): Promise<SheetRow> {
	const { client, signal, clock } = run;
	const { taskId = '', itemIndex } = row.outcome;
	try {
		const reading = await readOnce(taskId, row.reading ?? NOT_READ, {
			client,
			signal,
			isFresh: row.isFresh === true,
			onState: (task) => logState({ taskId, itemIndex }, task, run),
		});
		return afterRead(row, reading, clock.nowMs(), clock.random());
	} catch (error) {
		return run.signal?.aborted ? row : afterLostTask(row, error);
	}
}

async function submit(row: SheetRow, run: RoundRun): Promise<SheetRow> {
	try {
		const submission = await submitPrepared(run.jobOf(row), run, 1);
		const { taskId, isFound } = submission;
		run.journal.add(taskId);
		logSubmit({ taskId, itemIndex: row.outcome.itemIndex }, isFound, run);
		return afterSubmit(row, submission, run.clock.nowMs());
	} catch (error) {
		if (run.signal?.aborted) return { ...row, mayBeSent: true };
		if (isReplayedRefusal(error)) return queuedAgain(row);
		return afterRefusal(row, faultOf(error), retryOf(error, row, run));
	}
}

function retryOf(error: unknown, { tries = 0 }: SheetRow, { clock }: RoundRun) {
	const nowMs = clock.nowMs();
	if (!(error instanceof ApimartError) || !error.details.passing) {
		return { nowMs, mayBeSent: false };
	}
	const { retryAfterSeconds, spent } = error.details;
	const waitSeconds = backoffSeconds(tries + 1, clock.random(), retryAfterSeconds);
	return { nowMs, retryAtMs: nowMs + waitSeconds * 1000, mayBeSent: spent === 'unknown' };
}

async function prepare(row: SheetRow, run: RoundRun): Promise<SheetRow> {
	await prepareEntry(run.jobOf(row), run);
	return { ...row, phase: 'prepared' };
}

async function store(row: SheetRow, run: RoundRun): Promise<SheetRow> {
	const { taskId = '', task } = row.outcome;
	const stored = await run.storeVideo(task?.videoUrl ?? '', taskId);
	return stored === 'inMemory' ? row : afterStore(row, stored);
}
