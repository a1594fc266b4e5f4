/*
 * What must stay true:
 * - A slot that was taken is given back exactly once, whatever happens to its clip.
 * - A clip starts only while fewer clips of its key are in flight than its own node allows; the count is shared by every
 *   execution in the process, those that sleep in n8n's database included.
 * - Nobody who could start is left waiting.
 *
 * A sleeping sheet cannot give its slots back from another process, or when it is deleted. So its slots are kept for a limited time,
 * and every round of it in this process keeps them anew.
 */
import { createHash } from 'node:crypto';
import { currentClock, stopReason } from '../clock';

interface Waiter {
	limit: number;
	start: () => void;
	/** Aborted when it waits no more. */
	ended: AbortSignal;
}

interface Lane {
	inFlight: number;
	/** Of sleeping sheets: clips in flight, by sheet. */
	kept: Map<string, { count: number; untilMs: number }>;
	/** In the order in which they came. */
	waiters: Waiter[];
}

const lanes = new Map<string, Lane>();

export type ReleaseSlot = () => void;

/**
 * Waits until fewer than `limit` clips of this key are in flight, counts one more and returns the function that gives the slot
 * back. Rejects with the signal's reason when it is aborted first.
 *
 * @param name of what is shared: the API key, or a text with it in it, of which only a hash is kept
 */
export async function takeSlot(
	name: string,
	limit: number,
	signal?: AbortSignal,
): Promise<ReleaseSlot> {
	if (signal?.aborted) throw stopReason(signal);
	const lane = laneOf(name);
	if (countOf(lane) < limit) lane.inFlight++;
	else await waitInLane(lane, limit, signal);
	let isHeld = true;
	return () => {
		if (!isHeld) return;
		isHeld = false;
		lane.inFlight--;
		startWaiters(lane);
		forgetIfEmpty(name);
	};
}

/**
 * Says how many clips of this key a sheet has in flight, whatever it said before.
 *
 * @param untilMs when the sheet counts for none, unless it is said again
 */
export function keepSlots(name: string, sheetId: string, count: number, untilMs: number): void {
	const lane = laneOf(name);
	if (count > 0) lane.kept.set(sheetId, { count, untilMs });
	else lane.kept.delete(sheetId);
	startWaiters(lane);
	for (const { ended } of lane.waiters) void startWhenKeptEnds(lane, ended);
	forgetIfEmpty(name);
}

/** How many clips of this key may be in flight beside those of all others in this process, by a limit of one's own. */
export function slotsLeftBeside(name: string, sheetId: string, limit: number): number {
	const lane = lanes.get(laneId(name));
	if (!lane) return limit;
	const own = lane.kept.get(sheetId)?.count ?? 0;
	return Math.max(0, limit - (countOf(lane) - own));
}

function laneOf(name: string): Lane {
	const id = laneId(name);
	const lane = lanes.get(id) ?? { inFlight: 0, kept: new Map(), waiters: [] };
	lanes.set(id, lane);
	return lane;
}

function laneId(name: string): string {
	return createHash('sha256').update(name).digest('hex');
}

function forgetIfEmpty(name: string): void {
	const lane = lanes.get(laneId(name));
	if (!lane || lane.inFlight > 0 || lane.waiters.length > 0 || lane.kept.size > 0) return;
	lanes.delete(laneId(name));
}

function countOf(lane: Lane): number {
	const nowMs = currentClock().nowMs();
	let count = lane.inFlight;
	for (const [sheetId, kept] of lane.kept) {
		if (kept.untilMs <= nowMs) lane.kept.delete(sheetId);
		else count += kept.count;
	}
	return count;
}

async function waitInLane(lane: Lane, limit: number, signal?: AbortSignal): Promise<void> {
	const ended = new AbortController();
	await new Promise<void>((resolve, reject) => {
		const onAbort = () => {
			ended.abort();
			lane.waiters.splice(lane.waiters.indexOf(waiter), 1);
			if (signal) reject(stopReason(signal));
		};
		const waiter: Waiter = {
			limit,
			ended: ended.signal,
			start: () => {
				ended.abort();
				signal?.removeEventListener('abort', onAbort);
				resolve();
			},
		};
		lane.waiters.push(waiter);
		signal?.addEventListener('abort', onAbort, { once: true });
		void startWhenKeptEnds(lane, ended.signal);
	});
}

/** What a sheet keeps may end without any call. */
async function startWhenKeptEnds(lane: Lane, ended: AbortSignal): Promise<void> {
	const clock = currentClock();
	while (!ended.aborted && lane.kept.size > 0) {
		const nextEndMs = Math.min(...[...lane.kept.values()].map(({ untilMs }) => untilMs));
		await clock.sleep(Math.max(0, nextEndMs - clock.nowMs()), ended).catch(() => undefined);
		startWaiters(lane);
	}
}

/** Nodes may have different limits: whoever waits with a low one does not hold up those behind with a higher one. */
function startWaiters(lane: Lane): void {
	for (;;) {
		const count = countOf(lane);
		const next = lane.waiters.findIndex((waiter) => count < waiter.limit);
		if (next === -1) return;
		lane.inFlight++;
		const [waiter] = lane.waiters.splice(next, 1);
		waiter.start();
	}
}
