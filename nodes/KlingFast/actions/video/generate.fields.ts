import type { INodeProperties } from 'n8n-workflow';
import { outputFieldOption } from '../../outputField';
import { GENERATE, GENERATE_OR_ESTIMATE } from '../resource.fields';
import { aspectRatioField, clipOptions, estimateOptions, qualityFields } from './clip';
import { elementsOptions } from './elements';
import { imageFields } from './images';
import {
	concurrencyOption,
	downloadVideoField,
	includeInputFieldsOption,
	maxWaitOption,
	metadataField,
	pollIntervalOption,
	waitByField,
} from './result.fields';
import {
	cameraMovementOption,
	durationField,
	promptFields,
	shotListFields,
	shotsField,
} from './shots';

const WHEN_WAITING = { ...GENERATE, mode: ['submitAndWait'] };

const modeFields: INodeProperties[] = [
	{
		displayName: 'Mode',
		name: 'mode',
		type: 'options',
		options: [
			{
				name: 'Submit and Wait',
				value: 'submitAndWait',
				description: 'Gives the results when the clips are finished',
			},
			{
				name: 'Submit Only',
				value: 'submitOnly',
				description: 'Gives the task IDs at once, to be looked up later with Get Video',
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

const options: INodeProperties[] = [
	cameraMovementOption,
	{
		...concurrencyOption,
		description:
			'How many clips are made at once, from 1 to 100. The number counts per API key and for all executions together. One value for all rows.',
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
			"Started with that row's item and video the moment its clip has ended, not at the end of the sheet. The node does not wait for it. It begins with the trigger When Executed by Another Workflow, and has to be published.",
	},
	...clipOptions,
];

const generateOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: GENERATE },
	options: options.sort(byLabel),
};

function byLabel(one: INodeProperties, other: INodeProperties): number {
	return one.displayName < other.displayName ? -1 : 1;
}

/** Generate Video, from what matters most to what can stay as it is; the fields shared with Estimate Cost are in place. */
export const generateFields: INodeProperties[] = [
	...modeFields,
	shotsField,
	...promptFields,
	...shotListFields,
	...imageFields,
	durationField,
	aspectRatioField,
	...qualityFields,
	...callbackFields,
	{ ...metadataField, displayOptions: { show: GENERATE } },
	{ ...downloadVideoField, displayOptions: { show: WHEN_WAITING, hide: { '@tool': [true] } } },
	generateOptions,
	estimateOptions,
];
