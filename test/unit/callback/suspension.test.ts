import fc from 'fast-check';
import type { Run } from '../../../nodes/KlingFast/generation/run';
import {
	wake,
	type OpenClip,
	type WakeResult,
} from '../../../nodes/KlingFast/generation/suspension';
import { ManualClock } from '../generation/manualClock';
import { completed, failed, Provider, reset, running } from '../generation/provider';
import { paidRun, video } from '../generation/run';

let sleeps = 0;
const freshSleep = () => `sleep ${++sleeps}`;

/** A sleeping run of so many clips, and a provider where they end when the test says so. */
function sleepOf(count: number, { download = false } = {}) {
	const clock = new ManualClock();
	const ended = new Map<string, 'completed' | 'failed'>();
	const heardOfEnd: string[] = [];
	const provider = new Provider(clock, ({ path }) => {
		const taskId = path.slice('/v1/tasks/'.length);
		const state = ended.get(taskId);
		if (state) heardOfEnd.push(taskId);
		if (state === 'failed') return failed(taskId);
		return state ? completed(taskId) : running(taskId);
	});
	const clips = Array.from({ length: count }, (_, itemIndex): OpenClip => ({
		outcome: { itemIndex, taskId: `task_${itemIndex}`, status: 'processing' },
		settings: { maxWaitSeconds: 900, download },
	}));
	const sleepId = freshSleep();
	const run: Run = paidRun(provider.client, clock);
	const call = async (taskId?: string, claimsEnd = true): Promise<WakeResult> =>
		await wake(sleepId, clips, { taskId, claimsEnd }, run);
	return { clock, ended, heardOfEnd, provider, clips, sleepId, run, call };
}

describe('a callback to a sleeping run', () => {
	it('resumes it with all outcomes, in the order of the rows, when nothing is being made any more', async () => {
		const { ended, call } = sleepOf(3);
		ended.set('task_2', 'completed').set('task_0', 'failed');
		expect(await call('task_2')).toEqual({ kind: 'asleep' });
		ended.set('task_1', 'completed');
		const result = await call('task_1');
		if (result.kind !== 'resume') throw new Error(result.kind);
		expect(result.outcomes).toMatchObject([
			{ itemIndex: 0, taskId: 'task_0', status: 'failed' },
			{ itemIndex: 1, taskId: 'task_1', status: 'completed' },
			{ itemIndex: 2, taskId: 'task_2', status: 'completed' },
		]);
	});

	it('resumes it again when, a minute later, it still sleeps: then n8n could not act on the first word', async () => {
		const { clock, ended, call } = sleepOf(1);
		ended.set('task_0', 'completed');
		expect(await call('task_0')).toMatchObject({ kind: 'resume' });
		await clock.run(clock.sleep(29_000));
		expect(await call('task_0')).toEqual({ kind: 'asleep' });
		await clock.run(clock.sleep(2_000));
		expect(await call('task_0')).toMatchObject({ kind: 'resume' });
		expect(await call('task_0')).toEqual({ kind: 'asleep' });
	});

	it('is to come again when it names a clip of a later sleep, which n8n has not saved yet', async () => {
		const { clock, ended, call } = sleepOf(1);
		ended.set('task_0', 'completed');
		expect(await call('task_0')).toMatchObject({ kind: 'resume' });
		expect(await call('task_of_round_2')).toEqual({ kind: 'again' });
		await clock.run(clock.sleep(60_000));
		expect(await call('task_of_round_2')).toEqual({ kind: 'again' });
	});

	it('reads its own task first, and stops reading at the first that is being made', async () => {
		const { ended, call, provider } = sleepOf(100);
		ended.set('task_50', 'completed');
		expect(await call('task_50')).toEqual({ kind: 'asleep' });
		expect(provider.reads.map(({ path }) => path)).toEqual([
			'/v1/tasks/task_50',
			'/v1/tasks/task_0',
		]);
	});

	it('that says more than the provider is to come again; one that names nothing is noted', async () => {
		const { call } = sleepOf(2);
		expect(await call('task_1')).toEqual({ kind: 'again' });
		expect(await call('task_1', false)).toEqual({ kind: 'asleep' });
		expect(await call('task_9')).toEqual({ kind: 'asleep' });
		expect(await call(undefined)).toEqual({ kind: 'asleep' });
	});

	it('is to come again when the provider cannot be asked, whatever the reason', async () => {
		const { clips, run } = sleepOf(1);
		for (const error of [reset(), new TypeError('x is not a function'), new Error('')]) {
			const { client } = new Provider(new ManualClock(), () => error);
			const result = await wake(freshSleep(), clips, { claimsEnd: true }, { ...run, client });
			expect(result).toEqual({ kind: 'again' });
		}
	});

	it('resumes once, in whatever order, how often and how close together callbacks come', async () => {
		const plan = fc.record({
			count: fc.integer({ min: 1, max: 8 }),
			calls: fc.array(
				fc.record({ task: fc.nat(9), ends: fc.boolean(), isTogether: fc.boolean() }),
				{ maxLength: 30 },
			),
		});
		await fc.assert(
			fc.asyncProperty(plan, async ({ count, calls }) => {
				const { ended, heardOfEnd, call, clock } = sleepOf(count);
				const results: Array<Promise<WakeResult>> = [];
				const last = Array.from({ length: count }, (_, task) => {
					return { task, ends: true, isTogether: task % 2 === 0 };
				});
				for (const { task, ends, isTogether } of [...calls, ...last]) {
					if (ends) ended.set(`task_${task}`, task % 3 ? 'completed' : 'failed');
					results.push(call(`task_${task}`));
					if (!isTogether) await clock.run(Promise.all(results));
				}
				const kinds = (await clock.run(Promise.all(results))).map(({ kind }) => kind);
				expect(kinds.filter((kind) => kind === 'resume')).toHaveLength(1);
				const isOwn = [...calls, ...last].map(({ task }) => task < count);
				const after = kinds.slice(kinds.indexOf('resume') + 1);
				const ownAfter = after.filter((_, index) => isOwn.slice(-after.length)[index]);
				expect(ownAfter).not.toContain('again');
				expect(new Set(heardOfEnd).size).toBe(heardOfEnd.length);
			}),
			{ seed: 7, numRuns: 200 },
		);
	});
});

