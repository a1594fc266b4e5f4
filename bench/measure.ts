import type { Sandbox } from '../sandbox';
import type { RequestEntry } from '../sandbox/ledgerEntries';
import type { Bed, Contender } from './contenders';
import type { Meter, Stretch } from './meter';
import { bestMakespanSeconds, clipSecondsOf, roundsSeconds, type Rows } from './rows';

/** The provider's own limit in the sandbox, and the default of Clips at the Same Time. */
export const CAP = 5;

/** What one run told. Seconds are the provider's: clock seconds times the speed, but for the processor's. */
export interface Figures {
	contender: string;
	/** Rows of each execution, and how many executions there were side by side. */
	rows: number;
	executions: number;
	megabytes: number;
	clipsMade: number;
	makespanSeconds: number;
	/** Makespan over `ceil(N / 5) x T`. */
	overRounds: number;
	/** Makespan over the best that these very clips allow, five at a time. */
	overBest: number;
	lagMedianSeconds: number;
	lagP95Seconds: number;
	/** Submits and status reads together, without the file. */
	requestsPerClip: number;
	/** Submits that were answered 429. */
	refusedSubmits: number;
	/** Resident memory at its highest, less that of the idle process before. */
	peakOverIdleMb: number;
	/** Of n8n's process, real seconds. */
	cpuSecondsPerClip: number;
	/** How long an execution occupied a place in the process, per clip. */
	slotSecondsPerClip: number;
	/** Where an execution slept: real milliseconds from the end of the last clip to the first moment of the run that goes on. */
	wakeMs?: number;
}

/** Lets a contender make the clips of these rows, in so many executions side by side, and looks on. */
export async function measure(
	contender: Contender,
	rows: Rows,
	bed: Bed,
	meter: Meter,
	{ executions = 1, megabytes }: { executions?: number; megabytes: number },
): Promise<Figures> {
	const { host, sandbox, speed } = bed;
	const workflow = await contender.workflow(rows.items, bed);
	const workflowId = await host.importWorkflow(workflow);
	sandbox.reset();
	const before = await meter.reset();
	const allSeconds = Array.from({ length: executions }, () => rows.clipSeconds).flat();
	const timeoutSeconds = (sumOf(allSeconds) * 4) / speed + 120;
	const ids = await Promise.all(
		Array.from({ length: executions }, async () => await host.run(workflowId)),
	);
	const after = await meter.waitForEnd(ids, timeoutSeconds);
	await refuseFailures(ids, bed, after.stretches);
	const stretches = after.stretches.filter(({ executionId }) => ids.includes(executionId));
	const makespanSeconds = spanMs(stretches) * (speed / 1000);
	const clipsMade = sandbox.ledger.charges().length;
	const submits = sandbox.ledger.submits();
	const requests = submits.length + sandbox.ledger.polls().length;
	const lags = lagsSeconds(sandbox, speed);
	const wakeMs = wakeMsOf(stretches, sandbox, speed);
	return {
		contender: contender.name,
		rows: rows.items.length,
		executions,
		megabytes,
		clipsMade,
		makespanSeconds,
		overRounds: makespanSeconds / roundsSeconds(allSeconds, CAP),
		overBest: makespanSeconds / bestMakespanSeconds(allSeconds, CAP),
		lagMedianSeconds: quantile(lags, 0.5),
		lagP95Seconds: quantile(lags, 0.95),
		requestsPerClip: requests / clipsMade,
		refusedSubmits: submits.filter(({ status }) => status === 429).length,
		peakOverIdleMb: (after.peakBytes - before.rssBytes) / 1e6,
		cpuSecondsPerClip: (after.cpuSeconds - before.cpuSeconds) / clipsMade,
		slotSecondsPerClip: (sumOf(stretches.map(lengthMs)) * (speed / 1000)) / clipsMade,
		...(executions === 1 && stretches.length > 1 && { wakeMs }),
	};
}

/** A benchmark of something that does not work would be worth nothing. */
async function refuseFailures(ids: string[], { host }: Bed, stretches: Stretch[]): Promise<void> {
	for (const id of ids) {
		const { status, error } = await host.waitForEnd(id);
		const ran = stretches.filter(({ executionId }) => executionId === id);
		if (status !== 'success' || ran.length === 0) {
			throw new Error(`Execution ${id} ended as ${status}: ${error ?? 'no reason given'}`);
		}
	}
}

/** For each clip: from the moment when it was done to the first status read that could say so. */
function lagsSeconds({ ledger }: Sandbox, speed: number): number[] {
	return ledger.accepted().map((submit) => {
		const doneMs = doneMsOf(submit, speed);
		const reads = ledger.polls(submit.taskId).map(({ at }) => Date.parse(at));
		const firstMs = Math.min(...reads.filter((readMs) => readMs >= doneMs));
		return ((firstMs - doneMs) / 1000) * speed;
	});
}

function wakeMsOf(stretches: Stretch[], { ledger }: Sandbox, speed: number): number {
	const lastDoneMs = Math.max(...ledger.accepted().map((submit) => doneMsOf(submit, speed)));
	return Math.max(...stretches.map(({ fromMs }) => fromMs)) - lastDoneMs;
}

/** When the provider was done with the clip of this submit. */
function doneMsOf({ at, body }: RequestEntry, speed: number): number {
	const { prompt } = body as { prompt?: unknown };
	return Date.parse(at) + (clipSecondsOf(String(prompt)) * 1000) / speed;
}

/** From the first beginning to the last end. */
function spanMs(stretches: Stretch[]): number {
	const ends = stretches.map(({ untilMs = NaN }) => untilMs);
	return Math.max(...ends) - Math.min(...stretches.map(({ fromMs }) => fromMs));
}

function lengthMs({ fromMs, untilMs = NaN }: Stretch): number {
	return untilMs - fromMs;
}

export function quantile(numbers: number[], share: number): number {
	const sorted = [...numbers].sort((left, right) => left - right);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function sumOf(numbers: number[]): number {
	return numbers.reduce((sum, number) => sum + number, 0);
}
