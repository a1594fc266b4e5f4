import fc from 'fast-check';
import { Slots } from '../../../nodes/KlingFast/generation/slots';
import { ManualClock } from './manualClock';
import { FakeApi } from './provider';
import { row, makeClips, paidRun } from './run';

const KEPT_MS = 150_000;
const clock = new ManualClock(1_000_000);
let keys = 0;
/** Sheets of a key of their own: the count lives as long as the process. */
function newKey() {
	const apiKey = `key ${keys++}`;
	return (sheetId: string, limit = 5, keptMs?: number) =>
		new Slots(apiKey, sheetId, limit, clock, keptMs);
}

/** Waits for a slot and keeps track of whether it was told of one. */
function wait(slots: Slots) {
	const controller = new AbortController();
	const waiting = { isTold: false, end: () => controller.abort() };
	const told = slots.givenBack(controller.signal).then(() => {
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
		const slotsOf = newKey();
		const [mine, theirs, third] = ['mine', 'theirs', 'third'].map((id) => slotsOf(id));
		expect(mine.left()).toBe(5);
		mine.keep(3);
		theirs.keep(4);
		expect([mine.left(), theirs.left(), third.left()]).toEqual([1, 2, 0]);
		theirs.keep(0);
		expect(mine.left()).toBe(5);
	});

	it('that a sleeping sheet keeps run out, unless it says so anew', async () => {
		const slotsOf = newKey();
		const asleep = slotsOf('asleep', 5, KEPT_MS);
		const other = slotsOf('other');
		for (let rounds = 0; rounds < 2; rounds++) {
			asleep.keep(5);
			await clock.run(clock.sleep(KEPT_MS - 1_000));
			expect(other.left()).toBe(0);
		}
		await clock.run(clock.sleep(1_000));
		expect(other.left()).toBe(5);
	});

	it('wake all waiters when one is released, and not when one is acquired', async () => {
		const slotsOf = newKey();
		const mine = slotsOf('mine');
		mine.keep(2);
		const waiting = ['one', 'two'].map((id) => wait(slotsOf(id)));
		mine.keep(3);
		await settle();
		expect(waiting.map(({ isTold }) => isTold)).toEqual([false, false]);
		mine.keep(2);
		await settle();
		expect(waiting.map(({ isTold }) => isTold)).toEqual([true, true]);
	});

	it('wake a waiter when what a sleeping sheet keeps has run out', async () => {
		const slotsOf = newKey();
		slotsOf('asleep', 5, KEPT_MS).keep(5);
		const other = slotsOf('other');
		const { told } = wait(other);
		const before = clock.nowMs();
		await clock.run(told);
		expect(clock.nowMs() - before).toBe(KEPT_MS);
		expect(other.left()).toBe(5);
	});

	it('have no waiter left whose run has ended', async () => {
		const slotsOf = newKey();
		slotsOf('asleep', 5, KEPT_MS).keep(5);
		const waiting = wait(slotsOf('other'));
		waiting.end();
		await waiting.told;
		expect(clock.openSleeps).toBe(0);
	});

	it('are never less than none, whatever sheets say', () => {
		const said = fc.record({
			sheet: fc.constantFrom('a', 'b', 'c'),
			count: fc.nat(9),
			keptSeconds: fc.integer({ min: 0, max: 60 }),
		});
		fc.assert(
			fc.property(fc.array(said, { maxLength: 30 }), fc.nat(12), (all, limit) => {
				const slotsOf = newKey();
				const kept = new Map<string, number>();
				for (const { sheet, count, keptSeconds } of all) {
					slotsOf(sheet, 5, keptSeconds * 1000).keep(count);
					kept.set(sheet, keptSeconds > 0 ? count : 0);
				}
				kept.delete('a');
				const others = [...kept.values()].reduce((sum, count) => sum + count, 0);
				expect(slotsOf('a', limit).left()).toBe(Math.max(0, limit - others));
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
				const apiKey = `key of run ${keys++}`;
				const all = plans.map(async ({ rows, limit }, index) => {
					const jobs = Array.from({ length: rows }, (_, index) => row(index));
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
