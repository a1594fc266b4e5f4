import type { NodeRun } from '../harness';
import {
	column,
	everythingIn,
	goingOn,
	hintsOf,
	jsonOf,
	numbered,
	oneAttempt,
	setTheStage,
	submitOnly,
	type StageOptions,
} from '../laws/setup';
import { CHOSEN, chosenWorkflow, itemsStartedBy, startedBy, untilStarted } from './startedClips';

const stage = setTheStage();
const nodeOptions = { eachClipWorkflow: CHOSEN };
const shakyOnce = { action: 'fail', nth: 1, when: { promptContains: 'shaky' } };

const choose = (how: Parameters<typeof chosenWorkflow>[0] = {}) =>
	stage.engine.addWorkflow(CHOSEN, chosenWorkflow(how));
beforeEach(() => choose());

async function run(prompts: string[], more: StageOptions = {}): Promise<NodeRun> {
	const options = { ...goingOn, ...more, nodeOptions: { ...nodeOptions, ...more.nodeOptions } };
	const ended = await stage.run(prompts, options);
	// What was started has ended, too.
	await stage.engine.finalRun(ended);
	return ended;
}

const started = (ended: NodeRun) => startedBy(stage.engine, ended);
const prompts = (ended: NodeRun) => started(ended).map(({ prompt }) => prompt);

const byTask = (a: { taskId?: unknown }, b: { taskId?: unknown }) =>
	String(a.taskId).localeCompare(String(b.taskId));

/** Each row has started it once, with the item that came out. */
const expectStartedByEach = (ended: NodeRun) =>
	expect(started(ended).sort(byTask)).toEqual([...jsonOf(ended)].sort(byTask));

test('every row starts it once with what the node puts out, whatever became of it', async () => {
	const fates = ['A fox', '[[fail:task]] A cat', '[[stuck:50]] A dog', '', '[[moderation-400]] x'];
	const ended = await run(fates, {
		nodeOptions: { maxWait: 60, includeInputFields: true, outputField: 'clip' },
	});
	expect(column(ended, 'status')).toEqual(['completed', 'failed', 'timedOut', 'failed', 'failed']);
	expectStartedByEach(ended);
	const [withFile] = itemsStartedBy(stage.engine, ended).filter(({ binary }) => binary);
	expect(Object.keys(withFile.binary ?? {})).toEqual(['clip']);
	const [bytes, delivered] = await Promise.all(
		[withFile, ended.items[0]].map(async ({ binary }) => await stage.engine.bytesOf(binary!.clip)),
	);
	expect(bytes).toEqual(delivered);
	expect(hintsOf(ended)).toEqual([]);
});

test('the one whose clip ends first starts it first, while the others are still being made', async () => {
	const executionId = 'two-clips';
	const running = stage.start(['[[slow:600]] A fox', 'A cat'], { nodeOptions, executionId });
	let isOver = false;
	const finished = running.finished.finally(() => (isOver = true));
	await untilStarted(stage.engine, { options: { executionId } }, 1);
	expect(isOver).toBe(false);
	expect(stage.ledger.charges()).toHaveLength(1);
	const ended = await finished;
	await stage.engine.finalRun(ended);
	expect(prompts(ended)).toEqual(['A cat', '[[slow:600]] A fox']);
});

test('an item on the error output is started with all that is known of it', async () => {
	const ended = await run(['[[fail:task]] A cat'], { onError: 'continueErrorOutput' });
	expect(ended.errorItems).toHaveLength(1);
	const [taskId] = stage.taskIds().slice(-1);
	expect(started(ended)).toMatchObject([{ status: 'failed', taskId, error: expect.any(String) }]);
});

test('rows refused for the balance say how much is left, and ask for it once', async () => {
	stage.faults.add({ action: 'no-balance', route: 'submit', times: 3 });
	const ended = await run(numbered(3));
	expect(started(ended).map(({ error }) => error)).toEqual(column(ended, 'error'));
	expect(column(ended, 'error')[0]).toMatch(/balance: /);
	expect(stage.ledger.requests('balance')).toHaveLength(1);
});

test('a run that is refused for its cost starts none', async () => {
	const ended = await run(numbered(2), { nodeOptions: { maxCost: 0.01 } });
	expect(column(ended, 'status')).toEqual(['failed', 'failed']);
	expect(started(ended)).toEqual([]);
});

