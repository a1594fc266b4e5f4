import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { readImage } from '../../nodes/KlingFast/actions/video/images';
import { IMAGE_LIMITS } from '../../nodes/KlingFast/apimart/images';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Reads an image of an item that says of its file what stands in `told`, and has these bytes. */
function read(told: Partial<IBinaryData>, bytes: Buffer) {
	const getBinaryDataBuffer = jest.fn(async () => bytes);
	const data: IBinaryData = { data: '', mimeType: 'image/png', ...told };
	const context = {
		getInputData: () => [{ json: {}, binary: { data } }],
		helpers: { getBinaryDataBuffer },
	} as unknown as IExecuteFunctions;
	return { getBinaryDataBuffer, image: readImage(context, 0, 'data', 'Image') };
}

describe('an image of more than the provider takes', () => {
	it('is refused by what n8n says of it, before it is in memory', async () => {
		const { getBinaryDataBuffer, image } = read({ bytes: IMAGE_LIMITS.bytes + 1 }, PNG);
		await expect(image).rejects.toThrow(/an image of 20\.0 MB, but must be .* of up to 20 MB/);
		expect(getBinaryDataBuffer).not.toHaveBeenCalled();
	});

	it('is refused by its bytes, where n8n says nothing of them', async () => {
		const { image } = read({}, Buffer.concat([PNG, Buffer.alloc(IMAGE_LIMITS.bytes)]));
		await expect(image).rejects.toThrow(/an image of 20\.0 MB, but must be .* of up to 20 MB/);
	});

	it('and not a byte less', async () => {
		const rest = Buffer.alloc(IMAGE_LIMITS.bytes - PNG.length);
		const { image } = read({ bytes: IMAGE_LIMITS.bytes }, Buffer.concat([PNG, rest]));
		await expect(image).resolves.toMatchObject({ mimeType: 'image/png' });
	});
});
