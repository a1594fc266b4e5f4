import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { stopReason } from '../../clock';
import { together } from '../../generation/batch';
import { awaitClip, lookAtClip } from '../../generation/clip';
import type { Outcome } from '../../generation/outcome';
import type { Run, WaitSettings } from '../../generation/run';
import { goesOnAfterFailure, inputFault, isTool, nodeError } from '../failures';
import { readFieldsOf } from '../reader';
import { openRun } from './openRun';
import { readMetadata, readTaskId } from './readRow';
import { readConcurrency, readDownloadVideo, readWaiting, readWaitUntilFinished } from './readRun';
import { deliver, refuseAll, type Delivery } from './results';

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
	try {
		run = await openRun(this, readConcurrency(readFieldsOf(this, 0)));
	} catch (error) {
		return refuseAll(this, inputFault(error));
	}
	const rows = this.getInputData().map((_, itemIndex) => readRow(this, itemIndex));
	const outcomes = await together(rows, run, async (row) => {
		if (!('settings' in row)) return row;
		const { taskId, itemIndex, metadata, settings } = row;
		const find = settings.waitForEnd ? awaitClip : lookAtClip;
		return await find(taskId, { itemIndex, metadata }, settings, run);
	});
	if (signal?.aborted) throw stopReason(signal);
	const deliveryOf = (itemIndex: number): Delivery => {
		const row = rows[itemIndex];
		return 'delivery' in row ? row.delivery : { outputField: 'data', includeInputFields: false };
	};
	const isNews = ({ itemIndex, task, status }: Outcome) => {
		const row = rows[itemIndex];
		const isLook = 'settings' in row && !row.settings.waitForEnd;
		return isLook && task !== undefined && status !== 'completed';
	};
	return deliver(this, outcomes, deliveryOf, isNews);
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
