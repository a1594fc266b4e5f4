import type { Task } from '../../../nodes/KlingFast/apimart/task';
import { faultSentence } from '../../../nodes/KlingFast/generation/outcome';
import { NOT_READ, type Reading } from '../../../nodes/KlingFast/generation/polling';
import {
	abandon,
	dueActions,
	nextDueMs,
	openTaskIds,
	outdated,
	sleepSeconds,
} from '../../../nodes/KlingFast/generation/sheet';
import type { SheetRow } from '../../../nodes/KlingFast/generation/sheetRow';
import {
	afterRead,
	afterStore,
	afterSubmit,
	endedWith,
} from '../../../nodes/KlingFast/generation/transitions';
import { idleRun, row, sheetOf as sheetOfRun, video } from './run';

const sheetOf = (rows: SheetRow[]) => sheetOfRun(rows, idleRun());

const queued = (itemIndex: number) => row(itemIndex, { download: true });
const ready = (itemIndex: number): SheetRow => ({ ...queued(itemIndex), phase: 'ready' });
const SUBMITTED = {
	taskId: 'task_1',
	firstSentAtMs: 0,
	isFound: false,
	isFromEarlierRun: false,
	isOtherContent: false,
	attempts: 1,
};
const open = (itemIndex: number, taskId = `task_${itemIndex}`): SheetRow =>
	afterSubmit(ready(itemIndex), { ...SUBMITTED, taskId }, 0, 47);

const RUNNING: Reading = { ...NOT_READ, reads: 1 };

const MOMENT = { nowMs: 0, slots: 5, busy: new Set<number>() };
const briefly = (rows: SheetRow[], moment: Partial<Parameters<typeof dueActions>[1]> = {}) =>
	dueActions(sheetOf(rows), { ...MOMENT, ...moment }).map(
		(action) => `${action.do} ${action.rowIndex}`,
	);

describe('what is due', () => {
	it('is read first, the task that a callback named before all others', () => {
		const rows = [open(0), open(1), ready(2), queued(3)];
		expect(briefly(rows, { namedTaskId: 'task_1' })).toEqual(['read 1', 'submit 2', 'prepare 3']);
		expect(briefly(rows, { namedTaskId: 'task_1', nowMs: 60_000 }).slice(0, 2)).toEqual([
			'read 1',
			'read 0',
		]);
		expect(briefly(rows, { namedTaskId: 'task_of_another_sheet' })).toEqual([
			'submit 2',
			'prepare 3',
		]);
	});

	it('is submitted while there are slots, one that may have been sent even without', () => {
		const rows = [open(0), { ...ready(1), isPerhapsSent: true }, ready(2), ready(3)];
		expect(briefly(rows, { slots: 3 })).toEqual(['submit 1', 'submit 2']);
		expect(briefly(rows, { slots: 0 })).toEqual(['submit 1']);
	});

	it('is prepared some rows ahead, and not the whole sheet', () => {
		const rows = Array.from({ length: 500 }, (_, index) => queued(index));
		const prepares = briefly(rows);
		expect(prepares.length).toBeGreaterThanOrEqual(10);
		expect(prepares.length).toBeLessThanOrEqual(50);
	});

	it('is uploaded for as many rows as there are places, and not ahead of them', () => {
		const frames = [{ identity: 'hash', file: { data: '', mimeType: 'image/png' } }];
		const withFile = (itemIndex: number): SheetRow => {
			const plain = queued(itemIndex);
			return { ...plain, job: plain.job && { ...plain.job, frames } };
		};
		const rows = Array.from({ length: 20 }, (_, index) => withFile(index));
		expect(briefly([...rows, queued(20)])).toEqual(
			[0, 1, 2, 3, 4, 20].map((row) => `prepare ${row}`),
		);
	});
});

it.each([
	['the first read is due', open(0), 0, false, 47],
	['a callback tells of the end', open(0), 0, true, 60],
	['a read is due within a second', open(0), 46_500, false, 1],
	['a slot is waited for', ready(0), 0, true, 60],
	['the next try of a submit is due', { ...ready(0), nextTryAtMs: 7_000 }, 0, true, 7],
	['the time for the clip is up', open(0), 880_000, true, 20],
])('the sleep lasts until %s: %#', (_, row, nowMs, isCalledBack, seconds) => {
	expect(sleepSeconds(sheetOf([row]), nowMs, isCalledBack)).toBe(seconds);
});

