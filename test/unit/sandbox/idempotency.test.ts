import { Client, CLIP, errorOf, startWithClient, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient();
});
afterEach(async () => await started.stop());

const KEY = { 'Idempotency-Key': 'row-1' };

test('the same key and body: the same answer again, one task, one charge', async () => {
	const { client, clock, sandbox } = started;
	const first = await client.submit({}, KEY);
	const second = await client.submit({}, KEY);
	expect(second.data).toEqual(first.data);
	expect(first.headers['idempotency-replayed']).toBeUndefined();
	expect(second.headers['idempotency-replayed']).toBe('true');
	clock.advance(60);
	await sandbox.ledger.waitFor((ledger) => ledger.charges().length);
	expect(sandbox.ledger.accepted()).toHaveLength(1);
	expect(sandbox.ledger.charges()).toHaveLength(1);
	const { data } = await client.get('/v1/balance');
	expect(data).toMatchObject({ remain_balance: 99.664, used_balance: 0.336 });
});

test('another body under the same key: 409, nothing is made', async () => {
	await started.client.submit({}, KEY);
	const answer = await started.client.submit({ duration: 6 }, KEY);
	expect(answer.status).toBe(409);
	expect(errorOf(answer).code).toBe('idempotency_key_reused');
	expect(started.sandbox.ledger.accepted()).toHaveLength(1);
});

test('other bytes count as another body', async () => {
	const path = '/v1/videos/generations';
	const headers = { ...KEY, 'Content-Type': 'application/json' };
	await started.client.post(path, JSON.stringify(CLIP), headers);
	const answer = await started.client.post(path, JSON.stringify(CLIP, null, 1), headers);
	expect(errorOf(answer).code).toBe('idempotency_key_reused');
});

test('still in progress: 409 with Retry-After, and the answer once it is there', async () => {
	const { client, sandbox } = started;
	const first = client.submit({ prompt: '[[slow-submit:0.5]] boat' }, KEY);
	await sandbox.ledger.waitFor((ledger) => ledger.accepted().length);
	const meanwhile = await client.submit({ prompt: '[[slow-submit:0.5]] boat' }, KEY);
	expect(meanwhile.status).toBe(409);
	expect(errorOf(meanwhile).code).toBe('idempotency_in_progress');
	expect(meanwhile.headers['retry-after']).toBe('1');
	const { data } = await first;
	const later = await client.submit({ prompt: '[[slow-submit:0.5]] boat' }, KEY);
	expect(later.data).toEqual(data);
	expect(sandbox.ledger.accepted()).toHaveLength(1);
});

test('a connection lost after acceptance: the repeat finds the task, nothing is paid twice', async () => {
	const { client, sandbox } = started;
	const fields = { prompt: '[[reset-after-accept]] boat' };
	await expect(client.submit(fields, KEY)).rejects.toMatchObject({ code: 'ECONNRESET' });
	const repeat = await client.submit(fields, KEY);
	expect(repeat.headers['idempotency-replayed']).toBe('true');
	expect(sandbox.ledger.accepted()).toHaveLength(1);
	expect(sandbox.ledger.allCharges()).toHaveLength(1);
});

test('... and without a key it is paid twice, which the ledger shows', async () => {
	const { client, sandbox } = started;
	const fields = { prompt: '[[reset-after-accept]] boat' };
	await expect(client.submit(fields)).rejects.toMatchObject({ code: 'ECONNRESET' });
	await client.submit(fields);
	expect(sandbox.ledger.accepted()).toHaveLength(2);
});

test('a refused submit leaves its key free', async () => {
	const { client, sandbox } = started;
	expect((await client.submit({ duration: 99 }, KEY)).status).toBe(400);
	expect((await client.submit({}, KEY)).status).toBe(200);
	expect(sandbox.ledger.accepted()).toHaveLength(1);
});

test('a replay works at the limit too', async () => {
	const { client } = started;
	await client.submit({}, KEY);
	for (let more = 1; more < 5; more++) await client.submit();
	expect((await client.submit()).status).toBe(429);
	expect((await client.submit({}, KEY)).status).toBe(200);
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
	expect(answer.status).toBe(400);
	expect(errorOf(answer).code).toBe('invalid_idempotency_key');
});
