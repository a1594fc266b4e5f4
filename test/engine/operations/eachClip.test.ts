import type { INodeExecutionData } from 'n8n-workflow';
import type { NodeRun, RunOptions } from '../harness';
import { column, everythingIn, generate, jsonOf, numbered, setTheStage } from '../laws/setup';
import { CHOSEN, chosenWorkflow, itemsStartedBy, startedBy, untilStarted } from './startedClips';

const stage = setTheStage();
const nodeOptions = { eachClipWorkflow: CHOSEN };
const goingOn: RunOptions = { onError: 'continueRegularOutput' };

beforeEach(() => stage.engine.addWorkflow(CHOSEN, chosenWorkflow()));

const run = async (prompts: string[], more: Parameters<typeof generate>[2] = {}) => {
	const { engine } = stage;
	const ended = await engine.runNode(
		generate(stage, prompts, {
			...goingOn,
			...more,
			nodeOptions: { ...nodeOptions, ...more.nodeOptions },
		}),
	);
	// What was started has ended, too.
	await engine.finalRun(ended);
	return ended;
};

const byTask = (a: { taskId?: unknown }, b: { taskId?: unknown }) =>
	String(a.taskId).localeCompare(String(b.taskId));

const warnings = ({ hints }: NodeRun) => hints.map(({ message }) => message);

const warningLines = ({ log }: NodeRun) =>
	log.filter(({ level, message }) => level === 'warn' && message.includes('was not started'));

test('every row starts it once with what the node puts out, whatever became of it', async () => {
	const prompts = [
		'A fox',
		'[[fail:task]] A cat',
		'[[stuck:50]] A dog',
		'',
		'[[moderation-400]] x',
	];
	const ended = await run(prompts, {
		nodeOptions: { maxWait: 60, includeInputFields: true, outputField: 'clip' },
	});
	expect(column(ended, 'status')).toEqual(['completed', 'failed', 'timedOut', 'failed', 'failed']);
	expect(startedBy(stage.engine, ended).sort(byTask)).toEqual(jsonOf(ended).sort(byTask));
	const [withFile] = itemsStartedBy(stage.engine, ended).filter(({ binary }) => binary);
	expect(Object.keys(withFile.binary ?? {})).toEqual(['clip']);
	const bytes = async (item: INodeExecutionData) =>
		item.binary && (await stage.engine.bytesOf(item.binary.clip));
	expect(await bytes(withFile)).toEqual(await bytes(ended.items[0]));
	expect(warnings(ended)).toEqual([]);
});

test('the one whose clip ends first starts it first, while the others are still being made', async () => {
	const { engine, sandbox } = stage;
	const running = engine.start(
		generate(stage, ['[[slow:600]] A fox', 'A cat'], { nodeOptions, executionId: 'two-clips' }),
	);
	let isOver = false;
	const finished = running.finished.finally(() => (isOver = true));
	await untilStarted(engine, { options: { executionId: 'two-clips' } }, 1);
	expect(isOver).toBe(false);
	expect(sandbox.ledger.charges()).toHaveLength(1);
	const ended = await finished;
	await engine.finalRun(ended);
	expect(startedBy(engine, ended).map(({ prompt }) => prompt)).toEqual([
		'A cat',
		'[[slow:600]] A fox',
	]);
});

test('an item on the error output is started with all that is known of it', async () => {
	const ended = await run(['[[fail:task]] A cat'], { onError: 'continueErrorOutput' });
	expect(ended.errorItems).toHaveLength(1);
	expect(startedBy(stage.engine, ended)).toMatchObject([
		{ status: 'failed', taskId: expect.stringMatching(/^task_/), error: expect.any(String) },
	]);
});

test('rows refused for the balance say how much is left, and ask for it once', async () => {
	stage.sandbox.faults.add({ action: 'no-balance', route: 'submit', times: 3 });
	const ended = await run(numbered(3));
	expect(startedBy(stage.engine, ended).map(({ error }) => error)).toEqual(column(ended, 'error'));
	expect(column(ended, 'error')[0]).toMatch(/balance: /);
	const balances = stage.sandbox.ledger.requests().filter(({ path }) => path.includes('balance'));
	expect(balances).toHaveLength(1);
});

