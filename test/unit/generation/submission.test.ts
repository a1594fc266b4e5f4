import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { accepted, FakeApi, Provider, reset, type Given } from './provider';
import { job, makeClip, paidRun, REQUEST } from './run';
import { markFailed } from '../../../nodes/KlingFast/generation/submission';

const busy = response(503, { error: { message: 'busy' } });
const refused = response(400, { error: { message: 'bad parameter' } });
const indeterminate = response(409, {
	error: { message: 'indeterminate', code: 'idempotency_result_indeterminate' },
});

/** An execution with a provider that answers submits by this rule; `submit` is one try of the node. */
function execution(rule: (post: number) => Given | 'lose' | undefined) {
	const clock = new ManualClock(1_000_000);
	const api = new FakeApi(
		clock,
		() => 60,
		({ method }, count) => (method === 'POST' ? rule(count) : undefined),
	);
	const context = {};
	const submit = async (clip = job(0), executionId = '7') =>
		await clock.run(
			makeClip(clip, paidRun(api.client, clock, { context, executionId }), { isSubmitOnly: true }),
		);
	return { clock, api, context, submit };
}

/** The entry that the node remembers of its first row. */
function entryOf(context: object, executionId = '7') {
	return paidRun(new Provider(new ManualClock(), () => reset()).client, new ManualClock(), {
		context: { ...context },
		executionId,
	}).ledger.find(0, job(0).contentHash);
}

/** A row that failed although it may have been bought: it is remembered with its key, and the advice says so. */
const UNKNOWN = { status: 'failed', fault: { advice: expect.stringMatching(/same key/) } };

describe('submitting a clip', () => {
	it('is one request', async () => {
		const { api, submit } = execution(() => undefined);
		await expect(submit()).resolves.toMatchObject({ taskId: 'task_0', status: 'submitted' });
		expect(api.submits).toHaveLength(1);
	});

	it('is remembered with its key and its bytes before the request leaves', async () => {
		const clock = new ManualClock();
		const context = {};
		let remembered: unknown;
		const { client } = new Provider(clock, () => {
			remembered = JSON.parse(JSON.stringify(entryOf(context)));
			return accepted('task_0');
		});
		await clock.run(makeClip(job(0), paidRun(client, clock, { context }), { isSubmitOnly: true }));
		expect(remembered).toMatchObject({ state: 'pending', attempt: 1, body: expect.any(String) });
		expect(entryOf(context)).toMatchObject({ state: 'pending', taskId: 'task_0' });
	});

	const retryable: Array<[string, Given | 'lose']> = [
		['an answer that was lost', 'lose'],
		['an answer that was cut off', response(200, '{"code":200,"da')],
		['a reset', reset()],
		['a redirect', response(302, '')],
		['a page in its place', response(403, '<html><title>Just a moment...</title></html>')],
		['a page of a broken server', response(500, '<html><title>500</title></html>')],
		['HTTP 408', response(408, '')],
		['HTTP 429', response(429, {})],
		['HTTP 502', response(502, '<html><title>502</title></html>')],
		['HTTP 503', busy],
		['HTTP 504', response(504, '')],
		['no capacity', response(400, { error: { code: 'get_channel_failed', message: 'wait' } })],
		['in progress', response(409, { error: { code: 'idempotency_in_progress', message: 'wait' } })],
	];
	it.each(retryable)(
		'is repeated with the same key and bytes after %s, and bought once',
		async (_, fault) => {
			const { api, submit } = execution((post) => (post <= 3 ? fault : undefined));
			await expect(submit()).resolves.toMatchObject({ taskId: 'task_0' });
			expect(api.submits).toHaveLength(4);
			expect(new Set(api.submits.map(({ key }) => key)).size).toBe(1);
			expect(new Set(api.submits.map(({ body }) => body)).size).toBe(1);
			expect(api.tasks).toHaveLength(1);
		},
	);

	const final: Array<[string, Given, 'no' | 'unknown']> = [
		['HTTP 400', refused, 'no'],
		['HTTP 401', response(401, { error: { message: 'no' } }), 'no'],
		['HTTP 402', response(402, { error: { message: 'no' } }), 'no'],
		['HTTP 403', response(403, { error: { message: 'no' } }), 'no'],
		['HTTP 422', response(422, { error: { message: 'no' } }), 'no'],
		['HTTP 500', response(500, { error: { message: 'internal error' } }), 'unknown'],
		['an indeterminate result', indeterminate, 'unknown'],
		['a good answer without a task', response(200, { code: 200, data: [{}] }), 'unknown'],
	];
	it.each(final)('is not repeated after %s', async (_, fault, charged) => {
		const { api, context, submit } = execution(() => fault);
		await expect(submit()).resolves.toMatchObject({ status: 'failed', fault: expect.anything() });
		expect(api.submits).toHaveLength(1);
		expect(entryOf(context)?.state).toBe(charged === 'no' ? 'closed' : 'pending');
	});

	it('ends with the time for the clip', async () => {
		const { api, clock, submit } = execution(() => busy);
		await expect(submit(job(0, { maxWaitSeconds: 120 }))).resolves.toMatchObject({
			status: 'failed',
			fault: { api: { kind: 'overloaded' } },
		});
		expect(clock.nowMs()).toBeLessThanOrEqual(1_000_000 + 120_000);
		expect(api.submits.length).toBeGreaterThan(3);
	});

	it('says that nobody knows what was bought where only a later answer is a refusal', async () => {
		const { submit } = execution((post) =>
			post === 1 ? 'lose' : response(401, { error: { message: 'no' } }),
		);
		await expect(submit()).resolves.toMatchObject({
			...UNKNOWN,
			fault: { ...UNKNOWN.fault, api: { kind: 'credential' } },
		});
	});
});

