import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { accepted, completed, Provider, running, type Given } from './provider';
import { row, makeClip, paidRun } from './run';

const ID = 'task_1';

/** Waits for a task whose reads are answered by this rule, in a time that passes by itself. */
function start(
	rule: (seconds: number, read: number) => Given,
	settings: { maxWaitSeconds?: number; pollIntervalSeconds?: number } = {},
) {
	const clock = new ManualClock();
	const provider = new Provider(clock, ({ method, atSeconds }, count) =>
		method === 'POST' ? accepted(ID) : rule(atSeconds, count),
	);
	const work = makeClip(row(0, settings), paidRun(provider.client, clock));
	return { clock, provider, result: clock.run(work) };
}

const doneAfter = (seconds: number) => (now: number) =>
	now >= seconds ? completed(ID) : running(ID);

it('the poll interval is kept, give or take a tenth', async () => {
	const { result, provider } = start(doneAfter(30), { pollIntervalSeconds: 10 });
	await result;
	expect(provider.reads.map(({ atSeconds }) => atSeconds)).toEqual([10, 20, 30]);
});

it('when the time is up there is one last read', async () => {
	const { result, provider, clock } = start(() => running(ID, 91));
	await expect(result).resolves.toMatchObject({ status: 'timedOut', task: { progress: 91 } });
	expect(clock.nowMs()).toBe(900_000);
	expect(provider.reads.at(-1)?.atSeconds).toBe(900);
});

describe('reads that go wrong', () => {
	const faults: Array<[string, Given]> = [
		['a plain 500', response(500, { error: { message: 'internal error' } })],
		['no task in the answer', response(200, { code: 200, data: [] })],
		['a page that asks who is there', response(401, '<html><title>Login</title></html>')],
		['JSON that is not of APIMart', response(401, { message: 'Unauthorized' })],
		['a proxy that asks for a sign-in', response(407, '')],
		['a moderation', response(422, { error: { message: 'sensitive' } })],
		['a strange refusal', response(400, { error: { message: 'busy' } })],
	];
	it.each(faults)('do not end the wait: %s', async (_, fault) => {
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

	it('are forgotten once one went well: the interval is kept again', async () => {
		const [[, fault]] = faults;
		const { result, provider } = start(
			(_, read) => (read <= 5 ? fault : read < 8 ? running(ID) : completed(ID)),
			{ pollIntervalSeconds: 10 },
		);
		await result;
		const [sixth, seventh, eighth] = provider.reads.slice(5).map(({ atSeconds }) => atSeconds);
		expect([seventh - sixth, eighth - seventh]).toEqual([10, 10]);
	});

	const unknown = response(400, { error: { message: 'Invalid task ID' } });

	it('of a new task that is not known everywhere yet are repeated a few times', async () => {
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
