import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { connect, type ApimartClient } from '../../apimart/client';
import { IMAGE_LIMITS } from '../../apimart/images';
import { withRetries } from '../../apimart/retry';
import { currentClock } from '../../clock';
import { eachItem } from '../eachItem';
import { readFieldsOf } from '../reader';
import { readText } from '../values';
import { readImage } from '../video/frames';

const LABEL = 'Input Data Field Name';
const HOUR_MS = 60 * 60 * 1000;

/** Uploads each item's image and gives its address, which can be used as a start or end image for 72 hours. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let client: ApimartClient | undefined;
	return await eachItem(this, async (itemIndex) => {
		const field = readText(readFieldsOf(this, itemIndex)('inputField', ''), LABEL, {
			default: 'data',
		});
		const image = await readImage(this, itemIndex, field, LABEL);
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
