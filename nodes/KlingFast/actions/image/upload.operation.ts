import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { connect, type ApimartClient } from '../../apimart/client';
import { IMAGE_LIMITS } from '../../apimart/images';
import { withRetries } from '../../apimart/retry';
import { currentClock } from '../../clock';
import { eachItem } from '../eachItem';
import { paramsOf } from '../properties';
import { readImage } from '../video/images';

const HOUR_MS = 60 * 60 * 1000;

/** Uploads each item's image and gives its address, which can be used as a start or end image for 72 hours. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let client: ApimartClient | undefined;
	return await eachItem(this, async (itemIndex) => {
		const params = paramsOf(this, itemIndex);
		const [field, label] = [params.text('inputField'), params.label('inputField')];
		const image = await readImage(this, itemIndex, field, label);
		client ??= (await connect(this)).client;
		return await upload(this, client, image);
	});
}

async function upload(
	context: IExecuteFunctions,
	client: ApimartClient,
	image: Parameters<ApimartClient['uploadImage']>[0],
): Promise<IDataObject> {
	const clock = currentClock();
	const uploaded = await withRetries(async () => await client.uploadImage(image), {
		clock,
		logger: context.logger,
		signal: context.getExecutionCancelSignal(),
		deadlineMs: clock.nowMs() + HOUR_MS,
		maxTries: 3,
	});
	const createdMs = uploaded.createdMs ?? clock.nowMs();
	const expiresMs = createdMs + IMAGE_LIMITS.lifeHours * HOUR_MS;
	const { url, fileName, mimeType, bytes } = uploaded;
	return { url, expiresAt: new Date(expiresMs).toISOString(), fileName, mimeType, bytes };
}
