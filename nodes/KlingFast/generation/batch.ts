/*
 * What must stay true:
 * - N jobs give N outcomes in the order of the jobs, whatever order the clips end in.
 * - One job's fate never changes another's.
 */
import { stopReason } from '../clock';
import { makeClip } from './clip';
import { roundUsd } from './cost';
import type { Outcome } from './outcome';
import type { ClipJob, PaidRun, Run } from './run';

/** Makes all clips, as many at a time as the run allows. Rejects only when the run is stopped. */
export async function makeClips(jobs: ClipJob[], run: PaidRun): Promise<Outcome[]> {
	return await together(jobs, run, async (job) => await makeClip(job, run));
}

/** Runs `work` for every row at once (each takes its own slot) and waits until the last one has ended. */
export async function together<Row>(
	rows: Row[],
	run: Run,
	work: (row: Row) => Promise<Outcome>,
): Promise<Outcome[]> {
	const settled = await Promise.allSettled(rows.map(async (row) => await work(row)));
	if (run.signal?.aborted) throw stopReason(run.signal);
	return settled.map((result) => {
		if (result.status === 'fulfilled') return result.value;
		throw result.reason;
	});
}

/** What the jobs that are not yet paid for are estimated to cost, in USD. */
export function openCostUsd(jobs: ClipJob[], run: Pick<PaidRun, 'ledger'>): number {
	const open = jobs.filter(
		({ itemIndex, contentHash }) => run.ledger.find(itemIndex, contentHash)?.state !== 'sent',
	);
	return roundUsd(open.reduce((sum, { estimatedCostUsd }) => sum + estimatedCostUsd, 0));
}
