import type { NodeRun, RunningNode } from '../harness';
import {
	column,
	errorText,
	everythingIn,
	expectKeys,
	goingOn,
	jsonOf,
	numbered,
	setTheStage,
	submitOnly,
	untilFinished,
	type StageOptions,
} from './setup';

describe('Make Again If It Fails', () => {
	const stage = setTheStage();
	const { taskIds: ids } = stage;
	const failing = { action: 'fail', nth: 1 };
	const make = async (prompts: string[], options: StageOptions = {}) =>
		await stage.run(prompts, { ...goingOn, ...options });

	/** A run of one clip that is being made until the test says how it ends. */
	async function started(options: StageOptions): Promise<RunningNode> {
		const running = stage.start(['[[stuck]] A cat'], options);
		await stage.ledger.waitFor(() => ids().length === 1);
		return running;
	}

	test('a clip that fails once is made with the next key, charged once, and says so', async () => {
		stage.faults.add({ ...failing, when: { promptContains: 'shaky' } });
		const run = await make(['steady', 'shaky', 'calm']);
		expect(column(run, 'status')).toEqual(Array(3).fill('completed'));
		expect(column(run, 'attempts')).toEqual([undefined, 2, undefined]);
		expect(jsonOf(run)[0]).not.toHaveProperty('attempts');
		const shaky = stage.ledger
			.accepted()
			.filter(({ body }) => JSON.stringify(body).includes('shaky'));
		expect(new Set(shaky.map(({ bodyHash }) => bodyHash)).size).toBe(1);
		const [first, second, ...more] = shaky.map(({ taskId }) => taskId);
		expect(more).toEqual([]);
		expectKeys(stage, 4);
		expect(column(run, 'taskId')[1]).toBe(second);
		expect(stage.ledger.charges()).toHaveLength(3);
		const log = run.log.map(({ message }) => message).join('\n');
		expect(log).toContain(`clip failed: ${first} (item 1): APIMart could not make the clip`);
		expect(log).toContain(`clip submitted: ${second}, the next attempt after ${first}`);
	});

	test.each([
		[0, 1],
		[1, 2],
		[undefined, 2],
		['', 2],
		['3', 4],
	])('at %p a clip that always fails has %i tasks, all findable', async (retryFailed, count) => {
		const nodeOptions = retryFailed === undefined ? {} : { retryFailed };
		const run = await make(['[[fail]] A cat'], { nodeOptions });
		expect(ids()).toHaveLength(count);
		expectKeys(stage, count);
		const taskId = ids().at(-1);
		const attempts = count > 1 ? { attempts: count } : {};
		const which = count > 1 ? `, attempt ${count}` : '';
		const error = `APIMart could not make the clip: Generation failed (task ${taskId}${which}) [item 0]. Failed clips are not charged.`;
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId, error, ...attempts }]);
		const log = run.log.map(({ message }) => message).join('\n');
		for (const id of ids()) expect(log).toContain(`clip submitted: ${id}`);
		for (const id of ids()) expect(Object.values(run.customData).join()).toContain(id);
		expect(stage.ledger.charges()).toEqual([]);
	});

	test('the error that is thrown names the last task of each row', async () => {
		const run = await stage.run(['[[fail]] A cat', 'A dog']);
		const [, dog, cat] = ids();
		expect(run.error?.message).toContain(`(task ${cat}, attempt 2) [item 0]`);
		expect(errorText(run)).toContain(`item 0: failed ${cat}; item 1: completed ${dog}`);
	});

	test.each([-1, 4, 1.5, 'often'])('%p is no number of attempts', async (retryFailed) => {
		const run = await make(['A cat'], { nodeOptions: { retryFailed } });
		expect(column(run, 'error')).toEqual([
			expect.stringMatching(/^'Make Again If It Fails' is .*0.*3.*Nothing was charged/),
		]);
		expect(stage.ledger.requests()).toEqual([]);
	});

	// Where the end of the wait is not the point, it must not come first on a busy machine.
	test.each([
		['refused content', '[[fail:content]] A cat', 'failed', 900],
		['a refused parameter', "[[fail:mode value 'x' is invalid]] A cat", 'failed', 900],
		['a clip that somebody cancelled', '[[cancelled]] A cat', 'failed', 900],
		['a task that was rejected', '[[fail]] [[end-status:rejected]] A cat', 'failed', 900],
		['content refused at the submit', '[[moderation-400]] A cat', 'failed', 900],
		['a parameter refused at the submit', '[[build-failed]] A cat', 'failed', 900],
		['too low a balance', '[[402]] A cat', 'failed', 900],
		['a submit whose answer stays lost', '[[reset-after-accept:999]] A cat', 'failed', 60],
		['a timeout', '[[stuck]] A cat', 'timedOut', 60],
		['a task that the provider has forgotten', '[[task-unknown:99]] A cat', 'failed', 900],
		['a clip without a video', '[[no-videos]] A cat', 'completed', 900],
		['a download that fails', '[[file-404:9]] A cat', 'completed', 900],
	])('%s is not made again', async (_, prompt, status, maxWait) => {
		const run = await make([prompt], { nodeOptions: { maxWait, retryFailed: 3 } });
		expect(column(run, 'status')).toEqual([status]);
		expectKeys(stage, 1);
		expect(ids().length).toBeLessThanOrEqual(1);
		expect(jsonOf(run)[0]).not.toHaveProperty('attempts');
	});

	test('a clip that failed and was billed all the same is not made again, by Retry On Fail neither', async () => {
		const running = await started({ ...goingOn, retryOnFail: true, maxTries: 3 });
		const [id] = ids();
		const error = { message: 'Generation failed' };
		const body = { code: 200, data: { id, status: 'failed', cost: 0.504, error } };
		stage.faults.add({ route: 'task', action: { kind: 'answer', status: 200, body } });
		const run = await running.finished;
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId: id }]);
		expect(column(run, 'error')).toEqual([expect.stringMatching(/charged 0.504 USD all the same/)]);
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test("a task that cannot be read is not bought again, by Retry On Fail and by n8n's Retry neither", async () => {
		const prompts = ['[[task-unknown:99]] A cat'];
		const trying = { retryOnFail: true, maxTries: 3, executionId: 'first' };
		const { context } = await make(prompts, trying);
		const second = await make(prompts, { executionId: 'second', context });
		expect(column(second, 'taskId')).toEqual(ids());
		expect(ids()).toHaveLength(1);
	});

	test('the next attempt takes the next free place, within the cap, and the place is not kept empty for it', async () => {
		stage.faults.add({ ...failing, when: { promptContains: 'shaky' } });
		const run = await make(['shaky', ...numbered(3)], { nodeOptions: { concurrency: 1 } });
		expect(column(run, 'status')).toEqual(Array(4).fill('completed'));
		const prompts = stage.bodies().map(({ prompt }) => prompt);
		expect(prompts.slice(0, 4)).toEqual(['shaky', 'A cat 0', 'shaky', 'A cat 1']);
		expect(stage.ledger.maxInFlight()).toBe(1);
	});

	test('Maximum Cost is that of one clip a row: what failed cost nothing', async () => {
		stage.faults.add(failing);
		const run = await make(['A cat'], { nodeOptions: { maxCost: 0.504 } });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', cost: 0.504, attempts: 2 }]);
	});

	test('where the next attempt is refused, the error names the task that failed', async () => {
		stage.faults.add(failing);
		stage.faults.add({ action: 'no-balance', nth: 2 });
		const run = await make(['A cat']);
		const [taskId] = ids();
		const error = expect.stringMatching(
			`balance is too low: .*\\(in the next attempt after task ${taskId}, which failed\\)`,
		);
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId, error }]);
	});

	test('where its answer is lost, no third one is made, and the clip may exist', async () => {
		stage.faults.add(failing);
		const allFurther = Array.from({ length: 50 }, (_, index) => index + 2);
		stage.faults.add({ action: 'reset-after-accept', nth: allFurther });
		const run = await stage.run(['A cat'], { nodeOptions: { maxWait: 90, retryFailed: 3 } });
		expectKeys(stage, 2);
		expect(errorText(run)).toMatch(/next attempt after task .*may exist and be charged/);
		expect(errorText(run)).toMatch(/Whether the clip was accepted is not known/);
	});

	test('all attempts together stay within Maximum Wait', async () => {
		const nodeOptions = { maxWait: 150, retryFailed: 3 };
		const run = await make(['[[fail]] [[slow:480]] A cat'], { nodeOptions });
		const [, taskId, ...more] = ids();
		expect(more).toEqual([]);
		const error = expect.stringMatching(/not finished after 150 seconds .*\(attempt 2\)/);
		expect(jsonOf(run)).toMatchObject([{ status: 'timedOut', taskId, attempts: 2, error }]);
	});

	test('after Stop no attempt is made', async () => {
		const running = await started({});
		running.cancel();
		await stage.finish(ids(), 'failed');
		await running.finished;
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test('Submit Only and Get Video make nothing again', async () => {
		const nodeOptions = { retryFailed: 3 };
		await make(['[[fail]] A cat'], { ...submitOnly, nodeOptions });
		const run = await stage.fetch(ids(), { ...goingOn, ...untilFinished, nodeOptions });
		expect(column(run, 'status')).toEqual(['failed']);
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test('Retry On Fail goes on counting: each further try is one attempt more', async () => {
		const run = await make(['[[fail]] A cat'], { retryOnFail: true, maxTries: 3 });
		expect(column(run, 'attempts')).toEqual([4]);
		expectKeys(stage, 4);
	});

	test("n8n's Retry of the execution has attempts of its own", async () => {
		const prompts = ['[[fail]] A cat'];
		const { context } = await make(prompts, { executionId: 'first' });
		const second = await make(prompts, { executionId: 'second', context });
		expect(column(second, 'attempts')).toEqual([2]);
		expectKeys(stage, 4);
	});

	test('a Row Key passes over what earlier runs have left, and counts this run only', async () => {
		// The third request finds the second's task.
		stage.faults.add({ action: 'fail', nth: [1, 2, 4] });
		const nodeOptions = { dedupeKey: 'the cat' };
		const runs: NodeRun[] = [];
		for (let run = 0; run < 3; run++) runs.push(await make(['A cat'], { nodeOptions }));
		const [, , , bought, ...more] = ids();
		expect(more).toEqual([]);
		expect(runs.map(jsonOf)).toMatchObject([
			[{ status: 'failed', attempts: 2 }],
			[{ status: 'completed', attempts: 2, taskId: bought }],
			[{ status: 'completed', taskId: bought }],
		]);
		expect(column(runs[2], 'attempts')).toEqual([undefined]);
		expect(stage.ledger.charges()).toHaveLength(1);
		expect(everythingIn(runs[2])).toContain('found again, not bought twice');
	});
});
