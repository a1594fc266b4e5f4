import { createHash } from 'node:crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import {
	FRAME_LIMITS,
	IMAGE_LIMITS,
	imageMimeType,
	imageSize,
	pixelsOf,
	uploadFileName,
	type ImageRules,
	type ImageSize,
} from '../../apimart/images';
import type { ImageFile } from '../../apimart/client';
import type { ImageUploads } from '../../generation/imageUploads';
import type { ClipRequest, FrameSource } from '../../apimart/clipRequest';
import type { Frame } from '../../generation/run';
import { InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';

/**
 * The row's images, start before end, held to the model's rules. Bytes are read here once for their hash and again
 * when they are uploaded, so that a sheet of images is never in memory as a whole.
 *
 * @throws InvalidField where an item has no such image, or the model would not take it
 */
export async function openFrames(
	context: IExecuteFunctions,
	itemIndex: number,
	{ request, params, uploads }: { request: ClipRequest; params: Params; uploads: ImageUploads },
): Promise<Frame[]> {
	const sources: Array<[FrameSource | undefined, string]> = [
		[request.startFrame, params.label('startImageField')],
		[request.endFrame, params.label('endImageField')],
	];
	const frames: Frame[] = [];
	for (const [source, label] of sources) {
		if (!source) continue;
		if ('url' in source) {
			frames.push({ identity: source.url, address: async () => source.url });
			continue;
		}
		const load = async () =>
			await readImage(context, itemIndex, source.binaryField, label, FRAME_LIMITS);
		const { bytes } = await load();
		const size = checkedSize(bytes, source.binaryField, label);
		const identity = createHash('sha256').update(bytes).digest('hex');
		const file = context.getInputData()[itemIndex].binary?.[source.binaryField];
		frames.push({
			identity,
			file,
			size,
			address: async () => await uploads.address(identity, load),
		});
	}
	return frames;
}

/**
 * The size of a start image.
 *
 * @throws InvalidField as `openFrames`
 */
export async function startImageSize(
	context: IExecuteFunctions,
	itemIndex: number,
	binaryField: string,
	label: string,
): Promise<ImageSize> {
	const { bytes } = await readImage(context, itemIndex, binaryField, label, FRAME_LIMITS);
	return checkedSize(bytes, binaryField, label);
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
 * An image from an item's binary data, its type judged by its bytes.
 *
 * @param rules by default those of the upload
 * @throws InvalidField where the item has no such field, or it is no image of that kind
 */
export async function readImage(
	context: IExecuteFunctions,
	itemIndex: number,
	binaryField: string,
	label: string,
	rules: ImageRules = IMAGE_LIMITS,
): Promise<ImageFile> {
	const allowed = `the name of a field that holds ${rules.allowed}`;
	const binary = context.getInputData()[itemIndex]?.binary?.[binaryField];
	if (!binary) {
		const value = `${shown(binaryField)}, a field that this item does not have`;
		throw new InvalidField(label, value, allowed);
	}
	const checkBytes = (bytes: number) => {
		if (bytes <= rules.bytes) return;
		const value = `${shown(binaryField)}, an image of ${(bytes / 1024 / 1024).toFixed(1)} MB`;
		throw new InvalidField(label, value, allowed);
	};
	checkBytes(Number(binary.bytes ?? 0));
	const bytes = await context.helpers.getBinaryDataBuffer(itemIndex, binaryField);
	checkBytes(bytes.length);
	const mimeType = imageMimeType(bytes);
	if (!mimeType || !rules.mimeTypes.includes(mimeType)) {
		const value = `${shown(binaryField)}, which holds no such image (${shown(mimeType ?? binary.mimeType)})`;
		throw new InvalidField(label, value, allowed);
	}
	return { bytes, mimeType, fileName: uploadFileName(binary.fileName, mimeType) };
}

function checkedSize(bytes: Buffer, binaryField: string, label: string): ImageSize {
	const { pixels, ratio } = FRAME_LIMITS;
	const size = imageSize(bytes);
	const [shorter, longer] = size ? [size.width, size.height].sort((a, b) => a - b) : [0, 0];
	if (size && shorter >= pixels && longer <= shorter * ratio) return size;
	const what = size ? `an image of ${pixelsOf(size)}` : 'a damaged image';
	const allowed = `at least ${pixels} x ${pixels} pixels, at a ratio from 1:${ratio} to ${ratio}:1`;
	throw new InvalidField(label, `${shown(binaryField)}, ${what}`, allowed);
}
