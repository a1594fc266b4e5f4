import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { klingFastProperties } from './actions/properties';
import { router } from './actions/router';
import { receiveWakeUp } from './actions/video/sleep';

export class KlingFast implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Kling Fast',
		name: 'klingFast',
		icon: {
			light: 'file:../../icons/kling-fast.svg',
			dark: 'file:../../icons/kling-fast.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Generate short videos with Kling 3.0 Fast through APIMart',
		defaults: { name: 'Kling Fast' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingFastApi', required: true }],
		// Where callbacks wake an execution that sleeps in Generate Video.
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: 'callback',
				restartWebhook: true,
			},
		],
		properties: klingFastProperties,
	};

	// n8n makes the address anew for each execution, so there is nothing to register; the linter asks for these.
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router.call(this);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveWakeUp(this);
	}
}
