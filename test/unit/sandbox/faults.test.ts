import { errorOf, startWithClient, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient({ concurrency: 0, balanceUsd: 1000 });
});
afterEach(async () => await started.stop());

const prompt = (words: string) => ({ prompt: `${words} A paper boat` });

/** Submits, lets the time pass and reads the task at its end. */
async function completed(words: string) {
	const id = await started.client.submitted(prompt(words));
	started.clock.advance(60);
	return await started.client.ended(id);
}

describe('a submit that is refused', () => {
	test.each([
		['429', 429, 'rate_limit_error', 1],
		['429:3', 429, 'rate_limit_error', 3],
		['408', 408, 'timeout_error', 1],
		['500', 500, 'server_error', 1],
		['502', 502, 'bad_gateway', 1],
		['503', 503, 'service_unavailable', 1],
		['504', 504, 'gateway_timeout', 1],
		['overloaded:2', 503, 'service_unavailable', 2],
		['no-channel', 400, 'apimart_error', 1],
	])('[[%s]]: so many times, then the clip is made', async (word, status, type, times) => {
		const { client, sandbox } = started;
		for (let time = 0; time < times; time++) {
			const answer = await client.submit(prompt(`[[${word}]]`));
			expect(answer.status).toBe(status);
			expect(errorOf(answer).type).toBe(type);
		}
		expect(sandbox.ledger.accepted()).toHaveLength(0);
		expect((await client.submit(prompt(`[[${word}]]`))).status).toBe(200);
		expect(sandbox.ledger.submits()[0].fault).toBe(word);
	});

	test.each([
		['moderation-400', 400, /moderation/],
		['moderation-422', 422, /moderation/],
		['build-failed', 500, /^build_request_failed: /],
		['no-balance', 402, /balance/],
	])('[[%s]]: every time', async (word, status, message) => {
		for (let time = 0; time < 3; time++) {
			const answer = await started.client.submit(prompt(`[[${word}]]`));
			expect(answer.status).toBe(status);
			expect(errorOf(answer).message).toMatch(message);
		}
		expect(started.sandbox.ledger.allCharges()).toEqual([]);
	});

	test('[[429-retry-after:7]] says how long to wait', async () => {
		const { status, headers } = await started.client.submit(prompt('[[429-retry-after:7]]'));
		expect({ status, wait: headers['retry-after'] as unknown }).toEqual({ status: 429, wait: '7' });
	});

	test.each([
		['html-502', 502],
		['html-200', 200],
	])('[[%s]] is a page', async (word, status) => {
		const answer = await started.client.submit(prompt(`[[${word}]]`));
		expect(answer.status).toBe(status);
		expect(answer.headers['content-type']).toMatch(/text\/html/);
		expect(answer.data).toMatch(/^<!DOCTYPE html>/);
	});

	test('[[200-error]] is a failure that calls itself 200', async () => {
		const { status, data } = await started.client.submit(prompt('[[200-error]]'));
		expect({ status, data: data as unknown }).toEqual({
			status: 200,
			data: { code: 402, message: 'balance' },
		});
		expect(started.sandbox.ledger.accepted()).toEqual([]);
	});

	test('[[reset-before-accept]] leaves nothing behind', async () => {
		const { client, sandbox } = started;
		await expect(client.submit(prompt('[[reset-before-accept]]'))).rejects.toMatchObject({
			code: 'ECONNRESET',
		});
		await sandbox.ledger.waitFor((ledger) => ledger.submits()[0].ended);
		expect(sandbox.ledger.submits()[0].status).toBeUndefined();
		expect(sandbox.ledger.accepted()).toEqual([]);
	});

	test('[[redirect-submit]] leads to another origin, where a key would be seen', async () => {
		const { client, sandbox } = started;
		const { status, headers } = await client.submit(prompt('[[redirect-submit]]'));
		expect(status).toBe(307);
		expect(headers.location).toBe(`${sandbox.mirrorUrl}/v1/videos/generations`);
		await client.file(String(headers.location), { Authorization: 'Bearer x' });
		expect(sandbox.ledger.violations()[0].what).toMatch(/^mirror: an Authorization header/);
	});
});

