import type { INodeProperties } from 'n8n-workflow';
import { elementsOptions } from './elements';
import {
	cameraMovementOption,
	durationFields,
	estimateOptions,
	estimatePrompt,
	GENERATE,
	GENERATE_OR_ESTIMATE,
	qualityFields,
	shotListFields,
	shotsFields,
} from './clip.fields';
import { outputFieldOption } from '../../outputField';
import {
	concurrencyOption,
	downloadVideoField,
	includeInputFieldsOption,
	maxWaitOption,
	metadataField,
	pollIntervalOption,
	waitByField,
} from './result.fields';

const WHEN_WAITING = { ...GENERATE, mode: ['submitAndWait'] };

/*
 * In a `show` rule n8n stops at the first key whose value is an expression and shows the field. `imageInput` therefore
 * stands before `source`: with `source` from a sheet and binary images, the required URL field must not appear.
 */
const WITH_IMAGE_URLS = { ...GENERATE, imageInput: ['url'], source: ['image'] };
const WITH_IMAGE_FILES = { ...GENERATE, imageInput: ['binary'], source: ['image'] };

const modeFields: INodeProperties[] = [
	{
		displayName: 'Mode',
		name: 'mode',
		type: 'options',
		options: [
			{
				name: 'Submit and Wait',
				value: 'submitAndWait',
				description: 'Comes out when the clips are finished',
			},
			{
				name: 'Submit Only',
				value: 'submitOnly',
				description: 'Comes out at once with the task IDs, to be looked up later with Get Video',
			},
		],
		default: 'submitAndWait',
		description: 'Whether the workflow waits here until the clips are finished',
		displayOptions: { show: GENERATE },
	},
	{
		displayName: 'Start From',
		name: 'source',
		type: 'options',
		options: [
			{ name: 'Text Only', value: 'text' },
			{ name: 'Image and Text', value: 'image' },
		],
		default: 'text',
		description: 'Whether the clip starts from an image of yours',
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];

const callbackFields: INodeProperties[] = [
	{ ...waitByField, displayOptions: { show: WHEN_WAITING, hide: { '@tool': [true] } } },
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/webhook/0b1c2d/callback',
		hint: "A Kling Fast Trigger's production URL, or nothing",
		description:
			'The production URL of a Kling Fast Trigger: each finished clip starts its workflow. Leave empty to fetch the clips with Get Video.',
		displayOptions: { show: { ...GENERATE, mode: ['submitOnly'] } },
	},
];

const promptFields: INodeProperties[] = [
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		required: true,
		placeholder: 'e.g. A red fox trots through fresh snow at sunrise, low camera, soft light',
		description:
			'What happens in the clip: subject, action, style and sound. Up to 2,500 characters, English works best.',
		displayOptions: { show: { ...GENERATE, shots: ['single', 'auto'] } },
	},
];

const imageFields: INodeProperties[] = [
	{
		displayName: 'Image Input',
		name: 'imageInput',
		type: 'options',
		options: [
			{ name: 'URL', value: 'url', description: 'An address that anybody can open' },
			{
				name: 'Binary File',
				value: 'binary',
				description: 'A file from a previous node, which is uploaded first',
			},
		],
		default: 'url',
		description: 'Where the images come from',
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, source: ['image'] } },
	},
	{
		displayName: 'Start Image URL',
		name: 'startImageUrl',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/first-frame.png',
		description: 'The first picture of the clip. The address must be open to the public.',
		displayOptions: { show: WITH_IMAGE_URLS },
	},
	{
		displayName: 'End Image URL',
		name: 'endImageUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/last-frame.png',
		description: 'The last picture of the clip. Leave empty to let the clip end freely.',
		displayOptions: { show: WITH_IMAGE_URLS },
	},
	{
		displayName: 'Start Image Input Data Field Name',
		name: 'startImageField',
		type: 'string',
		default: 'data',
		required: true,
		placeholder: 'e.g. data',
		hint: 'The name of the input field containing the image file to start from',
		displayOptions: { show: { ...WITH_IMAGE_FILES, ...GENERATE_OR_ESTIMATE } },
	},
	{
		displayName: 'End Image Input Data Field Name',
		name: 'endImageField',
		type: 'string',
		default: '',
		placeholder: 'e.g. data1',
		hint: 'The name of the input field containing the image file to end with. Leave empty to let the clip end freely.',
		displayOptions: { show: WITH_IMAGE_FILES },
	},
];

