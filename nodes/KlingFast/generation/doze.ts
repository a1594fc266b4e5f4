/*
 * What must stay true:
 * - The run falls asleep only when the last submit is decided, and each open task is read once more before that: a callback
 *   that comes while the execution still runs is lost (n8n answers it 409).
 * - Clips that end before that are finished here, with their video.
 */
import { stopReason } from '../clock';
import { makeClips } from './batch';
import { isOpen, lookAgain } from './clip';
import type { Outcome } from './outcome';
import type { ClipJob, PaidRun } from './run';

/**
 * Submits all rows, works off what is above the cap, and comes back when the last one is submitted. Rows for which `isOpen` holds
 * are still being made. Rejects only when the run is stopped.
 */
export async function makeClipsUntilBedtime(jobs: ClipJob[], run: PaidRun): Promise<Outcome[]> {
	const undecided = new Set(jobs.map(({ itemIndex }) => itemIndex));
	const bedtime = new AbortController();
	const outcomes = await makeClips(jobs, {
		...run,
		bedtime: {
			signal: bedtime.signal,
			submitDecided: (itemIndex) => {
				undecided.delete(itemIndex);
				if (undecided.size === 0) bedtime.abort(new Error('All clips are submitted'));
			},
		},
	});
	return await lastLook(outcomes, jobs, run);
}

/**
 * Downloads take time in which other clips end unheard, so after each there is another look. A look that does not come through
 * is repeated: for a clip that has ended it is the last one before the time limit.
 */
async function lastLook(outcomes: Outcome[], jobs: ClipJob[], run: PaidRun): Promise<Outcome[]> {
	let current = outcomes;
	for (;;) {
		const looked = await Promise.all(
			current.map(async (outcome, index) => {
				if (!isOpen(outcome)) return outcome;
				return await lookAgain(outcome, jobs[index], run, { isPatient: true });
			}),
		);
		if (run.signal?.aborted) throw stopReason(run.signal);
		const hasDownloaded = looked.some(({ binary }, index) => binary && !current[index].binary);
		current = looked;
		if (!hasDownloaded || !current.some(isOpen)) return current;
	}
}
