/** What the tests of sleeping executions share: rows that stay open until a test ends them, and callbacks by hand. */
import type { INodeParameters } from 'n8n-workflow';
import type { NodeRun, RunOptions } from '../harness';
import { generate, type Stage } from '../laws/setup';
import { callWebhook, type WebhookAnswer, type WebhookRequest } from '../webhooks';

/** A prompt whose clip is being made until `finishTask`. */
export const open = (name: string) => `[[stuck:40]] ${name}`;

/** Generate Video with How to Wait set to sleeping. */
export function sleepy(
	stage: Stage,
	prompts: string[],
	{ parameters, ...rest }: RunOptions & { nodeOptions?: INodeParameters } = {},
): RunOptions {
	return generate(stage, prompts, { ...rest, parameters: { waitBy: 'callback', ...parameters } });
}

/** The body that APIMart sends, as far as it matters. */
export const endOf = (taskId: string | undefined, status = 'completed') => ({ id: taskId, status });

/** Delivers a callback to a sleeping run. */
export async function callBack(
	{ engine }: Stage,
	run: NodeRun,
	body: unknown,
	more: WebhookRequest = {},
): Promise<WebhookAnswer> {
	return await callWebhook(engine, run, { body, ...more });
}

/** Task ids in the order in which they were accepted. */
export function taskIds({ sandbox }: Stage): string[] {
	return sandbox.ledger.accepted().map(({ taskId = '' }) => taskId);
}

/** The run that a callback brought about; fails where it brought about none. */
export async function woken({ engine }: Stage, run: NodeRun, answer: WebhookAnswer) {
	if (!answer.result?.workflowData) throw new Error(`Still asleep, HTTP ${answer.status}`);
	return await engine.resume(run, answer.result.workflowData);
}