describe('a task that failed', () => {
	const again: SheetRow = {
		...open(0),
		settings: { maxWaitSeconds: 900, download: true, retryFailed: 1 },
	};
	const failed = (more: Partial<Task> = {}): Reading => ({
		...RUNNING,
		task: {
			...{ taskId: 'task_0', state: 'failed', stateWord: 'failed', failure: 'Broken' },
			...more,
		},
	});
	const waiting = afterRead(again, failed(), 50_000, 60);
	const why = { message: 'Execution 7, which waits for this row, was stopped' };
	const told = ({ outcome }: SheetRow) => faultSentence(outcome);

	it('is followed by the next attempt, for a slot of its own', () => {
		expect(waiting).toMatchObject({ phase: 'queued', outcome: { taskId: 'task_0' } });
		expect(briefly([waiting], { slots: 0 })).toEqual(['prepare 0']);
		expect(briefly([{ ...waiting, phase: 'ready' }], { slots: 0 })).toEqual([]);
		expect(briefly([{ ...waiting, phase: 'ready' }])).toEqual(['submit 0']);
	});

	it('is final at the time limit, and where no slot was free until then', () => {
		expect(afterRead(again, failed(), 853_000, 60).phase).toBe('ended');
		const late = { ...waiting, phase: 'ready' as const };
		expect(nextDueMs(sheetOf([late]), 60_000)).toBe(853_000);
		expect(briefly([late], { slots: 0, nowMs: 853_000 })).toEqual(['giveUp 0']);
		expect(told(endedWith(late))).toMatch(/could not make the clip: Broken \(task task_0\)/);
		const sent = { ...late, isPerhapsSent: true };
		expect(briefly([sent], { slots: 0, nowMs: 900_000 })).toEqual(['submit 0']);
	});

	it.each<Partial<Task>>([
		{ isContentRefused: true },
		{ isParameterRefused: true },
		{ stateWord: 'cancelled' },
		{ stateWord: 'timeout' },
		{ costUsd: 0.504 },
	])('is final where it is more than a failure: %j', (more) => {
		expect(afterRead(again, failed(more), 50_000, 60).phase).toBe('ended');
	});

	it('is what a sheet that is given up tells, unless the next attempt may have been sent', () => {
		const [row] = abandon(sheetOf([waiting]), why).rows;
		expect(told(row)).toMatch(/Broken \(task task_0\) .* Failed clips are not charged/);
		const [sent] = abandon(outdated(sheetOf([waiting])), why).rows;
		expect(sent.outcome).toMatchObject({ status: 'failed', taskId: 'task_0', isPerhapsSent: true });
		expect(told(sent)).toMatch(
			/stopped \(in the next attempt after task task_0.*is not known here/,
		);
	});

	it('has no task that goes on, and is not slept over where there is room for the next', () => {
		expect(sleepSeconds(sheetOf([{ ...waiting, phase: 'prepared' }]), 0, true)).toBe(1);
		expect(openTaskIds(sheetOf([waiting]))).toEqual([]);
	});
});

describe('a sheet that is given up', () => {
	const why = { message: 'Execution 7, which waits for this row, was stopped' };
	const made: SheetRow = {
		...open(2),
		phase: 'made',
		outcome: { ...open(2).outcome, status: 'completed' },
	};
	const stored = afterStore(made, { binary: video('task_2') });
	const rows = [open(0), ready(1), made, stored, { ...ready(4), isPerhapsSent: true }];

	it('says of each row what is known of it, and of its money', () => {
		const sheet = abandon(sheetOf(rows), why);
		expect(sheet.rows.every(({ phase }) => phase === 'ended')).toBe(true);
		expect(sheet.rows.map(({ outcome }) => outcome.status)).toEqual([
			'processing',
			'failed',
			'completed',
			'completed',
			'failed',
		]);
		const sentences = sheet.rows.map(({ outcome }) => outcome.fault && faultSentence(outcome));
		expect(sentences).toEqual([
			expect.stringMatching(
				/stopped \(task task_0\).*may still be finished and charged.*Get Video/,
			),
			expect.stringMatching(/was not submitted and nothing was charged/),
			expect.stringMatching(/stopped \(task task_2\)/),
			undefined,
			expect.stringMatching(/Whether this row was submitted is not known here.*log/),
		]);
		expect(openTaskIds(sheet)).toEqual(['task_0']);
	});

	it.each([
		[
			{ state: 'pending' as const, taskId: 'task_9' },
			{ status: 'processing', taskId: 'task_9' },
			/stopped \(task task_9\).*may still be finished and charged/,
		],
		[
			{ state: 'pending' as const },
			{ status: 'failed' },
			/Whether this row was submitted is not known here/,
		],
		[
			{ state: 'ready' as const, isLost: true },
			{ status: 'failed' },
			/Whether this row was submitted is not known here/,
		],
		[
			{ state: 'ready' as const },
			{ status: 'failed' },
			/was not submitted and nothing was charged/,
		],
	])('names what may have been sent before: %j', (known, expected, sentence) => {
		const sheet = sheetOf([queued(0)]);
		const { job } = sheet.rows[0];
		const entry = {
			...sheet.keyScope,
			contentHash: String(job?.contentHash),
			attempt: 1,
			idempotencyKey: 'k',
		};
		const times = { firstSentAtMs: 0, keyBornAtMs: 0 };
		sheet.ledger = { 0: { ...entry, ...times, ...known } };
		const [{ outcome }] = abandon(sheet, why).rows;
		expect(outcome).toMatchObject(expected);
		expect(faultSentence(outcome)).toMatch(sentence);
	});

	it('claims of no row that it was not sent where a newer state may have been lost', () => {
		const sheet = abandon(outdated(sheetOf([queued(0), ready(1), stored])), why);
		const advice = sheet.rows.map(({ outcome }) => outcome.fault?.advice);
		expect(advice).toEqual([
			expect.stringMatching(/is not known here/),
			expect.stringMatching(/is not known here/),
			undefined,
		]);
	});
});
