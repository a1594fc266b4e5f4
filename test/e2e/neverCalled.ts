import { NODE_TYPE } from '../../host/klingRest';
import type { CredentialRef } from '../../host/rest';
import type { WorkflowJson } from '../../host/workflow';
import {
	line,
	manualTrigger,
	node,
	numberedRows,
	rowNodes,
	sleepingGenerate,
} from './callbackWorkflows';

/** The name of the Get Video node. */
export const FETCH = 'Get video';

/** Clips whose callbacks never come, and Get Video behind them. */
export function neverCalledWorkflow(credential: CredentialRef): WorkflowJson {
	return line('Never called back', [
		manualTrigger(),
		...rowNodes(numberedRows(3, () => '[[slow:8]] [[no-callback]]')),
		sleepingGenerate(credential, { options: { maxWait: 5 } }),
		node(
			FETCH,
			NODE_TYPE,
			1,
			{
				resource: 'video',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitUntilFinished: true,
				metadata: '={{ $json.metadata }}',
			},
			{ credentials: { [credential.type]: { id: credential.id, name: credential.name } } },
		),
	]);
}
