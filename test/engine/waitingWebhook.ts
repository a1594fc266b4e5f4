/** Calls the webhook of a node that an execution waits at, without HTTP: by n8n's rules for the answer. */
import type { Request, Response } from 'express';
import type { INode, IRunExecutionData, Workflow, WorkflowExecuteMode } from 'n8n-workflow';
import { dataOf } from './executionRecord';
import type { Executions } from './executions';
import { runWebhook, webhooksOf } from './webhookContext';

export interface CallbackRequest {
	headers?: Record<string, string>;
	query?: Record<string, string>;
}

export interface CallbackAnswer {
	/** 200; 401 wrong signature; 404 no such execution or webhook; 409 running or ended; 500 someone else was first. */
	status: number;
	/** What the node's `webhook()` answered. */
	body?: unknown;
	/** When the round that was started has ended, and the parents that went on with it. */
	finished: Promise<void>;
}

interface Address {
	id: string;
	/** Only an address of n8n has these. */
	suffix?: string;
	signature?: string;
	query: Record<string, string>;
}

const answer = (status: number, more: Partial<CallbackAnswer> = {}): CallbackAnswer => ({
	status,
	finished: Promise.resolve(),
	...more,
});

export async function callWaiting(
	executions: Executions,
	target: string,
	body: unknown,
	{ headers = {}, query = {} }: CallbackRequest = {},
): Promise<CallbackAnswer> {
	const address = readAddress(target);
	const record = executions.store.find(address.id);
	if (!record) return answer(404);
	const data = dataOf(record);
	if (address.signature !== undefined && address.signature !== data.resumeToken) return answer(401);
	if (record.status === 'running' || record.status === 'success' || data.resultData.error) {
		return answer(409);
	}
	const workflow = executions.workflowOf(record);
	const { mode } = record;
	const lastNode = workflow.getNode(data.resultData.lastNodeExecuted ?? '');
	const webhook = waitingAt(workflow, lastNode, mode);
	if (!webhook || (address.suffix ?? webhook.path) !== webhook.path) return answer(404);
	prepare(data);
	const request = { headers, params: {}, query: { ...address.query, ...query }, body };
	const additionalData = {
		...executions.additionalDataOf(record),
		httpRequest: request as unknown as Request,
		httpResponse: {} as Response,
	};
	const result = await runWebhook({ workflow, ...webhook, additionalData, mode, data });
	if (!result.workflowData) return answer(200, { body: result.webhookResponse });
	// Several callers come this far at once, and one of them claims the execution.
	if (executions.store.find(record.id)?.status !== 'waiting') return answer(500);
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	entry.data.main = result.workflowData;
	entry.metadata = { ...entry.metadata, forwardAllOutputs: true };
	const finished = executions.resume(record, data);
	return answer(200, { body: result.webhookResponse, finished });
}

/** An execution's id, or the address that n8n gave out, also with a path appended to its signature. */
function readAddress(target: string): Address {
	if (!target.includes('/')) return { id: target, query: {} };
	const url = new URL(target);
	const [id, ...suffix] = url.pathname.split('/').slice(2);
	const [signature, ...appended] = (url.searchParams.get('signature') ?? '').split('/');
	return {
		id,
		suffix: suffix.join('/') || appended.join('/'),
		signature,
		query: Object.fromEntries(url.searchParams),
	};
}

/** The node counts as run: it is switched off, so that it only gives on what its webhook returns. */
function prepare(data: IRunExecutionData): void {
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	entry.node.disabled = true;
	data.waitTill = undefined;
	data.resultData.runData[data.resultData.lastNodeExecuted ?? '']?.pop();
}

/** The webhook of the node that an execution waits at, with its path. */
function waitingAt(workflow: Workflow, node: INode | null, mode: WorkflowExecuteMode) {
	if (!node) return undefined;
	const valueOf = (text: string) =>
		String(workflow.expression.getSimpleParameterValue(node, text, mode, {}));
	const description = webhooksOf(workflow, node).find(
		({ restartWebhook, httpMethod }) => restartWebhook === true && valueOf(httpMethod) === 'POST',
	);
	return description && { node, description, path: valueOf(description.path).replace(/^\//, '') };
}
