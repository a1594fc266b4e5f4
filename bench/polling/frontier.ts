import { PEAK_SECONDS, USUAL_SECONDS } from '../clipTimes';
import { sumOf } from '../statistics';
import { summaryOf, type Summary } from './simulate';

/** Moments at which the best schedule may ask lie so far apart. */
const STEP_SECONDS = 0.5;
/** What a request may weigh, in seconds of lag: from careless to thrifty. */
const WEIGHTS_SECONDS = Array.from({ length: 25 }, (_, index) => 0.02 * 1.28 ** index);

/**
 * As good as a schedule can be that knows how long these clips take, and nothing of this one: for each weight of a request the moments that
 * make mean lag + weight x requests the least (dynamic programming from the last moment back), tried on these clips.
 */
export function frontier(clipSeconds: number[]): Summary[] {
	const moments = momentsOf(clipSeconds);
	return WEIGHTS_SECONDS.map((weight) => {
		const atSeconds = bestMoments(moments, weight);
		return summaryOf(
			clipSeconds.map((seconds) => {
				const index = atSeconds.findIndex((at) => at >= seconds);
				return { reads: index + 1, lagSeconds: atSeconds[index] - seconds };
			}),
		);
	});
}

/** When to ask, in seconds; the last is the moment at which every clip is ready. */
function bestMoments(moments: ReturnType<typeof momentsOf>, weight: number): number[] {
	const last = moments.length - 1;
	const cost = moments.map(() => Infinity);
	const next = moments.map(() => last);
	cost[last] = 0;
	for (let from = last - 1; from >= 0; from--) {
		for (let to = from + 1; to <= last; to++) {
			const ready = moments[to].ready - moments[from].ready;
			const readyTime = moments[to].readyTime - moments[from].readyTime;
			const lag = moments[to].atSeconds * ready - readyTime;
			const whole = lag + weight * (1 - moments[from].ready) + cost[to];
			if (whole >= cost[from]) continue;
			cost[from] = whole;
			next[from] = to;
		}
	}
	const chosen: number[] = [];
	for (let index = next[0]; ; index = next[index]) {
		chosen.push(moments[index].atSeconds);
		if (index === last) return chosen;
	}
}

function momentsOf(clipSeconds: number[]) {
	const count = Math.round((PEAK_SECONDS.until - USUAL_SECONDS.from) / STEP_SECONDS);
	return Array.from({ length: count + 1 }, (_, index) => {
		const atSeconds = USUAL_SECONDS.from + index * STEP_SECONDS;
		const ready = clipSeconds.filter((seconds) => seconds <= atSeconds);
		return {
			atSeconds,
			/** Share of the clips that are ready by then, and of their times the sum over all clips. */
			ready: ready.length / clipSeconds.length,
			readyTime: sumOf(ready) / clipSeconds.length,
		};
	});
}
