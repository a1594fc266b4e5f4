import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { connect } from '../../apimart/client';
import { IMAGE_LIMITS } from '../../apimart/images';
import { withRetries } from '../../apimart/retry';
import { currentClock } from '../../clock';
import { eachItem } from '../eachItem';
import { paramsOf } from '../properties';
import { readImage } from '../video/images';

const HOUR_MS = 60 * 60 * 1000;

/** Uploads each item's image and gives its address, which can be used as a start or end image for 72 hours. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const clock = currentClock();
	const signal = this.getExecutionCancelSignal();
	let connection: ReturnType<typeof connect> | undefined;
	return await eachItem(this, async (itemIndex) => {
		const params = paramsOf(this, itemIndex);
		const [field, label] = [params.text('inputField'), params.label('inputField')];
		const image = await readImage(this, itemIndex, field, label);
		const { client } = await (connection ??= connect(this));
		const deadlineMs = clock.nowMs() + HOUR_MS;
		const rules = { clock, logger: this.logger, signal, deadlineMs, maxTries: 3 };
		const uploaded = await withRetries(async () => await client.uploadImage(image), rules);
		const { url, fileName, mimeType, bytes, createdMs = clock.nowMs() } = uploaded;
		const expiresAt = new Date(createdMs + IMAGE_LIMITS.lifeHours * HOUR_MS).toISOString();
		return { url, expiresAt, fileName, mimeType, bytes };
	});
}
