import type { RunOptions } from '../harness';
import { generate, jsonOf, setTheStage, type StageOptions } from '../laws/setup';
import { callSideBySide } from '../toolCalls';

/*
 * Up to version 2 of n8n's agent node a thrown error reaches the model as an empty answer, and the model calls again, which
 * buys the clip again. So what fails has to be an item, and it has to say enough.
 */
const stage = setTheStage();

const EVERY_ON_ERROR: Array<RunOptions['onError']> = [
	undefined,
	'stopWorkflow',
	'continueRegularOutput',
	'continueErrorOutput',
];

const stuck = { maxWait: 60 };
const unknownTask = { operation: 'get', taskId: 'task_unknown' };
const ofTooLong = { operation: 'estimateCost', duration: 99 };

/** What fails, its prompt and other settings, what is said, and whether a task stands behind it that the model can be told of. */
const FAILURES: Array<[string, string, StageOptions, RegExp, boolean]> = [
	['a clip that fails', '[[fail:content]] A cat', {}, /could not make the clip/, true],
	['a rejected prompt', '[[moderation-400]] A cat', {}, /content/i, false],
	['a row that cannot be', '', {}, /'Prompt' is empty/, false],
	['a key that nobody knows', '[[401]] A cat', {}, /API key/, false],
	['a clip that takes too long', '[[stuck:50]] A cat', { nodeOptions: stuck }, /task/i, true],
	['a task that is not there', '', { parameters: unknownTask }, /Invalid task ID/, false],
	['an estimate of nothing', '', { parameters: ofTooLong }, /Duration/, false],
];

describe.each(FAILURES)("as an agent's tool: %s", (_, prompt, options, sentence, hasTask) => {
	test.each(EVERY_ON_ERROR)('is an item, with On Error %s', async (onError) => {
		const run = await stage.run([prompt], { ...options, onError, asTool: true });
		expect(run.status).toBe('success');
		expect(run.error).toBeUndefined();
		expect(run.items).toHaveLength(1);
		const [{ error, taskId }] = jsonOf(run);
		expect(error).toMatch(sentence);
		if (hasTask) expect(`${String(taskId)} ${String(error)}`).toMatch(/task_\w+/);
		expect(stage.ledger.accepted().length).toBeLessThanOrEqual(1);
	});
});

describe('calls of the tool side by side', () => {
	const asked = async (prompts: string[], options: RunOptions = {}) => {
		const parameters = { prompt: "={{ $fromAI('prompt') }}" };
		const agent = generate(stage, [], { executionId: 'agent', parameters, ...options });
		const calls = prompts.map((prompt) => ({ prompt }));
		const answers = await callSideBySide(stage.engine, agent, calls);
		return answers.map(([answer]) => answer);
	};

	test.each([[['A fox', 'A bear', 'A duck']], [['A fox', 'A fox', 'A fox']]])(
		'each get the clip that they asked for: %j',
		async (prompts) => {
			const answers = await asked(prompts);
			expect(answers.map(({ prompt }) => prompt)).toEqual(prompts);
			expect(new Set(answers.map(({ taskId }) => taskId)).size).toBe(3);
			expect(stage.ledger.charges()).toHaveLength(3);
		},
	);

	test('one that is made again after its answer was lost buys nothing twice', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const options = { context: {} };
		const [lost] = await asked(['A fox'], options);
		expect(lost.error).toMatch(/accepted is not known/);
		const [again] = await asked(['A fox'], { ...options, runIndex: 1 });
		expect(again).toMatchObject({ status: 'completed', taskId: stage.taskIds()[0] });
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a clip of a day before is not given without a word (MCP has no execution)', async () => {
		const byMcp = { executionId: undefined };
		const [first] = await asked(['A fox'], byMcp);
		const [second] = await asked(['A fox'], byMcp);
		expect(first.note).toBeUndefined();
		expect(second.taskId).toBe(first.taskId);
		expect(second.note).toMatch(/^Not bought again: .* change the prompt\.$/);
	});
});
