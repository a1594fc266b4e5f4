/** The first look is early: it brings the provider's estimate, and quick clips are not kept waiting. */
const FIRST_LOOK_SECONDS = 5;
/** Clips usually take 45 to 90 s (the provider's article): in that time one can be ready at any moment. */
const USUALLY_READY_FROM_SECONDS = 45;
const USUALLY_READY_UNTIL_SECONDS = 90;
const READY_DELAY_SECONDS = 5;
const SHORTEST_DELAY_SECONDS = 3;
const SHORT_REST_SECONDS = 6;
const LONGEST_DELAY_SECONDS = 20;

export interface PollState {
	/** Since the task was created. */
	elapsedSeconds: number;
	/** 0 to 100, as last told. */
	progress?: number;
	/** The provider's own guess at the whole time. */
	estimatedSeconds?: number;
}

/**
 * Seconds until the next status request: one at 5 s, few before 45 s, one every 5 s until 90 s, then ever fewer. That is six to
 * eight for a clip of 60 s, noticed about 2.5 s late. What the provider tells can only shorten a delay: progress can
 * stand still at any number, and estimates are far off (recordings show 600 s for a job of 155 s).
 */
export function pollDelaySeconds(state: PollState): number {
	const usual = usualDelaySeconds(state.elapsedSeconds);
	const leftSeconds = toldTotalSeconds(state) - state.elapsedSeconds;
	if (leftSeconds <= 0) return usual;
	// Half of a long rest, because it may be wrong; the whole of a short one, so as not to ask just before the end.
	const told = leftSeconds > SHORT_REST_SECONDS ? leftSeconds / 2 : leftSeconds + 1;
	return Math.min(usual, Math.max(shortestDelaySeconds(state.elapsedSeconds), told));
}

/** A progress that stands at 91 % from the beginning must not cause a request every 3 s for a minute. */
function shortestDelaySeconds(elapsedSeconds: number): number {
	const isEarly = elapsedSeconds < USUALLY_READY_FROM_SECONDS;
	return isEarly ? Math.max(SHORTEST_DELAY_SECONDS, elapsedSeconds / 4) : SHORTEST_DELAY_SECONDS;
}

function usualDelaySeconds(elapsedSeconds: number): number {
	const untilFirstLook = FIRST_LOOK_SECONDS - elapsedSeconds;
	if (untilFirstLook > 1) return Math.min(LONGEST_DELAY_SECONDS, untilFirstLook);
	const growing = (elapsedSeconds / USUALLY_READY_UNTIL_SECONDS) * READY_DELAY_SECONDS;
	const untilReady = USUALLY_READY_FROM_SECONDS - elapsedSeconds;
	return Math.min(LONGEST_DELAY_SECONDS, Math.max(READY_DELAY_SECONDS, untilReady, growing));
}

/** The whole time by what the provider says, 0 where it says nothing: its progress (in the middle), else its estimate. */
function toldTotalSeconds({ elapsedSeconds, progress, estimatedSeconds }: PollState): number {
	if (progress !== undefined && progress >= 10 && progress <= 95) {
		return (elapsedSeconds * 100) / progress;
	}
	return estimatedSeconds ?? 0;
}
