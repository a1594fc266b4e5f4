/*
 * What must stay true:
 * - N rows give N outcomes in the order of the rows, whatever order the clips end in.
 * - One row's fate never changes another's.
 */
import { roundUsd } from '../apimart/models';
import type { Outcome } from './outcome';
import { pollDelaySeconds } from './pollSchedule';
import { runRound, type RoundRun } from './round';
import type { ClipJob, Run } from './run';
import type { Sheet } from './sheet';
import { keepSlots, slotGivenBack, slotsLeftBeside } from './slots';

let sheets = 0;

/** Brings all rows of a sheet to their end in this process. Rejects only when the run is stopped. */
export async function finishAwake(
	sheet: Sheet,
	run: Run,
	jobs: ClipJob[],
	onRows?: RoundRun['onRows'],
): Promise<Outcome[]> {
	const { apiKey, concurrency } = run;
	// Calls of an agent's tool that run side by side have the same execution, node and run.
	const sheetId = `awake ${++sheets}`;
	const byItem = new Map(jobs.map((job) => [job.itemIndex, job]));
	try {
		const { rows } = await runRound(
			sheet,
			{
				...run,
				onRows,
				jobOf: ({ outcome }) => {
					const job = byItem.get(outcome.itemIndex);
					if (!job) throw new Error('The row has no request');
					return job;
				},
				readDelaySeconds: pollDelaySeconds,
				whyStopped: async () => undefined,
				slots: () => slotsLeftBeside(apiKey, sheetId, concurrency),
				keepSlots: (count) => keepSlots(apiKey, sheetId, count),
				slotGivenBack: async (ended) => await slotGivenBack(apiKey, sheetId, ended),
			},
			{ isUnsaved: true, isAwake: true },
		);
		return rows.map(({ outcome }) => outcome);
	} finally {
		keepSlots(apiKey, sheetId, 0);
	}
}

/** What the jobs that are not yet paid for are estimated to cost, in USD. */
export function openCostUsd(jobs: ClipJob[], run: Pick<Run, 'ledger'>): number {
	const open = jobs.filter(
		({ itemIndex, contentHash }) => run.ledger.find(itemIndex, contentHash)?.state !== 'pending',
	);
	return roundUsd(open.reduce((sum, { estimatedCostUsd }) => sum + estimatedCostUsd, 0));
}
