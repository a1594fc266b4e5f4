import type { Quality } from './request';

/**
 * US dollars per second of finished clip, from APIMart's price page of 2026-08-22 for `kling-v3` (all of them 0.8 x
 * the list price). What an account really pays can differ by its group and discounts: everything that is computed
 * from here is an estimate, and the `cost` that a finished task reports is the truth.
 *
 * Sound is half as much again, except for 4K, where it is included.
 */
export const PRICE_USD_PER_SECOND: Readonly<
	Record<Quality, { readonly silent: number; readonly withAudio: number }>
> = {
	std: { silent: 0.0672, withAudio: 0.1008 },
	pro: { silent: 0.0896, withAudio: 0.1344 },
	'4k': { silent: 0.42856, withAudio: 0.42856 },
};

/** What the price depends on, of a request or of an estimate. */
export interface CostFactors {
	quality: Quality;
	audio: boolean;
	durationSeconds: number;
}

/** Estimated price of one clip in US dollars, rounded to 6 decimals. */
export function estimateCostUsd({ quality, audio, durationSeconds }: CostFactors): number {
	return roundUsd(pricePerSecondUsd({ quality, audio }) * durationSeconds);
}

/** Price of one second in US dollars. */
export function pricePerSecondUsd({
	quality,
	audio,
}: Pick<CostFactors, 'quality' | 'audio'>): number {
	const price = PRICE_USD_PER_SECOND[quality];
	return audio ? price.withAudio : price.silent;
}

/** Money as every output shows it: US dollars rounded to 6 decimals, without the noise of binary fractions. */
export function roundUsd(amountUsd: number): number {
	return Number(amountUsd.toFixed(6));
}
