/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readdir, writeFile } from 'node:fs/promises';
import { API_KEY, setStage, type Stage } from './stage';

let stage: Stage;
beforeEach(async () => {
	stage = await setStage();
});
afterEach(async () => await stage.close());

const requests = () => stage.sandbox.ledger.requests();
const tasksBought = () => stage.sandbox.ledger.allCharges().length;
const SAME_TASK = 'the same task, Idempotency-Replayed: true';

describe('before anything is sent', () => {
	afterEach(() => expect(requests()).toEqual([]));

	it('says in one sentence what to set where there is no key', async () => {
		const environment = { APIMART_BASE_URL: stage.sandbox.baseUrl, APIMART_API_KEY: ' ' };
		expect(await stage.run(['--yes'], { environment })).toBe(2);
		expect(stage.written()).toMatch(/^Set APIMART_API_KEY .*\n$/);
	});

	it('tells the cost and stops where nobody can be asked', async () => {
		expect(await stage.run([])).toBe(2);
		expect(stage.written()).toMatch(/about 0\.2016 USD.*0\.4032 USD at the very most.*Add --yes/s);
	});

	it.each(['', 'n', 'no', 'yesterday'])('stops at the answer "%s"', async (answer) => {
		expect(await stage.run([], { ask: async () => answer })).toBe(2);
	});

	it('stops at a callback address that is none', async () => {
		expect(await stage.run(['--yes', '--callback-url', 'my tunnel'])).toBe(2);
	});

	it('stops at an address to which the key must not travel', async () => {
		const environment = { APIMART_API_KEY: API_KEY, APIMART_BASE_URL: 'http://api.example.com' };
		await expect(stage.run(['--yes'], { environment })).rejects.toThrow('https');
	});

	it('compares an earlier recording', async () => {
		const { recording } = await stage.record();
		stage.sandbox.reset();
		const ask = async () => 'nobody is asked';
		const compare = async (content: unknown) => {
			await writeFile(stage.path, JSON.stringify(content));
			return await stage.run(['--compare', stage.path], { environment: {}, ask });
		};
		expect(await compare(recording)).toBe(0);
		expect(await compare({ ...recording, exchanges: recording.exchanges.slice(1) })).toBe(1);
		expect(stage.written()).toContain('+ balance, before: HTTP 200\n');
		await expect(compare({ format: 1, exchanges: [] })).rejects.toThrow('no recording');
		await expect(compare(null)).rejects.toThrow('no recording');
	});
});

