import { openCostUsd } from '../../../nodes/KlingFast/generation/batch';
import { outcomeJson } from '../../../nodes/KlingFast/generation/outcome';
import { response } from '../apimart/answers';
import { ManualClock, seededRandom } from './manualClock';
import { completed, failed, FakeApi, Provider, running, type Given } from './provider';
import { fetchClip, job, makeClip, makeClips, paidRun, REQUEST, video } from './run';

describe('making a clip', () => {
	it('submits, waits and brings the video', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const run = paidRun(api.client, clock);
		const outcome = await clock.run(makeClip(job(3, { download: true }), run));
		expect(outcome).toMatchObject({
			itemIndex: 3,
			taskId: 'task_0',
			status: 'completed',
			binary: video('task_0'),
		});
		expect(outcome.fault).toBeUndefined();
	});

	it('does not wait where only the submit was asked for', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const run = paidRun(api.client, clock);
		const outcome = await clock.run(makeClip(job(0), run, { isSubmitOnly: true }));
		expect(outcome).toMatchObject({ status: 'submitted', taskId: 'task_0' });
		expect(api.reads).toHaveLength(0);
	});

	it('asks for it from when it was taken, however long the provider was full before', async () => {
		const clock = new ManualClock();
		const full = ({ method, atSeconds }: { method: string; atSeconds: number }) =>
			method === 'POST' && atSeconds < 300 ? response(429, {}) : undefined;
		const api = new FakeApi(clock, () => 60, full);
		await clock.run(makeClip(job(0), paidRun(api.client, clock)));
		expect(api.reads[0].atSeconds - api.tasks[0].bornAtSeconds).toBe(5);
		expect(api.reads.length).toBeLessThanOrEqual(6);
	});

	it('that takes too long is timed out, with its task id and the way to it', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => Infinity);
		const outcome = await clock.run(makeClip(job(0), paidRun(api.client, clock)));
		expect(clock.nowMs()).toBe(900_000);
		expect(outcome.status).toBe('timedOut');
		expect(outcomeJson(outcome).error).toMatch(/task_0 .*900 seconds.*Get Video/);
	});

	it('that fails is bought afresh by a further try, and by no one before', async () => {
		const clock = new ManualClock();
		const fault = ({ path }: { path: string }) =>
			path === '/v1/tasks/task_0' ? failed('task_0') : undefined;
		const api = new FakeApi(clock, () => 60, fault);
		const context = {};
		const first = await clock.run(makeClip(job(0), paidRun(api.client, clock, { context })));
		expect(first).toMatchObject({ status: 'failed', taskId: 'task_0' });
		expect(api.tasks).toHaveLength(1);
		const second = await clock.run(makeClip(job(0), paidRun(api.client, clock, { context })));
		expect(second).toMatchObject({ status: 'completed', taskId: 'task_1' });
	});

	const refusals: Array<[string, (path: string) => Given | undefined]> = [
		[
			'of its task',
			(path) =>
				path === '/v1/tasks/task_0'
					? failed('task_0', 'Failure to pass the risk control system')
					: undefined,
		],
		[
			'at its submit',
			(path) =>
				path.startsWith('/v1/tasks') ? undefined : response(422, { error: { message: 'nsfw' } }),
		],
	];
	it.each(refusals)(
		'whose content was refused %s is not sent again by a further try, but with other content or in another execution it is',
		async (_what, fault) => {
			const clock = new ManualClock();
			const api = new FakeApi(
				clock,
				() => 60,
				({ path }) => fault(path),
			);
			const context = {};
			const execute = async (executionId: string, clip = job(0)) =>
				await clock.run(makeClip(clip, paidRun(api.client, clock, { context, executionId })));
			const first = await execute('1');
			expect(first).toMatchObject({ status: 'failed', fault: { api: { kind: 'content' } } });
			expect(first.fault?.advice).toMatch(/Edit the prompt or the image/);
			const { taskId, fault: told } = first;
			expect(await execute('1')).toMatchObject({ status: 'failed', taskId, fault: told });
			expect(api.submits).toHaveLength(1);
			await execute('1', job(0, { request: { ...REQUEST, prompt: 'A milder cup' } }));
			expect(api.submits).toHaveLength(2);
			await execute('2');
			expect(api.submits).toHaveLength(3);
		},
	);

	it('passes over clips that failed in earlier executions under the same row key', async () => {
		const clock = new ManualClock();
		const fault = ({ path }: { path: string }) =>
			path.endsWith('task_0') || path.endsWith('task_1') ? failed(path.slice(-6)) : undefined;
		const api = new FakeApi(clock, () => 60, fault);
		const row = job(0, { dedupeKey: 'row-1' });
		const execute = async (executionId: string) =>
			await clock.run(makeClip(row, paidRun(api.client, clock, { executionId })));
		expect(await execute('1')).toMatchObject({ status: 'failed', taskId: 'task_0' });
		expect(await execute('2')).toMatchObject({ status: 'failed', taskId: 'task_1' });
		expect(await execute('3')).toMatchObject({ status: 'completed', taskId: 'task_2' });
		expect(await execute('4')).toMatchObject({ status: 'completed', taskId: 'task_2' });
		expect(api.tasks).toHaveLength(3);
	});

	it('keeps its task id when the key stops working while it is made', async () => {
		const clock = new ManualClock();
		const fault = ({ method }: { method: string }) =>
			method === 'GET' ? response(401, { error: { message: 'no' } }) : undefined;
		const api = new FakeApi(clock, () => 60, fault);
		const outcome = await clock.run(makeClip(job(0), paidRun(api.client, clock)));
		expect(outcome).toMatchObject({ status: 'processing', taskId: 'task_0' });
		expect(outcomeJson(outcome).error).toMatch(/API key.*\(task task_0\)/);
	});

	it('stays completed, with its address, where it cannot be downloaded', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const storeVideo = async () => ({ fault: { message: 'The link has expired' } });
		const run = paidRun(api.client, clock, { storeVideo });
		const outcome = await clock.run(makeClip(job(0, { download: true }), run));
		expect(outcomeJson(outcome)).toMatchObject({
			status: 'completed',
			videoUrl: 'https://files.example/task_0.mp4',
			error: expect.stringContaining('The link has expired'),
		});
	});

	it('gives back its slot before the download', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const storeVideo = async (_: string, taskId: string) => {
			await clock.sleep(500_000);
			return { binary: video(taskId) };
		};
		const run = paidRun(api.client, clock, { storeVideo, concurrency: 1 });
		const clips = [job(0, { download: true }), job(1, { download: true })];
		await clock.run(makeClips(clips, run));
		expect(api.submits[1].atSeconds).toBeLessThan(70);
	});
});

