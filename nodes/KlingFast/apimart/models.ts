/**
 * What the product knows of each model of APIMart: a sibling model is one more object like this one.
 *
 * - Prices: US dollars per second of finished clip, from APIMart's price page of 2026-08-22 (all of them 0.8 x the list price). What an
 *   account really pays can differ by its group and discounts: what is computed from here is an estimate, and the `cost` that a
 *   finished task reports is the truth. Sound is half as much again, except for 4K, where it is included.
 * - Limits: durations, shots and their prompts are those of APIMart's kling-v3 page, 2026-08. The page names no length for prompts;
 *   2,500 is what APIMart's own article and its sibling models say. Elements: the same page; one image is refused, twice the same is
 *   not (seen on the omni sibling, 2026-11).
 */
export const KLING_V3 = {
	id: 'kling-v3',
	usdPerSecond: {
		std: { silent: 0.0672, withAudio: 0.1008 },
		pro: { silent: 0.0896, withAudio: 0.1344 },
		'4k': { silent: 0.42856, withAudio: 0.42856 },
	},
	limits: {
		durationSeconds: { min: 3, max: 15 },
		shots: 6,
		shotSeconds: { min: 1, max: 15 },
		shotPromptCharacters: 512,
		promptCharacters: 2500,
		negativePromptCharacters: 2500,
		elements: 3,
		elementImages: { min: 2, max: 4 },
	},
} as const;

export type Quality = keyof typeof KLING_V3.usdPerSecond;

/** What the price of a second depends on, of a request or of an estimate. */
interface Priced {
	quality: Quality;
	audio: boolean;
}

export function estimateCostUsd(clip: Priced & { durationSeconds: number }): number {
	return roundUsd(pricePerSecondUsd(clip) * clip.durationSeconds);
}

export function pricePerSecondUsd({ quality, audio }: Priced): number {
	const price = KLING_V3.usdPerSecond[quality];
	return audio ? price.withAudio : price.silent;
}

/** Money as every output shows it: US dollars rounded to 6 decimals, without the noise of binary fractions. */
export function roundUsd(amountUsd: number): number {
	return Number(amountUsd.toFixed(6));
}