describe('the whole run', () => {
	it('buys one clip once a person says yes, and finds that the sandbox speaks as itself', async () => {
		expect(await stage.run([], { ask: async () => 'y' })).toBe(0);
		expect(stage.sandbox.ledger.charges()).toMatchObject([{ usd: 0.2016, state: 'settled' }]);
		expect(tasksBought()).toBe(1);
		expect(stage.written()).toContain('The sandbox speaks as the recording does.');
		expect(await readdir(stage.folder)).toEqual(['recording.json', 'recording.mp4']);
		expect(stage.sandbox.ledger.violations()).toEqual([]);
	});

	it('takes every step and says in a few lines what it came to', async () => {
		const { exitCode, recording, text } = await stage.record();
		expect(exitCode).toBe(0);
		expect([...new Set(recording.exchanges.map(({ step }) => step))]).toEqual([
			...['balance, before', 'schema', 'unknown task', 'wrong key', 'submit'],
			...['repeat', 'repeat, versioned', 'repeat, other body', 'balance, after the submit'],
			...['task', 'file', 'repeat, at the end', 'balance, at the end'],
		]);
		expect(recording.exchanges[3]).toMatchObject({ step: 'wrong key', httpStatus: 401 });
		expect(text).not.toMatch(/_balance": [^0]/);
		const reads = recording.exchanges.filter(({ step }) => step === 'task');
		expect(new Set(reads.map(({ body }) => JSON.stringify(body))).size).toBe(reads.length);
		expect(recording.summary).toEqual([
			`repeat: ${SAME_TASK}`,
			`repeat, versioned: ${SAME_TASK}`,
			expect.stringMatching(/^repeat, other body: HTTP 409: /),
			expect.stringMatching(/^Status: pending -> .*completed$/),
			'Link: expires 86400 s after the end',
			expect.stringMatching(/^File: HTTP 200 without a key, \d+ bytes, MP4: whole$/),
			`repeat, at the end: ${SAME_TASK}`,
			'Cost: 0.2016 USD (the price table says 0.2016)',
			'Balance: 0.2016 USD less after the submit, 0.2016 at the end',
		]);
	});

	it('is taken up by its key without buying again', async () => {
		await stage.record(['--idempotency-key', 'stopped-run']);
		const { recording } = await stage.record(['--idempotency-key', 'stopped-run']);
		expect(tasksBought()).toBe(1);
		expect(recording.summary.at(-1)).toContain('Balance: 0 USD less');
	});
});

describe('what goes wrong', () => {
	it('buys nothing where the balance cannot be read', async () => {
		const body = { error: { message: `wrong key ${API_KEY.slice(-9)}` } };
		stage.sandbox.faults.add({
			route: 'balance',
			action: { kind: 'answer', status: 401, body },
		});
		expect(await stage.run(['--yes'])).toBe(1);
		expect(requests()).toHaveLength(1);
		expect(stage.written()).toContain('The balance cannot be read: HTTP 401: wrong key ***');
	});

	it.each([
		['has bought', '{"data":[{"task_id":"task_01SECONDSECOND"}]}', /BOUGHT TWICE.* task_01SECOND/],
		['could not be decided', '{"error":{"code":"idempotency_indeterminate"}}', /repeat: HTTP 409/],
	])('submits nothing more once a repetition %s', async (_, body, said) => {
		stage.sandbox.faults.add({
			route: 'submit',
			// The first one that gets past the check of the key, then its repetition.
			nth: 2,
			action: {
				kind: 'answer',
				status: body.includes('error') ? 409 : 200,
				body: JSON.parse(body),
			},
		});
		const { exitCode, recording } = await stage.record();
		expect(stage.written()).toMatch(said);
		expect(recording.exchanges.filter(({ step }) => step.startsWith('repeat'))).toHaveLength(1);
		expect(exitCode).toBe(body.includes('error') ? 0 : 1);
	});

	it('notices by the balance that more than one clip was paid for', async () => {
		for (const [nth, remain_balance] of [
			[1, 10],
			[3, 9.55],
		]) {
			const body = { remain_balance, used_balance: 0 };
			stage.sandbox.faults.add({
				route: 'balance',
				nth,
				action: { kind: 'answer', status: 200, body },
			});
		}
		expect((await stage.record()).exitCode).toBe(1);
		expect(stage.written()).toContain('More than one clip was paid for: 0.45 USD');
	});

	it('says how to go on where the answer to the submit is lost', async () => {
		stage.sandbox.faults.add({
			route: 'submit',
			when: { idempotencyKey: 'lost-answer' },
			times: 1,
			action: 'reset-after-accept',
		});
		expect((await stage.record(['--idempotency-key', 'lost-answer'])).exitCode).toBe(1);
		expect(stage.written()).toContain('--idempotency-key lost-answer within 24 hours');
		expect((await stage.record(['--idempotency-key', 'lost-answer'])).exitCode).toBe(0);
		expect(tasksBought()).toBe(1);
	});

	it.each([
		['submit', 'fail:content', /^Status: .*failed$/],
		['file', 'short-mp4', /^File: HTTP 200 .*MP4: (?!whole)/],
	] as const)('keeps what it saw of %s %s', async (route, action, said) => {
		stage.sandbox.faults.add({ route, action });
		const { exitCode, recording } = await stage.record();
		expect(exitCode).toBe(1);
		expect(recording.exchanges.at(-1)?.step).toBe('balance, at the end');
		expect(recording.summary).toContainEqual(expect.stringMatching(said));
	});

	it('writes nothing where the recording would show the key after all', async () => {
		// Of such a form that no rule knows it for a key.
		const key = 'a:b:c:d:e';
		stage.sandbox.addKey({ key });
		const echo = { kind: 'answer', status: 404, body: { message: `no task for ${key}` } } as const;
		stage.sandbox.faults.add({ route: 'task', nth: 1, action: echo });
		const environment = { APIMART_API_KEY: key, APIMART_BASE_URL: stage.sandbox.baseUrl };
		await expect(stage.run(['--yes'], { environment })).rejects.toThrow(
			'API key would stand in it',
		);
		expect(await readdir(stage.folder)).toEqual([]);
	});
});