describe('once a clip', () => {
	const throwing: StageOptions = { ...oneAttempt, onError: 'stopWorkflow' };
	const completed = (ended: NodeRun) =>
		started(ended)
			.filter(({ status }) => status === 'completed')
			.map(({ prompt }) => prompt)
			.sort();

	test('a row that is made again starts it once, with its last clip', async () => {
		stage.faults.add(shakyOnce);
		const ended = await run(['shaky', 'steady'], { nodeOptions: { retryFailed: 1 } });
		expect(stage.ledger.accepted()).toHaveLength(3);
		expectStartedByEach(ended);
		expect(completed(ended)).toEqual(['shaky', 'steady']);
	});

	test('through Retry On Fail: a row that fails starts it in each try, the others once', async () => {
		const trying = { ...oneAttempt, retryOnFail: true, maxTries: 3 };
		const ended = await run(['[[fail:task]] A cat', 'A fox', 'A dog'], trying);
		expect(completed(ended)).toEqual(['A dog', 'A fox']);
		const failed = started(ended).filter(({ status }) => status === 'failed');
		expect(new Set(failed.map(({ taskId }) => taskId)).size).toBe(failed.length);
		expect(stage.ledger.accepted()).toHaveLength(started(ended).length);
	});

	test('through Retry On Fail: a row that a later try mends starts it again, as completed', async () => {
		stage.faults.add(shakyOnce);
		const trying = { ...oneAttempt, retryOnFail: true, maxTries: 2 };
		const ended = await run(['shaky', 'steady'], trying);
		expect(column(ended, 'status')).toEqual(['completed', 'completed']);
		expect(completed(ended)).toEqual(['shaky', 'steady']);
		expect(prompts(ended).filter((prompt) => prompt === 'steady')).toHaveLength(1);
	});

	test("through n8n's Retry of the execution", async () => {
		stage.faults.add(shakyOnce);
		const first = await run(['steady', 'shaky'], throwing);
		expect(first.status).toBe('error');
		expect(started(first)).toHaveLength(2);
		const second = await run(['steady', 'shaky'], { context: first.context });
		expect(column(second, 'status')).toEqual(['completed', 'completed']);
		expect(started(second)).toMatchObject([{ prompt: 'shaky', status: 'completed' }]);
	});

	test('a clip that was ready starts it no more where its task cannot be read later', async () => {
		const rows = ['steady', '[[fail:task]] shaky'];
		const first = await run(rows, throwing);
		const [{ taskId }] = started(first).filter(({ prompt }) => prompt === 'steady');
		stage.faults.add({ action: '401:99', route: 'task', when: { taskId: String(taskId) } });
		const second = await run(rows, { context: first.context });
		expect(jsonOf(second)[0]).toMatchObject({ taskId, error: expect.any(String) });
		expect(prompts(second)).not.toContain('steady');
	});

	test('two rows with the same clip are two rows', async () => {
		const ended = await run(['A fox', 'A fox'], { nodeOptions: { dedupeKey: 'the same' } });
		expect(new Set(column(ended, 'taskId')).size).toBe(1);
		expect(started(ended)).toHaveLength(2);
	});
});

describe('a workflow that cannot be started', () => {
	const forbid = () => stage.engine.addWorkflow(CHOSEN, new Error('May not be called'));

	test.each<[string, () => void, RegExp]>([
		['is not published', () => choose({ isPublished: false }), /is not active/],
		['has no trigger', () => choose({ hasTrigger: false }), /Missing node to start/],
		['may not be called', forbid, /May not be called/],
	])('because it %s: one hint, a line a row, no row the worse', async (_, make, why) => {
		make();
		const ended = await run(numbered(3), { mode: 'trigger' });
		expect(column(ended, 'status')).toEqual(['completed', 'completed', 'completed']);
		expect(hintsOf(ended)).toEqual([expect.stringMatching(why)]);
		const warnings = ended.log.filter(({ level }) => level === 'warn');
		const lines = warnings.filter(({ message }) => message.includes('was not started'));
		expect(lines).toHaveLength(3);
		for (const taskId of stage.taskIds()) {
			expect(lines.some(({ message }) => message.includes(taskId))).toBe(true);
		}
	});

	test('because there is none of this id', async () => {
		const ended = await run(['A fox'], { nodeOptions: { eachClipWorkflow: 'gone' } });
		expect(column(ended, 'status')).toEqual(['completed']);
		expect(hintsOf(ended)).toEqual([expect.stringContaining('Workflow does not exist')]);
	});

	test('is told of before anything is paid for', async () => {
		const submits: number[] = [];
		const error = new Error();
		Object.defineProperty(error, 'message', {
			get: () => {
				submits.push(stage.ledger.submits().length);
				return 'May not be called';
			},
		});
		stage.engine.addWorkflow(CHOSEN, error);
		const ended = await run(['A fox']);
		expect(submits).toEqual([0, 1]);
		expect(hintsOf(ended)).toHaveLength(1);
	});

	test('because it starts this node again, which would never end', async () => {
		const ended = await run(['A fox'], { workflowId: CHOSEN, isCalled: true });
		expect(column(ended, 'status')).toEqual(['completed']);
		expect(hintsOf(ended)).toEqual([expect.stringContaining('starts this node again')]);
		expect(started(ended)).toEqual([]);
	});

	test("is tried again by n8n's Retry", async () => {
		choose({ isPublished: false });
		const rows = ['A fox', '[[fail:content]] A cat'];
		const { context } = await run(rows, { onError: 'stopWorkflow' });
		choose();
		expect(prompts(await run(rows, { context }))).toContain('A fox');
	});
});

const chosenFromList = { __rl: true, mode: 'list', value: CHOSEN, cachedResultName: 'Save' };

test.each<[string, boolean, StageOptions]>([
	['an unpublished one in the editor, as n8n does', false, { mode: 'manual' }],
	[
		'this workflow, where a part of it that is called leads elsewhere',
		true,
		{ workflowId: CHOSEN },
	],
	["the one of n8n's selector", true, { nodeOptions: { eachClipWorkflow: chosenFromList } }],
])('starts %s', async (_, isPublished, options) => {
	choose({ isPublished });
	const ended = await run(['A fox'], options);
	expect(started(ended)).toHaveLength(1);
	expect(hintsOf(ended)).toEqual([]);
});

test('without it, by Submit Only and as an agent tool nothing is started', async () => {
	const without = await stage.run(['A fox']);
	const ordered = await run(['A fox'], submitOnly);
	const tool = await run(['A fox'], { asTool: true });
	for (const each of [without, ordered, tool]) {
		expect(each.status).toBe('success');
		expect(started(each)).toEqual([]);
		expect(everythingIn(each)).not.toContain('klingFastStarts');
	}
});
