import type { INodeProperties } from 'n8n-workflow';

/** Where fields are shown: a `displayOptions.show` for each operation that shares or has them. */
export const GENERATE = { resource: ['video'], operation: ['generate'] };
export const ESTIMATE = { resource: ['video'], operation: ['estimateCost'] };
export const GENERATE_OR_ESTIMATE = {
	resource: ['video'],
	operation: ['generate', 'estimateCost'],
};
export const GET = { resource: ['video'], operation: ['get'] };

/** What the node works on, and what it does with it: the first two dropdowns, and the actions in the node panel. */
export const resourceFields: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Account', value: 'account' },
			{ name: 'Image', value: 'image' },
			{ name: 'Video', value: 'video' },
		],
		default: 'video',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['video'] } },
		options: [
			{
				name: 'Estimate Cost',
				value: 'estimateCost',
				action: 'Estimate video cost',
				description: 'Work out what a clip would cost, without sending anything',
			},
			{
				name: 'Generate Video',
				value: 'generate',
				action: 'Generate video',
				description: 'Make a clip from text or images',
			},
			{
				name: 'Get Video',
				value: 'get',
				action: 'Get video',
				description: 'Look up a clip by its task ID, download it, or wait until it is finished',
			},
		],
		default: 'generate',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Upload Image',
				value: 'upload',
				action: 'Upload image',
				description: 'Upload an image and get a URL that can start or end a clip',
			},
		],
		default: 'upload',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['account'] } },
		options: [
			{
				name: 'Get Balance',
				value: 'getBalance',
				action: 'Get account balance',
				description: 'Get what is left and what was used of the balance, in US dollars',
			},
		],
		default: 'getBalance',
	},
];
