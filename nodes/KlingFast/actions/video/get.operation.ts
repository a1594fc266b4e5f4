import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { finishAwake } from '../../generation/batch';
import type { Outcome } from '../../generation/outcome';
import type { Run, WaitSettings } from '../../generation/run';
import { goesOnAfterFailure, inputFault, isTool, nodeError } from '../failures';
import { readFieldsOf } from '../reader';
import { openRun } from './openRun';
import { readMetadata, readTaskId } from './readRow';
import {
	readConcurrency,
	readDownloadVideo,
	readForRun,
	readWaitBy,
	readWaiting,
	readWaitUntilFinished,
} from './readRun';
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
		const concurrency = readForRun(this, 'Clips at the Same Time', readConcurrency);
		({ run } = await openRun(this, concurrency));
		sleeps = !isTool(this) && readForRun(this, 'How to Wait', readWaitBy) === 'sleep';
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
		const read = readFieldsOf(context, itemIndex);
		const taskId = readTaskId(read);
		const metadata = readMetadata(read);
		const { outputField, includeInputFields, ...waiting } = readWaiting(read);
		const waitForEnd = readWaitUntilFinished(read);
		const settings = {
			...waiting,
			waitForEnd,
			download: !isTool(context) && readDownloadVideo(read),
		};
		return { itemIndex, taskId, metadata, settings, delivery: { outputField, includeInputFields } };
	} catch (error) {
		const fault = inputFault(error);
		if (!goesOnAfterFailure(context)) throw nodeError(context, fault, itemIndex);
		return { itemIndex, status: 'failed', fault };
	}
}
