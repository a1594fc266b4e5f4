import { networkError } from '../../../nodes/KlingFast/apimart/errors';
import { outcomeJson } from '../../../nodes/KlingFast/generation/outcome';
import { asleepDelaySeconds } from '../../../nodes/KlingFast/generation/polling';
import { runRound } from '../../../nodes/KlingFast/generation/round';
import { isOver } from '../../../nodes/KlingFast/generation/sheet';
import { Slots } from '../../../nodes/KlingFast/generation/slots';
import { response } from '../apimart/answers';
import { ManualClock, seededRandom } from './manualClock';
import { completed, Provider, reset, type Given, type RequestFault, type Seen } from './provider';
import { makeClips, paidRun, row, rows, sheetOf, stage } from './run';

const down = (code = 'ECONNREFUSED') => Object.assign(new Error('x'), { code });
const PAGE = response(404, '<html><title>Not here</title></html>');
const seeded = (seed: number) => new ManualClock(0, seededRandom(seed));
const ALL = (count: number) => Array.from({ length: count }, () => 'completed');

describe('a provider that was never reached', () => {
	it.each<[string, Given, number, number]>([
		['a name that nobody knows', down('ENOTFOUND'), 12, 3],
		['a certificate of its own', down('DEPTH_ZERO_SELF_SIGNED_CERT'), 12, 0],
		['a wrong port', down('EPROTO'), 12, 0],
		['a closed port', down(), 1, 10],
		['a closed port', down(), 100, 10],
		['a name server that does not answer', down('EAI_AGAIN'), 12, 10],
		['a proxy that asks for a sign-in', response(407, ''), 12, 0],
		['a page from the start', PAGE, 12, 120],
	])('fails all rows in time: %s (%#)', async (_, fault, count, limitSeconds) => {
		const { api, clock, make } = stage(() => fault, seeded(count));
		const outcomes = await make(rows(count));
		expect(clock.nowMs()).toBe(limitSeconds * 1000);
		expect(outcomes).toHaveLength(count);
		expect(new Set(outcomes.map((outcome) => outcome.fault?.message)).size).toBe(1);
		const errors = outcomes.map((outcome) => String(outcomeJson(outcome).error));
		expect(errors[0]).toMatch(/base URL|HTTPS_PROXY/);
		// A page may have come in the place of an answer that was lost.
		const unsent = fault === PAGE ? [] : outcomes;
		expect(unsent.filter(({ isPerhapsSent }) => isPerhapsSent)).toEqual([]);
		for (const index of unsent.keys()) expect(errors[index]).toMatch(/othing was charged/);
		expect(clock.openSleeps).toBe(0);
		expect(api.tasks).toHaveLength(0);
	});

	it('fails all rows in time where the images of the first cannot be uploaded', async () => {
		const { clock, make } = stage();
		const imageUrl = async () => {
			await clock.sleep(10_000);
			throw networkError(down());
		};
		const frames = [{ identity: 'hash' }];
		const all = rows(100).map((each) => ({ ...each, job: each.job && { ...each.job, frames } }));
		const outcomes = await make(all, { imageUrl });
		expect(outcomes.filter(({ fault }) => fault?.api?.kind === 'unreachable')).toHaveLength(100);
		expect(clock.nowMs()).toBe(10_000);
	});

	it('leaves the slots of the key to others meanwhile', async () => {
		const { clock, make } = stage(() => down());
		const others = new Slots('key of two', 'another', 5, clock);
		const free: number[] = [];
		for (const at of [1, 500, 2_000, 5_000, 6_900]) clock.at(at, () => free.push(others.left()));
		await make(rows(12), { apiKey: 'key of two' });
		expect(free).toEqual([5, 5, 5, 5, 5]);
	});

	it.each([1, 2, 3, 4, 5])('is tried again while it restarts: chance %d', async (seed) => {
		const fault: RequestFault = ({ atSeconds }) => (atSeconds < 9 ? down() : undefined);
		const { api, make } = stage(fault, seeded(seed));
		expect((await make(rows(12))).map(({ status }) => status)).toEqual(ALL(12));
		expect(api.tasks).toHaveLength(12);
	});

	it('is asked with the same key by a further try', async () => {
		let isDown = true;
		const { api, makeOne } = stage(() => (isDown ? down('ENOTFOUND') : undefined));
		await makeOne(row(0));
		isDown = false;
		await makeOne(row(0));
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(1);
	});

	it('ends the wait for a task of earlier, which nobody pays for in this run', async () => {
		const { clock, fetch } = stage(() => down());
		expect(outcomeJson(await fetch('task_9'))).toEqual({
			taskId: 'task_9',
			error: expect.stringMatching(/No connection to APIMart \(ECONNREFUSED\).*Get Video/),
		});
		expect(clock.nowMs()).toBeLessThanOrEqual(15_000);
	});

	it('does not end that wait while it restarts', async () => {
		const { fetch } = stage(({ atSeconds }) => (atSeconds < 9 ? down() : completed('task_9')));
		expect(await fetch('task_9')).toMatchObject({ status: 'completed' });
	});
});

it('n8n that does not say whether it was stopped: nothing is submitted, nothing is lost, and the next round goes on', async () => {
	const { api, clock, run: runOf } = stage();
	const whyStopped = jest.fn(async (): Promise<undefined> => undefined);
	whyStopped.mockRejectedValueOnce(new Error('Connection terminated'));
	const run = runOf({ whyStopped });
	const first = await clock.run(runRound(sheetOf(rows(3), run), run, { isUnsaved: true }));
	expect(api.submits).toEqual([]);
	expect(first.rows.filter(({ phase }) => phase === 'ended')).toEqual([]);
	const second = await clock.run(runRound(first, run, { isUnsaved: true }));
	expect(api.tasks).toHaveLength(3);
	whyStopped.mockRejectedValueOnce(new Error('Connection terminated'));
	const third = await clock.run(runRound(second, run, { isUnsaved: true }));
	expect(third.rows.map(({ outcome }) => outcome.taskId)).toEqual(['task_0', 'task_1', 'task_2']);
});

