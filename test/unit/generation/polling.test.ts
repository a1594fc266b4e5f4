import { queuedRow } from '../../../nodes/KlingFast/actions/video/sheetRows';
import { finishAwake } from '../../../nodes/KlingFast/generation/batch';
import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { accepted, completed, failed, Provider, reset, running, type Given } from './provider';
import { fetchClip, job, paidRun, sheetOf } from './run';

const ID = 'task_1';

interface Rules {
	maxWaitSeconds?: number;
	pollIntervalSeconds?: number;
	/** A task that was there before. */
	isOld?: boolean;
	signal?: AbortSignal;
}

/** Waits for a task whose reads are answered by this rule, in a time that passes by itself. */
function start(
	rule: (seconds: number, read: number) => Given,
	{ maxWaitSeconds = 900, pollIntervalSeconds, isOld, signal }: Rules = {},
	clock = new ManualClock(),
) {
	const provider = new Provider(clock, ({ method, atSeconds }, count) =>
		method === 'POST' ? accepted(ID) : rule(atSeconds, count),
	);
	const run = paidRun(provider.client, clock, { signal });
	const clip = job(0, { maxWaitSeconds, pollIntervalSeconds });
	const make = async () => {
		if (isOld) return await fetchClip(ID, run, { maxWaitSeconds });
		const [outcome] = await finishAwake(sheetOf([queuedRow(clip, false)], run), run, [clip]);
		return outcome;
	};
	return { clock, provider, result: clock.run(make()) };
}

const doneAfter = (seconds: number) => (now: number) =>
	now >= seconds ? completed(ID) : running(ID);

describe('waiting for a task', () => {
	it('ends with it', async () => {
		const { result, provider, clock } = start(doneAfter(60));
		await expect(result).resolves.toMatchObject({
			status: 'completed',
			task: { videoUrl: 'https://files.example/task_1.mp4' },
		});
		expect(clock.nowMs() / 1000).toBeLessThan(66);
		expect(provider.reads[0].atSeconds).toBeGreaterThan(0);
	});

	it('is not led to ask again and again by a progress that stands still', async () => {
		const { result, provider } = start((now) => (now >= 60 ? completed(ID) : running(ID, 99)));
		await result;
		expect(provider.reads).toHaveLength(8);
	});

	it('reads at once where the task may be old', async () => {
		const { result, provider } = start(doneAfter(0), { isOld: true });
		await result;
		expect(provider.reads.map(({ atSeconds }) => atSeconds)).toEqual([0]);
	});

	it('ends with a task that failed', async () => {
		const { result } = start(() => failed(ID, 'too violent'));
		await expect(result).resolves.toMatchObject({
			status: 'failed',
			task: { failure: 'too violent' },
		});
	});

	it('goes on through words that nobody knows', async () => {
		const words = ['warming_up', 'in_progress', 'almost'];
		const { result, provider } = start((_, read) =>
			read > words.length ? completed(ID) : running(ID, 0, words[read - 1]),
		);
		await expect(result).resolves.toMatchObject({ status: 'completed' });
		expect(provider.reads).toHaveLength(4);
	});

	it('keeps to a fixed interval, give or take a tenth', async () => {
		const { result, provider } = start(doneAfter(30), { pollIntervalSeconds: 10 });
		await result;
		expect(provider.reads.map(({ atSeconds }) => atSeconds)).toEqual([10, 20, 30]);
	});
});

describe('when the time is up', () => {
	it('there is one last read, at the deadline', async () => {
		const { result, provider, clock } = start(() => running(ID, 91));
		await expect(result).resolves.toMatchObject({
			status: 'timedOut',
			task: { state: 'processing', progress: 91 },
		});
		expect(clock.nowMs()).toBe(900_000);
		expect(provider.reads.at(-1)?.atSeconds).toBe(900);
		expect(provider.reads.length).toBeLessThan(100);
	});

	it('what the last read says counts', async () => {
		const { result } = start(doneAfter(900), { pollIntervalSeconds: 300 });
		await expect(result).resolves.toMatchObject({ status: 'completed' });
	});

	it('before the first read, there is still one', async () => {
		const { result, provider } = start(doneAfter(0), { maxWaitSeconds: -5 });
		await expect(result).resolves.toMatchObject({ status: 'completed' });
		expect(provider.reads).toHaveLength(1);
	});

	it('nothing is known of a task that could never be read', async () => {
		const { result } = start(() => reset());
		await expect(result).resolves.toMatchObject({ status: 'timedOut', task: undefined });
	});
});

