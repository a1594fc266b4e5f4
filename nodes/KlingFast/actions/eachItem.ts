import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { faultOf, faultSentence } from '../generation/outcome';
import { InvalidField } from '../invalidField';
import { failedItem, goesOnAfterFailure, inputFault, nodeError } from './failures';

/** Runs an operation that costs nothing for one item after the other: N in, N out, each paired with its item. */
export async function eachItem(
	context: IExecuteFunctions,
	work: (itemIndex: number) => Promise<IDataObject>,
): Promise<INodeExecutionData[][]> {
	const output: INodeExecutionData[] = [];
	const signal = context.getExecutionCancelSignal();
	for (let itemIndex = 0; itemIndex < context.getInputData().length; itemIndex++) {
		try {
			output.push({ json: await work(itemIndex), pairedItem: { item: itemIndex } });
		} catch (error) {
			const fault = error instanceof InvalidField ? inputFault(error) : faultOf(error);
			if (signal?.aborted || !goesOnAfterFailure(context)) {
				throw nodeError(context, fault, itemIndex);
			}
			output.push(failedItem(context, itemIndex, { error: faultSentence({ fault, itemIndex }) }));
		}
	}
	return [output];
}
