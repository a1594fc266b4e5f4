/*
 * What must stay true:
 * - A clip starts only while fewer clips of its key are in flight than its own node allows; the count is shared by every
 *   execution in the process, those that sleep in n8n's database included.
 * - Whoever waits for a slot is woken when one is given back, or when what a sleeping sheet keeps has run out: it cannot give slots
 *   back from another process, or when it is deleted, so it keeps them for a limited time and says so anew in every round.
 */
import { createHash } from 'node:crypto';
import { currentClock } from '../clock';

interface Lane {
	/** Clips in flight, by the sheet that they belong to. */
	kept: Map<string, { count: number; untilMs: number }>;
	/** Called when the count may have fallen. */
	waiters: Set<() => void>;
}

const lanes = new Map<string, Lane>();

/**
 * Says how many clips of this key a sheet has in flight, whatever it said before.
 *
 * @param untilMs when the sheet counts for none, unless it is said again
 */
export function keepSlots(
	apiKey: string,
	sheetId: string,
	count: number,
	untilMs = Infinity,
): void {
	const id = laneId(apiKey);
	const lane = lanes.get(id) ?? { kept: new Map(), waiters: new Set() };
	const before = lane.kept.get(sheetId)?.count ?? 0;
	if (count > 0) lane.kept.set(sheetId, { count, untilMs });
	else lane.kept.delete(sheetId);
	if (lane.kept.size > 0) lanes.set(id, lane);
	else lanes.delete(id);
	if (count < before) for (const wake of [...lane.waiters]) wake();
}

/** How many clips of this key may be in flight beside those of all others in this process, by a limit of one's own. */
export function slotsLeftBeside(apiKey: string, sheetId: string, limit: number): number {
	const others = othersOf(apiKey, sheetId);
	return Math.max(0, limit - others.reduce((sum, { count }) => sum + count, 0));
}

/** Resolves when another sheet may have given a slot of this key back, or when the signal is aborted. */
export async function slotGivenBack(
	apiKey: string,
	sheetId: string,
	ended: AbortSignal,
): Promise<void> {
	const lane = lanes.get(laneId(apiKey));
	const ends = othersOf(apiKey, sheetId).map(({ untilMs }) => untilMs);
	const nextEndMs = Math.min(...ends);
	await new Promise<void>((resolve) => {
		const wake = () => {
			lane?.waiters.delete(wake);
			resolve();
		};
		lane?.waiters.add(wake);
		ended.addEventListener('abort', wake, { once: true });
		if (!Number.isFinite(nextEndMs)) return;
		const clock = currentClock();
		clock.sleep(Math.max(0, nextEndMs - clock.nowMs()), ended).then(wake, wake);
	});
}

function othersOf(apiKey: string, sheetId: string) {
	const nowMs = currentClock().nowMs();
	const kept = lanes.get(laneId(apiKey))?.kept ?? new Map<string, never>();
	for (const [id, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(id);
	return [...kept].filter(([id]) => id !== sheetId).map(([, slots]) => slots);
}

/** Only a hash of the key is kept. */
function laneId(apiKey: string): string {
	return createHash('sha256').update(apiKey).digest('hex');
}
