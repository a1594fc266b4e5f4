export type Quality = 'std' | 'pro' | '4k';

/** USD per second of video: APIMart's price centre for kling-v3, 2026-08-22. */
const PRICE_PER_SECOND_USD: Record<Quality, { silent: number; audio: number }> = {
	std: { silent: 0.0672, audio: 0.1008 },
	pro: { silent: 0.0896, audio: 0.1344 },
	// The page lists one price for 4k, with and without sound.
	'4k': { silent: 0.42856, audio: 0.42856 },
};

/** What a finished clip costs, in USD with 6 decimals. */
export function priceUsd(clip: { mode: Quality; duration: number; audio: boolean }) {
	const { silent, audio } = PRICE_PER_SECOND_USD[clip.mode];
	return roundUsd(clip.duration * (clip.audio ? audio : silent));
}

/** Money is kept with 6 decimals, so that sums stay exact. */
export const roundUsd = (usd: number) => Math.round(usd * 1e6) / 1e6;
