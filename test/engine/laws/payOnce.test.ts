import { errorText, expectKeys, jsonOf, numbered, setTheStage } from './setup';

const stage = setTheStage();

/** So many requests, all with one key and the same bytes. */
function expectOneRequest(posts: number): void {
	expect(stage.ledger.submits()).toHaveLength(posts);
	expectKeys(stage, 1);
	expect(stage.ledger.submits()[0].idempotencyKey).toMatch(/^[!-~]{1,191}$/);
}

describe('Law 1, Pay once: within one try of the node', () => {
	test.each([
		['the connection is reset after the provider took the clip', 'reset-after-accept', 2],
		['half an answer arrives', 'half-after-accept', 2],
		['an HTML page with 502 comes in place of the answer', '502-after-accept', 2],
		['a 503 comes in place of the answer', '503-after-accept', 2],
		['a gateway gives up with 504', '504-after-accept', 2],
		['503 twice', '503:2', 3],
		['429 without Retry-After, three times', '429:3', 4],
		['429 with Retry-After', '429-retry-after:2', 2],
		['408', '408', 2],
		['an HTML page with 502', 'html-502', 2],
		['an HTML page with 200', 'html-200', 2],
		['a challenge of something in between', 'html-403:2', 3],
		['a redirect', 'redirect-submit', 2],
		['no capacity, told as a 400', 'no-channel:2', 3],
		['MODEL_OVERLOADED', 'overloaded:2', 3],
		['a 503 that says that idempotency is unavailable', 'idem-unavailable', 2],
		['a reset before the provider took anything', 'reset-before-accept', 2],
		['a 409 that says that the same request is in progress', 'idem-in-progress:2', 3],
	])('one charge, with the same key and bytes again, after: %s', async (_, fault, posts) => {
		const run = await stage.run([`[[${fault}]] A cat`]);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expectOneRequest(posts);
		const replayed = stage.ledger.submits().map((submit) => submit.replayed ?? false);
		const wasTaken = fault.includes('after-accept');
		expect(replayed).toEqual([...Array(posts - 1).fill(false), wasTaken]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('Retry-After is waited for', async () => {
		const run = await stage.run(['[[429-retry-after:40]] A cat']);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const [first, second] = stage.ledger.submits();
		expect(Date.parse(second.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(400);
	});

	test('a Retry-After that is longer than the maximum wait is an error at once', async () => {
		const run = await stage.run(['[[429-retry-after:31]] A cat'], { nodeOptions: { maxWait: 30 } });
		expect(run.status).toBe('error');
		expect(errorText(run)).toMatch(/rate limit/i);
		expectOneRequest(1);
		expect(stage.ledger.allCharges()).toEqual([]);
	});

	test('repetitions end at the maximum wait', async () => {
		const run = await stage.run(['[[503:1000]] A cat'], { nodeOptions: { maxWait: 60 } });
		expect(errorText(run)).toMatch(/overloaded \(HTTP 503\)/);
		const posts = stage.ledger.submits().length;
		expectOneRequest(posts);
		expect(posts).toBeGreaterThan(2);
		expect(posts).toBeLessThan(30);
	});

	test.each([
		['a plain 500 after the provider took the clip', '500-after-accept', /internal fault/, 1],
		['a plain 500', '500', /internal fault/, 0],
		['a parameter error told as 500', 'build-failed', /did not accept the request/, 0],
		['401', '401', /does not accept the API key/, 0],
		['402', 'no-balance', /balance is too low/, 0],
		['402 inside a 200', '200-error', /balance is too low/, 0],
		['403', '403', /refuses access/, 0],
		['400', '400', /did not accept the request/, 0],
		['moderation, told as 400', 'moderation-400', /rejected the content/, 0],
		['moderation, told as 422', 'moderation-422', /rejected the content/, 0],
		['a key of another body', 'idem-reused', /Already submitted by an earlier run/, 0],
		['a result that the provider does not know', 'idem-indeterminate', /cannot say whether/, 0],
		['a lost result', 'indeterminate-after-accept', /cannot say whether/, 1],
	])('not repeated within a try: %s', async (_, fault, sentence, bought) => {
		const run = await stage.run([`[[${fault}]] A cat`]);
		expect(run.status).toBe('error');
		expect(errorText(run)).toMatch(sentence);
		expectOneRequest(1);
		expect(stage.ledger.accepted()).toHaveLength(bought);
	});

	test('rows have keys of their own, also where their content is the same', async () => {
		const run = await stage.run(['A cat', 'A cat', 'A dog']);
		expect(new Set(jsonOf(run).map(({ taskId }) => taskId)).size).toBe(3);
		expectKeys(stage, 3);
		expect(stage.ledger.charges()).toHaveLength(3);
	});

	test('thirty rows under a hail of faults are charged once each', async () => {
		const faults = ['reset-after-accept', '502-after-accept', '503-after-accept', '429', '503'];
		for (const action of faults) stage.faults.add({ action, probability: 0.15 });
		const run = await stage.run(numbered(30));
		expect(jsonOf(run).map(({ status }) => status)).toEqual(Array(30).fill('completed'));
		expect(stage.ledger.submits().length).toBeGreaterThan(40);
		expect(stage.ledger.accepted()).toHaveLength(30);
		expect(stage.ledger.charges()).toHaveLength(30);
		expectKeys(stage, 30);
	});
});