test('a run that is refused for its cost starts none', async () => {
	const ended = await run(numbered(2), { nodeOptions: { maxCost: 0.01 } });
	expect(column(ended, 'status')).toEqual(['failed', 'failed']);
	expect(startedBy(stage.engine, ended)).toEqual([]);
});

describe('once a clip', () => {
	test('a row that is made again starts it once, with its last clip', async () => {
		stage.sandbox.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const ended = await run(['shaky', 'steady'], { nodeOptions: { retryFailed: 1 } });
		expect(stage.sandbox.ledger.accepted()).toHaveLength(3);
		const items = startedBy(stage.engine, ended);
		expect([...items].sort(byTask)).toEqual([...jsonOf(ended)].sort(byTask));
		expect(items.map(({ status }) => status)).toEqual(['completed', 'completed']);
	});

	test('through Retry On Fail: a row that fails starts it in each try, the others once', async () => {
		const ended = await run(['[[fail:task]] A cat', 'A fox', 'A dog'], {
			retryOnFail: true,
			maxTries: 3,
			nodeOptions: { retryFailed: 0 },
		});
		const items = startedBy(stage.engine, ended);
		const of = (status: string) => items.filter((item) => item.status === status);
		expect(
			of('completed')
				.map(({ prompt }) => prompt)
				.sort(),
		).toEqual(['A dog', 'A fox']);
		expect(new Set(of('failed').map(({ taskId }) => taskId)).size).toBe(of('failed').length);
		expect(stage.sandbox.ledger.accepted()).toHaveLength(items.length);
	});

	test('through Retry On Fail: a row that a later try mends starts it again, as completed', async () => {
		stage.sandbox.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const retrying = { retryOnFail: true, maxTries: 2, nodeOptions: { retryFailed: 0 } };
		const ended = await run(['shaky', 'steady'], retrying);
		expect(column(ended, 'status')).toEqual(['completed', 'completed']);
		const statuses = (prompt: string) =>
			startedBy(stage.engine, ended)
				.filter((item) => item.prompt === prompt)
				.map(({ status }) => status);
		expect(statuses('steady')).toEqual(['completed']);
		expect(statuses('shaky')).toContain('completed');
		expect(statuses('shaky').filter((status) => status === 'completed')).toHaveLength(1);
	});

	test("through n8n's Retry of the execution", async () => {
		stage.sandbox.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const prompts = ['steady', 'shaky'];
		const first = await run(prompts, { onError: 'stopWorkflow', nodeOptions: { retryFailed: 0 } });
		expect(first.status).toBe('error');
		expect(startedBy(stage.engine, first)).toHaveLength(2);
		const second = await run(prompts, { context: first.context });
		expect(column(second, 'status')).toEqual(['completed', 'completed']);
		expect(startedBy(stage.engine, second)).toMatchObject([
			{ prompt: 'shaky', status: 'completed' },
		]);
	});

	test('a clip that was ready starts it no more where its task cannot be read later', async () => {
		const prompts = ['steady', '[[fail:task]] shaky'];
		const first = await run(prompts, { onError: 'stopWorkflow', nodeOptions: { retryFailed: 0 } });
		const [{ taskId }] = startedBy(stage.engine, first).filter(({ prompt }) => prompt === 'steady');
		stage.faults.add({ action: '401', route: 'task', when: { taskId: String(taskId) } });
		const second = await run(prompts, { context: first.context });
		expect(jsonOf(second)[0]).toMatchObject({ taskId, error: expect.any(String) });
		expect(startedBy(stage.engine, second).map(({ prompt }) => prompt)).not.toContain('steady');
	});

	test('two rows with the same clip are two rows', async () => {
		const ended = await run(['A fox', 'A fox'], { nodeOptions: { dedupeKey: 'the same' } });
		expect(new Set(column(ended, 'taskId')).size).toBe(1);
		expect(startedBy(stage.engine, ended)).toHaveLength(2);
	});
});

