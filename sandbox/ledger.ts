/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { EventEmitter } from 'node:events';
import type {
	CallbackEntry,
	ChargeEntry,
	DownloadEntry,
	LedgerContent,
	RequestEntry,
	UploadEntry,
} from './ledgerEntries';
import { roundUsd } from './prices';

/**
 * What happened, for tests and curious people: every request, charge, upload, download, callback and
 * violation. `waitFor` lets a test await an event in place of sleeping.
 */
export class Ledger {
	private content = emptyContent();

	private highestInFlight = new Map<string, number>();

	private readonly events = new EventEmitter().setMaxListeners(0);

	constructor(private readonly wallMs: () => number = Date.now) {}

	requests(route?: string) {
		return this.content.requests.filter((entry) => route === undefined || entry.route === route);
	}

	/** Every `POST /v1/videos/generations`, whatever came of it. */
	submits() {
		return this.requests('submit');
	}

	/** The submits that made a task: one entry per task. */
	accepted() {
		return this.submits().filter(({ accepted }) => accepted);
	}

	/** Status reads, of one task or of all. */
	polls(taskId?: string) {
		return this.requests('task').filter(isOf(taskId));
	}

	/** Money that was billed. */
	charges() {
		return this.content.charges.filter(({ state }) => state === 'settled');
	}

	/** Money that was reserved, billed or given back. */
	allCharges() {
		return [...this.content.charges];
	}

	totalChargedUsd() {
		return roundUsd(this.charges().reduce((total, { usd }) => total + usd, 0));
	}

	uploads() {
		return [...this.content.uploads];
	}

	downloads(taskId?: string) {
		return this.content.downloads.filter(isOf(taskId));
	}

	callbacks(taskId?: string) {
		return this.content.callbacks.filter(isOf(taskId));
	}

	violations() {
		return [...this.content.violations];
	}

	/** The most unfinished tasks at one time, of one key (masked) or of the busiest. */
	maxInFlight(maskedKey?: string) {
		if (maskedKey !== undefined) return this.highestInFlight.get(maskedKey) ?? 0;
		return Math.max(0, ...this.highestInFlight.values());
	}

	/**
	 * Resolves as soon as the predicate returns something truthy, with that; looks again whenever an
	 * entry comes or changes.
	 * @throws Error after `timeoutMs` (10 s)
	 */
	async waitFor<T>(
		predicate: (ledger: Ledger) => T,
		timeoutMs = 10_000,
	): Promise<Exclude<T, Falsy>> {
		return await new Promise((resolve, reject) => {
			const end = (settle: () => void) => {
				clearTimeout(timer);
				this.events.off('change', look);
				settle();
			};
			const look = () => {
				try {
					const found = predicate(this);
					if (found) end(() => resolve(found as Exclude<T, Falsy>));
				} catch (error) {
					end(() => reject(error));
				}
			};
			const late = new Error(`The sandbox's ledger did not show it within ${timeoutMs} ms`);
			const timer = setTimeout(() => end(() => reject(late)), timeoutMs);
			this.events.on('change', look);
			look();
		});
	}

	/** Forgets everything, and starts counting again. */
	reset() {
		this.content = emptyContent();
		this.highestInFlight.clear();
		this.changed();
	}

	toJSON() {
		return {
			summary: {
				requests: this.content.requests.length,
				submits: this.submits().length,
				accepted: this.accepted().length,
				polls: this.polls().length,
				charges: this.charges().length,
				totalChargedUsd: this.totalChargedUsd(),
				maxInFlight: this.maxInFlight(),
				violations: this.content.violations.length,
			},
			...this.content,
		};
	}

	addRequest(entry: Omit<RequestEntry, 'n' | 'at' | 'ended'>): RequestEntry {
		const n = (this.content.requests.at(-1)?.n ?? 0) + 1;
		return this.push(this.content.requests, { n, at: this.now(), ended: false, ...entry });
	}

	/** Changes an entry (also one that was made before a reset) and tells those who wait. */
	update<T extends RequestEntry | DownloadEntry>(entry: T, change: Partial<T>) {
		Object.assign(entry, change);
		this.changed();
	}

	reserve(entry: Pick<ChargeEntry, 'taskId' | 'key' | 'usd'>) {
		this.push(this.content.charges, { ...entry, state: 'reserved', at: this.now() });
	}

	settle(taskId: string, usd: number) {
		this.changeCharge(taskId, { state: 'settled', usd });
	}

	refund(taskId: string) {
		this.changeCharge(taskId, { state: 'refunded' });
	}

	addUpload(entry: Omit<UploadEntry, 'at'>) {
		this.push(this.content.uploads, { at: this.now(), ...entry });
	}

	addDownload(entry: Omit<DownloadEntry, 'at' | 'ended'>) {
		return this.push(this.content.downloads, { at: this.now(), ended: false, ...entry });
	}

	addCallback(entry: Omit<CallbackEntry, 'at'>) {
		this.push(this.content.callbacks, { at: this.now(), ...entry });
	}

	addViolation(what: string) {
		this.push(this.content.violations, { at: this.now(), what });
	}

	noteInFlight(maskedKey: string, count: number) {
		this.highestInFlight.set(maskedKey, Math.max(count, this.maxInFlight(maskedKey)));
		this.changed();
	}

	/** Something outside the entries changed, such as a task's state. */
	changed() {
		this.events.emit('change');
	}

	private changeCharge(taskId: string, change: Partial<ChargeEntry>) {
		const charge = this.content.charges.find((entry) => entry.taskId === taskId);
		if (charge) Object.assign(charge, change, { at: this.now() });
		this.changed();
	}

	private push<T>(list: T[], entry: T) {
		list.push(entry);
		this.changed();
		return entry;
	}

	private now() {
		return new Date(this.wallMs()).toISOString();
	}
}

const isOf = (taskId?: string) => (entry: { taskId?: string }) =>
	taskId === undefined || entry.taskId === taskId;

type Falsy = false | 0 | '' | null | undefined;

/** `sk-sandbox` becomes `sk-s…ox`: enough to tell keys apart, not enough to use one. */
export function maskKey(key: string) {
	return key.length < 8 ? '…' : `${key.slice(0, 4)}…${key.slice(-2)}`;
}

function emptyContent(): LedgerContent {
	return { requests: [], charges: [], uploads: [], downloads: [], callbacks: [], violations: [] };
}