describe('a further try of the same execution', () => {
	it('goes on with the task of the first, and sends nothing', async () => {
		const { api, submit } = execution(() => undefined);
		await submit();
		await expect(submit()).resolves.toMatchObject({ taskId: 'task_0' });
		expect(api.submits).toHaveLength(1);
	});

	it('goes on with it even if the row has changed since', async () => {
		const { api, submit } = execution(() => undefined);
		await submit();
		const changed = job(0, { request: { ...REQUEST, prompt: `at ${Math.PI}` } });
		await expect(submit(changed)).resolves.toMatchObject({ taskId: 'task_0' });
		expect(api.tasks).toHaveLength(1);
	});

	it('repeats the very request whose answer was lost', async () => {
		const { api, submit } = execution((post) => (post <= 1 ? 'lose' : undefined));
		const short = { maxWaitSeconds: 0.5 };
		await expect(submit(job(0, short))).resolves.toMatchObject(UNKNOWN);
		const changed = { ...short, request: { ...REQUEST, prompt: 'something else' } };
		await expect(submit(job(0, changed))).resolves.toMatchObject({ taskId: 'task_0' });
		expect(api.submits[1]).toMatchObject({ key: api.submits[0].key, body: api.submits[0].body });
		expect(api.tasks).toHaveLength(1);
	});

	it('never takes a later refusal for a proof that the lost request bought nothing', async () => {
		const { api, submit } = execution((post) => {
			if (post === 1) return 'lose';
			return post === 2 ? response(401, { error: { message: 'no' } }) : undefined;
		});
		await expect(submit(job(0, { maxWaitSeconds: 0.5 }))).resolves.toMatchObject(UNKNOWN);
		await expect(submit()).resolves.toMatchObject(UNKNOWN);
		await expect(submit()).resolves.toMatchObject({ taskId: 'task_0' });
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(1);
		expect(api.tasks).toHaveLength(1);
	});

	it('sends a refused clip under a new key, because the provider would repeat its refusal', async () => {
		const { api, submit } = execution((post) => (post === 1 ? refused : undefined));
		await expect(submit()).resolves.toMatchObject({ status: 'failed' });
		await expect(submit()).resolves.toMatchObject({ taskId: 'task_0' });
		expect(api.submits[1].key).not.toBe(api.submits[0].key);
	});

	it('buys afresh what failed at the provider', async () => {
		const { api, clock, context, submit } = execution(() => undefined);
		await submit();
		markFailed(job(0), paidRun(api.client, clock, { context }));
		await expect(submit()).resolves.toMatchObject({ taskId: 'task_1' });
		expect(api.submits[1].key).not.toBe(api.submits[0].key);
	});

	it('uploads no image again for a clip that exists', async () => {
		const { submit } = execution(() => undefined);
		const address = jest.fn(async () => 'https://files.example/a.png');
		const clip = job(0, { frames: [{ identity: 'hash', address }] });
		await submit(clip);
		await submit(clip);
		expect(address).toHaveBeenCalledTimes(1);
	});
});

describe("n8n's retry of the execution", () => {
	it('goes on with the clip where the row is the same', async () => {
		const { api, submit } = execution(() => undefined);
		await submit();
		const again = await submit(job(0), '8');
		expect(again).toMatchObject({ taskId: 'task_0' });
		expect(api.submits).toHaveLength(1);
	});

	it('waits for it as long as a first execution does', async () => {
		const { api, clock, context, submit } = execution(() => undefined);
		await submit();
		await clock.run(clock.sleep(30_000));
		const retry = paidRun(api.client, clock, { context, executionId: '8' });
		// The clip takes 60 s from its submit; of the first execution's wait there is nothing left.
		const found = await clock.run(makeClip(job(0, { maxWaitSeconds: 31 }), retry));
		expect(found).toMatchObject({ taskId: 'task_0', status: 'completed' });
	});

	it('buys another clip where the row is another one', async () => {
		const { submit } = execution(() => undefined);
		await submit();
		const other = job(0, { request: { ...REQUEST, prompt: 'something else' } });
		await expect(submit(other, '8')).resolves.toMatchObject({ taskId: 'task_1' });
	});
});

