import type { INodeProperties } from 'n8n-workflow';
import { TASK_ID } from '../../apimart/task';
import { grouped, shown } from '../../invalidField';
import { outputFieldOption } from '../../outputField';
import type { Params } from '../../params';
import { GET } from '../resource.fields';
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

/**
 * The task ID of Get Video: the ID itself, or a text that names exactly one (as often as it likes), such as the message
 * of a failed row or the address of a clip.
 *
 * @throws InvalidField where there is none, or more than one
 */
export function readTaskId(params: Params): string {
	const text = params.text('taskId', TASK_ID_ALLOWED);
	const taskIds = new Set(text.match(TASK_ID_IN_TEXT));
	if (taskIds.size > 1) {
		const value = `a text with ${grouped(taskIds.size)} different task IDs`;
		throw params.refusal('taskId', value, 'a text with exactly one');
	}
	const [taskId] = taskIds;
	if (taskId) return taskId;
	if (TASK_ID.test(text)) return text;
	throw params.refusal('taskId', shown(text), TASK_ID_ALLOWED);
}

const TASK_ID_ALLOWED =
	'a task ID such as task_01KV7FXR8BEYS1BWHJCT3JMCJ5, or a text with one in it';

/** `task_` and a ULID, as the API answers today, and `task-unified-<time>-<8 characters>` of its older pages. */
const TASK_ID_IN_TEXT =
	/(?<![A-Za-z0-9])(?:task_[A-Za-z0-9]{16,64}|task-unified-\d{6,16}-[A-Za-z0-9]{8})(?![A-Za-z0-9])/g;
