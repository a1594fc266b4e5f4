import type { Sandbox } from '../sandbox';
import type { Bed, Contender } from './contenders';
import type { Meter, Reading, Stretch } from './meter';
import { quantile, sumOf } from './statistics';
import {
	benchRows,
	bestMakespanSeconds,
	clipSecondsOf,
	roundsSeconds,
	SEED,
	type Round,
} from './rows';

/** The provider's own limit in the sandbox, and the default of Clips at the Same Time. */
export const CAP = 5;
/** The workflow in which a sleeping sheet makes its clips. */
const WORKER_NAME = 'Kling Fast sheet: clips';

export type Figures = Awaited<ReturnType<typeof measure>>;

/**
 * Lets a contender make the clips of a round, and looks on. Seconds are the provider's (clock
 * seconds times the speed) where nothing else is said.
 */
export async function measure(contender: Contender, round: Round, bed: Bed, meter: Meter) {
	const { host, sandbox, speed } = bed;
	const { ledger } = sandbox;
	const { clipSeconds, items } = benchRows(round.rows, round.megabytes, SEED);
	const workflowId = await host.importWorkflow(await contender.workflow(items, bed));
	sandbox.reset();
	const before = await meter.reset();
	const each = Array.from({ length: round.executions });
	const allSeconds = each.flatMap(() => clipSeconds);
	const timeoutSeconds = (sumOf(allSeconds) * 4) / speed + 120;
	const ids = await Promise.all(each.map(async () => await host.run(workflowId)));
	const after = await meter.waitForEnd(ids, timeoutSeconds);
	for (const id of ids) await refuseFailure(id, bed);
	const families = ids.map((id) => familyOf(id, after));
	const stretches = after.stretches.filter(({ executionId }) => ids.includes(executionId));
	const endMs = Math.max(...stretches.map(({ untilMs = NaN }) => untilMs));
	const startMs = Math.min(...stretches.map(({ fromMs }) => fromMs));
	const makespanSeconds = (endMs - startMs) * (speed / 1000);
	const clipsMade = ledger.charges().length;
	const lags = lagsSeconds(sandbox, speed);
	const placeMs = sumOf(families.map((family) => coveredMs(family.stretches)));
	const isAsleep = families.every(({ worker }) => worker !== undefined);
	return {
		contender: contender.name,
		/** How many times as fast as real time. */
		speed,
		...round,
		clipsMade,
		makespanSeconds,
		/** Makespan over `ceil(N / 5) x T`. */
		overRounds: makespanSeconds / roundsSeconds(allSeconds, CAP),
		/** Makespan over the best that these very clips allow, five at a time. */
		overBest: makespanSeconds / bestMakespanSeconds(allSeconds, CAP),
		lagMedianSeconds: quantile(lags, 0.5),
		lagP95Seconds: quantile(lags, 0.95),
		/** Status reads. */
		readsPerClip: ledger.polls().length / clipsMade,
		/** Submits that were answered 429. */
		refusedSubmits: ledger.submits().filter(({ status }) => status === 429).length,
		/** Resident memory at its highest, less that of the idle process before. */
		peakOverIdleMb: (after.peakBytes - before.rssBytes) / 1e6,
		/** Of n8n's process, real seconds. */
		cpuSecondsPerClip: (after.cpuSeconds - before.cpuSeconds) / clipsMade,
		/** How long an execution, or one that it started, occupied a place in the process. Real seconds where it sleeps: no wait is in them. */
		placeSecondsPerClip: ((placeMs / 1000) * (isAsleep ? 1 : speed)) / clipsMade,
		/** Where the execution waits in n8n's database. */
		...(isAsleep && { asleep: asleepFigures(families, sandbox, clipsMade) }),
	};
}

/** A benchmark of something that does not work would be worth nothing. */
async function refuseFailure(id: string, { host }: Bed): Promise<void> {
	const { status, error } = await host.waitForEnd(id);
	if (status === 'success') return;
	throw new Error(`Execution ${id} ended as ${status}: ${error ?? 'no reason given'}`);
}

/** For each clip: from the moment when the provider was done with it to the first status read that could say so. */
function lagsSeconds({ ledger }: Sandbox, speed: number): number[] {
	return ledger.accepted().map(({ at, body, taskId }) => {
		const { prompt } = body as { prompt?: unknown };
		const doneMs = Date.parse(at) + (clipSecondsOf(String(prompt)) * 1000) / speed;
		const reads = ledger.polls(taskId).map((read) => Date.parse(read.at));
		const firstMs = Math.min(...reads.filter((readMs) => readMs >= doneMs));
		return ((firstMs - doneMs) / 1000) * speed;
	});
}

type Family = ReturnType<typeof familyOf>;

/** An execution with all that it started, and the one of these that makes the clips of a sheet that sleeps. */
export function familyOf(
	executionId: string,
	{ stretches, saves }: Pick<Reading, 'stretches' | 'saves'>,
) {
	const ids = new Set([executionId]);
	for (const { executionId: id, parentId = '' } of stretches) if (ids.has(parentId)) ids.add(id);
	const own = stretches.filter(({ executionId: id, untilMs }) => ids.has(id) && untilMs);
	return {
		stretches: own,
		saves: saves.filter(({ executionId: id }) => ids.has(id)),
		worker: own.find(({ name }) => name === WORKER_NAME)?.executionId,
	};
}

function asleepFigures(families: Family[], { ledger }: Sandbox, clips: number) {
	const begun = ledger.accepted().slice(0, CAP);
	// The first stretch of a family is that of the sheet's own execution.
	const waiting = families.map(({ stretches: [own] }) => own.untilMs ?? NaN);
	const saves = families.flatMap((family) => family.saves);
	const workers = families.map(({ worker }) => worker);
	const isOfWorker = ({ executionId }: { executionId: string }) => workers.includes(executionId);
	const savedBytes = saves.filter(isOfWorker).map(({ bytes }) => bytes);
	const rounds = families.flatMap(({ stretches }) => stretches.filter(isOfWorker));
	const callbacks = ledger.callbacks();
	const begunMs = Math.max(...begun.map(({ at }) => Date.parse(at)));
	return {
		/** From the last of the submits that begin the sheet until the execution is saved as waiting: real seconds. */
		waitingAfterSeconds: (Math.max(...waiting) - begunMs) / 1000,
		roundsPerClip: rounds.length / clips,
		callbacks: callbacks.length,
		/** Callbacks that came while a round was at work: n8n answers 409. */
		refusedCallbacks: callbacks.filter(({ status }) => status === 409).length,
		/** Saved of the execution that makes the clips, each time that n8n saves it. */
		savedBytesMedian: quantile(savedBytes, 0.5),
		savedBytesMost: Math.max(...savedBytes),
		/** Saved of all executions of the sheet together. */
		savedBytesPerClip: sumOf(saves.map(({ bytes }) => bytes)) / clips,
	};
}

/** Time in which at least one of these lasts: an execution that another one starts works in its place. */
export function coveredMs(stretches: Array<Pick<Stretch, 'fromMs' | 'untilMs'>>): number {
	let coveredMs = 0;
	let endMs = 0;
	for (const { fromMs, untilMs = NaN } of [...stretches].sort((a, b) => a.fromMs - b.fromMs)) {
		coveredMs += Math.max(0, untilMs - Math.max(fromMs, endMs));
		endMs = Math.max(endMs, untilMs);
	}
	return coveredMs;
}