describe('a workflow that cannot be started', () => {
	const CASES: Array<[string, () => void, RegExp]> = [
		['is not published', () => add({ isPublished: false }), /is not active/],
		['has no trigger', () => add({ hasTrigger: false }), /Missing node to start/],
		[
			'may not be called',
			() => stage.engine.addWorkflow(CHOSEN, new Error('May not be called')),
			/May not be called/,
		],
	];
	const add = (how: Parameters<typeof chosenWorkflow>[0]) =>
		stage.engine.addWorkflow(CHOSEN, chosenWorkflow(how));

	test.each(CASES)(
		'because it %s: one hint, a line a row, no row the worse',
		async (_, make, why) => {
			make();
			const ended = await run(numbered(3), { mode: 'trigger' });
			expect(column(ended, 'status')).toEqual(['completed', 'completed', 'completed']);
			expect(warnings(ended)).toEqual([expect.stringMatching(why)]);
			const lines = warningLines(ended);
			expect(lines).toHaveLength(3);
			for (const taskId of column(ended, 'taskId')) {
				expect(lines.some(({ message }) => message.includes(String(taskId)))).toBe(true);
			}
		},
	);

	test('because there is none of this id', async () => {
		const ended = await run(['A fox'], { nodeOptions: { eachClipWorkflow: 'gone' } });
		expect(column(ended, 'status')).toEqual(['completed']);
		expect(warnings(ended)).toEqual([expect.stringContaining('Workflow does not exist')]);
	});

	test('is told of before anything is paid for', async () => {
		const submits: number[] = [];
		const error = new Error();
		Object.defineProperty(error, 'message', {
			get: () => {
				submits.push(stage.sandbox.ledger.submits().length);
				return 'May not be called';
			},
		});
		stage.engine.addWorkflow(CHOSEN, error);
		const ended = await run(['A fox']);
		expect(submits).toEqual([0, 1]);
		expect(warnings(ended)).toHaveLength(1);
	});

	test('because it starts this node again, which would never end', async () => {
		const ended = await run(['A fox'], { workflowId: CHOSEN, isCalled: true });
		expect(column(ended, 'status')).toEqual(['completed']);
		expect(warnings(ended)).toEqual([expect.stringContaining('starts this node again')]);
		expect(startedBy(stage.engine, ended)).toEqual([]);
	});

	test('is no other than this workflow where a part of it that is called leads elsewhere', async () => {
		const ended = await run(['A fox'], { workflowId: CHOSEN });
		expect(startedBy(stage.engine, ended)).toHaveLength(1);
		expect(warnings(ended)).toEqual([]);
	});

	test("is tried again by n8n's Retry", async () => {
		add({ isPublished: false });
		const first = await run(['A fox', '[[fail:content]] A cat'], { onError: 'stopWorkflow' });
		add({});
		const second = await run(['A fox', '[[fail:content]] A cat'], { context: first.context });
		expect(startedBy(stage.engine, second).map(({ prompt }) => prompt)).toContain('A fox');
	});
});

test('in the editor an unpublished one is started, as n8n does', async () => {
	stage.engine.addWorkflow(CHOSEN, chosenWorkflow({ isPublished: false }));
	const ended = await run(['A fox'], { mode: 'manual' });
	expect(startedBy(stage.engine, ended)).toHaveLength(1);
	expect(warnings(ended)).toEqual([]);
});

test("n8n's selector gives the id, in whichever way it was chosen", async () => {
	const eachClipWorkflow = { __rl: true, mode: 'list', value: CHOSEN, cachedResultName: 'Save' };
	const ended = await run(['A fox'], { nodeOptions: { eachClipWorkflow } });
	expect(startedBy(stage.engine, ended)).toHaveLength(1);
});

test('without it, by Submit Only and as an agent tool nothing is started', async () => {
	const without = await stage.engine.runNode(generate(stage, ['A fox']));
	const ordered = await run(['A fox'], { parameters: { mode: 'submitOnly' } });
	const tool = await run(['A fox'], { asTool: true });
	for (const each of [without, ordered, tool]) {
		expect(each.status).toBe('success');
		expect(startedBy(stage.engine, each)).toEqual([]);
		expect(everythingIn(each)).not.toContain('klingFastStarts');
	}
});
