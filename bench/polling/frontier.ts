import { PEAK_SECONDS, PEAK_SHARE, USUAL_SECONDS } from '../clipTimes';
import { summaryOf, type Summary } from './simulate';

/** Moments at which the best schedule may ask lie so far apart. */
const STEP_SECONDS = 0.5;
/** What a request may weigh, in seconds of lag: from careless to thrifty. */
const WEIGHTS_SECONDS = Array.from({ length: 25 }, (_, index) => 0.02 * 1.28 ** index);

/**
 * As good as a schedule can be that knows how long clips take, and nothing of this one: for each weight of a request the moments that
 * make mean lag + weight x requests the least (dynamic programming from the last moment back), tried on these clips.
 */
export function frontier(clipSeconds: number[]): Summary[] {
	const moments = allMoments();
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
function bestMoments(moments: ReturnType<typeof allMoments>, weight: number): number[] {
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

function allMoments() {
	const { from } = USUAL_SECONDS;
	const count = Math.round((PEAK_SECONDS.until - from) / STEP_SECONDS);
	return Array.from({ length: count + 1 }, (_, index) => {
		const atSeconds = from + index * STEP_SECONDS;
		const usual = until(atSeconds, USUAL_SECONDS, 1 - PEAK_SHARE);
		const peak = until(atSeconds, PEAK_SECONDS, PEAK_SHARE);
		return {
			atSeconds,
			/** Share of the clips that are ready by then, and their mean time up to then: sum of (share x time). */
			ready: usual.ready + peak.ready,
			readyTime: usual.readyTime + peak.readyTime,
		};
	});
}

/** Of clips that are spread evenly over a range: which share is ready, and the sum of their times. */
function until(atSeconds: number, range: { from: number; until: number }, share: number) {
	const reached = Math.min(range.until, Math.max(range.from, atSeconds));
	const ready = (share * (reached - range.from)) / (range.until - range.from);
	return { ready, readyTime: (ready * (range.from + reached)) / 2 };
}
