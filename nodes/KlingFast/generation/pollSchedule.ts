/** How long a clip usually takes: 45 to 90 s (the provider's article), so the first guess is in between. */
const USUAL_SECONDS = 60;
const SHORTEST_DELAY_SECONDS = 3;
const LONGEST_DELAY_SECONDS = 20;
const OVERDUE_DELAY_SECONDS = 5;

export interface PollState {
	/** Since the task was created. */
	elapsedSeconds: number;
	/** 0 to 100, as last told. */
	progress?: number;
	/** The provider's own guess at the whole time. */
	estimatedSeconds?: number;
}

/**
 * Seconds until the next status request. Half of the time that is probably left, so that the requests crowd around the end:
 * six for a clip of 60 s. When the guess has passed, every 5 s at first, then ever more slowly.
 */
export function pollDelaySeconds(state: PollState): number {
	const { elapsedSeconds } = state;
	const leftSeconds = expectedSeconds(state) - elapsedSeconds;
	if (leftSeconds > 1) {
		return Math.min(LONGEST_DELAY_SECONDS, Math.max(SHORTEST_DELAY_SECONDS, leftSeconds / 2));
	}
	const overdueSeconds = Math.max(0, elapsedSeconds - USUAL_SECONDS);
	return Math.min(LONGEST_DELAY_SECONDS, Math.max(OVERDUE_DELAY_SECONDS, overdueSeconds / 12));
}

/**
 * The probable whole time. A told progress is trusted only in the middle (a task can stand at 99 % for minutes), and an
 * estimate only where it is of a video's order (recordings show 600 s for jobs that took 155 s).
 */
function expectedSeconds({ elapsedSeconds, progress, estimatedSeconds }: PollState): number {
	if (progress !== undefined && progress >= 10 && progress <= 95 && elapsedSeconds > 0) {
		return (elapsedSeconds * 100) / progress;
	}
	const isPlausible =
		estimatedSeconds !== undefined && estimatedSeconds >= 5 && estimatedSeconds <= 120;
	return isPlausible ? estimatedSeconds : USUAL_SECONDS;
}
