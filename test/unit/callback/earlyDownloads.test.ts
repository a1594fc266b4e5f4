import type { Run } from '../../../nodes/KlingFast/generation/run';
import {
	wake,
	type OpenClip,
	type WakeResult,
} from '../../../nodes/KlingFast/generation/suspension';
import { ManualClock } from '../generation/manualClock';
import { completed, Provider, running } from '../generation/provider';
import { paidRun, video } from '../generation/run';

/** A sleeping run of two clips, of which the first ends while the second is made. */
async function sleepOfTwo(sleepId: string, saveVideo: Run['saveVideo']) {
	const clock = new ManualClock();
	const ended = new Set(['task_0']);
	const { client } = new Provider(clock, ({ path }) => {
		const taskId = path.slice('/v1/tasks/'.length);
		return ended.has(taskId) ? completed(taskId) : running(taskId);
	});
	const clips = [0, 1].map((itemIndex): OpenClip => ({
		outcome: { itemIndex, taskId: `task_${itemIndex}`, status: 'processing' },
		settings: { maxWaitSeconds: 900, download: true },
	}));
	const downloads: string[] = [];
	const run: Run = {
		...paidRun(client, clock),
		saveVideo: async (url, taskId) => {
			downloads.push(taskId);
			return await saveVideo(url, taskId);
		},
	};
	const call = async (taskId: string): Promise<WakeResult> =>
		await wake(sleepId, clips, { taskId, claimsEnd: true }, run);
	expect(await call('task_0')).toEqual({ kind: 'asleep' });
	const atFirst = [...downloads];
	ended.add('task_1');
	return { atFirst, result: await call('task_1'), downloads };
}

const stored = (taskId: string) => ({ ...video(taskId), id: `filesystem-v2:${taskId}` });

describe('a clip that ends while others are made', () => {
	it('is downloaded meanwhile, and once', async () => {
		const save = async (_url: string, taskId: string) => stored(taskId);
		const { atFirst, result, downloads } = await sleepOfTwo('stored', save);
		expect(atFirst).toEqual(['task_0']);
		expect(downloads).toEqual(['task_0', 'task_1']);
		expect(result).toMatchObject({
			kind: 'resume',
			outcomes: [{ binary: stored('task_0') }, { binary: stored('task_1') }],
		});
	});

	it('is downloaded again at the end where n8n would have kept it in memory', async () => {
		const save = async (_url: string, taskId: string) => video(taskId);
		const { result, downloads } = await sleepOfTwo('in memory', save);
		expect(downloads.sort()).toEqual(['task_0', 'task_0', 'task_1']);
		expect(result).toMatchObject({ outcomes: [{ binary: video('task_0') }, {}] });
	});

	it('is downloaded again at the end where that went wrong', async () => {
		let tries = 0;
		const save = async (_url: string, taskId: string) => {
			if (tries++ === 0) throw new Error('disk full');
			return stored(taskId);
		};
		const { result } = await sleepOfTwo('failed', save);
		expect(result).toMatchObject({
			outcomes: [{ binary: stored('task_0') }, { binary: stored('task_1') }],
		});
	});
});
