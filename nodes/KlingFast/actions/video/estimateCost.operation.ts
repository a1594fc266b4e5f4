import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { estimateCostUsd, pricePerSecondUsd } from '../../apimart/models';
import { eachItem } from '../eachItem';
import { paramsOf } from '../properties';
import { readEstimate } from './readClip';

/** What each row would cost by the price table. Sends no request. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await eachItem(this, async (itemIndex) => {
		const factors = readEstimate(paramsOf(this, itemIndex));
		return {
			clips: 1,
			seconds: factors.durationSeconds,
			pricePerSecond: pricePerSecondUsd(factors),
			estimatedCost: estimateCostUsd(factors),
		};
	});
}
