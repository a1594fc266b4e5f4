import { Faults } from '../../../sandbox';
import { Client, prompt, sandboxForEach, startWithClient } from './client';

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

test('a further key over HTTP', async () => {
	await started.client.post('/__sandbox/keys', { key: 'sk-another-one', balanceUsd: 3 });
	const { data } = await new Client(started.sandbox, 'sk-another-one').get('/v1/balance');
	expect(data).toMatchObject({ remain_balance: 3 });
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

test('stop cuts connections that wait', async () => {
	const { client, sandbox, stop } = await startWithClient();
	const slow = client.submit(prompt('slow-submit:30')).catch((error: Error) => error);
	await sandbox.ledger.waitFor((ledger) => ledger.accepted().length);
	await stop();
	expect(await slow).toMatchObject({ code: 'ECONNRESET' });
}, 2_000);

test('a port that is taken is told, and nothing stays open', async () => {
	const filePort = Number(new URL(started.sandbox.baseUrl).port);
	await expect(startWithClient({ filePort })).rejects.toThrow(/cannot listen: .*EADDRINUSE/);
});

test('one line per request in the log, without the key', async () => {
	const lines: string[] = [];
	const logging = await startWithClient({ logLevel: 'requests', log: (line) => lines.push(line) });
	const id = await logging.client.submitted(prompt('slow:5'));
	await logging.sandbox.ledger.waitFor((ledger) => ledger.submits()[0].ended);
	await logging.stop();
	const line = new RegExp(`POST /v1/videos/generations -> 200 ${id}, fault: slow:5$`);
	expect(lines).toEqual([expect.stringMatching(line)]);
});

test('faults are taken back, one or all', async () => {
	const { client, sandbox } = started;
	const balance = async () => (await client.get('/v1/balance')).data;
	sandbox.faults.remove(sandbox.faults.add({ route: 'balance', action: '503' }));
	sandbox.faults.add({ action: 'balance-false', times: 1 });
	expect(await balance()).toEqual({ message: 'Failed to get token info', success: false });
	expect(await balance()).toMatchObject({ remain_balance: 100 });
	sandbox.faults.add({ action: '500' });
	sandbox.faults.clear();
	expect((await client.submit()).status).toBe(200);
});

test('faults by chance are drawn from the seed', () => {
	const draw = (seed: number) => {
		const faults = new Faults(seed);
		faults.add({ route: 'task', probability: 0.5, action: '503' });
		return Array.from({ length: 40 }, () => faults.take('task').length).join('');
	};
	expect(draw(1)).toBe(draw(1));
	expect(draw(1)).not.toBe(draw(2));
	expect(draw(1)).toMatch(/0.*1|1.*0/);
});
