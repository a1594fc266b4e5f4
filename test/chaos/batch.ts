import type { IDataObject, INode, INodeParameters, IWorkflowSettings } from 'n8n-workflow';
import type { CredentialRef } from '../../host/rest';
import { NODE_TYPE } from '../../host/klingRest';
import type { WorkflowJson } from '../../host/workflow';

export const GENERATE = 'Generate video';
const START = 'Start';
const ROWS = 'Rows';
const SPLIT = 'One item per row';
const LOOP = 'Loop';
const AFTER = 'After';
const FAILED = 'Failed rows';

/** A batch of rows through Generate Video, as a user would set it up, and n8n's own settings. */
export interface BatchPlan {
	prompts: string[];
	/** Of Generate Video, over the usual ones. */
	parameters?: INodeParameters;
	/** Its options, over the usual ones. */
	options?: INodeParameters;
	/** Its settings: `onError`, `retryOnFail`, `executeOnce`. */
	node?: Partial<INode>;
	settings?: IWorkflowSettings;
	/** Rows in batches of so many, around a loop. */
	loopOf?: number;
	/** Pinned data of a node. */
	pinned?: Record<string, IDataObject[]>;
	/** Without it rows have their number as Row Key. */
	withoutRowKey?: boolean;
}

/** Names of the nodes that can be pinned. */
export const NODES = { rows: SPLIT, generate: GENERATE, after: AFTER };

export function batchWorkflow(name: string, plan: BatchPlan, credential: CredentialRef) {
	const rows = plan.prompts.map((prompt, index) => ({ row: index + 1, prompt }));
	const nodes = [
		node(START, 'n8n-nodes-base.manualTrigger', 1),
		node(ROWS, 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ rows }),
			options: {},
		}),
		node(SPLIT, 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'rows', options: {} }),
		...(plan.loopOf
			? [node(LOOP, 'n8n-nodes-base.splitInBatches', 3, { batchSize: plan.loopOf, options: {} })]
			: []),
		{ ...generateNode(plan, credential), ...plan.node },
		node(AFTER, 'n8n-nodes-base.noOp', 1),
		node(FAILED, 'n8n-nodes-base.noOp', 1),
	];
	const line = plan.loopOf
		? { ...links([SPLIT], LOOP), ...links([GENERATE], LOOP), ...links([LOOP], AFTER, GENERATE) }
		: { ...links([SPLIT], GENERATE), ...links([GENERATE], AFTER, FAILED) };
	const workflow: WorkflowJson & { pinData: Record<string, Array<{ json: IDataObject }>> } = {
		name,
		nodes: nodes.map((one, index) => ({ ...one, position: [index * 220, 0] })),
		connections: { ...links([START], ROWS), ...links([ROWS], SPLIT), ...line },
		settings: { executionOrder: 'v1', ...plan.settings },
		pinData: Object.fromEntries(
			Object.entries(plan.pinned ?? {}).map(([pinnedNode, items]) => [
				pinnedNode,
				items.map((json) => ({ json })),
			]),
		),
	};
	return workflow;
}

/** A workflow that a finished clip starts, and the address that Generate Video is given. */
export function triggerWorkflow(name: string, webhookId: string, credential: CredentialRef) {
	const trigger: INode = {
		...node('Clip ready', `${NODE_TYPE}Trigger`, 1, {
			triggerOn: ['completed'],
			options: { downloadVideo: true },
		}),
		webhookId,
		credentials: { [credential.type]: { id: credential.id, name: credential.name } },
	};
	const workflow: WorkflowJson = {
		name,
		nodes: [trigger, node(AFTER, 'n8n-nodes-base.noOp', 1)],
		connections: links(['Clip ready'], AFTER),
	};
	return workflow;
}

function generateNode(plan: BatchPlan, credential: CredentialRef): INode {
	return {
		...node(GENERATE, NODE_TYPE, 1, {
			resource: 'video',
			operation: 'generate',
			prompt: '={{ $json.prompt }}',
			duration: 3,
			audio: false,
			metadata: '={{ { row: $json.row } }}',
			...plan.parameters,
			options: {
				...(!plan.withoutRowKey && { dedupeKey: '={{ $json.row }}' }),
				maxWait: 90,
				pollInterval: 0.3,
				...plan.options,
			},
		}),
		credentials: { [credential.type]: { id: credential.id, name: credential.name } },
	};
}

function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: INodeParameters = {},
): INode {
	const id = `node-${name.toLowerCase().replace(/\W+/g, '-')}`;
	return { id, name, type, typeVersion, position: [0, 0], parameters };
}

/** One output a target: a node's second output is where its failed rows go. */
function links(from: string[], ...targets: string[]): WorkflowJson['connections'] {
	const main = targets.map((target) => [{ node: target, type: 'main' as const, index: 0 }]);
	return Object.fromEntries(from.map((name) => [name, { main }]));
}
