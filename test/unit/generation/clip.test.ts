import type { Clock } from '../../../nodes/KlingFast/clock';
import { outcomeJson, type Outcome } from '../../../nodes/KlingFast/generation/outcome';
import { response } from '../apimart/answers';
import { completed, type Seen } from './provider';
import { makeClips, REQUEST, row, rows, stage, video } from './run';

const isSubmit = ({ method }: Seen) => method === 'POST';
const stop = new Error('stopped by a person');

describe('making a clip', () => {
	it('reads count from when the task was accepted, however long the provider was full before', async () => {
		const { api, makeOne } = stage((request) =>
			isSubmit(request) && request.atSeconds < 300 ? response(429, {}) : undefined,
		);
		await makeOne(row(0));
		expect(api.reads[0].atSeconds - api.tasks[0].bornAtSeconds).toBe(5);
		expect(api.reads.length).toBeLessThanOrEqual(6);
	});

	it('whose content was refused is sent again with other content, or in another execution', async () => {
		const moderation = response(422, { error: { message: 'nsfw' } });
		const { api, makeOne } = stage((request) => (isSubmit(request) ? moderation : undefined));
		const other = row(0, { request: { ...REQUEST, prompt: 'A mug' } });
		const submits = [];
		for (const [clip, executionId] of [
			[row(0), '1'],
			[row(0), '1'],
			[other, '1'],
			[row(0), '2'],
		] as const) {
			await makeOne(clip, { executionId });
			submits.push(api.submits.length);
		}
		expect(submits).toEqual([1, 1, 2, 3]);
	});

	it('gives back its slot before the download', async () => {
		const { api, clock, make } = stage();
		const storeVideo = async ({ taskId = '' }: Outcome) => {
			await clock.sleep(500_000);
			return { binary: video(taskId) };
		};
		await make(rows(2, { download: true }), { storeVideo, concurrency: 1 });
		expect(api.submits[1].atSeconds).toBeLessThan(70);
	});

	it('breaks for a reason of our own: the other rows end', async () => {
		const storeVideo = async ({ taskId = '' }: Outcome) => {
			if (taskId === 'task_0') throw new TypeError('bug');
			return { binary: video(taskId) };
		};
		expect(await stage().make(rows(2, { download: true }), { storeVideo })).toMatchObject([
			{ status: 'completed', fault: { message: 'bug' } },
			{ status: 'completed', binary: video('task_1') },
		]);
	});

	it.each([1, 2, 3, 4, 5])(
		'ends although timers fire %d ms early and time goes on',
		async (earlyMs) => {
			const { clock: time, run } = stage();
			let ticks = 0;
			const clock: Clock = {
				nowMs: () => time.nowMs() + ticks++,
				sleep: async (ms, signal) => await time.sleep(Math.max(0, ms - earlyMs), signal),
				random: () => 0.5,
			};
			const [outcome] = await time.run(makeClips([row(0)], run({ clock })));
			expect(outcome).toMatchObject({ status: 'completed' });
		},
	);
});

describe('a stopped run', () => {
	it('ends at once', async () => {
		const { clock, makeOne } = stage();
		const controller = new AbortController();
		clock.at(7_000, () => controller.abort(stop));
		await expect(makeOne(row(0), { signal: controller.signal })).rejects.toBe(stop);
		expect(clock.nowMs()).toBe(7_000);
		expect(clock.openSleeps).toBe(0);
	});

	it('has no results, even if every row had just ended', async () => {
		const controller = new AbortController();
		const storeVideo = async ({ taskId = '' }: Outcome) => {
			controller.abort(stop);
			return { binary: video(taskId) };
		};
		const work = stage().makeOne(row(0, { download: true }), {
			signal: controller.signal,
			storeVideo,
		});
		await expect(work).rejects.toBe(stop);
	});
});

describe('fetching a clip by its task id', () => {
	it('reads it at once', async () => {
		const { api, fetch } = stage(() => completed('task_9'));
		await fetch('task_9');
		expect(api.reads.map(({ atSeconds }) => atSeconds)).toEqual([0]);
	});

	it('reads again where the answer did not come through, three times at most', async () => {
		const { api, fetch } = stage(() => response(503, {}));
		const outcome = await fetch('task_9', true);
		expect(api.reads).toHaveLength(3);
		expect(outcomeJson(outcome)).toMatchObject({
			taskId: 'task_9',
			error: expect.stringContaining('(task task_9)'),
		});
	});
});
