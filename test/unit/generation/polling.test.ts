import { response } from '../apimart/answers';
import { completed, failed, running, type Given } from './provider';
import { row, stage } from './run';

const ID = 'task_0';

/** Waits for a task whose reads are answered by this rule. */
async function wait(
	rule: (seconds: number, read: number) => Given,
	settings: { maxWaitSeconds?: number; pollIntervalSeconds?: number } = {},
) {
	const { api, clock, makeOne } = stage(({ method, atSeconds }, count) =>
		method === 'POST' ? undefined : rule(atSeconds, count),
	);
	const outcome = await makeOne(row(0, settings));
	const readAt = api.reads.map(({ atSeconds }) => atSeconds);
	return { outcome, readAt, gaps: readAt.map((at, read) => at - (readAt[read - 1] ?? 0)), clock };
}

it('the poll interval is kept', async () => {
	const { readAt } = await wait((now) => (now >= 30 ? completed(ID) : running(ID)), {
		pollIntervalSeconds: 10,
	});
	expect(readAt).toEqual([10, 20, 30]);
});

it('when the time is up there is one last read', async () => {
	const { outcome, readAt, clock } = await wait(() => running(ID, 91));
	expect(outcome).toMatchObject({ status: 'timedOut', task: { progress: 91 } });
	expect(clock.nowMs()).toBe(900_000);
	expect(readAt.at(-1)).toBe(900);
});

describe('reads that go wrong', () => {
	const fault = response(500, { error: { message: 'internal error' } });
	it.each<[string, Given]>([
		['a plain 500', fault],
		['no task in the answer', response(200, { code: 200, data: [] })],
		['a page that asks who is there', response(401, '<html><title>Login</title></html>')],
		['JSON that is not of APIMart', response(401, { message: 'Unauthorized' })],
		['a proxy that asks for a sign-in', response(407, '')],
		['a moderation', response(422, { error: { message: 'sensitive' } })],
		['a strange refusal', response(400, { error: { message: 'busy' } })],
	])('do not end the wait: %s', async (_, given) => {
		const { outcome, readAt } = await wait((now) => (now < 40 ? given : completed(ID)));
		expect(outcome).toMatchObject({ status: 'completed' });
		expect(readAt.length).toBeGreaterThan(1);
	});

	const keyRefused = response(401, { error: { message: 'invalid token' } });

	it('for the key that has bought the clip are repeated five times', async () => {
		const hiccup = await wait((_, read) => (read <= 5 ? keyRefused : completed(ID)));
		expect(hiccup.outcome).toMatchObject({ status: 'completed' });
		const often = await wait((_, read) => (read % 2 && read < 20 ? keyRefused : running(ID)));
		expect(often.outcome).toMatchObject({ status: 'timedOut' });
		const { outcome, readAt } = await wait(() => keyRefused);
		expect(outcome).toMatchObject({ taskId: ID, fault: { api: { kind: 'credential' } } });
		expect(readAt).toHaveLength(6);
		expect(readAt[5]).toBeLessThan(180);
	});

	it('are repeated when the provider asks for it, but not after the deadline', async () => {
		const busyOnce = (_: number, read: number) =>
			read === 1 ? response(429, {}, { 'retry-after': '100' }) : completed(ID);
		expect((await wait(busyOnce)).gaps[1]).toBe(100.5);
		const { outcome, clock } = await wait(busyOnce, { maxWaitSeconds: 20 });
		expect(outcome).toMatchObject({ status: 'completed' });
		expect(clock.nowMs()).toBe(20_000);
	});

	it.each([
		[60, 300],
		[1, undefined],
	])(
		'are brought forward to the deadline: %p seconds, interval %p',
		async (maxWaitSeconds, pollIntervalSeconds) => {
			const { outcome, clock } = await wait(() => running(ID), {
				maxWaitSeconds,
				pollIntervalSeconds,
			});
			expect(outcome).toMatchObject({ status: 'timedOut' });
			expect(clock.nowMs()).toBe(maxWaitSeconds * 1000);
		},
	);

	it('are forgotten once one went well: the interval is kept again', async () => {
		const { gaps } = await wait(
			(_, read) => (read <= 5 ? fault : read < 8 ? running(ID) : completed(ID)),
			{ pollIntervalSeconds: 10 },
		);
		expect(gaps.slice(6)).toEqual([10, 10]);
	});

	it.each([0.1, 1, undefined, 300])(
		'of a new task that is not known everywhere yet are repeated, with an interval of %p',
		async (pollIntervalSeconds) => {
			const settings = { pollIntervalSeconds, maxWaitSeconds: 7200 };
			const unknown = response(400, { error: { message: 'Invalid task ID' } });
			const lag = (_: number, read: number) => (read <= 5 ? unknown : completed(ID));
			expect((await wait(lag, settings)).outcome).toMatchObject({ status: 'completed' });
			const { outcome, readAt } = await wait(() => unknown, settings);
			expect(outcome).toMatchObject({ status: 'failed', taskId: ID });
			expect(outcome).toMatchObject({ fault: { api: { kind: 'unknownTask' } } });
			expect(readAt.length).toBeGreaterThan(5);
			const endedAt = readAt.at(-1) ?? 0;
			expect(endedAt).toBeGreaterThanOrEqual(120);
			expect(endedAt).toBeLessThan(Math.max(130, 7 * (pollIntervalSeconds ?? 5)));
		},
	);
});

it.each([
	[100, 'completed'],
	[Infinity, 'failed'],
])(
	'the task of the next attempt, unknown for %d seconds, is waited for as a first one: %s',
	async (unknownSeconds, status) => {
		const { api, makeOne } = stage(({ method, path, atSeconds }) => {
			if (method === 'POST') return undefined;
			if (path.endsWith(ID)) return atSeconds < 300 ? running(ID) : failed(ID);
			const [, { id, bornAtSeconds }] = api.tasks;
			const isKnown = atSeconds >= bornAtSeconds + unknownSeconds;
			return isKnown ? completed(id) : response(400, { error: { message: 'Invalid task ID' } });
		});
		const outcome = await makeOne(row(0, { pollIntervalSeconds: 5, retryFailed: 1 }));
		expect(outcome).toMatchObject({ taskId: 'task_1', attempts: 2, status });
		const waitedSeconds = (api.reads.at(-1)?.atSeconds ?? 0) - api.tasks[1].bornAtSeconds;
		expect(waitedSeconds).toBeGreaterThanOrEqual(Math.min(unknownSeconds, 120));
		expect(waitedSeconds).toBeLessThan(130);
	},
);

it.each([
	[2, 'with one'],
	[3, 'without one'],
])('a task that is completed without a video in %d reads is given %s', async (empty, given) => {
	const none = response(200, { id: ID, status: 'completed', result: { videos: [] } });
	const { outcome, readAt } = await wait((_, read) => (read <= empty ? none : completed(ID)));
	expect(outcome.task).toMatchObject({ state: 'completed' });
	expect(outcome.task?.videoUrl !== undefined).toBe(given === 'with one');
	expect(readAt).toHaveLength(3);
});
