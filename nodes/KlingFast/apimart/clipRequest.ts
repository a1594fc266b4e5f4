/*
 * What must stay true:
 * - Whatever a request says is sent, or BODY says where else it goes: a part without an entry there does not compile.
 * - The same request gives the same bytes.
 */
import type { IDataObject } from 'n8n-workflow';
import type { CallbackAddresses } from './callback';
import { KLING_V3, type Quality } from './models';

export interface Shot {
	prompt: string;
	durationSeconds: number;
}

/** A subject that looks the same in every clip; `@name` in the prompt shows where it appears. */
export interface Element {
	name: string;
	description: string;
	/** 1 to 4, the front view first. */
	imageUrls: string[];
}

export type AspectRatio = '16:9' | '9:16' | '1:1';
export type ShotsKind = 'single' | 'custom' | 'json' | 'auto';

/** Where a frame comes from: an address that the provider fetches, or an item's binary that is uploaded first. */
export type FrameSource = { url: string } | { binaryField: string };

/** What a person asks for in one row, read and checked, in the product's own words (not the provider's). */
export interface ClipRequest {
	shotsKind: ShotsKind;
	/** As typed and trimmed; empty for `custom` and `json`, whose texts stand in `shots`. */
	prompt: string;
	/** 1 to 6 for `custom` and `json`, otherwise empty. */
	shots: Shot[];
	/** Whole seconds, 3 to 15; for `custom` and `json` the sum of the shots. */
	durationSeconds: number;
	aspectRatio: AspectRatio;
	quality: Quality;
	audio: boolean;
	startFrame?: FrameSource;
	endFrame?: FrameSource;
	/** 1 to 3; absent where there are none. */
	elements?: Element[];
	negativePrompt?: string;
	/** Words that are appended to the prompt (the API has no field for it). */
	cameraMovement?: string;
	moderate: boolean;
	watermark: boolean;
	metadata: IDataObject;
}

const { limits } = KLING_V3;

/** The body's field with the exact callback address. */
export const CALLBACK_URL = 'callback_url';

type PartOfBody = (request: ClipRequest, imageUrls: string[]) => IDataObject | false | undefined;

/**
 * What each part of a request adds to the body, in the order of the bytes. `duration` is a number without quotes, and `audio` is
 * always spelled out, because the provider's default (silent) is not ours.
 */
const BODY: Record<keyof ClipRequest, PartOfBody> = {
	prompt: (request) => request.prompt !== '' && { prompt: fullPrompt(request) },
	negativePrompt: ({ negativePrompt }) =>
		negativePrompt !== undefined && { negative_prompt: negativePrompt },
	quality: ({ quality }) => ({ mode: quality }),
	durationSeconds: ({ durationSeconds }) => ({ duration: durationSeconds }),
	aspectRatio: ({ aspectRatio }) => ({ aspect_ratio: aspectRatio }),
	audio: ({ audio }) => ({ audio }),
	startFrame: (_, imageUrls) => imageUrls.length > 0 && { image_urls: imageUrls },
	endFrame: inAnotherPart,
	elements: ({ elements }) =>
		elements && {
			element_list: elements.map(({ name, description, imageUrls }) => ({
				name,
				description,
				// One image is refused, the same one twice is not.
				element_input_urls:
					imageUrls.length < limits.elementImages.min ? [...imageUrls, ...imageUrls] : imageUrls,
			})),
		},
	shots: ({ shots, cameraMovement }) =>
		shots.length > 0 && {
			multi_shot: true,
			shot_type: 'customize',
			multi_prompt: shots.map(({ prompt, durationSeconds }, index) => ({
				index: index + 1,
				prompt: fullPrompt({ prompt, cameraMovement }),
				duration: durationSeconds,
			})),
		},
	shotsKind: ({ shotsKind }) =>
		shotsKind === 'auto' && { multi_shot: true, shot_type: 'intelligence' },
	cameraMovement: inAnotherPart,
	watermark: ({ watermark }) => watermark && { watermark: true },
	moderate: ({ moderate }) => moderate && { nsfw_check: true },
	// The row's own data travels in the address of the callback.
	metadata: inAnotherPart,
};

/**
 * The JSON text of `POST /v1/videos/generations` (APIMart's kling-v3 page, 2026-08).
 *
 * @param imageUrls of the start frame, then of the end frame, if there are any
 */
export function clipBody(
	request: ClipRequest,
	imageUrls: string[],
	callback?: CallbackAddresses,
): string {
	const parts = Object.values(BODY).map((partOf) => partOf(request, imageUrls));
	const body = Object.assign({ model: KLING_V3.id }, ...parts) as IDataObject;
	// The provider ignores keys that it does not know, so it takes whichever of the two it knows.
	const addresses = callback && { webhook: callback.webhook, [CALLBACK_URL]: callback.callbackUrl };
	return JSON.stringify({ ...body, ...addresses });
}

/** The prompt as it is sent: what was typed, and on a line of its own the words of the camera movement. */
export function fullPrompt({
	prompt,
	cameraMovement,
}: Pick<ClipRequest, 'prompt' | 'cameraMovement'>): string {
	return cameraMovement ? `${prompt}\n${cameraMovement}` : prompt;
}

/** Whether the clip's texts and its length stand in its shots, not in the prompt and the duration. */
export function isWrittenInShots(shotsKind: ShotsKind): boolean {
	return shotsKind === 'custom' || shotsKind === 'json';
}

function inAnotherPart(): undefined {
	return undefined;
}
