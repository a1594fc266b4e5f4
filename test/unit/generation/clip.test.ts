import { outcomeJson } from '../../../nodes/KlingFast/generation/outcome';
import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { completed, FakeApi, Provider } from './provider';
import { fetchClip, row, makeClip, makeClips, paidRun, REQUEST, video } from './run';

describe('making a clip', () => {
	it('reads count from when the task was accepted, however long the provider was full before', async () => {
		const clock = new ManualClock();
		const full = ({ method, atSeconds }: { method: string; atSeconds: number }) =>
			method === 'POST' && atSeconds < 300 ? response(429, {}) : undefined;
		const api = new FakeApi(clock, () => 60, full);
		await clock.run(makeClip(row(0), paidRun(api.client, clock)));
		expect(api.reads[0].atSeconds - api.tasks[0].bornAtSeconds).toBe(5);
		expect(api.reads.length).toBeLessThanOrEqual(6);
	});

	it('whose content was refused is sent again with other content, or in another execution', async () => {
		const clock = new ManualClock();
		const moderation = response(422, { error: { message: 'nsfw' } });
		const api = new FakeApi(
			clock,
			() => 60,
			({ method }) => (method === 'POST' ? moderation : undefined),
		);
		const context = {};
		const execute = async (executionId: string, clip = row(0)) => {
			await clock.run(makeClip(clip, paidRun(api.client, clock, { context, executionId })));
			return api.submits.length;
		};
		expect(await execute('1')).toBe(1);
		expect(await execute('1', row(0, { request: { ...REQUEST, prompt: 'A mug' } }))).toBe(2);
		expect(await execute('2')).toBe(3);
	});

	it('gives back its slot before the download', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const storeVideo = async (_: string, taskId: string) => {
			await clock.sleep(500_000);
			return { binary: video(taskId) };
		};
		const run = paidRun(api.client, clock, { storeVideo, concurrency: 1 });
		const clips = [row(0, { download: true }), row(1, { download: true })];
		await clock.run(makeClips(clips, run));
		expect(api.submits[1].atSeconds).toBeLessThan(70);
	});
});

describe('many rows', () => {
	it('of which one breaks for a reason of our own: the others end', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const storeVideo = async (_: string, taskId: string) => {
			if (taskId === 'task_0') throw new TypeError('bug');
			return { binary: video(taskId) };
		};
		const jobs = [0, 1].map((index) => row(index, { download: true }));
		const outcomes = await clock.run(makeClips(jobs, paidRun(api.client, clock, { storeVideo })));
		expect(outcomes).toMatchObject([
			{ status: 'completed', fault: { message: 'bug' } },
			{ status: 'completed', binary: video('task_1') },
		]);
	});
});

describe('time that goes on between two reads of the clock, and timers that fire early', () => {
	it.each([1, 2, 3, 4, 5])('by %d ms leave no clip waiting for ever', async (earlyMs) => {
		const time = new ManualClock();
		let ticks = 0;
		const nowMs = () => time.nowMs() + ticks++;
		const sleep: ManualClock['sleep'] = async (ms, signal) =>
			await time.sleep(Math.max(0, ms - earlyMs), signal);
		const api = new FakeApi(time, () => 60);
		const run = { ...paidRun(api.client, time), clock: { nowMs, sleep, random: () => 0.5 } };
		expect(await time.run(makeClip(row(0), run))).toMatchObject({ status: 'completed' });
	});
});

describe('a stopped run', () => {
	it('ends at once', async () => {
		const clock = new ManualClock();
		const controller = new AbortController();
		const stop = new Error('stopped by a person');
		clock.at(7_000, () => controller.abort(stop));
		const { client } = new FakeApi(clock, () => Infinity);
		const run = paidRun(client, clock, { signal: controller.signal });
		await expect(clock.run(makeClip(row(0), run))).rejects.toBe(stop);
		expect(clock.nowMs()).toBe(7_000);
		expect(clock.openSleeps).toBe(0);
	});

	it('has no results, even if every row had just ended', async () => {
		const clock = new ManualClock();
		const stop = new Error('stopped by a person');
		const controller = new AbortController();
		const { signal } = controller;
		const storeVideo = async (_: string, taskId: string) => {
			controller.abort(stop);
			return { binary: video(taskId) };
		};
		const run = paidRun(new FakeApi(clock, () => 60).client, clock, { signal, storeVideo });
		await expect(clock.run(makeClip(row(0, { download: true }), run))).rejects.toBe(stop);
	});
});

describe('fetching a clip by its task id', () => {
	it('reads it at once', async () => {
		const clock = new ManualClock();
		const provider = new Provider(clock, () => completed('task_9'));
		await clock.run(fetchClip('task_9', paidRun(provider.client, clock)));
		expect(provider.reads.map(({ atSeconds }) => atSeconds)).toEqual([0]);
	});

	it('reads again where the answer did not come through, three times at most', async () => {
		const clock = new ManualClock();
		const provider = new Provider(clock, () => response(503, {}));
		const run = paidRun(provider.client, clock);
		const outcome = await clock.run(fetchClip('task_9', run, { isSingleRead: true }));
		expect(provider.reads).toHaveLength(3);
		expect(outcomeJson(outcome)).toMatchObject({
			taskId: 'task_9',
			error: expect.stringContaining('(task task_9)'),
		});
	});
});
