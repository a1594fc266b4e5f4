/*
 * What must stay true:
 * - An entry with the key and the exact bytes is written before the POST that it belongs to.
 * - An entry that may have been paid for is never replaced by a fresh one; only a task that failed, or a request that was
 *   certainly refused, makes room for the next attempt.
 * - Entries of another execution count only where the content is the same.
 */
import type { IContextObject } from 'n8n-workflow';

export interface LedgerEntry {
	executionId: string;
	contentHash: string;
	/** 1 for the first clip of the row, one more for each that failed or was refused before it. */
	attempt: number;
	idempotencyKey: string;
	/** The exact bytes of the POST; dropped when the task id is known, which is all that is needed from then on. */
	body?: string;
	/** When this execution's wait for the clip began. */
	firstSentAtMs: number;
	/** When the key was first used, in whichever execution. */
	keyBornAtMs: number;
	taskId?: string;
	/** Its callback goes to the execution that bought it, not to the one that goes on with it. */
	reportsElsewhere?: boolean;
	/** `sent`: money may have been spent. `over`: failed at the provider or certainly refused, so nothing was. */
	state: 'sent' | 'over';
}

const LEDGER_KEY = 'klingFastLedger';

/** What the node remembers of its paid requests, in the node context: n8n keeps it across Retry On Fail and in the execution. */
export class Ledger {
	constructor(
		private readonly context: IContextObject,
		private readonly executionId: string,
		private readonly runIndex: number,
	) {}

	/** The entry of a row that a further try has to go on with, or undefined. */
	find(itemIndex: number, contentHash: string): LedgerEntry | undefined {
		const entry = this.entries()[itemIndex];
		if (!entry) return undefined;
		const isSameExecution = entry.executionId === this.executionId;
		return isSameExecution || entry.contentHash === contentHash ? entry : undefined;
	}

	write(itemIndex: number, entry: LedgerEntry): void {
		this.entries()[itemIndex] = entry;
	}

	private entries(): Record<string, LedgerEntry> {
		const runs = (this.context[LEDGER_KEY] ??= {}) as Record<string, Record<string, LedgerEntry>>;
		return (runs[this.runIndex] ??= {});
	}
}
