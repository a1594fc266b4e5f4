import { createHash } from 'node:crypto';
import type { IBinaryData, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { checkImageAddress } from '../../apimart/address';
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
import { ApimartError } from '../../apimart/errors';
import { withRetries } from '../../apimart/retry';
import type { ClipRequest, FrameSource } from '../../apimart/clipRequest';
import type { Run } from '../../generation/run';
import type { Frame, Upload } from '../../generation/sheetRow';
import { InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';
import { GENERATE, GENERATE_OR_ESTIMATE } from '../resource.fields';

/*
 * In a `show` rule n8n stops at the first key whose value is an expression and shows the field. `imageInput` therefore
 * stands before `source`: with `source` from a sheet and binary images, the required URL field must not appear.
 */
const WITH_IMAGE_URLS = { ...GENERATE, imageInput: ['url'], source: ['image'] };
const WITH_IMAGE_FILES = { ...GENERATE, imageInput: ['binary'], source: ['image'] };

export const imageFields: INodeProperties[] = [
	{
		displayName: 'Image Input',
		name: 'imageInput',
		type: 'options',
		options: [
			{ name: 'URL', value: 'url', description: 'An address that anybody can open' },
			{
				name: 'Binary File',
				value: 'binary',
				description: 'A file from a previous node, which is uploaded first',
			},
		],
		default: 'url',
		description: 'Where the images come from',
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, source: ['image'] } },
	},
	{
		displayName: 'Start Image URL',
		name: 'startImageUrl',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/first-frame.png',
		description: 'The first picture of the clip. The address must be open to the public.',
		displayOptions: { show: WITH_IMAGE_URLS },
	},
	{
		displayName: 'End Image URL',
		name: 'endImageUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/last-frame.png',
		description: 'The last picture of the clip. Leave empty to let the clip end freely.',
		displayOptions: { show: WITH_IMAGE_URLS },
	},
	{
		displayName: 'Start Image Input Data Field Name',
		name: 'startImageField',
		type: 'string',
		default: 'data',
		required: true,
		placeholder: 'e.g. data',
		hint: 'The name of the input field containing the image file to start from',
		displayOptions: { show: { ...WITH_IMAGE_FILES, ...GENERATE_OR_ESTIMATE } },
	},
	{
		displayName: 'End Image Input Data Field Name',
		name: 'endImageField',
		type: 'string',
		default: '',
		placeholder: 'e.g. data1',
		hint: 'The name of the input field containing the image file to end with. Leave empty to let the clip end freely.',
		displayOptions: { show: WITH_IMAGE_FILES },
	},
];

/** @throws InvalidField where an address cannot be used */
export function readFrames(
	params: Params,
	baseUrl: string,
): { startFrame?: FrameSource; endFrame?: FrameSource } {
	if (params.choice('source') === 'text') return {};
	if (params.choice('imageInput') === 'binary') {
		const [start, end] = [params.text('startImageField'), params.text('endImageField')];
		return { startFrame: { binaryField: start }, ...(end && { endFrame: { binaryField: end } }) };
	}
	const endUrl = params.text('endImageUrl');
	const whenever = endUrl && ` whenever '${params.label('endImageUrl')}' is filled in`;
	const startUrl = params.text('startImageUrl', `the address of an image${whenever}`);
	checkImageAddress(startUrl, baseUrl, params.label('startImageUrl'));
	if (!endUrl) return { startFrame: { url: startUrl } };
	checkImageAddress(endUrl, baseUrl, params.label('endImageUrl'));
	return { startFrame: { url: startUrl }, endFrame: { url: endUrl } };
}

/**
 * The row's images, start before end, held to the model's rules. Bytes are read here once for their hash and again
 * when they are uploaded, so that a sheet of images is never in memory as a whole.
 *
 * @throws InvalidField where an item has no such image, or the model would not take it
 */
export async function openFrames(
	context: IExecuteFunctions,
	itemIndex: number,
	{ startFrame, endFrame }: ClipRequest,
	params: Params,
): Promise<Frame[]> {
	const sources: Array<[FrameSource | undefined, string]> = [
		[startFrame, params.label('startImageField')],
		[endFrame, params.label('endImageField')],
	];
	const frames: Frame[] = [];
	for (const [source, label] of sources) {
		if (!source) continue;
		if ('url' in source) {
			frames.push({ identity: source.url });
			continue;
		}
		const { binaryField } = source;
		const { bytes, size } = await readFrame(context, itemIndex, binaryField, label);
		frames.push({
			identity: createHash('sha256').update(bytes).digest('hex'),
			file: context.getInputData()[itemIndex].binary?.[binaryField],
			size,
		});
	}
	return frames;
}

