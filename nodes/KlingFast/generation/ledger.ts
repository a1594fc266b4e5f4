/*
 * What `submission.ts` has written down. What must stay true:
 * - Entries of another execution count only where the content is the same, and so do all entries of an agent's tool: what a model
 *   asks for in one call says nothing about the next.
 */
import type { IContextObject } from 'n8n-workflow';
import type { Fault } from './outcome';
import type { SheetRow } from './sheetRow';

export interface LedgerEntry {
	executionId: string;
	contentHash: string;
	/** 1 for the first clip of the row, one more for each that failed or was refused before it. */
	attempt: number;
	/** Tasks of this row and content that have failed in this execution. */
	failures?: number;
	idempotencyKey: string;
	/** The exact bytes of the POST; dropped when the task id is known, which is all that is needed from then on. */
	body?: string;
	/** When this execution's wait for the clip began. */
	firstSentAtMs: number;
	/** When the key was first used, in whichever execution. */
	keyBornAtMs: number;
	taskId?: string;
	/**
	 * `ready`: written down, certainly not accepted yet (unless `isLost`). `pending`: money may have been charged. `closed`: failed at the
	 * provider or certainly refused, so nothing was.
	 */
	state: 'ready' | 'pending' | 'closed';
	/** Of the API key that it was sent with: APIMart knows an Idempotency-Key only together with it. */
	apiKeyHash?: string;
	/** Of what was refused: whether APIMart gives that answer again under this key. */
	isRemembered?: boolean;
	/** Sent, or perhaps sent in a round that was cut off, and nobody knows what came of it. */
	isLost?: boolean;
	/** Of what is closed: why the same content is not worth another request in this execution. */
	refusal?: Fault;
}

/** By item; of a tool by call and content. */
export type LedgerEntries = Record<string, LedgerEntry>;

const LEDGER_KEY = 'klingFastLedger';

/**
 * The entries of one run of the node, or of all calls of a tool, in the node context: n8n keeps it across Retry On Fail and in the
 * execution.
 */
export function entriesIn(context: IContextObject, run: number | 'tool'): LedgerEntries {
	const runs = (context[LEDGER_KEY] ??= {}) as Record<string, LedgerEntries>;
	return (runs[run] ??= {});
}

/** The entries of a sheet that was cut off: what was ready then may have been sent in the round that is lost. */
export function afterCutOff(entries: LedgerEntries): LedgerEntries {
	return Object.fromEntries(
		Object.entries(entries).map(([name, entry]) => [
			name,
			entry.state === 'ready' ? { ...entry, isLost: true } : entry,
		]),
	);
}

/** Whether money may have been charged, in this try or an earlier one. */
export function mayBeSent({ state, isLost }: LedgerEntry): boolean {
	return state === 'pending' || (state === 'ready' && isLost === true);
}

/** Of a row's request that may have been sent. */
export function sentEntry({ job, outcome }: SheetRow, ledger: Ledger): LedgerEntry | undefined {
	const entry = job && ledger.find(outcome.itemIndex, job.contentHash);
	return entry && mayBeSent(entry) ? entry : undefined;
}

/** What the node remembers of its paid requests. */
export class Ledger {
	constructor(
		private readonly entries: LedgerEntries,
		private readonly executionId: string,
		/** Of an agent's tool: which of its calls this is. */
		private readonly toolCall?: number,
	) {}

	/** The entry of a row that a further try has to go on with, or undefined. */
	find(itemIndex: number, contentHash: string): LedgerEntry | undefined {
		const entry = this.entries[this.nameOf(itemIndex, contentHash)];
		if (this.toolCall !== undefined) return entry ?? this.findLost(contentHash);
		if (!entry) return undefined;
		const isSameExecution = entry.executionId === this.executionId;
		return isSameExecution || entry.contentHash === contentHash ? entry : undefined;
	}

	write(itemIndex: number, entry: LedgerEntry): void {
		this.entries[this.nameOf(itemIndex, entry.contentHash)] = entry;
	}

	private nameOf(itemIndex: number, contentHash: string): string | number {
		return this.toolCall === undefined ? itemIndex : `${this.toolCall} ${contentHash}`;
	}

	/** A model that reads of a fault calls the tool again: what may have been bought is asked for again, not bought again. */
	private findLost(contentHash: string): LedgerEntry | undefined {
		return Object.values(this.entries).find(
			(entry) => entry.contentHash === contentHash && entry.isLost && !entry.taskId,
		);
	}
}
