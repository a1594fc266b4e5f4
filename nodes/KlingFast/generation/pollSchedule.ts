/** An early look for quick clips: it also brings the provider's progress and estimate. */
const EARLY_LOOKS_SECONDS = [5, 25];
/** No clip of the provider's article is ready before 45 s, and those of peak hours take 150 s. */
export const FIRST_EXPECTED_SECONDS = 47;
const LAST_EXPECTED_SECONDS = 152;
/** So the middle clip is noticed 2.5 s late. The provider's own advice ends with this gap too. */
const GAP_SECONDS = 5;
/** So near a moment of the plan, a request (moved by the spread, or caused by progress) takes its place. */
const NEAR_SECONDS = GAP_SECONDS / 2;
/** Requests beyond the plan that the provider's progress and estimate may cause. */
const EXTRA_READS = 2;
const SHORTEST_DELAY_SECONDS = 1;
const LONGEST_EARLY_DELAY_SECONDS = 25;
const LONGEST_LATE_DELAY_SECONDS = 20;

/** A sleeping sheet is woken by callbacks, or about once a minute: the time of n8n's own timers. */
const ASLEEP_GAP_SECONDS = 60;
const ASLEEP_SHORTEST_SECONDS = 5;

const PLAN_SECONDS = planSeconds();

export interface PollState {
	/** Since the task was created. */
	elapsedSeconds: number;
	/** Status requests that were made for it in this time. */
	reads: number;
	/** 0 to 100, as of the last read. */
	progress?: number;
	/** The provider's own guess at the whole time. */
	estimatedSeconds?: number;
}

/**
 * Seconds until the next status request. The plan: at 5 and 25 s, from 47 s on every 5 s, after 152 s after a thirtieth of the
 * time that went by (20 s at most). So a clip of 60 s is asked for six times. Its progress and estimate only ever bring a
 * request forward, to the moment at which the clip should be ready. Progress can stand still at any number and estimates are
 * far off (recordings show 600 s for a job of 155 s): being wrong costs two requests and hardly any time. `npm run bench:polling`
 * compares this with other schedules.
 */
export function pollDelaySeconds(state: PollState): number {
	const { elapsedSeconds, reads } = state;
	const planned = PLAN_SECONDS.findIndex((at) => elapsedSeconds < at - NEAR_SECONDS);
	if (planned === -1) {
		return Math.max(GAP_SECONDS, Math.min(LONGEST_LATE_DELAY_SECONDS, elapsedSeconds / 30));
	}
	const usual = Math.min(LONGEST_EARLY_DELAY_SECONDS, PLAN_SECONDS[planned] - elapsedSeconds);
	const leftSeconds = toldTotalSeconds(state) - elapsedSeconds;
	if (leftSeconds <= 0 || reads >= planned + EXTRA_READS) return usual;
	// A little later than estimated: the spread of a tenth must not lead to a request just before the end.
	return Math.min(usual, Math.max(SHORTEST_DELAY_SECONDS, leftSeconds * 1.1 + 0.5));
}

/**
 * Seconds until a sleeping sheet should look at a clip by itself: when the first clips are ready, and then once a minute. The
 * provider's progress brings a look forward, twice at most, so that a callback that came while the sheet was at work (n8n refuses
 * it then, and APIMart does not repeat it) is made up for in the next round.
 */
export function asleepDelaySeconds(state: PollState): number {
	const { elapsedSeconds, reads, progress } = state;
	if (reads === 0) return Math.max(0, FIRST_EXPECTED_SECONDS - elapsedSeconds);
	const leftSeconds = progress ? (elapsedSeconds * 100) / progress - elapsedSeconds : 0;
	if (leftSeconds <= 0 || reads > EXTRA_READS) return ASLEEP_GAP_SECONDS;
	const soon = Math.max(ASLEEP_SHORTEST_SECONDS, leftSeconds * 1.1 + 0.5);
	return Math.min(ASLEEP_GAP_SECONDS, soon);
}

function planSeconds(): number[] {
	const moments = [...EARLY_LOOKS_SECONDS];
	for (let at = FIRST_EXPECTED_SECONDS; at <= LAST_EXPECTED_SECONDS; at += GAP_SECONDS) {
		moments.push(at);
	}
	return moments;
}

/** The whole time by what the provider says, 0 where it says nothing: its progress where there is any, else its estimate. */
function toldTotalSeconds({ elapsedSeconds, progress, estimatedSeconds }: PollState): number {
	if (progress !== undefined && progress > 0) return (elapsedSeconds * 100) / progress;
	return estimatedSeconds ?? 0;
}
