/** Runs a node's `webhook()` in n8n's own webhook context. */
import { WebhookContext } from 'n8n-core';
import type {
	INode,
	IRunExecutionData,
	IWebhookDescription,
	IWebhookResponseData,
	IWorkflowExecuteAdditionalData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';

export interface WebhookCall {
	workflow: Workflow;
	node: INode;
	/** With the request and the response in it. */
	additionalData: IWorkflowExecuteAdditionalData;
	mode: WorkflowExecuteMode;
	description: IWebhookDescription;
	path?: string;
	/** Of an execution that waits at the node. */
	data?: IRunExecutionData;
}

const typeOf = ({ nodeTypes }: Workflow, { type, typeVersion }: INode) =>
	nodeTypes.getByNameAndVersion(type, typeVersion);

export function webhooksOf(workflow: Workflow, node: INode): IWebhookDescription[] {
	return typeOf(workflow, node).description.webhooks ?? [];
}

export async function runWebhook(call: WebhookCall): Promise<IWebhookResponseData> {
	const { workflow, node, additionalData, mode, description, data = null } = call;
	const { webhook } = typeOf(workflow, node);
	if (!webhook) throw new Error(`${node.type} has no webhook()`);
	const webhookData = {
		httpMethod: 'POST' as const,
		node: node.name,
		path: call.path ?? description.path,
		webhookDescription: description,
		workflowId: workflow.id,
		workflowExecuteAdditionalData: additionalData,
		webhookId: node.webhookId,
	};
	const context = new WebhookContext(workflow, node, additionalData, mode, webhookData, [], data);
	return await webhook.call(context);
}