describe('a provider that is out of reach for a while', () => {
	const failed = { status: 'failed', fault: { api: { kind: 'unreachable' } } };
	const onSubmits = ({ method }: Seen) => (method === 'POST' ? down() : undefined);

	it.each<Given | RequestFault>([
		...[down(), down('ENOTFOUND'), down('CERT_HAS_EXPIRED'), PAGE, reset(), onSubmits],
	])('costs no row that is made, and none that comes after it: %#', async (fault) => {
		const { api, make } = stage((request, count) => {
			if (request.atSeconds < 30 || request.atSeconds >= 430) return undefined;
			return typeof fault === 'function' ? fault(request, count) : fault;
		});
		expect((await make(rows(12))).map(({ status }) => status)).toEqual(ALL(12));
		expect(api.tasks).toHaveLength(12);
	});

	it('while a further run goes on with a task that was paid for before', async () => {
		const { clock, context, makeOne } = stage();
		await makeOne(row(0, { isUnawaited: true }));
		const { client } = new Provider(clock, ({ atSeconds }) =>
			atSeconds < 400 ? down() : completed('task_0'),
		);
		const both = await clock.run(makeClips(rows(2), paidRun(client, clock, { context })));
		expect(both).toMatchObject([{ status: 'completed', taskId: 'task_0' }, failed]);
	});

	it('while a further run waits for slots to go on with what was paid for before', async () => {
		const { api, clock, context, make } = stage();
		await make(rows(9).map((each) => ({ ...each, isUnawaited: true })));
		const { client } = new Provider(clock, ({ atSeconds, method, path }) =>
			method === 'POST' || atSeconds < 400 ? down() : completed(path.match(/task_\d+/)?.[0] ?? ''),
		);
		const all = await clock.run(makeClips(rows(10), paidRun(client, clock, { context })));
		expect(all.slice(0, 9).map(({ taskId }) => taskId)).toEqual(api.tasks.map(({ id }) => id));
		expect(all.map(({ status }) => status)).toEqual([...ALL(9), 'failed']);
	});

	it('although an answer was lost before: that row is asked for, the others fail at once', async () => {
		const { api, make } = stage(({ body, atSeconds }) => {
			if (atSeconds > 100) return undefined;
			return atSeconds === 0 && String(body).includes('Cup 0') ? 'lose' : down();
		});
		expect(await make(rows(2))).toMatchObject([{ status: 'completed', taskId: 'task_0' }, failed]);
		expect(api.tasks).toHaveLength(1);
	});

	it('for good: what was paid for is asked for until its own time is over, the rest ends in time', async () => {
		const { api, clock, make } = stage(({ atSeconds }) => (atSeconds >= 30 ? down() : undefined));
		const outcomes = await make(rows(100));
		const withStatus = (wanted: string) => outcomes.filter(({ status }) => status === wanted);
		expect(withStatus('timedOut')).toHaveLength(5);
		expect(outcomeJson(outcomes[0]).error).toMatch(
			/task_0 was not finished after 900 seconds .*last read failed: No connection to APIMart/,
		);
		expect(withStatus('failed')).toHaveLength(95);
		expect(clock.nowMs()).toBeLessThanOrEqual(2 * 900_000);
		expect(api.tasks).toHaveLength(5);
	});

	it('for the submits of one row only: that row ends, the others are made', async () => {
		const { make } = stage(({ body }) => (String(body).includes('Cup 0') ? reset() : undefined));
		const [first, ...others] = await make([row(0, { maxWaitSeconds: 20 }), ...rows(12).slice(1)]);
		expect(first).toMatchObject({ status: 'failed', fault: { api: { kind: 'network' } } });
		expect(others.map(({ status }) => status)).toEqual(ALL(11));
	});

	it('is in the log where the waits are long', async () => {
		const { run, makeOne } = stage(() => reset());
		const { logger } = run();
		await makeOne(row(3), { logger });
		const lines = jest.mocked(logger.info).mock.calls.map(([line]) => line);
		expect(lines.length).toBeGreaterThan(20);
		expect(lines[0]).toMatch(
			/^Kling Fast: tries again in 15 s: the submit of item 3, .*ECONNRESET/,
		);
	});
});

describe('a sheet that is to sleep', () => {
	async function firstRound(fault: RequestFault) {
		const { api, clock, run } = stage(fault);
		const asleep = run({ readDelaySeconds: asleepDelaySeconds });
		const after = await clock.run(runRound(sheetOf(rows(12), asleep), asleep, { isUnsaved: true }));
		return { after, api, seconds: clock.nowMs() / 1000 };
	}

	it.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])(
		'is over within seconds where the provider was never reached: %s',
		async (code) => {
			const { after, seconds } = await firstRound(() => down(code));
			expect(isOver(after)).toBe(true);
			expect(seconds).toBeLessThanOrEqual(10);
		},
	);

	it('sleeps at once where it was reached, and keeps that in mind', async () => {
		const { after, seconds, api } = await firstRound(() => undefined);
		expect(seconds).toBe(0);
		expect(api.tasks).toHaveLength(5);
		expect(JSON.parse(JSON.stringify(after)).heardAtMs).toBe(0);
	});
});
