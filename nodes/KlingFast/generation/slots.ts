/*
 * What must stay true:
 * - A clip starts only while fewer clips of its key are in flight than its own node allows; the count is shared by every
 *   execution in the process, those that sleep in n8n's database included.
 * - Whoever waits for a slot is notified when one is given back, or when what a sleeping sheet keeps has run out: it cannot give slots
 *   back from another process, or when it is deleted, so it keeps them for a limited time and says so anew in every round.
 */
import type { Clock } from '../clock';

interface Semaphore {
	/** Clips in flight, by the sheet that they belong to. */
	kept: Map<string, { count: number; untilMs: number }>;
	/** Called when the count may have fallen. */
	waiters: Set<() => void>;
}

/** By what tells one API key from another: nothing else of it is kept. */
const semaphores = new Map<string, Semaphore>();

/** The slots that a sheet has of its API key, in this process. */
export class Slots {
	/**
	 * @param apiKeyHash tells the API key from others
	 * @param limit how many clips of the key may be in flight when this sheet submits one
	 * @param keptMs how long the sheet's clips count without being said again
	 */
	constructor(
		private readonly apiKeyHash: string,
		private readonly sheetId: string,
		private readonly limit: number,
		private readonly clock: Clock,
		private readonly keptMs = Infinity,
	) {}

	/** How many clips of this sheet may be in flight beside those of all others. */
	left(): number {
		return Math.max(0, this.limit - this.others().reduce((sum, { count }) => sum + count, 0));
	}

	/** Says how many clips of this sheet are in flight, whatever was said before. */
	keep(count: number): void {
		const semaphore = semaphores.get(this.apiKeyHash) ?? { kept: new Map(), waiters: new Set() };
		const before = semaphore.kept.get(this.sheetId)?.count ?? 0;
		const untilMs = this.clock.nowMs() + this.keptMs;
		if (count > 0) semaphore.kept.set(this.sheetId, { count, untilMs });
		else semaphore.kept.delete(this.sheetId);
		if (semaphore.kept.size > 0) semaphores.set(this.apiKeyHash, semaphore);
		else semaphores.delete(this.apiKeyHash);
		if (count < before) for (const notify of [...semaphore.waiters]) notify();
	}

	/** Resolves when another sheet may have given a slot back, or when the signal is aborted. */
	async givenBack(ended: AbortSignal): Promise<void> {
		const semaphore = semaphores.get(this.apiKeyHash);
		const nextEndMs = Math.min(...this.others().map(({ untilMs }) => untilMs));
		await new Promise<void>((resolve) => {
			const notify = () => {
				semaphore?.waiters.delete(notify);
				resolve();
			};
			semaphore?.waiters.add(notify);
			ended.addEventListener('abort', notify, { once: true });
			if (!Number.isFinite(nextEndMs)) return;
			const waitMs = Math.max(0, nextEndMs - this.clock.nowMs());
			this.clock.sleep(waitMs, ended).then(notify, notify);
		});
	}

	private others() {
		const nowMs = this.clock.nowMs();
		const kept = semaphores.get(this.apiKeyHash)?.kept ?? new Map<string, never>();
		for (const [sheetId, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(sheetId);
		return [...kept].filter(([sheetId]) => sheetId !== this.sheetId).map(([, slots]) => slots);
	}
}