describe('reads that go wrong', () => {
	const faults: Array<[string, Given]> = [
		['a reset', reset()],
		['a plain 500', response(500, { error: { message: 'internal error' } })],
		['a page', response(502, '<html><title>502</title></html>')],
		['a page that says 200', response(200, '<html><title>Login</title></html>')],
		['half an answer', response(200, '{"code":200,"da')],
		['no task in the answer', response(200, { code: 200, data: [] })],
		['too many requests', response(429, {})],
		['a challenge', response(403, '<html><title>Just a moment...</title></html>')],
		['a page that asks who is there', response(401, '<html><title>Login</title></html>')],
		['a page for a wrong address', response(404, '<html><title>404</title></html>')],
		['JSON that is not of APIMart', response(401, { message: 'Unauthorized' })],
		['a redirect', response(302, '', { location: 'https://login.example' })],
		['a proxy that asks for a sign-in', response(407, '')],
		['an empty account', response(402, { error: { message: 'top up' } })],
		['a conflict', response(409, { error: { message: 'conflict' } })],
		['a moderation', response(422, { error: { message: 'sensitive' } })],
		['a strange refusal', response(400, { error: { message: 'busy' } })],
		['no connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
		['no name', Object.assign(new Error('x'), { code: 'ENOTFOUND' })],
		['no trust', Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })],
	];
	it.each(faults)('in passing do not end the wait: %s', async (_, fault) => {
		const { result, provider } = start((now) => (now < 40 ? fault : completed(ID)));
		await expect(result).resolves.toMatchObject({ status: 'completed' });
		expect(provider.reads.length).toBeGreaterThan(1);
	});

	it('are repeated when the provider asks for it, but not after the deadline', async () => {
		const busy = response(429, {}, { 'retry-after': '100' });
		const { result, provider } = start((_, read) => (read === 1 ? busy : completed(ID)));
		await result;
		expect(provider.reads[1].atSeconds - provider.reads[0].atSeconds).toBe(100.5);

		const late = start((_, read) => (read === 1 ? busy : completed(ID)), { maxWaitSeconds: 20 });
		await expect(late.result).resolves.toMatchObject({ status: 'completed' });
		expect(late.clock.nowMs()).toBe(20_000);
	});

	it.each<[string, Given, string]>([
		['a wrong key', response(401, { error: { message: 'no' } }), 'credential'],
		['no permission', response(403, { error: { message: 'no' } }), 'credential'],
	])('for good end the wait: %s', async (_, fault, kind) => {
		const { result } = start(() => fault);
		await expect(result).resolves.toMatchObject({ status: 'processing', fault: { api: { kind } } });
	});

	const unknown = response(400, { error: { message: 'Invalid task ID' } });

	it('because a fresh task is not known everywhere yet are repeated a few times', async () => {
		const found = start((_, read) => (read <= 5 ? unknown : completed(ID)));
		await expect(found.result).resolves.toMatchObject({ status: 'completed' });

		const lost = start(() => unknown);
		await expect(lost.result).resolves.toMatchObject({
			status: 'failed',
			taskId: ID,
			fault: { api: { kind: 'unknownTask' } },
		});
		expect(lost.provider.reads).toHaveLength(6);
	});

	it('because the task id is wrong end the wait at once', async () => {
		const { result, provider } = start(() => unknown, { isOld: true });
		await expect(result).resolves.toMatchObject({ fault: { api: { kind: 'unknownTask' } } });
		expect(provider.reads).toHaveLength(1);
	});
});

describe('a completed task whose answer names no video yet', () => {
	const empty = response(200, { id: ID, status: 'completed', result: { videos: [] } });

	it('is read again', async () => {
		const { result } = start((_, read) => (read < 3 ? empty : completed(ID)));
		await expect(result).resolves.toMatchObject({ task: { videoUrl: expect.any(String) } });
	});

	it('is given without one after three reads', async () => {
		const { result, provider } = start(() => empty);
		const { task } = await result;
		expect(task).toMatchObject({ state: 'completed' });
		expect(task?.videoUrl).toBeUndefined();
		expect(provider.reads).toHaveLength(3);
	});
});

describe('a stopped run', () => {
	it('waits no longer', async () => {
		const clock = new ManualClock();
		const controller = new AbortController();
		const stop = new Error('stopped by a person');
		clock.at(7_000, () => controller.abort(stop));
		const { result } = start(() => running(ID), { signal: controller.signal }, clock);
		await expect(result).rejects.toBe(stop);
		expect(clock.nowMs()).toBe(7_000);
		expect(clock.openSleeps).toBe(0);
	});
});