const aspectRatioFields: INodeProperties[] = [
	{
		displayName: 'Aspect Ratio',
		name: 'aspectRatio',
		type: 'options',
		options: [
			{ name: '16:9', value: '16:9', description: 'Landscape' },
			{ name: '9:16', value: '9:16', description: 'Portrait, for stories, shorts and reels' },
			{ name: '1:1', value: '1:1', description: 'Square' },
		],
		default: '16:9',
		description: 'Shape of the picture. With a start image, the shape of the image can win.',
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];

const generateOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: GENERATE },
	options: [
		cameraMovementOption,
		{
			displayName: 'Check Content First',
			name: 'moderate',
			type: 'boolean',
			default: false,
			description:
				'Whether to have the provider check the prompt before it starts. The check takes a moment and can cost extra.',
		},
		{
			...concurrencyOption,
			description:
				'How many clips are in the works at once, from 1 to 100. The number counts per API key and for all executions together. One value for all rows.',
		},
		...elementsOptions,
		includeInputFieldsOption,
		{
			displayName: 'Make Again If It Fails',
			name: 'retryFailed',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 3, numberPrecision: 0 },
			default: 1,
			description:
				'How many more times to submit a clip that fails at the provider, from 0 to 3. Failed clips are not charged. Content that was refused is not sent again, and all attempts together stay within Maximum Wait.',
			displayOptions: { show: { '/mode': ['submitAndWait'] } },
		},
		{
			displayName: 'Maximum Cost (USD)',
			name: 'maxCost',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 6 },
			default: '',
			placeholder: 'e.g. 5',
			description:
				'Nothing is submitted if the estimate for all rows together is higher. Leave empty for no limit. One value for all rows.',
		},
		{
			...maxWaitOption,
			description:
				'How long to wait for each clip after it was submitted, from 1 second to 24 hours (86,400). A clip that takes longer goes on, and you can fetch it with Get Video.',
		},
		{
			displayName: 'Negative Prompt',
			name: 'negativePrompt',
			type: 'string',
			typeOptions: { rows: 2 },
			default: '',
			placeholder: 'e.g. blurry, low quality, text, watermark',
			description: 'What should not be seen, up to 2,500 characters',
		},
		{ ...pollIntervalOption, displayOptions: { show: { '/mode': ['submitAndWait'] } } },
		{
			...outputFieldOption,
			displayOptions: { show: { '/mode': ['submitAndWait'], '/downloadVideo': [true] } },
		},
		{
			displayName: 'Row Key (Prevents Double Charges)',
			name: 'dedupeKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. row-17',
			description:
				'Something that names the row, such as its number. When a workflow runs again within 24 hours, the same key with the same content finds the clip again instead of buying a second one.',
		},
		{
			displayName: 'Start a Workflow for Each Clip',
			name: 'eachClipWorkflow',
			type: 'workflowSelector',
			default: '',
			displayOptions: { show: { '/mode': ['submitAndWait'] }, hide: { '@tool': [true] } },
			description:
				"Started with that row's item and video the moment its clip has ended, not at the end of the sheet. Nobody waits for it. It begins with the trigger When Executed by Another Workflow, and has to be published.",
		},
		{
			displayName: 'Watermark',
			name: 'watermark',
			type: 'boolean',
			default: false,
			description: 'Whether the provider puts its watermark on the video',
		},
	],
};

/** Generate Video, from what matters most to what can stay as it is; the fields shared with Estimate Cost are in place. */
export const generateFields: INodeProperties[] = [
	...modeFields,
	...shotsFields,
	...promptFields,
	estimatePrompt,
	...shotListFields,
	...imageFields,
	...durationFields,
	...aspectRatioFields,
	...qualityFields,
	...callbackFields,
	{ ...metadataField, displayOptions: { show: GENERATE } },
	{ ...downloadVideoField, displayOptions: { show: WHEN_WAITING, hide: { '@tool': [true] } } },
	generateOptions,
	estimateOptions,
];