const MAX_UPLOAD_TRIES = 8;
const UPLOAD_LIMIT_MS = 10 * 60_000;
/** An hour is left for a clip that is not sent at once. */
const USED_FOR_MS = (IMAGE_LIMITS.lifeHours - 1) * 60 * 60_000;

/** Uploads every distinct image once, however many rows of the run use it, and again only when its address is about to expire. */
export class ImageUploads {
	private readonly begun = new Map<string, { url: Promise<string>; atMs: number }>();

	/** @param known by the hash of the bytes; what is uploaded is added */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly run: Pick<Run, 'client' | 'clock' | 'signal' | 'logger'>,
		private readonly known: Record<string, Upload> = {},
	) {}

	/** The address of an image: the one that was typed, or of a file the provider's. */
	async address({ identity, file }: Frame): Promise<string> {
		if (!file) return identity;
		const atMs = this.run.clock.nowMs();
		const uploads = [this.known[identity], this.begun.get(identity)];
		const usable = uploads.find((upload) => upload && atMs < upload.atMs + USED_FOR_MS);
		if (usable) return await usable.url;
		const url = this.upload(file);
		this.begun.set(identity, { url, atMs });
		this.known[identity] = { url: await url, atMs };
		return await url;
	}

	private async upload(file: IBinaryData): Promise<string> {
		if (!file.id && !file.data) throw imageExpired();
		const { client, clock, signal, logger } = this.run;
		const image = await loadImage(this.context, file);
		const deadlineMs = clock.nowMs() + UPLOAD_LIMIT_MS;
		const rules = { clock, signal, logger, deadlineMs, maxTries: MAX_UPLOAD_TRIES };
		const { url } = await withRetries(async () => await client.uploadImage(image), rules);
		return url;
	}
}

/** Of a file that n8n kept in memory, uploaded before its sheet slept. */
function imageExpired(): ApimartError {
	return new ApimartError('The image of this row was uploaded too long ago: APIMart deletes it', {
		...{ kind: 'parameter', retryable: false, charged: 'no' },
		advice: 'This row was not submitted and nothing was charged for it. Run it again.',
	});
}

/** An image that was checked before, from n8n's store or from the item itself. */
async function loadImage(
	{ helpers }: IExecuteFunctions,
	{ id, data, fileName, mimeType }: IBinaryData,
): Promise<ImageFile> {
	const bytes =
		// As n8n decides it: an id may be there and empty.
		id
			? await helpers.binaryToBuffer(await helpers.getBinaryStream(id))
			: Buffer.from(data, 'base64');
	const type = imageMimeType(bytes) ?? mimeType;
	return { bytes, mimeType: type, fileName: uploadFileName(fileName, type) };
}

/** A start or end image from an item's binary data. Throws as `openFrames`. */
export async function readFrame(
	context: IExecuteFunctions,
	itemIndex: number,
	binaryField: string,
	label: string,
): Promise<{ bytes: Buffer; size: ImageSize }> {
	const { bytes } = await readImage(context, itemIndex, binaryField, label, FRAME_LIMITS);
	const { pixels, ratio } = FRAME_LIMITS;
	const size = imageSize(bytes);
	const [shorter, longer] = size ? [size.width, size.height].sort((a, b) => a - b) : [0, 0];
	if (size && shorter >= pixels && longer <= shorter * ratio) return { bytes, size };
	const what = size ? `an image of ${pixelsOf(size)}` : 'a damaged image';
	const allowed = `at least ${pixels} x ${pixels} pixels, at a ratio from 1:${ratio} to ${ratio}:1`;
	throw new InvalidField(label, `${shown(binaryField)}, ${what}`, allowed);
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
	const refusal = (what: string) => {
		const allowed = `the name of a field that holds ${rules.allowed}`;
		return new InvalidField(label, `${shown(binaryField)}, ${what}`, allowed);
	};
	const binary = context.getInputData()[itemIndex]?.binary?.[binaryField];
	if (!binary) throw refusal('a field that this item does not have');
	const checkBytes = (bytes: number) => {
		if (bytes <= rules.bytes) return;
		throw refusal(`an image of ${(bytes / 1024 / 1024).toFixed(1)} MB`);
	};
	checkBytes(Number(binary.bytes ?? 0));
	const bytes = await context.helpers.getBinaryDataBuffer(itemIndex, binaryField);
	checkBytes(bytes.length);
	const mimeType = imageMimeType(bytes);
	if (!mimeType || !rules.mimeTypes.includes(mimeType)) {
		throw refusal(`which holds no such image (${shown(mimeType ?? binary.mimeType)})`);
	}
	return { bytes, mimeType, fileName: uploadFileName(binary.fileName, mimeType) };
}
