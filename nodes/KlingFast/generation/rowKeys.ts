/*
 * What must stay true:
 * - Under a Row Key no attempt is sent whose later sister may stand: APIMart forgets the first after 24 hours, and would take it as
 *   new while it still remembers the later one. To ask for a key that it does not know is to buy, so it has to be known here.
 *
 * Known in this process only: after a restart of n8n, and for other workers, the first attempt is asked for again.
 */

/** APIMart remembers a key for 24 hours (machine schema of 2026-09); an hour more for clocks that differ and slow answers. */
const MEMORY_MS = 25 * 60 * 60 * 1000;
const MAX_ROWS = 10_000;

const latest = new Map<string, { attempt: number; atMs: number }>();

/** A request for this attempt leaves. `row`: the key of the row's attempt 0, which is never sent. */
export function noteAttempt(row: string, attempt: number, nowMs: number): void {
	if (attempt < earliestAttempt(row, nowMs)) return;
	latest.delete(row);
	latest.set(row, { attempt, atMs: nowMs });
	const [oldest] = latest.keys();
	if (latest.size > MAX_ROWS) latest.delete(oldest);
}

/** The first attempt that may be asked for: 1, or the latest of those that APIMart may remember. */
export function earliestAttempt(row: string, nowMs: number): number {
	const known = latest.get(row);
	return known && nowMs < known.atMs + MEMORY_MS ? known.attempt : 1;
}
