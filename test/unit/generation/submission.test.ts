import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { accepted, FakeApi, Provider, reset, type Given } from './provider';
import { row, makeClip, paidRun } from './run';

/** An execution with a provider that answers submits by this rule; `submit` is one try of the node. */
function execution(rule: (post: number) => Given | 'lose' | undefined) {
	const clock = new ManualClock(1_000_000);
	const api = new FakeApi(
		clock,
		() => 60,
		({ method }, count) => (method === 'POST' ? rule(count) : undefined),
	);
	const context = {};
	const submit = async (clip = row(0, { isSubmitOnly: true }), executionId = '7') =>
		await clock.run(makeClip(clip, paidRun(api.client, clock, { context, executionId })));
	return { clock, api, context, submit };
}

/** The entry that the node remembers of its first row. */
function entryOf(context: object) {
	const { client } = new Provider(new ManualClock(), () => reset());
	const { ledger } = paidRun(client, new ManualClock(), { context: { ...context } });
	return ledger.find(0, row(0).job?.contentHash ?? '');
}

describe('submitting a clip', () => {
	it('is remembered with its key and its bytes before the request leaves', async () => {
		const clock = new ManualClock();
		const context = {};
		let remembered: unknown;
		const { client } = new Provider(clock, () => {
			remembered = JSON.parse(JSON.stringify(entryOf(context)));
			return accepted('task_0');
		});
		const run = paidRun(client, clock, { context });
		await clock.run(makeClip(row(0, { isSubmitOnly: true }), run));
		expect(remembered).toMatchObject({ state: 'pending', attempt: 1, body: expect.any(String) });
		expect(entryOf(context)).toMatchObject({ state: 'pending', taskId: 'task_0' });
	});
});

describe("n8n's retry of the execution", () => {
	it('waits for it as long as a first execution does', async () => {
		const { api, clock, context, submit } = execution(() => undefined);
		await submit();
		await clock.run(clock.sleep(30_000));
		const retry = paidRun(api.client, clock, { context, executionId: '8' });
		// The clip takes 60 s from its submit; of the first execution's wait there is nothing left.
		const found = await clock.run(makeClip(row(0, { maxWaitSeconds: 31 }), retry));
		expect(found).toMatchObject({ taskId: 'task_0', status: 'completed' });
	});
});

describe('a row with its own key', () => {
	const own = row(0, { dedupeKey: 'row-1' });
	const ownSubmit = row(0, { dedupeKey: 'row-1', isSubmitOnly: true });
	const replayed = { 'Idempotency-Replayed': 'true' };
	const oldRefusal = response(400, { error: { message: 'bad parameter' } }, replayed);

	it('that the provider does not know any more fails at the first read: it is no new task', async () => {
		const gone = response(400, { error: { message: 'Invalid task ID' } });
		const clock = new ManualClock();
		const api = new FakeApi(
			clock,
			() => 60,
			({ method }) => (method === 'GET' ? gone : undefined),
		);
		const execute = async (executionId: string) =>
			await clock.run(makeClip(own, paidRun(api.client, clock, { executionId })));
		await execute('7');
		const before = api.reads.length;
		expect(await execute('8')).toMatchObject({ fault: { api: { kind: 'unknownTask' } } });
		expect(api.tasks).toHaveLength(1);
		expect(before).toBeGreaterThan(1);
		expect(api.reads).toHaveLength(before + 1);
	});

	it('that the provider refused in an earlier run is sent under the next key', async () => {
		const { api, submit } = execution((post) => (post <= 2 ? oldRefusal : undefined));
		await expect(submit(ownSubmit)).resolves.toMatchObject({ taskId: 'task_0' });
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(3);
	});

	it('gives up in the end where all earlier runs were refused', async () => {
		const { api, submit } = execution((post) =>
			post > 100 ? response(402, { error: { message: 'no' } }) : oldRefusal,
		);
		await expect(submit(ownSubmit)).resolves.toMatchObject({
			fault: { api: { kind: 'parameter' } },
		});
		expect(api.submits.length).toBeLessThanOrEqual(21);
	});
});

describe('the key of a request whose answer was lost', () => {
	it('is not repeated for longer than 23 hours, however long the row may wait', async () => {
		const { api, clock, submit } = execution((post) => (post === 1 ? 'lose' : reset()));
		const { fault } = await submit(row(0, { maxWaitSeconds: 86_400, isSubmitOnly: true }));
		expect(fault?.message).toMatch('could be bought twice');
		const [first] = api.submits;
		const last = api.submits[api.submits.length - 1];
		expect(last.atSeconds - first.atSeconds).toBeGreaterThan(22.9 * 3_600);
		expect(last.atSeconds - first.atSeconds).toBeLessThanOrEqual(23 * 3_600);
		expect(clock.nowMs() / 1000 - first.atSeconds).toBeLessThan(23.1 * 3_600);
	});

	it('that was refused before the provider took anything lives from its last try on', async () => {
		const { api, submit } = execution((post) => (post < 3_000 ? response(429, {}) : undefined));
		await expect(
			submit(row(0, { maxWaitSeconds: 86_400, isSubmitOnly: true })),
		).resolves.toMatchObject({
			taskId: 'task_0',
		});
		expect(api.submits).toHaveLength(3_000);
	});

	it('is not used again when the provider may have forgotten it', async () => {
		const { api, clock, submit } = execution((post) => (post === 1 ? 'lose' : undefined));
		const impatient = row(0, { maxWaitSeconds: 0.5, isSubmitOnly: true });
		await submit(impatient);
		await clock.run(clock.sleep(24 * 60 * 60 * 1000));
		expect((await submit(impatient, '8')).fault?.message).toMatch('could be bought twice');
		expect(api.submits).toHaveLength(1);
	});
});
