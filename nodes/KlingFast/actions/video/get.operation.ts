import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { TASK_ID } from '../../apimart/task';
import { openRow } from '../../generation/sheetRow';
import { grouped, InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';
import { inputFault } from '../failures';
import { isTool } from '../toolCall';
import { openRun, type OpenRun } from './openRun';
import { readDelivery, readMetadata, readWaiting } from './result.fields';
import { refuseAll } from './results';
import { finishRows, readConcurrency, readRows, readSleeps, type Row } from './rows';

/**
 * Looks clips up by their task ids: N ids in, N results out. Without waiting, a clip that failed or is still being made is
 * an item and never a thrown error.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let opened: OpenRun & { concurrency: number; sleeps: boolean };
	try {
		const concurrency = readConcurrency(this);
		const sleeps = !isTool(this) && readSleeps(this);
		opened = { ...(await openRun(this, concurrency)), concurrency, sleeps };
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const { run } = opened;
	const nowMs = run.clock.nowMs();
	const rows = await readRows(this, (params, itemIndex) =>
		readRow(params, { itemIndex, nowMs, takesFiles: !isTool(this) }),
	);
	return await finishRows(this, run, rows, { ...opened, startsWorkflows: false });
}

function readRow(
	params: Params,
	{ itemIndex, nowMs, takesFiles }: { itemIndex: number; nowMs: number; takesFiles: boolean },
): Row {
	const taskId = readTaskId(params);
	const metadata = readMetadata(params);
	const waiting = readWaiting(params);
	const delivery = readDelivery(params);
	const isSingleRead = !params.boolean('waitUntilFinished');
	const settings = { ...waiting, download: takesFiles && waiting.download };
	return { row: openRow({ itemIndex, taskId, metadata }, settings, nowMs, isSingleRead), delivery };
}

/**
 * The task ID of Get Video: the ID itself, or a text that names exactly one (as often as it likes), such as the message
 * of a failed row or the address of a clip.
 *
 * @throws InvalidField where there is none, or more than one
 */
export function readTaskId(params: Params): string {
	const text = params.text('taskId', TASK_ID_ALLOWED);
	const label = params.label('taskId');
	const taskIds = new Set(text.match(TASK_ID_IN_TEXT));
	if (taskIds.size > 1) {
		throw new InvalidField(
			label,
			`a text with ${grouped(taskIds.size)} different task IDs`,
			'a text with exactly one',
		);
	}
	const [taskId] = taskIds;
	if (taskId) return taskId;
	if (TASK_ID.test(text)) return text;
	throw new InvalidField(label, shown(text), TASK_ID_ALLOWED);
}

const TASK_ID_ALLOWED =
	'a task ID such as task_01KV7FXR8BEYS1BWHJCT3JMCJ5, or a text with one in it';

/** `task_` and a ULID, as the API answers today, and `task-unified-<time>-<8 characters>` of its older pages. */
const TASK_ID_IN_TEXT =
	/(?<![A-Za-z0-9])(?:task_[A-Za-z0-9]{16,64}|task-unified-\d{6,16}-[A-Za-z0-9]{8})(?![A-Za-z0-9])/g;
