import { openRow, queuedRow } from '../../../nodes/KlingFast/actions/video/sheetRows';
import type { Task } from '../../../nodes/KlingFast/apimart/task';
import { faultSentence, outcomeJson } from '../../../nodes/KlingFast/generation/outcome';
import { NOT_READ, type Reading } from '../../../nodes/KlingFast/generation/polling';
import {
	abandon,
	dueActions,
	isOver,
	openTaskIds,
	outdated,
	sleepSeconds,
} from '../../../nodes/KlingFast/generation/sheet';
import {
	afterRead,
	afterRefusal,
	afterStore,
	afterSubmit,
	type SheetRow,
} from '../../../nodes/KlingFast/generation/sheetRow';
import { refusal } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { Provider, reset } from './provider';
import { job, paidRun, sheetOf as sheetOfRun, video } from './run';

const run = paidRun(new Provider(new ManualClock(), () => reset()).client, new ManualClock());
const sheetOf = (rows: SheetRow[]) => sheetOfRun(rows, run);

const queued = (itemIndex: number) => queuedRow(job(itemIndex, { download: true }), false);
const ready = (itemIndex: number): SheetRow => ({ ...queued(itemIndex), phase: 'ready' });
const SUBMITTED = { taskId: 'task_1', firstSentAtMs: 0, isFound: false, isFromEarlierRun: false };
const open = (itemIndex: number, taskId = `task_${itemIndex}`): SheetRow =>
	afterSubmit(ready(itemIndex), { ...SUBMITTED, taskId }, 0, 47);

const TASK: Task = {
	taskId: 'task_1',
	state: 'processing',
	stateWord: 'processing',
	progress: 40,
};
const RUNNING: Reading = { ...NOT_READ, reads: 1, task: TASK };
const DONE: Task = { ...TASK, state: 'completed', videoUrl: 'https://files.example/1.mp4' };

const MOMENT = { nowMs: 0, slots: 5, busy: new Set<number>() };
const briefly = (rows: SheetRow[], moment: Partial<Parameters<typeof dueActions>[1]> = {}) =>
	dueActions(sheetOf(rows), { ...MOMENT, ...moment }).map(
		(action) => `${action.do} ${action.rowIndex}`,
	);

describe('what is due', () => {
	it('is read first, the task that a callback named before all others', () => {
		const rows = [open(0), open(1), ready(2), queued(3)];
		expect(briefly(rows, { named: 'task_1' })).toEqual(['read 1', 'submit 2', 'prepare 3']);
		expect(briefly(rows, { named: 'task_1', nowMs: 60_000 }).slice(0, 2)).toEqual([
			'read 1',
			'read 0',
		]);
		expect(briefly(rows, { named: 'task_of_another_sheet' })).toEqual(['submit 2', 'prepare 3']);
	});

	it('is submitted while there are slots, one that may have been sent even without', () => {
		const rows = [open(0), { ...ready(1), mayBeSent: true }, ready(2), ready(3)];
		expect(briefly(rows, { slots: 3 })).toEqual(['submit 1', 'submit 2']);
		expect(briefly(rows, { slots: 0 })).toEqual(['submit 1']);
	});

	it('is not sent before its time, nor twice at once', () => {
		const later = { ...ready(0), nextTryAtMs: 5_000 };
		expect(briefly([later, ready(1)], { busy: new Set([1]) })).toEqual([]);
		expect(briefly([later], { nowMs: 5_000 })).toEqual(['submit 0']);
	});

	it('is prepared some rows ahead, and not the whole sheet', () => {
		const rows = Array.from({ length: 500 }, (_, index) => queued(index));
		const prepares = briefly(rows);
		expect(prepares.length).toBeGreaterThanOrEqual(10);
		expect(prepares.length).toBeLessThanOrEqual(50);
	});

	it('is nothing for rows that have ended', () => {
		const ended = afterStore({ ...open(0), phase: 'made' }, { binary: video('task_0') });
		expect(briefly([ended], { nowMs: 1e9 })).toEqual([]);
		expect(isOver(sheetOf([ended]))).toBe(true);
		expect(isOver(sheetOf([ended, open(1)]))).toBe(false);
	});
});

