import type { INodeParameters } from 'n8n-workflow';
import type { RunOptions } from '../harness';
import { generate, jsonOf, setTheStage } from '../laws/setup';

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
		expect(stage.sandbox.ledger.accepted().length).toBeLessThanOrEqual(1);
	});
});

test.each(FAILURES)('in a workflow it stops where On Error says so: $what', async (failure) => {
	const run = await stage.engine.runNode({ ...failing(failure), onError: 'stopWorkflow' });
	expect(run.status).toBe('error');
	expect(run.error?.message).toMatch(failure.error);
});
