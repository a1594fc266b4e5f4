import type { INodeProperties } from 'n8n-workflow';
import { GET } from '../resource.fields';
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

const WHILE_WAITING = { show: { '/waitUntilFinished': [true] } };

export const getFields: INodeProperties[] = [
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. task_01KV7FXR8BEYS1BWHJCT3JMCJ5',
		description:
			'The task ID of the clip, or a text that contains exactly one, such as the message of a row that timed out',
		displayOptions: { show: GET },
	},
	{
		displayName: 'Wait Until Finished',
		name: 'waitUntilFinished',
		type: 'boolean',
		default: false,
		description:
			'Whether to wait for a clip that is still being made. When off, its status as of now comes out.',
		displayOptions: { show: GET },
	},
	{
		...waitByField,
		displayOptions: { show: { ...GET, waitUntilFinished: [true] }, hide: { '@tool': [true] } },
	},
	{ ...metadataField, displayOptions: { show: GET } },
	{ ...downloadVideoField, displayOptions: { show: GET, hide: { '@tool': [true] } } },
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: GET },
		options: [
			{
				...concurrencyOption,
				description:
					'How many clips are looked up or waited for at once, from 1 to 100. The number counts per API key and for all executions together.',
			},
			includeInputFieldsOption,
			{
				...maxWaitOption,
				description:
					'How long to wait for each clip, from 1 second to 24 hours (86,400). The clip itself goes on after that.',
				displayOptions: WHILE_WAITING,
			},
			{ ...pollIntervalOption, displayOptions: WHILE_WAITING },
			{ ...outputFieldOption, displayOptions: { show: { '/downloadVideo': [true] } } },
		],
	},
];
