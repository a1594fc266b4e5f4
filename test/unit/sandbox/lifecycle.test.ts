import { errorOf, startWithClient, videoUrl, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient({ concurrency: 2, balanceUsd: 2 });
});
afterEach(async () => await started.stop());

test('a clip is pending, processing and completed, with money and link only at the end', async () => {
	const { client, clock, sandbox } = started;
	const createdSeconds = clock.wallMs() / 1000;
	const id = await client.submitted({ audio: true });
	expect(await client.task(id)).toEqual({
		created: createdSeconds,
		estimated_time: 60,
		id,
		progress: 0,
		status: 'pending',
	});
	clock.advance(30);
	expect(await client.task(id)).toMatchObject({ progress: 50, status: 'processing' });
	clock.advance(29.9);
	expect(await client.task(id)).toMatchObject({ progress: 99, status: 'processing' });
	clock.advance(0.1);
	const done = await client.ended(id);
	expect(done).toEqual({
		actual_time: 60,
		completed: createdSeconds + 60,
		cost: 0.504,
		created: createdSeconds,
		credits_cost: 5.04,
		estimated_time: 60,
		id,
		progress: 100,
		result: {
			videos: [
				{
					expires_at: createdSeconds + 60 + 86_400,
					url: [
						expect.stringMatching(
							new RegExp(`^${sandbox.filesUrl}/video/\\d{16}-[0-9a-f-]{36}-video_${id}\\.mp4$`),
						) as string,
					],
				},
			],
		},
		status: 'completed',
	});
	expect(Object.keys(done)).toEqual(Object.keys(done).sort());
});

test('the envelope of a status read is an object around an object', async () => {
	const id = await started.client.submitted();
	const { data } = await started.client.get(`/v1/tasks/${id}`);
	expect(data).toMatchObject({ code: 200, data: { id } });
});

test('speed shortens the wait and leaves the reported seconds', async () => {
	const fast = await startWithClient({ clock: undefined, speed: 600, generationSeconds: 60 });
	const startedMs = Date.now();
	const done = await fast.client.ended(await fast.client.submitted());
	const wallMs = Date.now() - startedMs;
	await fast.stop();
	expect(wallMs).toBeLessThan(5_000);
	expect(Number(done.completed) - Number(done.created)).toBeGreaterThanOrEqual(60);
	expect(done.estimated_time).toBe(1);
});

test('money is reserved at submit, billed at completion, given back on failure', async () => {
	const { client, clock, sandbox } = started;
	const balance = async () => (await client.get('/v1/balance')).data as Record<string, unknown>;
	const good = await client.submitted({ duration: 10 });
	const bad = await client.submitted({ duration: 10, prompt: '[[fail:content]]' });
	expect(await balance()).toEqual({
		remain_balance: 0.656,
		remain_credits: 6.56,
		success: true,
		unlimited_quota: false,
		used_balance: 0,
		used_credits: 0,
	});
	expect(sandbox.ledger.totalChargedUsd()).toBe(0);
	clock.advance(60);
	await client.ended(good);
	const failed = await client.ended(bad);
	expect(failed).toMatchObject({
		status: 'failed',
		progress: 100,
		error: { code: 'task_failed', type: 'task_failed' },
	});
	expect(failed).not.toHaveProperty('cost');
	expect(await balance()).toMatchObject({ remain_balance: 1.328, used_balance: 0.672 });
	expect(sandbox.ledger.charges()).toMatchObject([{ taskId: good, usd: 0.672, state: 'settled' }]);
	expect(sandbox.ledger.allCharges()[1]).toMatchObject({ taskId: bad, state: 'refunded' });
	expect(sandbox.ledger.totalChargedUsd()).toBe(0.672);
});

test('money that runs out: 402, nothing is made', async () => {
	const { client, sandbox } = started;
	await client.submit({ duration: 15, audio: true });
	const answer = await client.submit({ duration: 15, audio: true });
	expect(answer.status).toBe(402);
	expect(errorOf(answer)).toMatchObject({ code: 402, type: 'payment_required' });
	expect(sandbox.ledger.accepted()).toHaveLength(1);
});

