import type { IDataObject } from 'n8n-workflow';
import { grouped, InvalidField, shown } from '../../invalidField';
import { TASK_ID } from '../../apimart/task';
import type { ReadField } from '../reader';
import { readBoolean, readJsonObject, readText } from '../values';

/** What `metadata` may take: it travels through the callback's address, which has to stay short. */
export const METADATA_MAX_BYTES = 1000;

/**
 * The row's own data, carried to the output.
 *
 * @throws InvalidField unless it is an object of at most 1,000 UTF-8 bytes as compact JSON
 */
export function readMetadata(read: ReadField): IDataObject {
	const metadata = readJsonObject(read('metadata', ''), 'Metadata');
	const bytes = Buffer.byteLength(JSON.stringify(metadata), 'utf8');
	if (bytes <= METADATA_MAX_BYTES) return metadata;
	throw new InvalidField(
		'Metadata',
		`${grouped(bytes)} bytes of JSON`,
		`up to ${grouped(METADATA_MAX_BYTES)}`,
	);
}

/** The key under which a row is not bought twice; undefined when none is set. */
export function readDedupeKey(read: ReadField): string | undefined {
	const key = readText(read('options.dedupeKey', ''), 'Row Key (Prevents Double Charges)', {
		default: '',
	});
	return key || undefined;
}

/** Whether the row's own fields are kept beside the result. */
export function readIncludeInputFields(read: ReadField): boolean {
	return readBoolean(read('options.includeInputFields', ''), 'Include Other Input Fields', false);
}

/**
 * The task ID of Get Video: the ID itself, or a text that names exactly one (as often as it likes), such as the message
 * of a failed row or the address of a clip.
 *
 * @throws InvalidField where there is none, or more than one
 */
export function readTaskId(read: ReadField): string {
	const text = readText(read('taskId', ''), TASK_ID_LABEL, { allowed: TASK_ID_ALLOWED });
	const taskIds = new Set(text.match(TASK_ID_IN_TEXT));
	if (taskIds.size > 1) {
		throw new InvalidField(
			TASK_ID_LABEL,
			`a text with ${grouped(taskIds.size)} different task IDs`,
			'exactly one',
		);
	}
	const [taskId] = taskIds;
	if (taskId) return taskId;
	if (TASK_ID.test(text)) return text;
	throw new InvalidField(TASK_ID_LABEL, shown(text), TASK_ID_ALLOWED);
}

const TASK_ID_LABEL = 'Task ID';
const TASK_ID_ALLOWED =
	'a task ID such as task_01KV7FXR8BEYS1BWHJCT3JMCJ5, or a text with one in it';

/** `task_` and a ULID, as the API answers today, and `task-unified-<time>-<8 characters>` of its older pages. */
const TASK_ID_IN_TEXT =
	/(?<![A-Za-z0-9])(?:task_[A-Za-z0-9]{16,64}|task-unified-\d{6,16}-[A-Za-z0-9]{8})(?![A-Za-z0-9])/g;
