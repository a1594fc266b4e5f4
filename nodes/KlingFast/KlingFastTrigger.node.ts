import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { triggerProperties } from './trigger/trigger.fields';
import { receiveCallback, SIGNED_ROUTE, SIGNED_WEBHOOK } from './trigger/receive';

/** APIMart has no place to register callbacks: each clip brings its own address along. */
const nothingToRegister = {
	checkExists: async (): Promise<boolean> => true,
	create: async (): Promise<boolean> => true,
	delete: async (): Promise<boolean> => true,
};

export class KlingFastTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Kling Fast Trigger',
		name: 'klingFastTrigger',
		icon: {
			light: 'file:../../icons/kling-fast.svg',
			dark: 'file:../../icons/kling-fast.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["triggerOn"].join(", ") }}',
		// The node panel shows this one for both nodes: n8n lists a trigger and the node of its name as one.
		description: 'Generate videos with Kling 3.0 Fast, or start a workflow when one is ready',
		eventTriggerDescription: 'Waiting for APIMart to tell that a video is ready',
		activationMessage:
			'Paste the production URL into "Callback URL" of Generate Video (Submit Only): each finished clip now starts this workflow.',
		triggerPanel: {
			header: 'Start a workflow when a video is ready',
			executionsHelp: {
				inactive:
					'<b>While building</b>: click "Execute step", then run Generate Video with this test URL as its Callback URL. The test URL only answers while this panel listens; APIMart does not repeat a callback that nobody has answered.<br /><br /><b>For real</b>: publish this workflow and paste the <b>production</b> URL into "Callback URL" of Generate Video (mode Submit Only). n8n must have a public address on port 80 or 443, because APIMart does not call private ones.',
				active:
					'<b>While building</b>: click "Execute step", then run Generate Video with the test URL. The test URL only answers while this panel listens; APIMart does not repeat a callback that nobody has answered.<br /><br /><b>For real</b>: the <b>production</b> URL works now, also when this panel is closed. Its runs are listed under "Executions".',
			},
			activationHint:
				'Publish this workflow, then paste its production URL into "Callback URL" of Generate Video (mode Submit Only) in your other workflow.',
		},
		defaults: { name: 'Kling Fast Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingFastApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: 'callback',
			},
			{
				name: SIGNED_WEBHOOK,
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: SIGNED_ROUTE,
				isFullPath: true,
				ndvHideUrl: true,
			},
		],
		properties: triggerProperties,
	};

	webhookMethods = { default: nothingToRegister, [SIGNED_WEBHOOK]: nothingToRegister };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveCallback(this);
	}
}
