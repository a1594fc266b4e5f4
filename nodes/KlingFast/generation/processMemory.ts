/*
 * What this process remembers of what it has sent; after a restart, and in other workers, it is not known. What must stay true:
 * - Under a row key no attempt is sent while a later one may exist: APIMart forgets the first after 24 hours, and would take it as new
 *   while it still remembers the later one. To ask for a key that it does not know is to buy, so it has to be known here.
 * - A callback that was signed for one task starts nothing for another one: APIMart's status answer does not say which address a task
 *   was submitted with.
 */
import { CALLBACK_URL } from '../apimart/clipRequest';

/** APIMart remembers a key for 24 hours (machine schema of 2026-09); an hour more for clocks that differ. A callback comes long before. */
const TTL_MS = 25 * 60 * 60 * 1000;
const MAX_ENTRIES = 10_000;
/** Of an address: the seal of its token stands there. */
const END_CHARACTERS = 40;

/** A map that does not give what is older than `ttlMs`, and drops beyond `maxEntries` what was set the longest ago. */
export class TtlMap<Value> {
	private readonly entries = new Map<string, { value: Value; atMs: number }>();

	constructor(
		private readonly ttlMs: number,
		private readonly maxEntries: number,
	) {}

	get(key: string, nowMs: number): Value | undefined {
		const entry = this.entries.get(key);
		return entry && nowMs < entry.atMs + this.ttlMs ? entry.value : undefined;
	}

	set(key: string, value: Value, nowMs: number): void {
		this.entries.delete(key);
		this.entries.set(key, { value, atMs: nowMs });
		const [oldest] = this.entries.keys();
		if (this.entries.size > this.maxEntries) this.entries.delete(oldest);
	}
}

const latestAttempts = new TtlMap<number>(TTL_MS, MAX_ENTRIES);
const addressEnds = new TtlMap<string>(TTL_MS, MAX_ENTRIES);

/** A request for this attempt leaves. `row`: the key of the row's attempt 0, which is never sent. */
export function noteAttempt(row: string, attempt: number, nowMs: number): void {
	if (attempt >= earliestAttempt(row, nowMs)) latestAttempts.set(row, attempt, nowMs);
}

/** The first attempt that may be asked for: 1, or the latest of those that APIMart may remember. */
export function earliestAttempt(row: string, nowMs: number): number {
	return latestAttempts.get(row, nowMs) ?? 1;
}

/** A request with this body has brought this task about. */
export function noteCallbackTask(taskId: string, body: string, nowMs: number): void {
	const address: unknown = (JSON.parse(body) as Record<string, unknown>)[CALLBACK_URL];
	if (typeof address === 'string') addressEnds.set(taskId, endOf(address), nowMs);
}

/** Whether the task is known to have been submitted with another callback address than this one. */
export function wasSubmittedWithOther(taskId: string, address: string, nowMs: number): boolean {
	const known = addressEnds.get(taskId, nowMs);
	return known !== undefined && known !== endOf(address);
}

function endOf(address: string): string {
	return address.slice(-END_CHARACTERS);
}