describe('a slow download', () => {
	it('keeps others waiting for eight seconds, not longer; they come again and find it done', async () => {
		const { ended, clips, clock, run, sleepId } = sleepOf(1, { download: true });
		ended.set('task_0', 'completed');
		let downloads = 0;
		const slow: Run = {
			...run,
			saveVideo: async (_url, taskId) => {
				downloads++;
				await clock.sleep(60_000);
				return video(taskId);
			},
		};
		const call = async () =>
			await wake(sleepId, clips, { taskId: 'task_0', claimsEnd: true }, slow);
		const first = call();
		const second = call();
		const third = call();
		expect(await clock.run(second)).toEqual({ kind: 'again' });
		expect(await clock.run(third)).toEqual({ kind: 'again' });
		expect(clock.nowMs()).toBe(8_000);
		expect(await clock.run(first)).toMatchObject({
			kind: 'resume',
			outcomes: [{ status: 'completed', binary: video('task_0') }],
		});
		expect(await clock.run(call())).toEqual({ kind: 'asleep' });
		expect(downloads).toBe(1);
		expect(clock.openSleeps).toBe(0);
	});

	it('that fails resumes with the link and what went wrong', async () => {
		const { ended, clips, run, sleepId } = sleepOf(1, { download: true });
		ended.set('task_0', 'completed');
		const saveVideo = async () => {
			throw new Error('disk full');
		};
		const callback = { taskId: 'task_0', claimsEnd: true };
		expect(await wake(sleepId, clips, callback, { ...run, saveVideo })).toMatchObject({
			kind: 'resume',
			outcomes: [{ status: 'completed', fault: { message: 'disk full' } }],
		});
	});
});

test('what is remembered is bounded', async () => {
	const { ended, call, clips, run } = sleepOf(1);
	ended.set('task_0', 'completed');
	expect((await call('task_0')).kind).toBe('resume');
	const callback = { taskId: 'task_0', claimsEnd: true };
	for (let others = 0; others < 999; others++) await wake(freshSleep(), clips, callback, run);
	expect((await call('task_0')).kind).toBe('asleep');
	await wake(freshSleep(), clips, callback, run);
	// n8n answers for an execution that is over; only our own memory of it has gone.
	expect((await call('task_0')).kind).toBe('resume');
});
