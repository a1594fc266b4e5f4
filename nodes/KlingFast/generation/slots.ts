/*
 * What must stay true:
 * - A slot that was taken is given back exactly once, whatever happens to its clip.
 * - A clip starts only while fewer clips of its key are in flight than its own node allows; the count is shared by every
 *   execution in the process.
 * - Nobody who could start is left waiting.
 */
import { createHash } from 'node:crypto';
import { stopReason } from '../clock';

interface Waiter {
	limit: number;
	start: () => void;
}

interface Lane {
	inFlight: number;
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
	const laneId = createHash('sha256').update(name).digest('hex');
	const lane = lanes.get(laneId) ?? { inFlight: 0, waiters: [] };
	lanes.set(laneId, lane);
	if (lane.inFlight < limit) lane.inFlight++;
	else await waitInLane(lane, limit, signal);
	let isHeld = true;
	return () => {
		if (!isHeld) return;
		isHeld = false;
		lane.inFlight--;
		startWaiters(lane);
		if (lane.inFlight === 0 && lane.waiters.length === 0) lanes.delete(laneId);
	};
}

async function waitInLane(lane: Lane, limit: number, signal?: AbortSignal): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const onAbort = () => {
			lane.waiters.splice(lane.waiters.indexOf(waiter), 1);
			if (signal) reject(stopReason(signal));
		};
		const waiter: Waiter = {
			limit,
			start: () => {
				signal?.removeEventListener('abort', onAbort);
				resolve();
			},
		};
		lane.waiters.push(waiter);
		signal?.addEventListener('abort', onAbort, { once: true });
	});
}

/** Nodes may have different limits: whoever waits with a low one does not hold up those behind with a higher one. */
function startWaiters(lane: Lane): void {
	for (;;) {
		const next = lane.waiters.findIndex((waiter) => lane.inFlight < waiter.limit);
		if (next === -1) return;
		lane.inFlight++;
		const [waiter] = lane.waiters.splice(next, 1);
		waiter.start();
	}
}