describe('many rows', () => {
	it('give their outcomes in their own order, never more than five in flight, in little more than four rounds', async () => {
		const clock = new ManualClock(0, seededRandom(4));
		const api = new FakeApi(clock, () => 60);
		const run = paidRun(api.client, clock);
		const jobs = Array.from({ length: 20 }, (_, index) => job(index));
		const outcomes = await clock.run(makeClips(jobs, run));
		expect(outcomes.map(({ itemIndex }) => itemIndex)).toEqual(jobs.map((_, index) => index));
		expect(outcomes.every(({ status }) => status === 'completed')).toBe(true);
		const born = api.tasks.map(({ bornAtSeconds }) => bornAtSeconds);
		for (const at of born) {
			expect(born.filter((other) => other <= at && at < other + 60).length).toBeLessThanOrEqual(5);
		}
		expect(clock.nowMs() / 1000).toBeLessThanOrEqual(1.1 * 4 * 60);
		expect(api.reads.length).toBeLessThanOrEqual(20 * 8);
	});

	it('end in any order, and one that goes wrong costs no other', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(
			clock,
			(number) => 90 - 20 * number,
			({ method, body }) =>
				method === 'POST' && String(body).includes('Cup 1')
					? response(422, { error: { message: 'no' } })
					: undefined,
		);
		const outcomes = await clock.run(
			makeClips(
				[0, 1, 2].map((i) => job(i)),
				paidRun(api.client, clock),
			),
		);
		expect(outcomes.map(({ itemIndex, status }) => [itemIndex, status])).toEqual([
			[0, 'completed'],
			[1, 'failed'],
			[2, 'completed'],
		]);
		expect(outcomeJson(outcomes[1]).error).toContain('APIMart rejected the content: no');
		expect(outcomes[1].taskId).toBeUndefined();
	});

	it('share their slots with every other run of the same key', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const apiKey = 'shared by two runs';
		const runs = ['1', '2'].map((executionId) =>
			paidRun(api.client, clock, { apiKey, concurrency: 2, executionId }),
		);
		const jobs = [0, 1, 2].map((index) => job(index));
		await clock.run(Promise.all(runs.map(async (run) => await makeClips(jobs, run))));
		const born = api.tasks.map(({ bornAtSeconds }) => bornAtSeconds);
		expect(born).toHaveLength(6);
		for (const at of born) {
			expect(born.filter((other) => other <= at && at < other + 60).length).toBeLessThanOrEqual(2);
		}
	});

	it('of which one breaks for a reason of our own: the others end', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const storeVideo = async (_: string, taskId: string) => {
			if (taskId === 'task_0') throw new TypeError('bug');
			return { binary: video(taskId) };
		};
		const jobs = [0, 1].map((index) => job(index, { download: true }));
		const outcomes = await clock.run(makeClips(jobs, paidRun(api.client, clock, { storeVideo })));
		expect(outcomes).toMatchObject([
			{ status: 'completed', fault: { message: 'bug' } },
			{ status: 'completed', binary: video('task_1') },
		]);
	});
});

