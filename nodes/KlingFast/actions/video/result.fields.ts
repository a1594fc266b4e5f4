import type { INodeProperties } from 'n8n-workflow';
import { InvalidField } from '../../invalidField';
import type { Params } from '../../params';

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

// A name of its own, because the linter's title case would write "N8n's".
const SLEEP = "Sleep in n8n's Database";

export const waitByField: INodeProperties = {
	displayName: 'How to Wait',
	name: 'waitBy',
	type: 'options',
	options: [
		{
			name: 'Check Until Finished',
			value: 'polling',
			description: 'Asks APIMart now and then. Works everywhere, also on n8n 1.',
		},
		{
			name: SLEEP,
			value: 'sleep',
			description:
				'Puts the execution to wait in the database: it survives restarts and takes no worker. Callbacks wake it where n8n has a public address, else it looks about once a minute.',
		},
	],
	default: 'polling',
	description: 'How the workflow learns that the clips are finished. One value for all rows.',
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

/** The output's binary field for the clip. */
export function readOutputField(params: Params): string {
	const outputField = params.text('options.outputField');
	if (outputField !== '__proto__') return outputField;
	throw new InvalidField(params.label('options.outputField'), '"__proto__"', 'any other name');
}
