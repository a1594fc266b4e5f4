import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { WaitSettings } from '../../generation/sheetRow';
import { grouped } from '../../invalidField';
import { isObject } from '../../json';
import { readOutputField } from '../../outputField';
import type { Params } from '../../params';
import { readText } from '../../values';

/* What becomes of a clip once it was asked for: fields of Generate Video and Get Video, each of which says when they are shown. */

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
				'Puts the execution to wait in the database: it survives restarts and takes no worker. Callbacks resume it where n8n has a public address; elsewhere it checks about once a minute.',
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

export const pollIntervalOption: INodeProperties = {
	displayName: 'Poll Interval (Seconds)',
	name: 'pollInterval',
	type: 'number',
	typeOptions: { minValue: 0.1, maxValue: 300 },
	default: '',
	placeholder: 'e.g. 10',
	description:
		'Time between two status reads of a clip, from 0.1 to 300 seconds. Leave empty to follow the progress of the clip, which is quickest with the fewest requests.',
};

/** Where a row's result goes. */
export interface Delivery {
	/** Name of the output's binary field. */
	outputField: string;
	includeInputFields: boolean;
	/** The workflow that is started with the row's result, by its id. */
	eachClipWorkflow?: string;
}

/** What `metadata` may take: it travels through the callback's address, which has to stay short. */
export const METADATA_MAX_BYTES = 1000;

/** How long a row waits, and whether its video is downloaded: not where that field is hidden. */
export function readWaiting(params: Params): WaitSettings {
	return {
		maxWaitSeconds: params.number('options.maxWait'),
		pollIntervalSeconds: params.optionalNumber('options.pollInterval'),
		download: params.boolean('downloadVideo', false),
	};
}

export function readDelivery(params: Params): Delivery {
	return {
		outputField: readOutputField(params),
		includeInputFields: params.boolean('options.includeInputFields'),
		eachClipWorkflow: readEachClipWorkflow(params),
	};
}

/** Nothing where none is chosen. */
export function readEachClipWorkflow(params: Params): string | undefined {
	const chosen = params.value('options.eachClipWorkflow');
	// What n8n's selector holds: how the workflow was chosen, its id, and its name at that time.
	const id = isObject(chosen) ? chosen.value : chosen;
	return readText(id, params.label('options.eachClipWorkflow'), { default: '' }) || undefined;
}

/**
 * The row's own data, carried to the output.
 *
 * @throws InvalidField unless it is an object of at most 1,000 UTF-8 bytes as compact JSON
 */
export function readMetadata(params: Params): IDataObject {
	const metadata = params.object('metadata');
	const bytes = Buffer.byteLength(JSON.stringify(metadata), 'utf8');
	if (bytes <= METADATA_MAX_BYTES) return metadata;
	const value = `${grouped(bytes)} bytes of JSON`;
	throw params.refusal('metadata', value, `at most ${grouped(METADATA_MAX_BYTES)}`);
}
