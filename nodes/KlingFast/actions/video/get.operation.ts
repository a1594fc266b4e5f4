import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { openRow } from '../../generation/sheetRow';
import { inputFault } from '../failures';
import { isTool } from '../toolCall';
import { readTaskId } from './get.fields';
import { openRun, type OpenRun } from './openRun';
import { readDelivery, readMetadata, readWaiting } from './result.fields';
import { refuseAll } from './results';
import { finishRows, readConcurrency, readRows, readSleeps } from './rows';

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
	const rows = await readRows(this, (params, itemIndex) => {
		const asked = { itemIndex, taskId: readTaskId(params), metadata: readMetadata(params) };
		const waiting = readWaiting(params);
		const delivery = readDelivery(params);
		const isUnawaited = !params.boolean('waitUntilFinished');
		const settings = { ...waiting, download: !isTool(this) && waiting.download };
		return { row: openRow(asked, settings, nowMs, isUnawaited), delivery };
	});
	return await finishRows(this, run, rows, { ...opened, startsWorkflows: false });
}
