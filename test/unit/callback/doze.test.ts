import fc from 'fast-check';
import { isOpen } from '../../../nodes/KlingFast/generation/clip';
import { makeClipsUntilBedtime } from '../../../nodes/KlingFast/generation/doze';
import { takeSlot } from '../../../nodes/KlingFast/generation/slots';
import { ManualClock } from '../generation/manualClock';
import { failed, FakeApi } from '../generation/provider';
import { job, paidRun } from '../generation/run';

describe('until bedtime', () => {
	it('rows above the cap are worked off, and the last submit ends the waiting', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const run = { ...paidRun(api.client, clock), concurrency: 5 };
		const jobs = Array.from({ length: 12 }, (_, index) => job(index));
		const outcomes = await clock.run(makeClipsUntilBedtime(jobs, run));
		expect(api.tasks).toHaveLength(12);
		expect(outcomes.map(({ itemIndex }) => itemIndex)).toEqual(jobs.map((_, index) => index));
		expect(outcomes.slice(0, 7).map(({ status }) => status)).toEqual(Array(7).fill('completed'));
		const { bornAtSeconds } = api.tasks[11];
		expect(clock.nowMs() / 1000).toBe(bornAtSeconds);
		// From then on each open clip is looked at once.
		const lastLooks = api.reads.filter(({ atSeconds }) => atSeconds === bornAtSeconds);
		expect(lastLooks.length).toBeGreaterThanOrEqual(outcomes.filter(isOpen).length);
		expect(clock.openSleeps).toBe(0);
		const release = await takeSlot(run.apiKey, 1);
		release();
	});

	it('N rows give N outcomes that are over or open, each paid for once, whatever the clips do', async () => {
		const plan = fc.record({
			clips: fc.array(fc.record({ seconds: fc.nat(200), fails: fc.boolean() }), {
				minLength: 1,
				maxLength: 15,
			}),
			concurrency: fc.integer({ min: 1, max: 6 }),
		});
		await fc.assert(
			fc.asyncProperty(plan, async ({ clips, concurrency }) => {
				const clock = new ManualClock();
				const api = new FakeApi(
					clock,
					(number) => clips[number].seconds,
					({ path }, count) => {
						const number = Number(path.split('task_')[1] ?? NaN);
						return clips[number]?.fails && count > 1 ? failed(`task_${number}`) : undefined;
					},
				);
				const run = { ...paidRun(api.client, clock), concurrency };
				const jobs = clips.map((_, index) => job(index, { download: true }));
				const outcomes = await clock.run(makeClipsUntilBedtime(jobs, run));
				expect(api.tasks).toHaveLength(clips.length);
				for (const [index, outcome] of outcomes.entries()) {
					expect(outcome.itemIndex).toBe(index);
					expect(outcome.taskId).toBeDefined();
					if (isOpen(outcome)) expect(outcome.status).toMatch(/submitted|processing/);
					else if (outcome.status === 'completed') expect(outcome.binary).toBeDefined();
					else expect(outcome.fault).toBeDefined();
				}
				expect(clock.openSleeps).toBe(0);
			}),
			{ seed: 7, numRuns: 60 },
		);
	});

	it('without rows there is nothing to wait for', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		expect(await clock.run(makeClipsUntilBedtime([], paidRun(api.client, clock)))).toEqual([]);
	});

	it('rows that cannot be submitted do not keep the others awake', async () => {
		const clock = new ManualClock();
		let posts = 0;
		const api = new FakeApi(
			clock,
			() => 60,
			({ method }) => {
				const isBad = method === 'POST' && ++posts === 2;
				return isBad
					? { statusCode: 402, headers: {}, body: '{"error":{"message":"balance"}}' }
					: undefined;
			},
		);
		const jobs = [job(0), job(1), job(2)];
		const outcomes = await clock.run(makeClipsUntilBedtime(jobs, paidRun(api.client, clock)));
		expect(outcomes.map(isOpen)).toEqual([true, false, true]);
		expect(outcomes[1]).toMatchObject({ status: 'failed', fault: expect.anything() });
	});
});
