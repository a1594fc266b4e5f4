import { outcomeJson, type Outcome } from '../../../nodes/KlingFast/generation/outcome';
import { asleepDelaySeconds } from '../../../nodes/KlingFast/generation/polling';
import { runRound } from '../../../nodes/KlingFast/generation/round';
import { isOver } from '../../../nodes/KlingFast/generation/sheet';
import { Slots } from '../../../nodes/KlingFast/generation/slots';
import { response } from '../apimart/answers';
import { ManualClock, seededRandom } from './manualClock';
import { completed, FakeApi, Provider, reset, type Given, type Seen } from './provider';
import { fetchClip, row, makeClip, makeClips, paidRun, sheetOf } from './run';

const down = (code: string) => Object.assign(new Error('x'), { code });
const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index));
const PAGE = response(404, '<html><title>Not here</title></html>');

/** A run against a provider to which something goes wrong on the way. */
function start(fault: (request: Seen) => Given | 'lose' | undefined, random?: () => number) {
	const clock = new ManualClock(0, random);
	const api = new FakeApi(clock, () => 60, fault);
	return { clock, api, run: paidRun(api.client, clock) };
}

const secondsOf = ({ clock }: { clock: ManualClock }) => clock.nowMs() / 1000;
const errorsOf = (outcomes: Outcome[]) => outcomes.map((outcome) => outcomeJson(outcome).error);

describe('a provider that was never reached', () => {
	it.each<[string, Given, number, number]>([
		['a name that nobody knows', down('ENOTFOUND'), 12, 3],
		['a certificate of its own', down('DEPTH_ZERO_SELF_SIGNED_CERT'), 12, 0],
		['a wrong port', down('EPROTO'), 12, 0],
		['a closed port', down('ECONNREFUSED'), 1, 10],
		['a closed port', down('ECONNREFUSED'), 100, 10],
		['a name server that does not answer', down('EAI_AGAIN'), 12, 10],
		['a proxy that asks for a sign-in', response(407, ''), 12, 0],
		['a page from the start', PAGE, 12, 120],
	])('fails all rows in time: %s (%#)', async (_, fault, count, limitSeconds) => {
		const { clock, api, run } = start(() => fault, seededRandom(count));
		const outcomes = await clock.run(makeClips(rows(count), run));
		expect(secondsOf({ clock })).toBeLessThanOrEqual(limitSeconds);
		expect(outcomes).toHaveLength(count);
		expect(new Set(outcomes.map((outcome) => outcome.fault?.message)).size).toBe(1);
		if (limitSeconds > 0) expect(secondsOf({ clock })).toBeGreaterThanOrEqual(limitSeconds);
		const lowest = String(errorsOf(outcomes)[0]);
		expect(lowest).toMatch(/base URL|HTTPS_PROXY/);
		if (fault !== PAGE) {
			expect(errorsOf(outcomes).every((error) => /othing was charged/.test(String(error)))).toBe(
				true,
			);
			expect(outcomes.some(({ mayBeSent }) => mayBeSent)).toBe(false);
		}
		expect(clock.openSleeps).toBe(0);
		expect(api.tasks).toHaveLength(0);
	});

	it('leaves the slots of the key to others meanwhile', async () => {
		const { clock, api } = start(() => down('ECONNREFUSED'));
		const run = paidRun(api.client, clock, { apiKey: 'key of two' });
		const others = new Slots('key of two', 'another', 5, clock);
		const free: number[] = [];
		for (const at of [1, 500, 2_000, 5_000, 6_900]) {
			clock.at(at, () => free.push(others.left()));
		}
		await clock.run(makeClips(rows(12), run));
		expect(free).toEqual([5, 5, 5, 5, 5]);
	});

	it.each([1, 2, 3, 4, 5])('is tried again while it restarts: chance %d', async (seed) => {
		const { clock, api, run } = start(
			({ atSeconds }) => (atSeconds < 9 ? down('ECONNREFUSED') : undefined),
			seededRandom(seed),
		);
		const outcomes = await clock.run(makeClips(rows(12), run));
		expect(outcomes.every(({ status }) => status === 'completed')).toBe(true);
		expect(api.tasks).toHaveLength(12);
	});

	it('is asked with the same key by a further try', async () => {
		const clock = new ManualClock();
		let isDown = true;
		const api = new FakeApi(
			clock,
			() => 60,
			() => (isDown ? down('ENOTFOUND') : undefined),
		);
		const context = {};
		await clock.run(makeClip(row(0), paidRun(api.client, clock, { context })));
		isDown = false;
		await clock.run(makeClip(row(0), paidRun(api.client, clock, { context })));
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(1);
	});

	it('ends the wait for a task of earlier, which nobody pays for in this run', async () => {
		const refused = start(() => down('ECONNREFUSED'));
		const outcome = await refused.clock.run(fetchClip('task_9', refused.run));
		expect(secondsOf(refused)).toBeLessThanOrEqual(15);
		expect(outcomeJson(outcome)).toMatchObject({
			status: 'processing',
			taskId: 'task_9',
			error: expect.stringMatching(/No connection to APIMart \(ECONNREFUSED\).*Get Video/),
		});
	});
});

