import { ended, said, sandboxForEach, videoUrl } from './client';

const started = sandboxForEach({ concurrency: 0, balanceUsd: 2 });

test('a clip is pending, processing and completed, with money and link only at the end, the link for a day', async () => {
	const { client, clock, sandbox } = started;
	const created = clock.wallMs() / 1000;
	const id = await client.submitted({ audio: true });
	const begun = { created, estimated_time: 60, id, progress: 0, status: 'pending' };
	expect(await client.task(id)).toEqual(begun);
	clock.advance(30);
	expect(await client.task(id)).toMatchObject({ progress: 50, status: 'processing' });
	clock.advance(29.9);
	expect(await client.task(id)).toMatchObject({ progress: 99, status: 'processing' });
	clock.advance(0.1);
	const done = await client.ended(id);
	const address = `^${sandbox.filesUrl}/video/\\d{16}-[0-9a-f-]{36}-video_${id}\\.mp4$`;
	const url = [expect.stringMatching(new RegExp(address)) as string];
	expect(done).toEqual({
		...begun,
		...{ progress: 100, status: 'completed', actual_time: 60, completed: created + 60 },
		...{ cost: 0.504, credits_cost: 5.04 },
		result: { videos: [{ expires_at: created + 60 + 86_400, url }] },
	});
	expect(Object.keys(done)).toEqual(Object.keys(done).sort());
	const { data } = await client.file(videoUrl(done));
	expect(data.includes(id)).toBe(true);
	clock.advance(86_400);
	expect((await client.file(videoUrl(done))).status).toBe(403);
	expect(sandbox.ledger.downloads(id)).toHaveLength(2);
});

test('money is reserved at submit, billed at completion, given back on failure', async () => {
	const { client, clock, sandbox } = started;
	const balance = async () => (await client.get('/v1/balance')).data;
	const good = await client.submitted({ duration: 10 });
	const bad = await client.submitted({ duration: 10, prompt: '[[fail:content]]' });
	expect(await balance()).toEqual({
		...{ remain_balance: 0.656, remain_credits: 6.56, used_balance: 0, used_credits: 0 },
		...{ success: true, unlimited_quota: false },
	});
	expect(said(await client.submit({ duration: 10 }))).toBe('402 payment_required');
	expect(sandbox.ledger.totalChargedUsd()).toBe(0);
	clock.advance(60);
	await client.ended(good);
	await client.ended(bad);
	expect(await balance()).toMatchObject({ remain_balance: 1.328, used_balance: 0.672 });
	expect(sandbox.ledger.totalChargedUsd()).toBe(0.672);
	expect(sandbox.ledger.allCharges()).toMatchObject([
		{ taskId: good, usd: 0.672, state: 'settled' },
		{ taskId: bad, state: 'refunded' },
	]);
});

test('the language changes the message of a failure only', async () => {
	const original = await ended(started, { prompt: '[[fail:content]]' });
	const message = expect.stringMatching(/Prompt/) as string;
	const german = { ...original, error: { ...(original.error as object), message } };
	expect(await started.client.task(String(original.id), '?language=%20DE')).toEqual(german);
	expect(await started.client.task(String(original.id), '?language=xx')).toEqual(original);
});
