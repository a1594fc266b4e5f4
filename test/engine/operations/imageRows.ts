/** Rows whose start and end image are files, for Generate Video from image files. */
import type { INodeExecutionData } from 'n8n-workflow';
import type { Stage } from '../laws/setup';

export const fromFiles = {
	source: 'image',
	imageInput: 'binary',
	startImageField: 'first',
	endImageField: '={{ $json.end ?? "" }}',
};

export const imageRows = (stage: Stage) => {
	async function image(content: string, fileName = 'cat.png', mimeType = 'image/png') {
		return await stage.engine.binary(Buffer.from(content, 'latin1'), fileName, mimeType);
	}

	/** `first` and `last` are the bytes of the images, as latin1. */
	async function row(prompt: string, first: string, last?: string): Promise<INodeExecutionData> {
		if (last === undefined) return { json: { prompt }, binary: { first: await image(first) } };
		const binary = { first: await image(first), last: await image(last) };
		return { json: { prompt, end: 'last' }, binary };
	}
	return { image, row };
};
