import { sandboxForEach } from './client';

const started = sandboxForEach();

test('the ledger over HTTP', async () => {
	const { client } = started;
	const id = await client.submitted();
	await client.task(id);
	const counts = { submits: 1, accepted: 1, polls: 1, charges: 0, maxInFlight: 1, violations: 0 };
	expect((await client.get('/__sandbox/ledger')).data).toMatchObject({
		summary: { ...counts, totalChargedUsd: 0 },
		requests: [
			{ route: 'submit', method: 'POST', status: 200, taskId: id, accepted: true, key: 'sk-s…ox' },
			{ route: 'task', method: 'GET', status: 200, taskId: id },
		],
		charges: [{ taskId: id, state: 'reserved', usd: 0.336 }],
	});
});

test('faults over HTTP', async () => {
	const { client } = started;
	const added = await client.post('/__sandbox/faults', [
		{ route: 'submit', times: 1, action: '503' },
		{ route: 'balance', action: { kind: 'answer', status: 500 } },
	]);
	expect(added.status).toBe(201);
	expect((await client.submit()).status).toBe(503);
	expect((await client.get('/v1/balance')).status).toBe(500);
	const { ids } = added.data as { ids: string[] };
	const list = ids.map((id) => ({ id, seen: 1, applied: 1 }));
	expect((await client.get('/__sandbox/faults')).data).toMatchObject(list);
	const { status, data } = await client.post('/__sandbox/faults', { action: 'explode' });
	const error = expect.stringMatching(/knows no fault "explode"; it knows: .*stuck/) as string;
	expect([status, data]).toEqual([400, { error }]);
});

test('a clip can be ended by hand', async () => {
	const { client, sandbox } = started;
	const [first, second] = [await client.submitted(), await client.submitted()];
	await client.post(`/__sandbox/tasks/${first}/finish`, {});
	await sandbox.finishTask(second, { ending: 'failed', error: { message: 'by hand' } });
	expect((await client.get('/__sandbox/tasks')).data).toMatchObject([
		{ id: first, status: 'completed' },
		{ id: second, status: 'failed', error: { message: 'by hand' } },
	]);
	expect((await client.post('/__sandbox/tasks/task_x/finish', {})).status).toBe(404);
});

test('reset makes it as new', async () => {
	const { client, sandbox } = started;
	const id = await client.submitted({}, { 'Idempotency-Key': 'k' });
	await sandbox.finishTask(id);
	sandbox.faults.add({ action: '503' });
	await client.post('/__sandbox/reset', {});
	expect(sandbox.ledger.allCharges()).toEqual([]);
	expect((await client.get('/v1/balance')).data).toMatchObject({ remain_balance: 100 });
	expect((await client.get(`/v1/tasks/${id}`)).status).toBe(400);
	expect(await client.submitted({}, { 'Idempotency-Key': 'k' })).not.toBe(id);
});

test('waiting for the ledger ends with an error, not never', async () => {
	await expect(started.sandbox.ledger.waitFor(() => false, 20)).rejects.toThrow(/within 20 ms/);
});
