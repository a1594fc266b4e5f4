import { createHash } from 'node:crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { IMAGE_LIMITS, imageMimeType, uploadFileName } from '../../apimart/images';
import type { ImageFile } from '../../apimart/client';
import type { ImageUploads } from '../../generation/imageUploads';
import type { ClipRequest, FrameSource } from '../../generation/request';
import type { Frame } from '../../generation/run';
import { InvalidField, shown } from '../../invalidField';

const ALLOWED_IMAGE = 'the name of a field that holds a JPEG, PNG, GIF or WebP of up to 20 MB';

/**
 * The row's images, start before end, checked down to their first bytes. Bytes are read here once for their hash and again
 * when they are uploaded, so that a sheet of images is never in memory as a whole.
 *
 * @throws InvalidField where an item has no such image
 */
export async function openFrames(
	context: IExecuteFunctions,
	itemIndex: number,
	{ startFrame, endFrame }: ClipRequest,
	uploads: ImageUploads,
): Promise<Frame[]> {
	const sources: Array<[FrameSource | undefined, string]> = [
		[startFrame, 'Start Image Input Data Field Name'],
		[endFrame, 'End Image Input Data Field Name'],
	];
	const frames: Frame[] = [];
	for (const [source, label] of sources) {
		if (!source) continue;
		if ('url' in source) {
			frames.push({ identity: source.url, address: async () => source.url });
			continue;
		}
		const load = async () => await readImage(context, itemIndex, source.binaryField, label);
		const { bytes } = await load();
		const identity = createHash('sha256').update(bytes).digest('hex');
		const file = context.getInputData()[itemIndex].binary?.[source.binaryField];
		frames.push({ identity, file, address: async () => await uploads.address(identity, load) });
	}
	return frames;
}

/** An image that was checked before, from n8n's store. */
export async function loadImage(
	{ helpers }: IExecuteFunctions,
	{ id = '', fileName, mimeType }: IBinaryData,
): Promise<ImageFile> {
	const bytes = await helpers.binaryToBuffer(await helpers.getBinaryStream(id));
	const type = imageMimeType(bytes) ?? mimeType;
	return { bytes, mimeType: type, fileName: uploadFileName(fileName, type) };
}

/**
 * An image from an item's binary data, its type told by its bytes.
 *
 * @throws InvalidField where the item has no such field, or it is no image that the provider takes
 */
export async function readImage(
	context: IExecuteFunctions,
	itemIndex: number,
	binaryField: string,
	label: string,
): Promise<ImageFile> {
	const binary = context.getInputData()[itemIndex]?.binary?.[binaryField];
	if (!binary) {
		const value = `${shown(binaryField)}, a field that this item does not have`;
		throw new InvalidField(label, value, ALLOWED_IMAGE);
	}
	if (Number(binary.bytes ?? 0) > IMAGE_LIMITS.bytes) throw tooLarge(label, Number(binary.bytes));
	const bytes = await context.helpers.getBinaryDataBuffer(itemIndex, binaryField);
	if (bytes.length > IMAGE_LIMITS.bytes) throw tooLarge(label, bytes.length);
	const mimeType = imageMimeType(bytes);
	if (!mimeType) {
		const value = `${shown(binaryField)}, which holds no such image (${binary.mimeType})`;
		throw new InvalidField(label, value, ALLOWED_IMAGE);
	}
	return { bytes, mimeType, fileName: uploadFileName(binary.fileName, mimeType) };
}

function tooLarge(label: string, bytes: number): InvalidField {
	const megabytes = (bytes / 1024 / 1024).toFixed(1);
	return new InvalidField(label, `an image of ${megabytes} MB`, 'up to 20 MB');
}
