import type { INodeProperties } from 'n8n-workflow';
import { cameraMovementOption } from './cameraMovement';

const ESTIMATE = { resource: ['video'], operation: ['estimateCost'] };

/** The Prompt of Generate Video, which need not be there to know the price. */
export const estimatePrompt: INodeProperties = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	default: '',
	placeholder: 'e.g. A red fox trots through fresh snow at sunrise, low camera, soft light',
	description:
		'Does not change the price. Leave empty, or fill in to get warnings about what would be paid for in vain.',
	displayOptions: { show: { ...ESTIMATE, shots: ['single', 'auto'] } },
};

export const estimateOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: ESTIMATE },
	options: [cameraMovementOption],
};
