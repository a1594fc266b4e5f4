import type { IExecuteFunctions } from 'n8n-workflow';
import { watchSheet } from '../../nodes/KlingFast/actions/video/sheet.operation';
import { SHEET_KEY } from '../../nodes/KlingFast/actions/video/sheetWorkflows';
import { idleRun, rows, sheetOf } from './generation/run';

const CUT_OFFS = 12;

/** What n8n has of the worker of a sheet, whose first rows have ended. */
function savedWith(endedRows: number): string {
	const all = rows(CUT_OFFS).map((row, index) =>
		index < endedRows ? { ...row, phase: 'ended' as const } : row,
	);
	return JSON.stringify(sheetOf(all, idleRun()));
}

test.each([
	['brings a row to its end each time goes on as often', (cutOff: number) => cutOff, CUT_OFFS],
	['never gets on is given up', () => 3, 5],
])('a sheet that is cut off again and again and %s', async (_, endedAt, restarts) => {
	const state = { workerId: 'worker', rows: savedWith(0) };
	let cutOff = 0;
	const worker = () => ({
		resultData: {},
		executionData: { contextData: { node: { [SHEET_KEY]: savedWith(endedAt(cutOff)) } } },
	});
	const executeWorkflow = jest.fn(async () => ({
		executionId: 'worker',
		waitTill: new Date(),
		data: [[]],
	}));
	const context = {
		executeWorkflow,
		getContext: () => state,
		getExecutionDataById: async () => worker(),
		getExecutionId: () => '8',
		getNode: () => ({ type: 'klingFast', typeVersion: 1 }),
		getWorkflow: () => ({ id: 'workflow' }),
		getWorkflowSettings: () => ({}),
		logger: { warn: jest.fn() },
	} as unknown as IExecuteFunctions;
	for (; cutOff < CUT_OFFS; cutOff++) await watchSheet.call(context);
	expect(executeWorkflow).toHaveBeenCalledTimes(restarts);
});
