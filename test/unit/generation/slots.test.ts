import fc from 'fast-check';
import { useClock } from '../../../nodes/KlingFast/clock';
import {
	keepSlots,
	slotGivenBack,
	slotsLeftBeside,
} from '../../../nodes/KlingFast/generation/slots';
import { ManualClock } from './manualClock';
import { FakeApi } from './provider';
import { job, makeClips, paidRun } from './run';

let lanes = 0;
/** A key of its own for every test: the count lives as long as the process. */
function freshKey(): string {
	return `lane ${lanes++}`;
}

const clock = new ManualClock(1_000_000);
let restore: () => void;
beforeAll(() => (restore = useClock(clock)));
afterAll(() => restore());

/** Waits for a slot and keeps track of whether it was told of one. */
function wait(apiKey: string, sheetId: string) {
	const controller = new AbortController();
	const waiting = { isTold: false, end: () => controller.abort() };
	const told = slotGivenBack(apiKey, sheetId, controller.signal).then(() => {
		waiting.isTold = true;
	});
	return Object.assign(waiting, { told });
}

/** Lets everything happen that can. */
async function settle(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('the slots of an API key', () => {
	it('are those that other sheets leave', () => {
		const apiKey = freshKey();
		expect(slotsLeftBeside(apiKey, 'mine', 5)).toBe(5);
		keepSlots(apiKey, 'mine', 3);
		keepSlots(apiKey, 'theirs', 4);
		expect(slotsLeftBeside(apiKey, 'mine', 5)).toBe(1);
		expect(slotsLeftBeside(apiKey, 'theirs', 5)).toBe(2);
		expect(slotsLeftBeside(apiKey, 'a third', 5)).toBe(0);
		keepSlots(apiKey, 'theirs', 0);
		expect(slotsLeftBeside(apiKey, 'mine', 5)).toBe(5);
	});

	it('that a sleeping sheet keeps run out, unless it says so anew', async () => {
		const apiKey = freshKey();
		keepSlots(apiKey, 'asleep', 5, clock.nowMs() + 150_000);
		await clock.run(clock.sleep(149_000));
		expect(slotsLeftBeside(apiKey, 'other', 5)).toBe(0);
		keepSlots(apiKey, 'asleep', 5, clock.nowMs() + 150_000);
		await clock.run(clock.sleep(149_000));
		expect(slotsLeftBeside(apiKey, 'other', 5)).toBe(0);
		await clock.run(clock.sleep(1_000));
		expect(slotsLeftBeside(apiKey, 'other', 5)).toBe(5);
	});

	it('wake all waiters when one is released, and not when one is acquired', async () => {
		const apiKey = freshKey();
		keepSlots(apiKey, 'mine', 2);
		const waiting = [wait(apiKey, 'one'), wait(apiKey, 'two')];
		keepSlots(apiKey, 'mine', 3);
		await settle();
		expect(waiting.map(({ isTold }) => isTold)).toEqual([false, false]);
		keepSlots(apiKey, 'mine', 2);
		await settle();
		expect(waiting.map(({ isTold }) => isTold)).toEqual([true, true]);
	});

	it('wake a waiter when what a sleeping sheet keeps has run out', async () => {
		const apiKey = freshKey();
		keepSlots(apiKey, 'asleep', 5, clock.nowMs() + 150_000);
		const { told } = wait(apiKey, 'other');
		const before = clock.nowMs();
		await clock.run(told);
		expect(clock.nowMs() - before).toBe(150_000);
		expect(slotsLeftBeside(apiKey, 'other', 5)).toBe(5);
	});

	it('have no waiter left whose run has ended', async () => {
		const apiKey = freshKey();
		keepSlots(apiKey, 'asleep', 5, clock.nowMs() + 150_000);
		const waiting = wait(apiKey, 'other');
		waiting.end();
		await waiting.told;
		expect(clock.openSleeps).toBe(0);
	});

	it('are never less than none, whatever sheets say', () => {
		const said = fc.record({
			sheet: fc.constantFrom('a', 'b', 'c'),
			count: fc.nat(9),
			untilSeconds: fc.option(fc.integer({ min: -5, max: 60 }), { nil: undefined }),
		});
		fc.assert(
			fc.property(fc.array(said, { maxLength: 30 }), fc.nat(12), (all, limit) => {
				const apiKey = freshKey();
				const kept = new Map<string, number>();
				for (const { sheet, count, untilSeconds } of all) {
					const untilMs =
						untilSeconds === undefined ? undefined : clock.nowMs() + untilSeconds * 1000;
					keepSlots(apiKey, sheet, count, untilMs);
					kept.set(sheet, (untilSeconds ?? 1) > 0 ? count : 0);
				}
				kept.delete('a');
				const others = [...kept.values()].reduce((sum, count) => sum + count, 0);
				expect(slotsLeftBeside(apiKey, 'a', limit)).toBe(Math.max(0, limit - others));
			}),
		);
	});
});

describe('runs of one key', () => {
	it('are never more in flight than each allows, and leave nobody waiting who could start', async () => {
		const runs = fc.array(
			fc.record({ rows: fc.integer({ min: 1, max: 6 }), limit: fc.integer({ min: 1, max: 4 }) }),
			{ minLength: 1, maxLength: 4 },
		);
		await fc.assert(
			fc.asyncProperty(runs, async (plans) => {
				const time = new ManualClock();
				const api = new FakeApi(time, () => 60);
				const apiKey = freshKey();
				const all = plans.map(async ({ rows, limit }, index) => {
					const jobs = Array.from({ length: rows }, (_, row) => job(row));
					const executionId = `${index}`;
					const run = paidRun(api.client, time, { apiKey, concurrency: limit, executionId });
					return await makeClips(jobs, run);
				});
				const outcomes = (await time.run(Promise.all(all))).flat();
				const rows = plans.reduce((sum, plan) => sum + plan.rows, 0);
				expect(outcomes.map(({ status }) => status)).toEqual(Array(rows).fill('completed'));
				const highest = Math.max(...plans.map(({ limit }) => limit));
				const born = api.tasks.map(({ bornAtSeconds }) => bornAtSeconds);
				for (const at of born) {
					const inFlight = born.filter((other) => other <= at && at < other + 60);
					expect(inFlight.length).toBeLessThanOrEqual(highest);
				}
			}),
			{ seed: 20261126, numRuns: 60 },
		);
	});
});
