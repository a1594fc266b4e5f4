/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../host/run';
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
		expect(await stage.run(['--yes'], { environment: { APIMART_API_KEY: ' ' } })).toBe(2);
		expect(stage.written()).toMatch(/^Set APIMART_API_KEY .*\n$/);
	});

	it('the program tells the cost and stops where nobody can be asked', async () => {
		const program = ['--import', 'tsx', join(__dirname, '../../live/main.ts')];
		const { apiKey, baseUrl } = stage.sandbox;
		const env = { ...process.env, APIMART_API_KEY: apiKey, APIMART_BASE_URL: baseUrl };
		await expect(run(process.execPath, program, { env })).rejects.toThrow(
			/code 2:.*about 0\.2016 USD.*0\.4032 USD at the very most.*Add --yes/s,
		);
	});

	it.each(['', 'n', 'no', 'yesterday'])('stops at the answer "%s"', async (answer) => {
		expect(await stage.run([], { ask: async () => answer })).toBe(2);
	});
});

describe('the whole run', () => {
	it('buys one clip once a person says yes, and finds that the sandbox speaks as itself', async () => {
		expect(await stage.run([], { ask: async () => 'y' })).toBe(0);
		const { ledger, baseUrl } = stage.sandbox;
		expect(ledger.charges()).toMatchObject([{ usd: 0.2016, state: 'settled' }]);
		expect(tasksBought()).toBe(1);
		expect(await readdir(stage.folder)).toEqual(['recording.json', 'recording.mp4']);
		expect(ledger.violations()).toEqual([]);
		// How a run that is stopped goes on stands there before the clip is waited for.
		const [{ taskId }] = ledger.allCharges();
		const [before, after] = stage.written().split('0 s: pending');
		expect(before).toMatch(/--idempotency-key live-test-[\w-]+ within 24 hours/);
		expect(before).toContain(`Task ${taskId} is bought`);
		expect(before).toContain(`${baseUrl}/v1/tasks/${taskId}`);
		expect(after).toContain('The sandbox speaks as the recording does.');
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
		expect(recording.summary).toEqual([
			`repeat: ${SAME_TASK}`,
			`repeat, versioned: ${SAME_TASK}`,
			'repeat, other body: Already submitted by an earlier run, not charged again',
			expect.stringMatching(/^Status: pending -> .*completed$/),
			'Link: expires 86400 s after the end',
			expect.stringMatching(/^File: HTTP 200 without a key, \d+ bytes, MP4: whole$/),
			`repeat, at the end: ${SAME_TASK}`,
			'Cost: 0.2016 USD (the price table says 0.2016)',
			'Balance: 0.2016 USD less after the submit, 0.2016 at the end',
		]);
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
		expect(stage.written()).toMatch(/Broken off: .*: wrong key \*\*\*/);
	});

	it.each([
		[200, { data: [{ task_id: 'task_01SECONDSECOND' }] }, /BOUGHT TWICE.* made <task \d>/],
		[409, { error: { code: 'idempotency_indeterminate' } }, /repeat: .*HTTP 409/],
	])('submits nothing more once a repetition is answered %d', async (status, body, said) => {
		// The first one that gets past the check of the key, then its repetition.
		stage.sandbox.faults.add({ route: 'submit', nth: 2, action: { kind: 'answer', status, body } });
		const { exitCode, recording } = await stage.record();
		expect(stage.written()).toMatch(said);
		expect(recording.exchanges.filter(({ step }) => step.startsWith('repeat'))).toHaveLength(1);
		expect(exitCode).toBe(status === 409 ? 0 : 1);
	});

	it('notices by the balance that more than one clip was paid for', async () => {
		const answer = (nth: number, remain_balance: number) => {
			const body = { remain_balance, used_balance: 0 };
			const action = { kind: 'answer', status: 200, body } as const;
			stage.sandbox.faults.add({ route: 'balance', nth, action });
		};
		answer(1, 10);
		answer(3, 9.55);
		expect((await stage.record()).exitCode).toBe(1);
		expect(stage.written()).toContain('More than one clip was paid for: 0.45 USD');
	});

	it('goes on by its key, without buying again, where the answer to the submit is lost', async () => {
		const args = ['--idempotency-key', 'lost-answer'];
		stage.sandbox.faults.add({
			...{ route: 'submit', when: { idempotencyKey: 'lost-answer' }, times: 1 },
			action: 'reset-after-accept',
		});
		expect((await stage.record(args)).exitCode).toBe(1);
		expect((await stage.record(args)).exitCode).toBe(0);
		expect(tasksBought()).toBe(1);
	});
});