describe('the sleep', () => {
	it('is never longer than a minute nor shorter than a second', () => {
		expect(sleepSeconds(sheetOf([open(0)]), 0, false)).toBe(47);
		expect(sleepSeconds(sheetOf([open(0)]), 0, true)).toBe(60);
		expect(sleepSeconds(sheetOf([open(0)]), 46_500, false)).toBe(1);
		expect(sleepSeconds(sheetOf([ready(0)]), 0, true)).toBe(60);
		expect(sleepSeconds(sheetOf([{ ...ready(0), nextTryAtMs: 7_000 }]), 0, true)).toBe(7);
	});

	it('ends at the time limit of a clip, also where callbacks wake the sheet', () => {
		expect(sleepSeconds(sheetOf([open(0)]), 880_000, true)).toBe(20);
	});
});

describe('a read', () => {
	it('that finds the clip in the works is followed by another one, at the time limit at the latest', () => {
		expect(afterRead(open(0), RUNNING, 50_000, 60)).toMatchObject({
			phase: 'open',
			nextReadAtMs: 110_000,
		});
		expect(afterRead(open(0), RUNNING, 890_000, 60).nextReadAtMs).toBe(900_000);
	});

	it('at the time limit is the last one, and what it says counts', () => {
		const late = afterRead(open(0), RUNNING, 900_000, 60);
		expect(late).toMatchObject({ phase: 'ended', outcome: { status: 'timedOut' } });
		expect(outcomeJson(late.outcome).error).toMatch(/task_0 was not finished after 900 seconds/);
		const done = afterRead(open(0), { ...RUNNING, isFinished: true, task: DONE }, 900_000, 60);
		expect(done).toMatchObject({ phase: 'made', outcome: { status: 'completed' } });
	});

	it('that finds no video to fetch ends the row', () => {
		const row = { ...open(0), settings: { maxWaitSeconds: 900, download: false } };
		const done = afterRead(row, { ...RUNNING, isFinished: true, task: DONE }, 50_000, 60);
		expect(done).toMatchObject({ phase: 'ended', outcome: { status: 'completed' } });
	});
});

describe('a refusal', () => {
	const fault = { message: 'The provider is busy' };

	it('in passing is tried again, for as long as a clip may take', () => {
		const first = afterRefusal(ready(0), fault, {
			nowMs: 1_000,
			retryAtMs: 3_000,
			mayBeSent: false,
		});
		expect(first).toMatchObject({ phase: 'ready', tries: 1, nextTryAtMs: 3_000 });
		const last = afterRefusal(first, fault, {
			nowMs: 890_000,
			retryAtMs: 902_000,
			mayBeSent: false,
		});
		expect(last).toMatchObject({ phase: 'ended', outcome: { status: 'failed', fault } });
	});

	it('for good ends the row', () => {
		const { message } = refusal(402, {});
		expect(afterRefusal(ready(0), { message }, { nowMs: 0, mayBeSent: false })).toMatchObject({
			phase: 'ended',
			outcome: { fault: { message } },
		});
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
	const rows = [open(0), ready(1), made, stored, { ...ready(4), mayBeSent: true }];

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

it('a task that was there before is read at once, and counts from now', () => {
	const settings = { maxWaitSeconds: 900, download: true };
	const row = openRow('task_9', { itemIndex: 0 }, settings, { nowMs: 5_000, isSingleRead: false });
	expect(briefly([row], { nowMs: 5_000 })).toEqual(['read 0']);
	expect(afterRead(row, RUNNING, 904_000, 60)).toMatchObject({
		phase: 'open',
		nextReadAtMs: 905_000,
	});
});
