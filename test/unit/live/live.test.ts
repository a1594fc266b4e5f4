/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readdir } from 'node:fs/promises';
import { answerTo, API_KEY, setStage, type Stage } from './stage';

let stage: Stage;
beforeEach(async () => {
	stage = await setStage();
});
afterEach(async () => await stage.close());

const tasksBought = () => stage.sandbox.ledger.allCharges().length;

describe('before anything is sent', () => {
	afterEach(() => expect(stage.sandbox.ledger.requests()).toEqual([]));

	it('says in one sentence what to set where there is no key', async () => {
		const environment = { APIMART_BASE_URL: stage.sandbox.baseUrl, APIMART_API_KEY: ' ' };
		expect(await stage.run(['--yes'], { environment })).toBe(2);
		expect(stage.written()).toBe(
			'Set APIMART_API_KEY to a key of your APIMart account: the live test buys one clip with it.\n',
		);
	});

	it('tells the cost and stops where nobody can be asked', async () => {
		expect(await stage.run([])).toBe(2);
		expect(stage.written()).toMatch(/about 0\.2016 USD.*0\.4032 USD at the very most.*Add --yes/s);
	});

	it.each(['', 'n', 'no', 'yesterday'])('stops at the answer "%s"', async (answer) => {
		const questions: string[] = [];
		const ask = async (question: string) => {
			questions.push(question);
			return answer;
		};
		expect(await stage.run([], { ask })).toBe(2);
		expect(questions).toHaveLength(1);
		expect(stage.written()).toContain('Nothing was sent.');
	});

	it('stops at a callback address that is none', async () => {
		expect(await stage.run(['--yes', '--callback-url', 'my tunnel'])).toBe(2);
	});

	it('stops at an address to which the key must not travel', async () => {
		const environment = { APIMART_API_KEY: API_KEY, APIMART_BASE_URL: 'http://api.example.com' };
		await expect(stage.run(['--yes'], { environment })).rejects.toThrow('https');
	});

	it('explains itself', async () => {
		expect(await stage.run(['--help'])).toBe(0);
		expect(stage.written()).toContain('--idempotency-key');
	});
});

describe('the whole run', () => {
	it('buys one clip once a person says yes, and finds that the sandbox speaks as itself', async () => {
		expect(await stage.run([], { ask: async () => 'y' })).toBe(0);
		expect(tasksBought()).toBe(1);
		expect(stage.sandbox.ledger.charges()).toMatchObject([{ usd: 0.2016, state: 'settled' }]);
		expect(stage.written()).toContain('The sandbox speaks as the recording does.');
		expect(await readdir(stage.folder)).toEqual(['recording.json', 'recording.mp4']);
		expect(stage.sandbox.ledger.violations()).toEqual([]);
	});

	it('answers the open questions', async () => {
		const { exitCode, recording } = await stage.record();
		expect(exitCode).toBe(0);
		const answers = Object.fromEntries(
			recording.findings.map(({ question, answer }) => [question, answer]),
		);
		expect(answers).toMatchObject({
			'Submit: the answer': 'HTTP 200, data is an array',
			'Same Idempotency-Key and bytes, at once': 'the same task, Idempotency-Replayed: true',
			'Same Idempotency-Key, other bytes': expect.stringContaining('HTTP 409'),
			'Same Idempotency-Key and bytes, after the end': 'the same task, Idempotency-Replayed: true',
			'Status words': expect.stringMatching(/^pending -> .*completed$/),
			Progress: expect.stringContaining('stood still longest'),
			Time: expect.stringMatching(/^estimated_time 60, actual_time 6\d$/),
			'Cost on the task': 'cost 0.2016, credits_cost 2.016; the price table says 0.2016',
			Balance: 'after the submit: left -0.2016, used 0; at the end: left -0.2016, used +0.2016',
			'Clips paid for': '1.00',
			'Where the video stands': 'data.result.videos[0].url[0]',
			"Link's life": '86400 s after completion (a day)',
			File: expect.stringMatching(/HTTP 200 without a key .* video\/mp4, \d+ bytes.*whole/),
			'Unknown task id': expect.stringContaining('HTTP 400'),
			'Wrong key and a bad length': expect.stringContaining('HTTP 401'),
		});
		expect(Object.values(answers)).not.toContain('not seen');
	});

	it('sees both envelopes, whichever is paid for', async () => {
		const { recording } = await stage.record(['--response-version']);
		expect(answerTo('Submit: the answer', recording)).toBe(
			'HTTP 202, data is an object, version 2026-07-27',
		);
	});

	it('is taken up by its key without buying again', async () => {
		await stage.record(['--idempotency-key', 'stopped-run']);
		const { recording } = await stage.record(['--idempotency-key', 'stopped-run']);
		expect(tasksBought()).toBe(1);
		expect(answerTo('Clips paid for', recording)).toBe('0.00');
	});
});

describe('what goes wrong', () => {
	const submits = () => stage.sandbox.ledger.requests('submit').length;

	it('buys nothing where the balance cannot be read', async () => {
		const environment = { APIMART_API_KEY: 'sk-somebody', APIMART_BASE_URL: stage.sandbox.baseUrl };
		expect(await stage.run(['--yes'], { environment })).toBe(1);
		expect(submits()).toBe(0);
		expect(stage.written()).toContain('nothing is bought: APIMart does not accept the API key');
	});

	it('stops buying as soon as a repetition has bought', async () => {
		stage.sandbox.faults.add({
			route: 'submit',
			// The first one that gets past the check of the key, then its repetition.
			nth: 2,
			action: {
				kind: 'answer',
				status: 200,
				body: { code: 200, data: [{ status: 'submitted', task_id: 'task_01SECONDSECOND' }] },
			},
		});
		const { exitCode, recording } = await stage.record();
		expect(exitCode).toBe(1);
		expect(stage.written()).toContain('BOUGHT TWICE');
		expect(stage.written()).toContain('task_01SECONDSECOND');
		expect(recording.exchanges.map(({ step }) => step)).not.toContain('repeat, other body');
		expect(recording.exchanges.filter(({ step }) => step.startsWith('repeat'))).toHaveLength(1);
	});

	it('says how to go on where the answer to the submit is lost', async () => {
		stage.sandbox.faults.add({
			route: 'submit',
			when: { idempotencyKey: 'lost-answer' },
			times: 1,
			action: 'reset-after-accept',
		});
		const { exitCode } = await stage.record(['--idempotency-key', 'lost-answer']);
		expect(exitCode).toBe(1);
		expect(tasksBought()).toBe(1);
		expect(stage.written()).toContain('--idempotency-key lost-answer within 24 hours');
		expect((await stage.record(['--idempotency-key', 'lost-answer'])).exitCode).toBe(0);
		expect(tasksBought()).toBe(1);
	});

	it('keeps a clip that failed, and what it says', async () => {
		stage.sandbox.faults.add({ route: 'submit', action: 'fail:content' });
		const { exitCode, recording } = await stage.record();
		expect(exitCode).toBe(1);
		expect(recording.exchanges.find(({ step }) => step === 'task, ended')?.readAs).toBe(
			'failed (failed)',
		);
		expect(answerTo('Clips paid for', recording)).toBe('0.00');
	});
});