describe('a submit that is accepted before its answer goes wrong', () => {
	test.each([
		['500-after-accept', 500],
		['502-after-accept', 502],
		['503-after-accept', 503],
		['504-after-accept', 504],
	])('[[%s]]', async (word, status) => {
		expect((await started.client.submit(prompt(`[[${word}]]`))).status).toBe(status);
		expect(started.sandbox.ledger.accepted()).toHaveLength(1);
	});

	test('[[half-after-accept]] is cut off', async () => {
		await expect(started.client.submit(prompt('[[half-after-accept]]'))).rejects.toThrow(/aborted/);
		expect(started.sandbox.ledger.accepted()).toHaveLength(1);
	});
});

describe('a task that goes its own way', () => {
	test('[[slow:120]] takes so many seconds', async () => {
		const id = await started.client.submitted(prompt('[[slow:120]]'));
		started.clock.advance(119);
		expect(await started.client.task(id)).toMatchObject({ status: 'processing' });
		started.clock.advance(1);
		expect(await started.client.ended(id)).toMatchObject({ actual_time: 120 });
	});

	test.each<[string, unknown]>([
		[
			'content',
			{
				code: 'task_failed',
				message: expect.stringMatching(/风控/) as string,
				param: '',
				type: 'task_failed',
			},
		],
		['empty', { code: '', message: 'Generation failed' }],
		[
			'int',
			{ code: 500, message: expect.stringMatching(/upstream/) as string, type: 'server_error' },
		],
		[
			'task',
			{
				code: 'task_failed',
				message: expect.stringMatching(/failed/) as string,
				param: '',
				type: 'task_failed',
			},
		],
		['no real people', { code: 'task_failed', message: 'no real people' }],
		['nested', { error: { code: 'upstream_error' } }],
	])('[[fail:%s]]', async (kind, error) => {
		expect(await completed(`[[fail:${kind}]]`)).toMatchObject({ status: 'failed', error });
		expect(started.sandbox.ledger.charges()).toEqual([]);
	});

	test('[[fail:string]] and [[fail:none]]', async () => {
		expect((await completed('[[fail:string]]')).error).toBe('Generation failed upstream');
		expect(await completed('[[fail:none]]')).not.toHaveProperty('error');
	});

	test('[[fail-once]] in every third prompt: those clips fail, uncharged, and their next attempts succeed', async () => {
		const { client, clock, sandbox } = started;
		const attempt = async (row: number, tries: number) => {
			const fields = { prompt: `Boat ${row} ${row % 3 ? '' : '[[fail-once]]'}` };
			const key = { 'Idempotency-Key': `row-${row}-attempt-${tries}` };
			// A repetition under the same key is no further attempt.
			const ids = [await client.submitted(fields, key), await client.submitted(fields, key)];
			expect(ids[0]).toBe(ids[1]);
			return ids[0];
		};
		const ended = async (ids: string[]) => {
			clock.advance(60);
			return await Promise.all(ids.map(async (id) => (await client.ended(id)).status));
		};
		const first = [];
		for (const row of [1, 2, 3, 4, 5, 6]) first.push(await attempt(row, 1));
		const [good, bad] = ['completed', 'failed'];
		expect(await ended(first)).toEqual([good, good, bad, good, good, bad]);
		expect(sandbox.ledger.charges()).toHaveLength(4);
		expect(await ended([await attempt(3, 2), await attempt(6, 2)])).toEqual([good, good]);
		expect(sandbox.ledger.charges()).toHaveLength(6);
	});

	test('[[cancelled]]', async () => {
		expect(await completed('[[cancelled]]')).toMatchObject({ status: 'cancelled' });
		expect(started.sandbox.ledger.charges()).toEqual([]);
	});

	test('[[stuck:42]] never ends', async () => {
		const id = await started.client.submitted(prompt('[[stuck:42]]'));
		started.clock.advance(86_400);
		expect(await started.client.task(id)).toMatchObject({ status: 'processing', progress: 42 });
	});

	test('[[status:word]] and [[end-status:word]]', async () => {
		const id = await started.client.submitted(
			prompt('[[status:unknown_word]] [[end-status:succeed]]'),
		);
		expect(await started.client.task(id)).toMatchObject({ status: 'unknown_word' });
		started.clock.advance(60);
		expect(await started.client.ended(id)).toMatchObject({ status: 'succeed' });
	});

	test('[[fail-then-complete:10]] changes its mind, and is charged once', async () => {
		const id = await started.client.submitted(prompt('[[fail-then-complete:10]]'));
		started.clock.advance(60);
		expect(await started.client.ended(id)).toMatchObject({ status: 'failed' });
		started.clock.advance(10);
		expect(await started.client.task(id)).toMatchObject({ status: 'completed', cost: 0.336 });
		expect(started.sandbox.ledger.allCharges()).toMatchObject([{ state: 'settled', usd: 0.336 }]);
		const { data } = await started.client.get('/v1/balance');
		expect(data).toMatchObject({ remain_balance: 999.664, used_balance: 0.336 });
	});

	test('[[cost:1.5]] is billed in place of the price table', async () => {
		expect(await completed('[[cost:1.5]]')).toMatchObject({ cost: 1.5, credits_cost: 15 });
		expect(started.sandbox.ledger.totalChargedUsd()).toBe(1.5);
	});
});

