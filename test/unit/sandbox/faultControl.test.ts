import { Faults, type FaultRule } from '../../../sandbox';
import { startWithClient, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient({ concurrency: 0, balanceUsd: 1000 });
});
afterEach(async () => await started.stop());

describe('faults by control', () => {
	test('by count, by time and by prompt', async () => {
		const { client, sandbox } = started;
		sandbox.faults.add({ route: 'submit', nth: [2, 4], action: '503' });
		sandbox.faults.add({
			route: 'submit',
			when: { promptContains: 'whale' },
			times: 1,
			action: 'moderation-422',
		});
		const statuses = [];
		for (const word of ['whale', 'boat', 'whale', 'boat', 'boat']) {
			statuses.push((await client.submit({ prompt: word })).status);
		}
		expect(statuses).toEqual([422, 503, 200, 503, 200]);
		sandbox.faults.add({ route: 'submit', action: '500', times: 1 });
		sandbox.faults.clear();
		expect((await client.submit()).status).toBe(200);
	});

	test('any answer, at any route', async () => {
		const { client, sandbox } = started;
		const headers = { 'Retry-After': '3', 'Content-Type': 'text/plain' };
		const id = sandbox.faults.add({
			route: 'balance',
			action: { kind: 'answer', status: 418, body: 'teapot', headers },
		});
		const answer = await client.get('/v1/balance');
		expect(answer.status).toBe(418);
		expect(answer.data).toBe('teapot');
		expect(answer.headers['retry-after']).toBe('3');
		sandbox.faults.remove(id);
		expect((await client.get('/v1/balance')).status).toBe(200);
	});

	test('what becomes of a task, without words in its prompt', async () => {
		const { client, clock, sandbox } = started;
		sandbox.faults.add({ nth: 2, action: 'fail:content' });
		const [first, second] = [await client.submitted(), await client.submitted()];
		clock.advance(60);
		expect(await client.ended(first)).toMatchObject({ status: 'completed' });
		expect(await client.ended(second)).toMatchObject({ status: 'failed' });
	});

	test('a balance that fails with 200, and one in strings', async () => {
		const { client, sandbox } = started;
		sandbox.faults.add({ action: 'balance-false', times: 1 });
		sandbox.faults.add({ action: 'balance-strings', nth: 2 });
		expect((await client.get('/v1/balance')).data).toEqual({
			message: 'Failed to get token info',
			success: false,
		});
		expect((await client.get('/v1/balance')).data).toMatchObject({ remain_balance: '99.25' });
	});

	test('chance is drawn from the seed', () => {
		const draw = (seed: number) => {
			const faults = new Faults(seed);
			faults.add({ route: 'task', probability: 0.5, action: '503' });
			return Array.from({ length: 40 }, () => faults.take('task').length).join('');
		};
		expect(draw(1)).toBe(draw(1));
		expect(draw(1)).not.toBe(draw(2));
		expect(draw(1)).toMatch(/0.*1|1.*0/);
	});

	test('an unknown word is refused, in a prompt it is plain text', async () => {
		const wrong: FaultRule = { action: 'explode' };
		expect(() => started.sandbox.faults.add(wrong)).toThrow(
			/no fault "explode"; it knows: .*stuck/,
		);
		expect((await started.client.submit({ prompt: '[[explode]] [[fail' })).status).toBe(200);
	});
});
