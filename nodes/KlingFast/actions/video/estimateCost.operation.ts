import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { estimateCostUsd, pricePerSecondUsd } from '../../apimart/models';
import { warningsOf } from './warnings';
import { eachItem } from '../eachItem';
import { paramsOf } from '../properties';
import { readFrame } from './images';
import { readEstimate } from './clip';

/** What each row would cost by the price table, and what is worth a look before it is paid for. Sends no request. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await eachItem(this, async (itemIndex) => {
		const params = paramsOf(this, itemIndex);
		const { startFrame, ...clip } = readEstimate(params);
		const label = params.label('startImageField');
		const frame = startFrame && (await readFrame(this, itemIndex, startFrame.binaryField, label));
		const warnings = warningsOf({ ...clip, startSize: frame?.size });
		return {
			clips: 1,
			seconds: clip.durationSeconds,
			pricePerSecond: pricePerSecondUsd(clip),
			estimatedCost: estimateCostUsd(clip),
			...(warnings.length > 0 && { warnings }),
		};
	});
}
