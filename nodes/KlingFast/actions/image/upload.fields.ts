import type { INodeProperties } from 'n8n-workflow';

export const uploadField: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'inputField',
	type: 'string',
	default: 'data',
	required: true,
	placeholder: 'e.g. data',
	hint: 'The name of the input field containing the image file',
	description:
		'The image is stored at the provider for a limited time. Its URL can be used as the start or end image of a clip.',
	displayOptions: { show: { resource: ['image'], operation: ['upload'] } },
};
