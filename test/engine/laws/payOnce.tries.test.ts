import type { FaultRule } from '../../../sandbox';
import type { RunOptions } from '../harness';
import {
	column,
	errorText,
	expectKeys,
	goingOn,
	jsonOf,
	oneAttempt,
	setTheStage,
	type StageOptions,
} from './setup';

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

	const onNth = (action: string, nth: number | number[]) => ({ action, nth });
	const completed = { status: 'completed' };
	const reused = {
		status: 'failed',
		error: expect.stringMatching(/^Already submitted by an earlier run, not charged/),
	};
	const refused = { error: expect.stringMatching(/Edit the prompt or the image/) };

	/** What goes wrong, by a word of the prompt or at the nth submit; the item; submits, keys, accepted clips. */
	test.each<[string, string, FaultRule[], object, number, number, number]>([
		['a plain 500 after acceptance', '[[500-after-accept]]', [], completed, 2, 1, 1],
		['no known result', '[[indeterminate-after-accept:2]]', [], completed, 3, 1, 1],
		['a download that fails', '[[file-404:4]]', [], completed, 1, 1, 1],
		['clips that fail', '', [onNth('fail', [1, 2])], completed, 3, 3, 3],
		['a certain refusal', '', [onNth('no-balance', 1)], completed, 2, 2, 1],
		// The refusal says nothing of the request before it.
		[
			'a refused repetition',
			'',
			[onNth('500-after-accept', 1), onNth('402', 2)],
			completed,
			3,
			1,
			1,
		],
		['a key of another body', '[[idem-reused]]', [], reused, 3, 1, 0],
		['refused content of a clip', '[[fail:content]]', [], refused, 1, 1, 1],
		['refused content of a submit', '[[moderation-400]]', [], refused, 1, 1, 0],
	])(
		'%s: whether the next try submits, and by which key',
		async (_, word, rules, item, posts, keys, clips) => {
			for (const rule of rules) stage.faults.add(rule);
			const run = await stage.run([`${word} A cat`], { ...retrying, ...goingOn });
			expect(jsonOf(run)).toMatchObject([item]);
			expect(column(run, 'taskId')).toEqual([stage.taskIds().at(-1)]);
			expect(stage.ledger.submits()).toHaveLength(posts);
			expectKeys(stage, keys);
			expect(stage.ledger.accepted()).toHaveLength(clips);
			expect(stage.ledger.charges()).toHaveLength(item === completed ? 1 : 0);
		},
	);

	test('within one execution a row whose content changes between the tries keeps its clip', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const parameters = { prompt: '={{ "A cat, " + Math.random() }}' };
		const run = await stage.run(['A cat'], { ...retrying, parameters });
		const note = expect.stringMatching(/bought in an earlier try, with another prompt/);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', cost: 0.504, note }]);
		for (const name of ['prompt', 'duration', 'quality', 'estimatedCost']) {
			expect(jsonOf(run)[0]).not.toHaveProperty(name);
		}
		expect(stage.ledger.submits()).toMatchObject([{}, { replayed: true }]);
		expectKeys(stage, 1);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a clip that was done before the content changed says so, too, and the new one shows its own', async () => {
		stage.faults.add(shakyOnce);
		const parameters = { prompt: '={{ $json.prompt + Math.random() }}' };
		const run = await stage.run(['steady', 'shaky'], { ...retrying, ...oneAttempt, parameters });
		const [steady, shaky] = jsonOf(run);
		expect(steady).toMatchObject({ status: 'completed', note: expect.any(String) });
		expect(steady).not.toHaveProperty('prompt');
		expect(shaky.prompt).toBe(promptsSent()[2]);
		expect(shaky).not.toHaveProperty('note');
		expect(stage.ledger.charges()).toHaveLength(2);
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

	test.each([{}, goingOn])(
		"n8n's Retry with a lower Maximum Cost refuses what is not paid for, and names or delivers the rest: %j",
		async (onError) => {
			stage.faults.add(shakyOnce);
			const rows = ['shaky', 'steady'];
			const first = await stage.run(rows, { ...oneAttempt, executionId: 'first' });
			const { context } = first;
			const nodeOptions = { maxCost: 0.1 };
			const run = await stage.run(rows, {
				...onError,
				executionId: 'second',
				context,
				nodeOptions,
			});
			const steady = stage.ledger
				.accepted()
				.find(({ body }) => /steady/.test(JSON.stringify(body)));
			expect(errorText(run) + JSON.stringify(jsonOf(run))).toContain(steady?.taskId);
			expect(errorText(run) + JSON.stringify(jsonOf(run))).toMatch(
				/0\.504 USD for the clip is above/,
			);
			if (onError === goingOn) expect(column(run, 'status')).toEqual(['failed', 'completed']);
			else expect(errorText(run)).not.toMatch(/othing was charged/);
			expect(stage.ledger.accepted()).toHaveLength(2);
		},
	);

	test("n8n's Retry that is refused for its cost buys no further attempt for what is paid for", async () => {
		const [one, two] = ['[[stuck]] one', '[[moderation-422]] two'];
		const options = { ...goingOn, nodeOptions: { maxWait: 60 }, executionId: 'first' };
		const { context } = await stage.run([one, two], options);
		await stage.finish(undefined, 'failed');
		const nodeOptions = { maxCost: 0.1 };
		const run = await stage.run([one, 'another'], { ...goingOn, nodeOptions, context });
		expect(column(run, 'status')).toEqual(['failed', 'failed']);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test("n8n's Retry, pressed twice at the same execution, buys a row once", async () => {
		stage.faults.add({ action: 'no-balance', nth: 1 });
		const first = await stage.run(['A cat'], { executionId: 'first' });
		const saved = JSON.stringify(first.context);
		const retries = ['second', 'third'].map(async (executionId) =>
			column(await stage.run(['A cat'], { executionId, context: JSON.parse(saved) }), 'taskId'),
		);
		expect((await Promise.all(retries)).flat()).toEqual([...stage.taskIds(), ...stage.taskIds()]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a lost submit is not repeated with another API key', async () => {
		const { context } = await stage.run(['[[500-after-accept:9]] A cat'], { executionId: 'first' });
		const credentials = stage.account('sk-rotated-key-1');
		const run = await stage.run(['[[500-after-accept:9]] A cat'], {
			...goingOn,
			credentials,
			context,
		});
		expect(column(run, 'error')).toEqual([expect.stringMatching(/another API key.*dashboard/)]);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test.each<[string, StageOptions]>([
		['whose credential is gone', { credentials: { apiKey: 'k', baseUrl: 'http://x.example' } }],
		['whose rows cannot be read', { parameters: { duration: 99 } }],
		['with a setting that cannot be used', { nodeOptions: { concurrency: 0 } }],
	])("n8n's Retry %s names the tasks that are paid for", async (_, broken) => {
		const { context } = await stage.run(['[[stuck]] A cat'], {
			...{ executionId: 'first', nodeOptions: { maxWait: 60 } },
		});
		const run = await stage.run(['[[stuck]] A cat'], { ...broken, executionId: 'second', context });
		expect(errorText(run)).toContain(stage.taskIds()[0]);
		expect(errorText(run)).not.toMatch(/othing was charged/);
		const items = await stage.run(['[[stuck]] A cat'], { ...broken, ...goingOn, context });
		expect(column(items, 'taskId')).toEqual(stage.taskIds());
		expect(column(items, 'error')).toEqual([expect.not.stringMatching(/othing was charged/)]);
	});

	test('each run of a loop submits its own clips', async () => {
		const executionId = 'loop';
		const { context } = await stage.run(['A cat'], { executionId });
		const again = await stage.run(['A cat'], { executionId, runIndex: 1, context });
		expect(column(again, 'taskId')).toEqual([stage.taskIds()[1]]);
		expect(stage.ledger.charges()).toHaveLength(2);
	});
});
