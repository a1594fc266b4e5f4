import type { INodeParameters } from 'n8n-workflow';
import type { RunOptions } from '../harness';
import { generate, jsonOf, setTheStage } from '../laws/setup';
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

interface Failing {
	what: string;
	prompt?: string;
	parameters?: INodeParameters;
	apiKey?: string;
	error: RegExp;
	/** Whether a task stands behind it that the model can be told of. */
	hasTask?: true;
}

const FAILURES: Failing[] = [
	{
		what: 'a clip that fails',
		prompt: '[[fail:content]] A cat',
		error: /could not make the clip/,
		hasTask: true,
	},
	{ what: 'a rejected prompt', prompt: '[[moderation-400]] A cat', error: /content/i },
	{ what: 'a row that cannot be', prompt: '', error: /'Prompt' is empty/ },
	{ what: 'a key that nobody knows', apiKey: 'sk-nobody', error: /API key/ },
	{
		what: 'a clip that takes too long',
		prompt: '[[stuck:50]] A cat',
		parameters: { options: { maxWait: 60 } },
		error: /task/i,
		hasTask: true,
	},
	{
		what: 'a task that is not there',
		parameters: { operation: 'get', taskId: 'task_unknown' },
		error: /Invalid task ID/,
	},
	{
		what: 'an estimate of nothing',
		parameters: { operation: 'estimateCost', duration: 99 },
		error: /Duration/,
	},
];

function failing({ prompt = 'A cat', parameters, apiKey }: Failing): RunOptions {
	const { options = {}, ...others } = parameters ?? {};
	const { credentials, ...run } = generate(stage, [prompt], {
		parameters: others,
		nodeOptions: options as INodeParameters,
	});
	return { ...run, credentials: { ...credentials, ...(apiKey && { apiKey }) } };
}

describe.each(FAILURES)("as an agent's tool: $what", (failure) => {
	test.each(EVERY_ON_ERROR)('is an item, with On Error %s', async (onError) => {
		const run = await stage.engine.runNode({ ...failing(failure), onError, asTool: true });
		expect(run.status).toBe('success');
		expect(run.error).toBeUndefined();
		expect(run.items).toHaveLength(1);
		const [{ error, taskId }] = jsonOf(run);
		expect(error).toMatch(failure.error);
		if (failure.hasTask) expect(`${String(taskId)} ${String(error)}`).toMatch(/task_\w+/);
		expect(stage.ledger.accepted().length).toBeLessThanOrEqual(1);
	});
});

describe('calls of the tool side by side', () => {
	const asked = async (prompts: string[], options: RunOptions = {}) => {
		const parameters = { prompt: "={{ $fromAI('prompt') }}" };
		const calls = prompts.map((prompt) => ({ prompt }));
		const answers = await callSideBySide(
			stage.engine,
			generate(stage, [], { executionId: 'agent', parameters, ...options }),
			calls,
		);
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
		const { faults, ledger } = stage.sandbox;
		faults.add({ action: '500-after-accept', nth: 1 });
		const options = { context: {} };
		const [lost] = await asked(['A fox'], options);
		expect(lost.error).toMatch(/accepted is not known/);
		const [again] = await asked(['A fox'], { ...options, runIndex: 1 });
		expect(again).toMatchObject({ status: 'completed', taskId: ledger.accepted()[0].taskId });
		expect(ledger.charges()).toHaveLength(1);
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
