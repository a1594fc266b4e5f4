import { Client, startWithClient, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient();
});
afterEach(async () => await started.stop());

test('the ledger over HTTP', async () => {
	const id = await started.client.submitted();
	await started.client.task(id);
	const { data } = await started.client.get('/__sandbox/ledger');
	expect(data).toMatchObject({
		summary: {
			submits: 1,
			accepted: 1,
			polls: 1,
			charges: 0,
			totalChargedUsd: 0,
			maxInFlight: 1,
			violations: 0,
		},
		requests: [
			{ route: 'submit', method: 'POST', status: 200, taskId: id, accepted: true, key: 'sk-s…ox' },
			{ route: 'task', method: 'GET', status: 200, taskId: id },
		],
		charges: [{ taskId: id, state: 'reserved', usd: 0.336 }],
	});
});

test('faults over HTTP', async () => {
	const added = await started.client.post('/__sandbox/faults', [
		{ route: 'submit', times: 1, action: '503' },
		{ route: 'balance', action: { kind: 'answer', status: 500 } },
	]);
	expect(added.status).toBe(201);
	expect((await started.client.submit()).status).toBe(503);
	const { ids } = added.data as { ids: string[] };
	await new Client(started.sandbox).get('/v1/balance');
	const list = await started.client.get('/__sandbox/faults');
	expect(list.data).toMatchObject([
		{ id: ids[0], seen: 1, applied: 1 },
		{ id: ids[1], seen: 1, applied: 1 },
	]);
	const wrong = await started.client.post('/__sandbox/faults', { action: 'explode' });
	expect(wrong.status).toBe(400);
	expect(wrong.data).toMatchObject({
		error: expect.stringMatching(/knows no fault "explode"/) as string,
	});
});

test('a further key over HTTP', async () => {
	await started.client.post('/__sandbox/keys', { key: 'sk-another-one', balanceUsd: 3 });
	const { data } = await new Client(started.sandbox, 'sk-another-one').get('/v1/balance');
	expect(data).toMatchObject({ remain_balance: 3 });
});

test('a clip can be ended by hand', async () => {
	const [first, second] = [await started.client.submitted(), await started.client.submitted()];
	await started.client.post(`/__sandbox/tasks/${first}/finish`, {});
	await started.sandbox.finishTask(second, { ending: 'failed', error: { message: 'by hand' } });
	const { data } = await started.client.get('/__sandbox/tasks');
	expect(data).toMatchObject([
		{ id: first, status: 'completed' },
		{ id: second, status: 'failed', error: { message: 'by hand' } },
	]);
	expect((await started.client.post('/__sandbox/tasks/task_x/finish', {})).status).toBe(404);
});

test('reset makes it as new', async () => {
	const { client, sandbox, clock } = started;
	const id = await client.submitted({}, { 'Idempotency-Key': 'k' });
	clock.advance(60);
	await client.ended(id);
	sandbox.faults.add({ action: '503' });
	await client.post('/__sandbox/reset', {});
	expect(sandbox.ledger.charges()).toEqual([]);
	expect((await client.get('/v1/balance')).data).toMatchObject({ remain_balance: 100 });
	expect((await client.get(`/v1/tasks/${id}`)).status).toBe(400);
	expect(await client.submitted({}, { 'Idempotency-Key': 'k' })).not.toBe(id);
});

test('waiting for the ledger ends with an error, not never', async () => {
	await expect(started.sandbox.ledger.waitFor(() => false, 20)).rejects.toThrow(/within 20 ms/);
});

test('stop cuts connections that wait', async () => {
	const other = await startWithClient();
	const slow = other.client.submit({ prompt: '[[slow-submit:30]]' }).catch((error: Error) => error);
	await other.sandbox.ledger.waitFor((ledger) => ledger.accepted().length);
	const beganMs = Date.now();
	await other.stop();
	expect(await slow).toMatchObject({ code: 'ECONNRESET' });
	expect(Date.now() - beganMs).toBeLessThan(2_000);
});

test('a port that is taken is told, and nothing stays open', async () => {
	const filePort = Number(new URL(started.sandbox.baseUrl).port);
	await expect(startWithClient({ filePort })).rejects.toThrow(/cannot listen: .*EADDRINUSE/);
});

test('one line per request in the log, without the key', async () => {
	const lines: string[] = [];
	const logging = await startWithClient({ logLevel: 'requests', log: (line) => lines.push(line) });
	const id = await logging.client.submitted({ prompt: '[[slow:5]]' });
	await logging.sandbox.ledger.waitFor((ledger) => ledger.submits()[0].ended);
	await logging.stop();
	expect(lines).toEqual([
		expect.stringMatching(new RegExp(`POST /v1/videos/generations -> 200 ${id}, fault: slow:5$`)),
	]);
});