describe('a provider that is out of reach for a while', () => {
	const post = ({ method }: Seen) => method === 'POST';
	it.each([down('ECONNREFUSED'), down('ENOTFOUND'), down('CERT_HAS_EXPIRED'), PAGE, reset(), post])(
		'costs no row that is made, and none that comes after it: %#',
		async (fault) => {
			const { clock, api, run } = start((request) => {
				if (request.atSeconds < 30 || request.atSeconds >= 430) return undefined;
				if (typeof fault !== 'function') return fault;
				return fault(request) ? down('ECONNREFUSED') : undefined;
			});
			const outcomes = await clock.run(makeClips(rows(12), run));
			expect(outcomes.every(({ status }) => status === 'completed')).toBe(true);
			expect(api.tasks).toHaveLength(12);
		},
	);

	it('while a further run goes on with a task that was paid for before', async () => {
		const clock = new ManualClock();
		const api = new FakeApi(clock, () => 60);
		const context = {};
		const submitted = row(0, { isSubmitOnly: true });
		await clock.run(makeClip(submitted, paidRun(api.client, clock, { context })));
		const { client } = new Provider(clock, ({ atSeconds }) =>
			atSeconds < 400 ? down('ECONNREFUSED') : completed('task_0'),
		);
		const both = await clock.run(makeClips(rows(2), paidRun(client, clock, { context })));
		expect(both[0]).toMatchObject({ status: 'completed', taskId: 'task_0' });
		expect(both[1]).toMatchObject({ status: 'failed', fault: { api: { kind: 'unreachable' } } });
	});

	it('although an answer was lost before: that row is asked for, the others fail at once', async () => {
		const { clock, api, run } = start(({ body, atSeconds }) => {
			if (atSeconds > 100) return undefined;
			const isFirst = atSeconds === 0 && String(body).includes('Cup 0');
			return isFirst ? 'lose' : down('ECONNREFUSED');
		});
		const [first, second] = await clock.run(makeClips(rows(2), run));
		expect(first).toMatchObject({ status: 'completed', taskId: 'task_0' });
		expect(second).toMatchObject({ status: 'failed', fault: { api: { kind: 'unreachable' } } });
		expect(api.tasks).toHaveLength(1);
	});

	it('for good: what was paid for is asked for until its own time is over, the rest ends in time', async () => {
		const { clock, run, api } = start(({ atSeconds }) =>
			atSeconds >= 30 ? down('ECONNREFUSED') : undefined,
		);
		const outcomes = await clock.run(makeClips(rows(100), run));
		const ofStatus = (status: string) => outcomes.filter((outcome) => outcome.status === status);
		expect(ofStatus('timedOut')).toHaveLength(5);
		expect(outcomeJson(outcomes[0]).error).toMatch(
			/task_0 was not finished after 900 seconds .*last read failed: No connection to APIMart/,
		);
		expect(ofStatus('failed')).toHaveLength(95);
		expect(secondsOf({ clock })).toBeLessThanOrEqual(2 * 900);
		expect(api.tasks).toHaveLength(5);
	});

	it('is in the log where the waits are long', async () => {
		const { clock, run } = start(() => reset());
		await clock.run(makeClip(row(3), run));
		const lines = jest.mocked(run.logger.info).mock.calls.map(([line]) => line);
		expect(lines.length).toBeGreaterThan(20);
		expect(lines[0]).toMatch(
			/^Kling Fast: tries again in 15 s: the submit of item 3, .*ECONNRESET/,
		);
	});
});

describe('a sheet that is to sleep', () => {
	async function firstRound(count: number, fault: () => Given | undefined) {
		const { clock, api, run } = start(fault);
		const sheet = sheetOf(rows(count), run);
		const round = { ...run, readDelaySeconds: asleepDelaySeconds };
		const after = await clock.run(runRound(sheet, round, { isUnsaved: true }));
		return { after, api, seconds: secondsOf({ clock }) };
	}

	it.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])(
		'is over within seconds where the provider was never reached: %s',
		async (code) => {
			const { after, seconds } = await firstRound(12, () => down(code));
			expect(isOver(after)).toBe(true);
			expect(seconds).toBeLessThanOrEqual(10);
		},
	);

	it('sleeps at once where it was reached, and keeps that in mind', async () => {
		const { after, seconds, api } = await firstRound(12, () => undefined);
		expect(seconds).toBe(0);
		expect(api.tasks).toHaveLength(5);
		expect(JSON.parse(JSON.stringify(after)).heardAtMs).toBe(0);
	});
});
