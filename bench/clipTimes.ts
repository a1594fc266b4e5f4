import { Random } from '../sandbox/random';

/** Seconds in which a clip of 5 s is usually made, by the provider's article. */
export const USUAL_SECONDS = { from: 45, until: 90 };
/** And at the latest at peak hours. */
export const PEAK_SECONDS = { from: 90, until: 150 };
/** The article tells no share. With this one the middle clip takes about 71 s and every seventh is late. */
const PEAK_SHARE = 0.15;

/**
 * How long `count` clips take to be made: 45.0 to 150.0 s, in whole tenths of a second; the same for the same seed, and a longer list
 * begins like a shorter one.
 */
export function clipTimes(count: number, seed: number): number[] {
	const random = new Random(seed);
	return Array.from({ length: count }, () => {
		const { from, until } = random.fraction() < PEAK_SHARE ? PEAK_SECONDS : USUAL_SECONDS;
		return Math.round(random.between(from, until) * 10) / 10;
	});
}
