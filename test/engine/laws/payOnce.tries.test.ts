import type { NodeRun, RunOptions } from '../harness';
import { column, jsonOf, setTheStage } from './setup';

const stage = setTheStage();

const retrying: RunOptions = { retryOnFail: true, maxTries: 3 };
const goingOn: RunOptions = { ...retrying, onError: 'continueRegularOutput' };

function keysOfRow(prompt: string): string[] {
	const posts = stage.ledger
		.submits()
		.filter(({ body }) => JSON.stringify(body ?? '').includes(prompt));
	return posts.map(({ idempotencyKey = '' }) => idempotencyKey);
}

describe('Law 1, Pay once: Retry On Fail runs the whole node again', () => {
	test('the rows that are done are only read again', async () => {
		stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const run = await stage.run(['steady', 'shaky'], {
			...retrying,
			nodeOptions: { retryFailed: 0 },
		});
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
		expect(run.items.every(({ binary }) => binary?.data !== undefined)).toBe(true);
		expect(keysOfRow('steady')).toHaveLength(1);
		expect(new Set(keysOfRow('shaky')).size).toBe(2);
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
		const run = await stage.run(['A cat'], goingOn);
		const accepted = stage.ledger.accepted();
		expect(accepted).toHaveLength(3);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', taskId: accepted[2].taskId }]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a plain 500 after acceptance: the next try finds the clip with the same key and bytes', async () => {
		const run = await stage.run(['[[500-after-accept]] A cat'], retrying);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const submits = stage.ledger.submits();
		expect(submits).toHaveLength(2);
		expect(submits[1]).toMatchObject({
			idempotencyKey: submits[0].idempotencyKey,
			bodyHash: submits[0].bodyHash,
			replayed: true,
		});
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a result that the provider does not know is asked for again with the same key only', async () => {
		const run = await stage.run(['[[indeterminate-after-accept:2]] A cat'], retrying);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(keysOfRow('A cat')).toHaveLength(3);
		expect(new Set(keysOfRow('A cat')).size).toBe(1);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a key that was used for another body is never replaced by a new one', async () => {
		const run = await stage.run(['[[idem-reused]] A cat'], goingOn);
		expect(jsonOf(run)).toMatchObject([
			{
				status: 'failed',
				error: expect.stringMatching(/^Already submitted by an earlier run, not charged/),
			},
		]);
		const submits = stage.ledger.submits();
		expect(submits).toHaveLength(3);
		expect(new Set(submits.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
		expect(stage.ledger.allCharges()).toEqual([]);
	});

	test('a row that was certainly refused may be sent with the next key', async () => {
		stage.faults.add({ action: 'no-balance', nth: 1 });
		const run = await stage.run(['A cat'], goingOn);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test.each(['fail:content', 'moderation-400'])(
		'content that was refused is not sent again, and its error stays: %s',
		async (word) => {
			const run = await stage.run([`[[${word}]] A cat`], goingOn);
			expect(column(run, 'error')).toEqual([expect.stringMatching(/Edit the prompt or the image/)]);
			expect(stage.ledger.submits()).toHaveLength(1);
			const [{ taskId }] = stage.ledger.submits();
			expect(column(run, 'taskId')).toEqual([taskId]);
		},
	);

	test('a refusal of a repetition says nothing of the request before it: the key stays', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		stage.faults.add({ action: '402', nth: 2 });
		const run = await stage.run(['A cat'], retrying);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const submits = stage.ledger.submits();
		expect(submits.map(({ status }) => status)).toEqual([500, 402, 200]);
		expect(new Set(submits.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test('a clip whose download failed is downloaded again, not submitted again', async () => {
		const run = await stage.run(['[[file-404:4]] A cat'], goingOn);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test('within one execution a row whose content changes between the tries keeps its clip', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const run = await stage.run(['A cat'], {
			...retrying,
			parameters: { prompt: '={{ "A cat, " + Math.random() }}' },
		});
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const [first, second, ...more] = stage.ledger.submits();
		expect(more).toEqual([]);
		expect(second).toMatchObject({ bodyHash: first.bodyHash, replayed: true });
		expect(stage.ledger.charges()).toHaveLength(1);
	});
});

describe('Law 1, Pay once: across executions', () => {
	async function lostRun(): Promise<NodeRun> {
		const lost = await stage.run(['A cat [[500-after-accept]]'], { executionId: 'first' });
		expect(lost.status).toBe('error');
		return lost;
	}

	test("n8n's Retry of the execution goes on with the clip of equal content", async () => {
		const { context } = await lostRun();
		const run = await stage.run(['A cat [[500-after-accept]]'], { executionId: 'second', context });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.accepted()).toHaveLength(1);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test("n8n's Retry after a batch with one failed row submits that row only", async () => {
		stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const rows = ['steady', 'shaky', 'calm'];
		const { context, status } = await stage.run(rows, {
			executionId: 'first',
			nodeOptions: { retryFailed: 0 },
		});
		expect(status).toBe('error');
		const run = await stage.run(rows, { executionId: 'second', context });
		expect(column(run, 'status')).toEqual(['completed', 'completed', 'completed']);
		// The files of the first execution are deleted with it.
		for (const { binary } of run.items) expect(binary?.data.id).toContain('executions/second/');
		expect(stage.ledger.accepted()).toHaveLength(4);
		expect(stage.ledger.charges()).toHaveLength(3);
	});

	test('with other content the row is submitted with a key of its own', async () => {
		const { context } = await lostRun();
		const run = await stage.run(['A dog'], { executionId: 'second', context });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', prompt: 'A dog' }]);
		expect(stage.ledger.accepted()).toHaveLength(2);
	});

	test('each run of a loop submits its own clips', async () => {
		const first = await stage.run(['A cat'], { executionId: 'loop' });
		const again = await stage.run(['A cat'], {
			executionId: 'loop',
			runIndex: 1,
			context: first.context,
		});
		expect(jsonOf(again)[0].taskId).not.toBe(jsonOf(first)[0].taskId);
		expect(stage.ledger.charges()).toHaveLength(2);
	});
});