describe('other shapes of a status read', () => {
	test('[[no-videos]], [[no-result]], [[url-string]], [[output-url]], [[no-expiry]]', async () => {
		expect((await completed('[[no-videos]]')).result).toEqual({ videos: [] });
		expect(await completed('[[no-result]]')).not.toHaveProperty('result');
		expect((await completed('[[url-string]]')).result).toMatchObject({
			videos: [{ url: expect.stringMatching(/^http/) as string }],
		});
		const article = await completed('[[output-url]]');
		expect(article.output_url).toMatch(/^http.*mp4$/);
		expect(article).not.toHaveProperty('result');
		expect((await completed('[[no-expiry]]')).result).toEqual({
			videos: [{ url: [expect.any(String)] }],
		});
	});

	test('[[no-cost]] and [[number-strings]]', async () => {
		expect(await completed('[[no-cost]]')).not.toHaveProperty('cost');
		expect(await completed('[[number-strings]]')).toMatchObject({ cost: '0.336', progress: '100' });
	});

	test('[[task-array]] and [[task-bare]]', async () => {
		const array = await started.client.submitted(prompt('[[task-array]]'));
		const bare = await started.client.submitted(prompt('[[task-bare]]'));
		expect((await started.client.get(`/v1/tasks/${array}`)).data).toMatchObject({
			code: 200,
			data: [{ id: array }],
		});
		expect((await started.client.get(`/v1/tasks/${bare}`)).data).toMatchObject({ id: bare });
	});

	test('[[task-502:2]] and the like: for each task so many times', async () => {
		const id = await started.client.submitted(prompt('[[task-502:2]] [[task-unknown]]'));
		const statuses = [];
		for (let read = 0; read < 4; read++) {
			statuses.push((await started.client.get(`/v1/tasks/${id}`)).status);
		}
		// Both words fall on the first read; the first one is applied.
		expect(statuses).toEqual([502, 502, 200, 200]);
	});

	test('[[task-reset]] and [[task-half]]', async () => {
		const reset = await started.client.submitted(prompt('[[task-reset]]'));
		await expect(started.client.task(reset)).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(await started.client.task(reset)).toMatchObject({ id: reset });
		const half = await started.client.submitted(prompt('[[task-half]]'));
		await expect(started.client.task(half)).rejects.toThrow(/aborted/);
	});
});
