import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { TASK_ID } from '../../apimart/task';
import { stopReason } from '../../clock';
import { finishAwake } from '../../generation/batch';
import type { Outcome } from '../../generation/outcome';
import type { Run, WaitSettings } from '../../generation/run';
import { grouped, InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';
import { goesOnAfterFailure, inputFault, isTool, nodeError } from '../failures';
import { paramsOf } from '../properties';
import { openRun } from './openRun';
import {
	readConcurrency,
	readDownloadVideo,
	readMetadata,
	readSleeps,
	readWaiting,
} from './options';
import { deliver, deliveryOfUnread, refuseAll, type Delivery } from './results';
import { endedRow, openRow, sheetOf } from './sheetRows';
import { sleepingFault, sleepThrough } from './sleep';

interface Row {
	itemIndex: number;
	taskId: string;
	metadata: IDataObject;
	settings: WaitSettings & { waitForEnd: boolean };
	delivery: Delivery;
}

/**
 * Looks clips up by their task ids: N ids in, N results out. Without waiting, a clip that failed or is still being made is
 * an item and never a thrown error.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const signal = this.getExecutionCancelSignal();
	let run: Run;
	let sleeps: boolean;
	try {
		({ run } = await openRun(this, readConcurrency(this)));
		sleeps = !isTool(this) && readSleeps(this);
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const rows = this.getInputData().map((_, itemIndex) => readRow(this, itemIndex));
	const deliveryOf = (itemIndex: number): Delivery => {
		const row = rows[itemIndex];
		return 'delivery' in row ? row.delivery : deliveryOfUnread(this, itemIndex);
	};
	const nowMs = run.clock.nowMs();
	const sheetRows = rows.map((row) => {
		if (!('settings' in row)) return endedRow(row);
		const isSingleRead = !row.settings.waitForEnd;
		return openRow(row.taskId, row, row.settings, { nowMs, isSingleRead });
	});
	const sheet = sheetOf(this, run, sheetRows);
	if (!sleeps || !sheetRows.some(({ phase, isSingleRead }) => phase === 'open' && !isSingleRead)) {
		const outcomes = await finishAwake(sheet, run, []);
		if (signal?.aborted) throw stopReason(signal);
		return deliver(this, outcomes, { deliveryOf });
	}
	const unable = sleepingFault();
	if (unable) return refuseAll(this, unable);
	const slept = await sleepThrough(this, run, sheet, deliveryOf);
	if (signal?.aborted) throw stopReason(signal);
	return 'waiting' in slept ? slept.waiting : deliver(this, slept.outcomes, { deliveryOf });
}

function readRow(context: IExecuteFunctions, itemIndex: number): Row | Outcome {
	try {
		const params = paramsOf(context, itemIndex);
		const taskId = readTaskId(params);
		const metadata = readMetadata(params);
		const { outputField, includeInputFields, ...waiting } = readWaiting(params);
		const waitForEnd = params.boolean('waitUntilFinished');
		const settings = {
			...waiting,
			waitForEnd,
			download: !isTool(context) && readDownloadVideo(params),
		};
		return { itemIndex, taskId, metadata, settings, delivery: { outputField, includeInputFields } };
	} catch (error) {
		const fault = inputFault(error);
		if (!goesOnAfterFailure(context)) throw nodeError(context, fault, itemIndex);
		return { itemIndex, status: 'failed', fault };
	}
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
			'exactly one',
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
