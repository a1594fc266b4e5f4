import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { klingFastProperties } from './actions/properties';
import { router } from './actions/router';

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
		properties: klingFastProperties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router.call(this);
	}
}
