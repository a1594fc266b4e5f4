import { Client, clip, prompt, said, sandboxForEach } from './client';

const started = sandboxForEach();

const KEY = { 'Idempotency-Key': 'row-1' };

test('the same key and body: the same answer again, one task, one charge', async () => {
	const { client, sandbox } = started;
	const first = await client.submit({}, KEY);
	const second = await client.submit({}, KEY);
	expect(second.data).toEqual(first.data);
	expect(first.headers['idempotency-replayed']).toBeUndefined();
	expect(second.headers['idempotency-replayed']).toBe('true');
	expect(sandbox.ledger.accepted()).toHaveLength(1);
	expect(sandbox.ledger.allCharges()).toHaveLength(1);
});

/** Submits under one key, one after the other, and how the last is answered. */
test.each<[string, unknown[], string, number]>([
	['another body', [clip(), clip({ duration: 6 })], '409 idempotency_key_reused', 1],
	['other bytes', [clip(), JSON.stringify(clip(), null, 1)], '409 idempotency_key_reused', 1],
	['after a refused submit', [clip({ duration: 99 }), clip()], 'fine', 1],
	['after a lost answer', Array(2).fill(clip(prompt('reset-after-accept'))), 'fine', 1],
])('%s', async (_what, bodies, expected, made) => {
	const headers = { ...KEY, 'Content-Type': 'application/json' };
	const submit = async (body: unknown) =>
		await started.client.post('/v1/videos/generations', body, headers).then(said, String);
	await submit(bodies[0]);
	expect(await submit(bodies[1])).toBe(expected);
	expect(started.sandbox.ledger.accepted()).toHaveLength(made);
	expect(started.sandbox.ledger.allCharges()).toHaveLength(made);
});

test('still in progress: 409 with Retry-After, and the answer once it is there', async () => {
	const { client, sandbox } = started;
	const submit = async () => await client.submit(prompt('slow-submit:0.5'), KEY);
	const first = submit();
	await sandbox.ledger.waitFor((ledger) => ledger.accepted().length);
	expect(said(await submit())).toBe('409 idempotency_in_progress after 1 s');
	const { data } = await first;
	expect((await submit()).data).toEqual(data);
	expect(sandbox.ledger.accepted()).toHaveLength(1);
});

test('a replay works at the limit too', async () => {
	const { client } = started;
	await client.submit({}, KEY);
	for (let more = 1; more < 5; more++) await client.submit();
	expect(said(await client.submit())).toBe('429 rate_limit_error');
	expect(said(await client.submit({}, KEY))).toBe('fine');
});

test('a key is forgotten after 24 hours, and not before', async () => {
	const { client, clock } = started;
	const first = await client.submitted({}, KEY);
	clock.advance(86_399);
	expect(await client.submitted({}, KEY)).toBe(first);
	clock.advance(1);
	expect(await client.submitted({}, KEY)).not.toBe(first);
});

test('each API key has its own', async () => {
	started.sandbox.addKey({ key: 'sk-second-key' });
	const first = await started.client.submitted({}, KEY);
	expect(await new Client(started.sandbox, 'sk-second-key').submitted({}, KEY)).not.toBe(first);
});

test.each(['has space', 'x'.repeat(192)])('a malformed key is refused: %s', async (key) => {
	const answer = await started.client.submit({}, { 'Idempotency-Key': key });
	expect(said(answer)).toBe('400 invalid_idempotency_key');
});
