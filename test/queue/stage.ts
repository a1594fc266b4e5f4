import { randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import type { CredentialRef } from '../../host/rest';
import type { Queue } from '../../host/queue';
import type { Sandbox } from '../../sandbox';
import { generate, lastNode, line, node, post, rowNodes } from '../e2e/callbackWorkflows';

/** A worker that is gone is noticed after seconds in place of a minute. */
export const QUICK_TO_NOTICE = {
	QUEUE_WORKER_LOCK_DURATION: '6000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '3000',
};

interface Stage {
	queue: Queue;
	sandbox: Sandbox;
	credential: CredentialRef;
}

/**
 * Rows through Generate Video in a published workflow, started by its webhook, so that workers run it.
 *
 * @param submits how many the provider has taken when this resolves
 */
export async function startPublished(
	{ queue, sandbox, credential }: Stage,
	name: string,
	rows: INodeParameters[],
	parameters: INodeParameters,
	submits = rows.length,
) {
	const path = randomUUID();
	const start = node('Start', 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path,
		responseMode: 'onReceived',
		options: {},
	});
	const workflow = line(name, [
		{ ...start, webhookId: path },
		...rowNodes(rows),
		generate(credential, { downloadVideo: true, ...parameters }),
		lastNode(),
	]);
	const before = tasksOf(sandbox).length;
	const workflowId = await queue.rest.importWorkflow(workflow);
	await queue.rest.activate(workflowId);
	while ((await post(`${queue.rest.baseUrl}/webhook/${path}`, '{}')).status === 404);
	await sandbox.ledger.waitFor(() => tasksOf(sandbox).length === before + submits, 60_000);
	const ids = (await queue.rest.executionsOf(workflowId)).map(({ id }) => Number(id));
	return { workflowId, executionId: String(Math.min(...ids)) };
}

export function tasksOf(sandbox: Sandbox): string[] {
	return sandbox.ledger.accepted().flatMap(({ taskId }) => (taskId ? [taskId] : []));
}
