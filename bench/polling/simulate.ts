import { Random } from '../../sandbox/random';
import { quantile, sumOf } from '../statistics';
import type { Schedule } from './schedules';
import type { Teller, Told } from './tellers';

export type Summary = ReturnType<typeof summaryOf>;

/** Requests for one clip, and the seconds from the moment it was ready to the request that saw it. */
interface Poll {
	reads: number;
	lagSeconds: number;
}

/**
 * Asks for one clip as the polling does, with every delay spread by a tenth either way. An answer takes no time here.
 * @param spread 0 to 1 for each delay
 */
export function poll(
	clipSeconds: number,
	{ delaySeconds }: Pick<Schedule, 'delaySeconds'>,
	tell: Teller,
	spread: () => number,
): Poll {
	let elapsedSeconds = 0;
	let told: Told = {};
	for (let reads = 0; ;) {
		elapsedSeconds += delaySeconds({ elapsedSeconds, reads, ...told }) * (0.9 + 0.2 * spread());
		reads++;
		if (elapsedSeconds >= clipSeconds) return { reads, lagSeconds: elapsedSeconds - clipSeconds };
		told = tell(elapsedSeconds, clipSeconds);
	}
}

/** Asks for each of the clips, which take so many seconds; the same for the same seed. */
export function simulate(
	clipSeconds: number[],
	schedule: Pick<Schedule, 'delaySeconds'>,
	tell: Teller,
	seed: number,
): Summary {
	const random = new Random(seed);
	const pollOne = (seconds: number) => poll(seconds, schedule, tell, () => random.fraction());
	return summaryOf(clipSeconds.map(pollOne));
}

export function summaryOf(polls: Poll[]) {
	const lags = polls.map(({ lagSeconds }) => lagSeconds);
	const reads = polls.map((each) => each.reads);
	return {
		readsPerClip: sumOf(reads) / reads.length,
		mostReads: quantile(reads, 1),
		medianLagSeconds: quantile(lags, 0.5),
		p95LagSeconds: quantile(lags, 0.95),
	};
}
