import type { NodeRun, RunOptions } from '../harness';
import { column, errorText, everythingIn, generate, jsonOf, numbered, setTheStage } from './setup';

const goingOn: RunOptions = { onError: 'continueRegularOutput' };

describe('Make Again If It Fails', () => {
	const stage = setTheStage();
	const ledger = () => stage.sandbox.ledger;
	const faults = () => stage.sandbox.faults;
	const accepted = () => ledger().accepted();
	const ids = () => accepted().map(({ taskId = '' }) => taskId);
	const keys = () =>
		new Set(
			ledger()
				.submits()
				.map(({ idempotencyKey }) => idempotencyKey),
		);
	const make = async (prompts: string[], options: Parameters<typeof generate>[2] = {}) =>
		await stage.engine.runNode(generate(stage, prompts, { ...goingOn, ...options }));

	test('a clip that fails once is made with the next key, charged once, and says so', async () => {
		faults().add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const run = await make(['steady', 'shaky', 'calm']);
		expect(column(run, 'status')).toEqual(Array(3).fill('completed'));
		expect(column(run, 'attempts')).toEqual([undefined, 2, undefined]);
		expect(jsonOf(run)[0]).not.toHaveProperty('attempts');
		const shaky = accepted().filter(({ body }) => JSON.stringify(body).includes('shaky'));
		expect(shaky).toHaveLength(2);
		expect(new Set(shaky.map(({ bodyHash }) => bodyHash)).size).toBe(1);
		expect(keys().size).toBe(4);
		expect(column(run, 'taskId')[1]).toBe(shaky[1].taskId);
		expect(ledger().charges()).toHaveLength(3);
		const [first, second] = shaky.map(({ taskId }) => taskId);
		expect(run.log.map(({ message }) => message)).toEqual(
			expect.arrayContaining([
				expect.stringContaining(`clip failed: ${first} (item 1): APIMart could not make the clip`),
				expect.stringContaining(`clip submitted: ${second}, the next attempt after ${first}`),
			]),
		);
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
		expect(keys().size).toBe(count);
		const attempts = count > 1 ? { attempts: count } : {};
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId: ids().at(-1), ...attempts }]);
		const which = count > 1 ? `, attempt ${count}` : '';
		expect(column(run, 'error')).toEqual([
			`APIMart could not make the clip: Generation failed (task ${ids().at(-1)}${which}) [item 0]. Failed clips are not charged.`,
		]);
		const log = run.log.map(({ message }) => message).join('\n');
		for (const id of ids()) expect(log).toContain(`clip submitted: ${id}`);
		for (const id of ids()) expect(Object.values(run.customData).join()).toContain(id);
		expect(ledger().charges()).toEqual([]);
	});

	test('the error that is thrown names the last task of each row', async () => {
		const run = await make(['[[fail]] A cat', 'A dog'], { onError: 'stopWorkflow' });
		const [, dog, cat] = ids();
		expect(run.error?.message).toContain(`(task ${cat}, attempt 2) [item 0]`);
		expect(errorText(run)).toContain(`item 0: failed ${cat}; item 1: completed ${dog}`);
	});

	test.each([-1, 4, 1.5, 'often'])('%p is no number of attempts', async (retryFailed) => {
		const run = await make(['A cat'], { nodeOptions: { retryFailed } });
		expect(column(run, 'error')).toEqual([
			expect.stringMatching(/^'Make Again If It Fails' is .*0.*3.*Nothing was charged/),
		]);
		expect(ledger().requests()).toEqual([]);
	});

	test.each([
		['refused content', '[[fail:content]] A cat', 'failed'],
		['a refused parameter', "[[fail:mode value 'x' is invalid]] A cat", 'failed'],
		['a clip that somebody cancelled', '[[cancelled]] A cat', 'failed'],
		['a task that was rejected', '[[fail]] [[end-status:rejected]] A cat', 'failed'],
		['content refused at the submit', '[[moderation-400]] A cat', 'failed'],
		['a parameter refused at the submit', '[[build-failed]] A cat', 'failed'],
		['too low a balance', '[[402]] A cat', 'failed'],
		['a submit whose answer stays lost', '[[reset-after-accept:999]] A cat', 'failed'],
		['a timeout', '[[stuck]] A cat', 'timedOut'],
		['a task that the provider has forgotten', '[[task-unknown:99]] A cat', 'failed'],
		['a clip without a video', '[[no-videos]] A cat', 'completed'],
		['a download that fails', '[[file-404:9]] A cat', 'completed'],
	])('%s is not made again', async (_, prompt, status) => {
		// Where the end of the wait is not the point, it must not come first on a busy machine.
		const maxWait = /stuck|reset/.test(prompt) ? 60 : 900;
		const run = await make([prompt], { nodeOptions: { maxWait, retryFailed: 3 } });
		expect(column(run, 'status')).toEqual([status]);
		expect(keys().size).toBe(1);
		expect(ids().length).toBeLessThanOrEqual(1);
		expect(jsonOf(run)[0]).not.toHaveProperty('attempts');
	});

	test('a clip that failed and was billed all the same is not made again, by Retry On Fail neither', async () => {
		const running = stage.engine.start(
			generate(stage, ['[[stuck]] A cat'], { ...goingOn, retryOnFail: true, maxTries: 3 }),
		);
		await ledger().waitFor(() => ids().length === 1);
		const [id] = ids();
		const error = { message: 'Generation failed' };
		const body = { code: 200, data: { id, status: 'failed', cost: 0.504, error } };
		faults().add({ route: 'task', action: { kind: 'answer', status: 200, body } });
		const run = await running.finished;
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId: id }]);
		expect(column(run, 'error')).toEqual([expect.stringMatching(/charged 0.504 USD all the same/)]);
		expect(ledger().submits()).toHaveLength(1);
	});

	test("a task that cannot be read is not bought again, by Retry On Fail and by n8n's Retry neither", async () => {
		const prompts = ['[[task-unknown:99]] A cat'];
		const first = await make(prompts, { retryOnFail: true, maxTries: 3, executionId: 'first' });
		const { context } = first;
		const second = await make(prompts, { executionId: 'second', context });
		expect(column(second, 'taskId')).toEqual(ids());
		expect(ids()).toHaveLength(1);
	});

	test('the next attempt takes the next free place, within the cap, and the place is not kept empty for it', async () => {
		faults().add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const run = await make(['shaky', ...numbered(3)], { nodeOptions: { concurrency: 1 } });
		expect(column(run, 'status')).toEqual(Array(4).fill('completed'));
		const prompts = accepted().map(({ body }) => (body as { prompt: string }).prompt);
		expect(prompts.slice(0, 4)).toEqual(['shaky', 'A cat 0', 'shaky', 'A cat 1']);
		expect(ledger().maxInFlight()).toBe(1);
	});

	test('Maximum Cost is that of one clip a row: what failed cost nothing', async () => {
		faults().add({ action: 'fail', nth: 1 });
		const run = await make(['A cat'], { nodeOptions: { maxCost: 0.504 } });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', cost: 0.504, attempts: 2 }]);
	});

	test('where the next attempt is refused, the error names the task that failed', async () => {
		faults().add({ action: 'fail', nth: 1 });
		faults().add({ action: 'no-balance', nth: 2 });
		const run = await make(['A cat']);
		const [id] = ids();
		expect(jsonOf(run)).toMatchObject([{ status: 'failed', taskId: id }]);
		expect(column(run, 'error')).toEqual([
			expect.stringMatching(
				`balance is too low: .*\\(in the next attempt after task ${id}, which failed\\)`,
			),
		]);
	});

	test('where its answer is lost, no third one is made, and the clip may exist', async () => {
		faults().add({ action: 'fail', nth: 1 });
		const allFurther = Array.from({ length: 50 }, (_, index) => index + 2);
		faults().add({ action: 'reset-after-accept', nth: allFurther });
		const run = await make(['A cat'], {
			onError: 'stopWorkflow',
			nodeOptions: { maxWait: 90, retryFailed: 3 },
		});
		expect(keys().size).toBe(2);
		expect(errorText(run)).toMatch(/next attempt after task .*may exist and be charged/);
		expect(errorText(run)).toMatch(/Whether the clip was accepted is not known/);
	});

	test('all attempts together stay within Maximum Wait', async () => {
		const nodeOptions = { maxWait: 150, retryFailed: 3 };
		const run = await make(['[[fail]] [[slow:480]] A cat'], { nodeOptions });
		expect(ids()).toHaveLength(2);
		expect(jsonOf(run)).toMatchObject([{ status: 'timedOut', taskId: ids()[1], attempts: 2 }]);
		expect(column(run, 'error')[0]).toMatch(/not finished after 150 seconds .*\(attempt 2\)/);
	});

	test('after Stop no attempt is made', async () => {
		const running = stage.engine.start(generate(stage, ['[[stuck]] A cat']));
		await ledger().waitFor(() => ids().length === 1);
		running.cancel();
		await stage.sandbox.finishTask(ids()[0], { ending: 'failed' });
		await running.finished;
		expect(ledger().submits()).toHaveLength(1);
	});

	test('Submit Only and Get Video make nothing again', async () => {
		await make(['[[fail]] A cat'], {
			parameters: { mode: 'submitOnly' },
			nodeOptions: { retryFailed: 3 },
		});
		const parameters = { operation: 'get', taskId: ids()[0], waitUntilFinished: true };
		const run = await make(['-'], { parameters, nodeOptions: { retryFailed: 3 } });
		expect(column(run, 'status')).toEqual(['failed']);
		expect(ledger().submits()).toHaveLength(1);
	});

	test('Retry On Fail goes on counting: each further try is one attempt more', async () => {
		const run = await make(['[[fail]] A cat'], { retryOnFail: true, maxTries: 3 });
		expect(column(run, 'attempts')).toEqual([4]);
		expect(keys().size).toBe(4);
	});

	test("n8n's Retry of the execution has attempts of its own", async () => {
		const prompts = ['[[fail]] A cat'];
		const first = await make(prompts, { executionId: 'first' });
		const { context } = first;
		const second = await make(prompts, { executionId: 'second', context });
		expect(column(second, 'attempts')).toEqual([2]);
		expect(keys().size).toBe(4);
	});

	test('a Row Key passes over what earlier runs have left, and counts this run only', async () => {
		// The third request finds the second's task.
		faults().add({ action: 'fail', nth: [1, 2, 4] });
		const nodeOptions = { dedupeKey: 'the cat' };
		const runs: NodeRun[] = [];
		for (let run = 0; run < 3; run++) runs.push(await make(['A cat'], { nodeOptions }));
		expect(runs.map((run) => column(run, 'status'))).toEqual([
			['failed'],
			['completed'],
			['completed'],
		]);
		expect(runs.map((run) => column(run, 'attempts'))).toEqual([[2], [2], [undefined]]);
		expect(ids()).toHaveLength(4);
		expect(column(runs[2], 'taskId')).toEqual(column(runs[1], 'taskId'));
		expect(ledger().charges()).toHaveLength(1);
		expect(everythingIn(runs[2])).toContain('found again, not bought twice');
	});
});