describe('time that goes on between two looks at it, and timers that fire early', () => {
	it.each([1, 2, 3, 4, 5])('by %d ms leave no clip waiting for ever', async (earlyMs) => {
		const time = new ManualClock();
		let ticks = 0;
		const nowMs = () => time.nowMs() + ticks++;
		const sleep: ManualClock['sleep'] = async (ms, signal) =>
			await time.sleep(Math.max(0, ms - earlyMs), signal);
		const api = new FakeApi(time, () => 60);
		const run = { ...paidRun(api.client, time), clock: { nowMs, sleep, random: () => 0.5 } };
		expect(await time.run(makeClip(job(0), run))).toMatchObject({ status: 'completed' });
	});
});

describe('a stopped run', () => {
	it('ends at once, by throwing, and leaves its slots to others', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => Infinity);
		const controller = new AbortController();
		const stop = new Error('stopped by a person');
		clock.at(30_000, () => controller.abort(stop));
		const apiKey = 'stopped';
		const stopped = paidRun(api.client, clock, {
			apiKey,
			concurrency: 1,
			signal: controller.signal,
		});
		await expect(clock.run(makeClips([job(0), job(1)], stopped))).rejects.toBe(stop);
		expect(clock.nowMs()).toBe(30_000);
		expect(clock.openSleeps).toBe(0);
		expect(api.submits).toHaveLength(1);

		const next = paidRun(api.client, clock, { apiKey, concurrency: 1, executionId: '8' });
		await clock.run(makeClip(job(0), next, { isSubmitOnly: true }));
		expect(api.submits).toHaveLength(2);
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
		await expect(clock.run(makeClip(job(0, { download: true }), run))).rejects.toBe(stop);
	});
});

describe('fetching a clip by its task id', () => {
	it('waits for its end, reading it at once', async () => {
		const clock = new ManualClock();
		const provider = new Provider(clock, ({ atSeconds }) =>
			atSeconds < 30 ? running('task_9') : completed('task_9'),
		);
		const run = paidRun(provider.client, clock);
		const outcome = await clock.run(fetchClip('task_9', run));
		expect(provider.reads[0].atSeconds).toBe(0);
		expect(outcome).toMatchObject({ status: 'completed', binary: video('task_9') });
	});

	it('takes one look where it is not to wait', async () => {
		const clock = new ManualClock();
		const provider = new Provider(clock, () => running('task_9'));
		const run = paidRun(provider.client, clock);
		const outcome = await clock.run(fetchClip('task_9', run, { isSingleRead: true }));
		expect(outcome).toMatchObject({ status: 'processing', taskId: 'task_9' });
		expect(provider.reads).toHaveLength(1);
	});

	it('looks again where the answer did not come through, three times at most', async () => {
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

describe('what rows will cost', () => {
	it('leaves out those that are paid for already', async () => {
		const clock = new ManualClock();
		const fault = ({ path }: { path: string }) =>
			path.endsWith('task_1') ? failed('task_1') : undefined;
		const api = new FakeApi(clock, () => 60, fault);
		const context = {};
		const run = paidRun(api.client, clock, { context });
		const jobs = [0, 1, 2].map((index) => job(index, { estimatedCostUsd: 0.1 }));
		expect(openCostUsd(jobs, run)).toBe(0.3);
		await clock.run(makeClips(jobs.slice(0, 2), run));
		expect(openCostUsd(jobs, run)).toBe(0.2);
	});
});
