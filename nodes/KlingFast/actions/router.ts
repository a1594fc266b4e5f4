import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { withOwnRunIndex, type Operation } from './toolCall';
import { execute as getBalance } from './account/getBalance.operation';
import { execute as upload } from './image/upload.operation';
import { execute as estimateCost } from './video/estimateCost.operation';
import { execute as generate } from './video/generate.operation';
import { execute as get } from './video/get.operation';
import { deliverSheet, guardSheet, sheetRound, watchSheet } from './video/sheet.operation';

export const operations: Record<string, Operation> = {
	'account:getBalance': getBalance,
	'image:upload': upload,
	'video:estimateCost': estimateCost,
	'video:generate': generate,
	'video:get': get,
	// The steps of a sleeping sheet, which no dropdown shows.
	'video:deliverSheet': deliverSheet,
	'video:guardSheet': guardSheet,
	'video:sheetRound': sheetRound,
	'video:watchSheet': watchSheet,
};

/** Runs the chosen operation for all items at once: clips of different rows are made side by side. */
export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await withOwnRunIndex(this, runOperation);
}

async function runOperation(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const resource = this.getNodeParameter('resource', 0);
	const operation = this.getNodeParameter('operation', 0);
	const execute = operations[`${resource}:${operation}`];
	if (!execute) {
		const message = `The node has no operation '${operation}' for '${resource}'`;
		throw new NodeOperationError(this.getNode(), message);
	}
	return await execute.call(this);
}
