import type { CallbackAddresses } from './callback';

/** The body's field with the exact callback address. */
export const CALLBACK_URL = 'callback_url';

/** A clip in the provider's terms, minus their spelling. */
export interface SubmitParameters {
	/** Left out of the body where empty: with written shots the provider takes none. */
	prompt: string;
	negativePrompt?: string;
	quality: string;
	durationSeconds: number;
	aspectRatio: string;
	audio: boolean;
	/** First frame, then last frame. */
	imageUrls: string[];
	shots: Array<{ prompt: string; durationSeconds: number }>;
	/** Whether the provider splits the prompt into shots by itself. */
	splitIntoShots: boolean;
	watermark: boolean;
	moderate: boolean;
}

/**
 * The JSON text of `POST /v1/videos/generations` (APIMart's kling-v3 page, 2026-08). `duration` is a number without quotes and
 * `audio` is always spelled out, because the provider's default (silent) is not ours. The same parameters give the
 * same bytes.
 */
export function submitBody(parameters: SubmitParameters, callback?: CallbackAddresses): string {
	const { prompt, negativePrompt, imageUrls, shots, splitIntoShots } = parameters;
	return JSON.stringify({
		model: 'kling-v3',
		...(prompt !== '' && { prompt }),
		...(negativePrompt && { negative_prompt: negativePrompt }),
		mode: parameters.quality,
		duration: parameters.durationSeconds,
		aspect_ratio: parameters.aspectRatio,
		audio: parameters.audio,
		...(imageUrls.length > 0 && { image_urls: imageUrls }),
		...(shots.length > 0 && {
			multi_shot: true,
			shot_type: 'customize',
			multi_prompt: shots.map((shot, index) => ({
				index: index + 1,
				prompt: shot.prompt,
				duration: shot.durationSeconds,
			})),
		}),
		...(splitIntoShots && { multi_shot: true, shot_type: 'intelligence' }),
		...(parameters.watermark && { watermark: true }),
		...(parameters.moderate && { nsfw_check: true }),
		// Unknown keys are ignored by the provider, so whichever of the two names it honours leads home.
		...(callback && { webhook: callback.webhook, [CALLBACK_URL]: callback.callbackUrl }),
	});
}