test.each([
	['std', false, 0.336],
	['std', true, 0.504],
	['pro', false, 0.448],
	['pro', true, 0.672],
	['4k', false, 2.1428],
	['4k', true, 2.1428],
])('5 seconds of %s, audio %s, cost %d USD', async (mode, audio, usd) => {
	started.sandbox.addKey({ key: started.sandbox.apiKey, balanceUsd: 10 });
	const id = await started.client.submitted({ mode, audio });
	started.clock.advance(60);
	expect(await started.client.ended(id)).toMatchObject({ cost: usd });
});

test('an unlimited account shows -1', async () => {
	started.sandbox.addKey({ key: started.sandbox.apiKey, unlimited: true });
	const { data } = await started.client.get('/user/balance');
	expect(data).toMatchObject({ remain_balance: -1, remain_credits: -1, unlimited_quota: true });
});

test('one clip too many at the same time: 429, and place again when one has ended', async () => {
	const { client, clock, sandbox } = started;
	const id = await client.submitted();
	await client.submitted();
	const refused = await client.submit();
	expect(refused.status).toBe(429);
	expect(refused.headers['retry-after']).toBeUndefined();
	expect(errorOf(refused)).toEqual({
		code: 429,
		message: 'Rate limit exceeded. Please try again later',
		type: 'rate_limit_error',
	});
	clock.advance(60);
	await client.ended(id);
	expect((await client.submit()).status).toBe(200);
	expect(sandbox.ledger.maxInFlight()).toBe(2);
});

test('a wrong word for the mode is taken, fails later and costs nothing', async () => {
	const { client, clock, sandbox } = started;
	const id = await client.submitted({ mode: 'fast' });
	expect(await client.task(id)).toMatchObject({ status: 'pending' });
	clock.advance(60);
	expect(await client.ended(id)).toMatchObject({
		status: 'failed',
		error: { message: "mode value 'fast' is invalid" },
	});
	expect(sandbox.ledger.totalChargedUsd()).toBe(0);
});

test('the language changes the message of a failure only', async () => {
	const { client, clock } = started;
	const id = await client.submitted({ prompt: '[[fail:content]]' });
	clock.advance(60);
	const original = await client.ended(id);
	const german = (await client.get(`/v1/tasks/${id}?language=%20DE`)).data as {
		data: typeof original;
	};
	expect(german.data.error).toMatchObject({
		code: 'task_failed',
		message: expect.stringMatching(/Prompt/) as string,
	});
	const unknown = (await client.get(`/v1/tasks/${id}?language=xx`)).data as {
		data: typeof original;
	};
	expect(unknown.data).toEqual(original);
});

test('the link works without a key, for 24 hours', async () => {
	const { client, clock, sandbox } = started;
	const id = await client.submitted();
	clock.advance(60);
	const url = videoUrl(await client.ended(id));
	const file = await client.file(url);
	expect(file.status).toBe(200);
	expect(file.headers['content-type']).toBe('video/mp4');
	expect(file.data.toString('latin1', 4, 8)).toBe('ftyp');
	expect(file.data.includes(id)).toBe(true);
	clock.advance(86_400);
	const expired = await client.file(url);
	expect(expired.status).toBe(403);
	expect(expired.headers['content-type']).toBe('application/xml');
	expect(expired.headers['x-cache']).toBe('Error from cloudfront');
	expect(sandbox.ledger.downloads(id)).toHaveLength(2);
	expect(sandbox.ledger.violations()).toEqual([]);
});

test('a key that reaches the file host is a violation', async () => {
	const { client, clock, sandbox } = started;
	const id = await client.submitted();
	clock.advance(60);
	await client.file(videoUrl(await client.ended(id)), { Authorization: 'Bearer leaked-key' });
	expect(sandbox.ledger.violations()).toHaveLength(1);
	expect(sandbox.ledger.downloads(id)[0].authorization).toBe(true);
	expect(JSON.stringify(sandbox.ledger)).not.toContain('leaked-key');
});

test('the same seed draws the same times and ids', async () => {
	const draw = async () => {
		const seeded = await startWithClient({ seed: 7, generationSeconds: { min: 45, max: 90 } });
		const id = await seeded.client.submitted();
		seeded.clock.advance(90);
		const { actual_time: seconds } = await seeded.client.ended(id);
		await seeded.stop();
		return { id, seconds };
	};
	expect(await draw()).toEqual(await draw());
});
