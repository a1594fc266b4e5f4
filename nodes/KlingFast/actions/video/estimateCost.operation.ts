import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { estimateCostUsd, pricePerSecondUsd } from '../../generation/cost';
import { eachItem } from '../eachItem';
import { readFieldsOf } from '../reader';
import { readEstimate } from './readClip';

/** What each row would cost by the price table. Sends no request. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await eachItem(this, async (itemIndex) => {
		const factors = readEstimate(readFieldsOf(this, itemIndex));
		return {
			clips: 1,
			seconds: factors.durationSeconds,
			pricePerSecond: pricePerSecondUsd(factors),
			estimatedCost: estimateCostUsd(factors),
		};
	});
}
