import type { RunOptions } from '../harness';
import { column, expectKeys, goingOn, jsonOf, oneAttempt, setTheStage } from './setup';

const stage = setTheStage();

const retrying: RunOptions = { retryOnFail: true, maxTries: 3 };
const shakyOnce = { action: 'fail', nth: 1, when: { promptContains: 'shaky' } };

const promptsSent = () =>
	stage.ledger.submits().map(({ body }) => (body as { prompt?: string }).prompt);

describe('Law 1, Pay once: Retry On Fail runs the whole node again', () => {
	test('the rows that are done are only read again', async () => {
		stage.faults.add(shakyOnce);
		const run = await stage.run(['steady', 'shaky'], { ...retrying, ...oneAttempt });
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
		expect(run.items.every(({ binary }) => binary?.data !== undefined)).toBe(true);
		expect(promptsSent().sort()).toEqual(['shaky', 'shaky', 'steady']);
		expectKeys(stage, 3);
		expect(stage.ledger.charges()).toHaveLength(2);
	});

	test('a video that was stored is not downloaded again on the next try', async () => {
		const prompts = ['[[fail:content]] bad', 'good one', 'good two'];
		const run = await stage.run(prompts, retrying);
		expect(run.status).toBe('error');
		expect(stage.ledger.downloads()).toHaveLength(2);
	});

	test('a failed clip is resubmitted on the next try, not earlier, and the result is that of the new clip', async () => {
		stage.faults.add({ action: 'fail', nth: [1, 2] });
		const run = await stage.run(['A cat'], { ...retrying, ...goingOn });
		const [, , taskId, ...more] = stage.taskIds();
		expect(more).toEqual([]);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', taskId }]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test.each<[string, string, number, RunOptions]>([
		['a plain 500 after acceptance: the clip is found', '500-after-accept', 2, {}],
		['a result that the provider does not know', 'indeterminate-after-accept:2', 3, {}],
		['a download that failed: only it is repeated', 'file-404:4', 1, goingOn],
	])('%s, with the same key and bytes', async (_, fault, posts, options) => {
		const run = await stage.run([`[[${fault}]] A cat`], { ...retrying, ...options });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.submits()).toHaveLength(posts);
		expectKeys(stage, 1);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a key that was used for another body is never replaced by a new one', async () => {
		const run = await stage.run(['[[idem-reused]] A cat'], { ...retrying, ...goingOn });
		const error = expect.stringMatching(/^Already submitted by an earlier run, not charged/);
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', error }]);
		expect(stage.ledger.submits()).toHaveLength(3);
		expectKeys(stage, 1);
		expect(stage.ledger.allCharges()).toEqual([]);
	});

	test('a row that was certainly refused may be sent with the next key', async () => {
		stage.faults.add({ action: 'no-balance', nth: 1 });
		const run = await stage.run(['A cat'], { ...retrying, ...goingOn });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test.each(['fail:content', 'moderation-400'])(
		'content that was refused is not sent again, and its error stays: %s',
		async (word) => {
			const run = await stage.run([`[[${word}]] A cat`], { ...retrying, ...goingOn });
			expect(column(run, 'error')).toEqual([expect.stringMatching(/Edit the prompt or the image/)]);
			const [{ taskId }, ...more] = stage.ledger.submits();
			expect(more).toEqual([]);
			expect(column(run, 'taskId')).toEqual([taskId]);
		},
	);

	test('a refusal of a repetition says nothing of the request before it: the key stays', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		stage.faults.add({ action: '402', nth: 2 });
		const run = await stage.run(['A cat'], retrying);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.submits().map(({ status }) => status)).toEqual([500, 402, 200]);
		expectKeys(stage, 1);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test('within one execution a row whose content changes between the tries keeps its clip', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const parameters = { prompt: '={{ "A cat, " + Math.random() }}' };
		const run = await stage.run(['A cat'], { ...retrying, parameters });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.submits()).toMatchObject([{}, { replayed: true }]);
		expectKeys(stage, 1);
		expect(stage.ledger.charges()).toHaveLength(1);
	});
});

describe('Law 1, Pay once: across executions', () => {
	test.each([
		["n8n's Retry goes on with the clip of equal content", 'A cat [[500-after-accept]]', 1],
		['other content is submitted with a key of its own', 'A dog', 2],
	])('%s', async (_, prompt, clips) => {
		const lost = await stage.run(['A cat [[500-after-accept]]'], { executionId: 'first' });
		expect(lost.status).toBe('error');
		const { context } = lost;
		const run = await stage.run([prompt], { executionId: 'second', context });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', prompt }]);
		expect(stage.ledger.accepted()).toHaveLength(clips);
	});

	test("n8n's Retry after a batch with one failed row submits that row only", async () => {
		stage.faults.add(shakyOnce);
		const rows = ['steady', 'shaky', 'calm'];
		const first = await stage.run(rows, { ...oneAttempt, executionId: 'first' });
		expect(first.status).toBe('error');
		const run = await stage.run(rows, { executionId: 'second', context: first.context });
		expect(column(run, 'status')).toEqual(['completed', 'completed', 'completed']);
		// The files of the first execution are deleted with it.
		for (const { binary } of run.items) expect(binary?.data.id).toContain('executions/second/');
		expect(stage.ledger.accepted()).toHaveLength(4);
		expect(stage.ledger.charges()).toHaveLength(3);
	});

	test('each run of a loop submits its own clips', async () => {
		const executionId = 'loop';
		const { context } = await stage.run(['A cat'], { executionId });
		const again = await stage.run(['A cat'], { executionId, runIndex: 1, context });
		expect(column(again, 'taskId')).toEqual([stage.taskIds()[1]]);
		expect(stage.ledger.charges()).toHaveLength(2);
	});
});
