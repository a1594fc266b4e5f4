/*
 * What must stay true:
 * - A clip starts only while fewer clips of its key are in flight than its own node allows; the count is shared by every
 *   execution in the process, those that sleep in n8n's database included.
 * - Whoever waits for a slot is woken when one is given back, or when what a sleeping sheet keeps has run out: it cannot give slots
 *   back from another process, or when it is deleted, so it keeps them for a limited time and says so anew in every round.
 */
import { createHash } from 'node:crypto';
import { currentClock } from '../clock';

interface Semaphore {
	/** Clips in flight, by the sheet that they belong to. */
	kept: Map<string, { count: number; untilMs: number }>;
	/** Called when the count may have fallen. */
	waiters: Set<() => void>;
}

const semaphores = new Map<string, Semaphore>();

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
	const id = semaphoreId(apiKey);
	const semaphore = semaphores.get(id) ?? { kept: new Map(), waiters: new Set() };
	const before = semaphore.kept.get(sheetId)?.count ?? 0;
	if (count > 0) semaphore.kept.set(sheetId, { count, untilMs });
	else semaphore.kept.delete(sheetId);
	if (semaphore.kept.size > 0) semaphores.set(id, semaphore);
	else semaphores.delete(id);
	if (count < before) for (const wakeUp of [...semaphore.waiters]) wakeUp();
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
	const semaphore = semaphores.get(semaphoreId(apiKey));
	const ends = othersOf(apiKey, sheetId).map(({ untilMs }) => untilMs);
	const nextEndMs = Math.min(...ends);
	await new Promise<void>((resolve) => {
		const wakeUp = () => {
			semaphore?.waiters.delete(wakeUp);
			resolve();
		};
		semaphore?.waiters.add(wakeUp);
		ended.addEventListener('abort', wakeUp, { once: true });
		if (!Number.isFinite(nextEndMs)) return;
		const clock = currentClock();
		clock.sleep(Math.max(0, nextEndMs - clock.nowMs()), ended).then(wakeUp, wakeUp);
	});
}

function othersOf(apiKey: string, sheetId: string) {
	const nowMs = currentClock().nowMs();
	const kept = semaphores.get(semaphoreId(apiKey))?.kept ?? new Map<string, never>();
	for (const [id, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(id);
	return [...kept].filter(([id]) => id !== sheetId).map(([, slots]) => slots);
}

/** Only a hash of the key is kept. */
function semaphoreId(apiKey: string): string {
	return createHash('sha256').update(apiKey).digest('hex');
}
