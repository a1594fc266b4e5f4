import type { INodeParameters } from 'n8n-workflow';
import { NODE_TYPE, type KlingRest } from '../../host/klingRest';
import type { CredentialRef } from '../../host/rest';
import type { WorkflowJson } from '../../host/workflow';

export const CLIP_NODE = 'Generate video';
export const TRIGGER_NODE = 'Kling Fast Trigger';
export const PROMPT = 'A red fox trots through fresh snow at sunrise, low camera, soft light';

/** Saves a workflow of a manual trigger and Generate Video; gives its id. */
export async function saveClipWorkflow(
	host: KlingRest,
	{ id, name, type }: CredentialRef,
	parameters: INodeParameters = {},
): Promise<string> {
	const start = 'When clicking ‘Execute workflow’';
	const workflow: WorkflowJson = {
		name: 'One clip',
		nodes: [
			{
				id: '6f0c2a50-0000-4000-8000-000000000001',
				name: start,
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: '6f0c2a50-0000-4000-8000-000000000002',
				name: CLIP_NODE,
				type: NODE_TYPE,
				typeVersion: 1,
				position: [220, 0],
				parameters: { prompt: PROMPT, ...parameters },
				credentials: { [type]: { id, name } },
			},
		],
		connections: { [start]: { main: [[{ node: CLIP_NODE, type: 'main', index: 0 }]] } },
	};
	return await host.importWorkflow(workflow);
}

/** Saves a workflow that a finished clip starts; gives its id. */
export async function saveTriggerWorkflow(
	host: KlingRest,
	{ id, name, type }: CredentialRef,
	webhookId: string,
): Promise<string> {
	return await host.importWorkflow({
		name: 'When a clip is ready',
		nodes: [
			{
				id: '6f0c2a50-0000-4000-8000-000000000003',
				name: TRIGGER_NODE,
				type: `${NODE_TYPE}Trigger`,
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
				webhookId,
				credentials: { [type]: { id, name } },
			},
		],
		connections: {},
	});
}