describe('a row with its own key', () => {
	const row = job(0, { dedupeKey: 'row-1' });

	it('is found again by another execution, and not bought twice', async () => {
		const { api, clock, submit } = execution(() => undefined);
		await submit(row);
		const run = paidRun(api.client, clock, { executionId: '8' });
		const found = await clock.run(makeClip({ ...row, itemIndex: 4 }, run));
		expect(found).toMatchObject({ taskId: 'task_0', status: 'completed' });
		expect(api.tasks).toHaveLength(1);
	});

	it('that the provider does not know any more is told at the first read: it is no new task', async () => {
		const gone = response(400, { error: { message: 'Invalid task ID' } });
		const clock = new ManualClock();
		const api = new FakeApi(
			clock,
			() => 60,
			({ method }) => (method === 'GET' ? gone : undefined),
		);
		const execute = async (executionId: string) =>
			await clock.run(makeClip(row, paidRun(api.client, clock, { executionId })));
		await execute('7');
		const before = api.reads.length;
		expect(await execute('8')).toMatchObject({ fault: { api: { kind: 'unknownTask' } } });
		expect(api.tasks).toHaveLength(1);
		expect(before).toBeGreaterThan(1);
		expect(api.reads).toHaveLength(before + 1);
	});

	it('that the provider refused in an earlier run is sent under the next key', async () => {
		const oldRefusal = response(
			400,
			{ error: { message: 'bad parameter' } },
			{ 'Idempotency-Replayed': 'true' },
		);
		const { api, submit } = execution((post) => (post <= 2 ? oldRefusal : undefined));
		await expect(submit(row)).resolves.toMatchObject({ taskId: 'task_0' });
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(3);
	});

	it('gives up in the end where all earlier runs were refused', async () => {
		const oldRefusal = response(
			400,
			{ error: { message: 'no' } },
			{ 'Idempotency-Replayed': 'true' },
		);
		const { api, submit } = execution((post) =>
			post > 100 ? response(402, { error: { message: 'no' } }) : oldRefusal,
		);
		await expect(submit(row)).resolves.toMatchObject({ fault: { api: { kind: 'parameter' } } });
		expect(api.submits.length).toBeLessThanOrEqual(21);
	});

	it('that was bought with other contents under this key is an error and stays remembered', async () => {
		const reused = response(409, { error: { message: 'x', code: 'idempotency_key_reused' } });
		const { api, context, submit } = execution(() => reused);
		const { fault } = await submit(row);
		expect(fault?.message).toMatch(/^Already submitted by an earlier run/);
		expect(api.submits).toHaveLength(1);
		expect(entryOf(context)).toMatchObject({ state: 'pending' });
	});
});

describe('the key of a request whose answer was lost', () => {
	const HOUR_MS = 60 * 60 * 1000;
	const lost = (post: number) => (post === 1 ? ('lose' as const) : undefined);
	const impatient = job(0, { maxWaitSeconds: 0.5 });

	async function againAfter(hours: number) {
		const { api, clock, submit } = execution(lost);
		await expect(submit(impatient)).resolves.toMatchObject(UNKNOWN);
		await clock.run(clock.sleep(hours * HOUR_MS));
		return { api, result: submit(impatient, '8') };
	}

	it('is used again by a later execution while the provider remembers it', async () => {
		const { api, result } = await againAfter(22);
		await expect(result).resolves.toMatchObject({ taskId: 'task_0' });
		expect(api.tasks).toHaveLength(1);
	});

	it('is not repeated for longer than that, however long the row may wait', async () => {
		const { api, clock, submit } = execution((post) => (post === 1 ? 'lose' : reset()));
		const { fault } = await submit(job(0, { maxWaitSeconds: 86_400 }));
		expect(fault?.message).toMatch('could be bought twice');
		const [first] = api.submits;
		const last = api.submits[api.submits.length - 1];
		expect(last.atSeconds - first.atSeconds).toBeGreaterThan(22.9 * 3_600);
		expect(last.atSeconds - first.atSeconds).toBeLessThanOrEqual(23 * 3_600);
		expect(clock.nowMs() / 1000 - first.atSeconds).toBeLessThan(23.1 * 3_600);
	});

	it('that was refused before the provider took anything lives from its last try on', async () => {
		const { api, submit } = execution((post) => (post < 3_000 ? response(429, {}) : undefined));
		await expect(submit(job(0, { maxWaitSeconds: 86_400 }))).resolves.toMatchObject({
			taskId: 'task_0',
		});
		expect(api.submits).toHaveLength(3_000);
	});

	it('is not used again when the provider may have forgotten it', async () => {
		const { api, result } = await againAfter(24);
		expect((await result).fault?.message).toMatch('could be bought twice');
		expect(api.submits).toHaveLength(1);
	});
});
