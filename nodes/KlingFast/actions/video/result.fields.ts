import type { INodeProperties } from 'n8n-workflow';

/*
 * What becomes of a clip once it was asked for: fields that Generate Video and Get Video have in common. Each
 * operation says when they are shown.
 */

export const metadataField: INodeProperties = {
	displayName: 'Metadata',
	name: 'metadata',
	type: 'json',
	typeOptions: { rows: 2 },
	default: '{}',
	hint: "Your row's own data, e.g. {{ { row: $json.row_number } }}",
	description:
		'An object that comes out again beside the result, so that you can find your row. Up to 1,000 bytes of JSON.',
};

export const downloadVideoField: INodeProperties = {
	displayName: 'Download Video',
	name: 'downloadVideo',
	type: 'boolean',
	default: true,
	description:
		'Whether to put the finished MP4 into the output as a file. When off, only its URL comes out, which expires after about 24 hours.',
};

export const concurrencyOption: INodeProperties = {
	displayName: 'Clips at the Same Time',
	name: 'concurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 100, numberPrecision: 0 },
	default: 5,
};

export const includeInputFieldsOption: INodeProperties = {
	displayName: 'Include Other Input Fields',
	name: 'includeInputFields',
	type: 'boolean',
	default: false,
	description: "Whether to keep the row's own fields beside the result",
};

export const maxWaitOption: INodeProperties = {
	displayName: 'Maximum Wait (Seconds)',
	name: 'maxWait',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 86400 },
	default: 900,
};

export const outputFieldOption: INodeProperties = {
	displayName: 'Put Output in Field',
	name: 'outputField',
	type: 'string',
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output field to put the video file in',
};

export const pollIntervalOption: INodeProperties = {
	displayName: 'Poll Interval (Seconds)',
	name: 'pollInterval',
	type: 'number',
	typeOptions: { minValue: 0.1, maxValue: 300 },
	default: '',
	placeholder: 'e.g. 10',
	description:
		'Time between two looks at a clip, from 0.1 to 300 seconds. Leave empty to follow the progress of the clip, which is quickest with the fewest requests.',
};
