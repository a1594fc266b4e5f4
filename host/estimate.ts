import { NODE_TYPE, type KlingRest } from './klingRest';
import type { CredentialRef } from './rest';
import { fillTemplate, readTemplate } from './workflow';

export interface Estimate {
	/** Rows that can be made. */
	clips: number;
	costUsd: number;
}

/**
 * Asks the node itself, in n8n, what the rows of a template would cost: the same workflow with Estimate Cost in the
 * place of Generate Video, and nothing after it. No request goes to the provider.
 */
export async function estimateOf(
	host: KlingRest,
	templateName: string,
	settings: Record<string, string>,
	credential: CredentialRef,
): Promise<Estimate> {
	const workflow = fillTemplate(await readTemplate(templateName), settings, [
		{ ...credential, nodeTypes: [NODE_TYPE] },
	]);
	const node = workflow.nodes.find(({ type }) => type === NODE_TYPE);
	if (node === undefined) throw new Error(`${workflow.name} has no ${NODE_TYPE} node`);
	node.parameters = { ...node.parameters, operation: 'estimateCost' };
	delete workflow.connections[node.name];
	workflow.name = `${workflow.name}: estimate`;

	const execution = await host.runToEnd(await host.importWorkflow(workflow));
	if (execution.status !== 'success') throw new Error(`No estimate: ${execution.error}`);
	const costs = execution
		.jsonOf(node.name)
		.map(({ estimatedCost }) => estimatedCost)
		.filter((cost) => typeof cost === 'number');
	return { clips: costs.length, costUsd: costs.reduce((sum, cost) => sum + cost, 0) };
}
