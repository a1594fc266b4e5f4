import { documentedError, RefusalError } from './errors';
import type { Ledger } from './ledger';
import { maskKey } from './ledger';
import { roundUsd } from './prices';

/** A key and its money. Reserved at submit, settled when the clip is done, given back when it fails. */
export interface KeyAccount {
	key: string;
	/** The key as it may be shown. */
	masked: string;
	balanceUsd: number;
	reservedUsd: number;
	usedUsd: number;
	unlimited: boolean;
	/** Unfinished tasks before 429; 0 = no limit. */
	concurrency: number;
	inFlight: number;
	/** `no-balance`: 402 on whatever costs, and on the list of models; `forbidden`: 403 everywhere. */
	scenario?: 'no-balance' | 'forbidden';
}

export type NewKey = Pick<KeyAccount, 'key'> &
	Partial<Pick<KeyAccount, 'balanceUsd' | 'unlimited' | 'concurrency' | 'scenario'>>;

export class Keys {
	private readonly accounts = new Map<string, KeyAccount>();

	constructor(
		private readonly ledger: Ledger,
		private readonly defaults: { balanceUsd: number; concurrency: number },
	) {}

	/** Makes a key known, or replaces what is known of it. */
	add({ key, balanceUsd, concurrency, unlimited = false, scenario }: NewKey): KeyAccount {
		const account: KeyAccount = {
			...{ key, masked: maskKey(key), unlimited, scenario },
			...{ reservedUsd: 0, usedUsd: 0, inFlight: 0 },
			balanceUsd: scenario === 'no-balance' ? 0 : (balanceUsd ?? this.defaults.balanceUsd),
			concurrency: concurrency ?? this.defaults.concurrency,
		};
		this.accounts.set(key, account);
		return account;
	}

	find(key: string) {
		return this.accounts.get(key);
	}

	/** @throws RefusalError 402 where the money does not reach */
	reserve(account: KeyAccount, taskId: string, usd: number) {
		const affordable = account.unlimited || this.available(account) >= usd;
		if (!affordable || account.scenario === 'no-balance') {
			throw new RefusalError(documentedError(402));
		}
		account.reservedUsd = roundUsd(account.reservedUsd + usd);
		account.inFlight++;
		this.ledger.noteInFlight(account.masked, account.inFlight);
		this.ledger.reserve({ taskId, key: account.masked, usd });
	}

	/** The clip is done: what was reserved becomes what was billed. */
	settle(account: KeyAccount, taskId: string, reservedUsd: number, billedUsd: number) {
		this.release(account, reservedUsd);
		account.balanceUsd = roundUsd(account.balanceUsd - billedUsd);
		account.usedUsd = roundUsd(account.usedUsd + billedUsd);
		this.ledger.settle(taskId, billedUsd);
	}

	/** The clip failed: nothing is billed. */
	refund(account: KeyAccount, taskId: string, reservedUsd: number) {
		this.release(account, reservedUsd);
		this.ledger.refund(taskId);
	}

	/** A task that was given up is worked on again: its money is reserved once more. */
	reopen(account: KeyAccount, usd: number) {
		account.reservedUsd = roundUsd(account.reservedUsd + usd);
		account.inFlight++;
	}

	available(account: KeyAccount) {
		return roundUsd(account.balanceUsd - account.reservedUsd);
	}

	/** The body of `GET /v1/balance` (balance pages, 2026-08). */
	report(account: KeyAccount) {
		const remainUsd = account.unlimited ? -1 : this.available(account);
		return {
			remain_balance: remainUsd,
			remain_credits: account.unlimited ? -1 : roundUsd(remainUsd * 10),
			success: true,
			unlimited_quota: account.unlimited,
			used_balance: account.usedUsd,
			used_credits: roundUsd(account.usedUsd * 10),
		};
	}

	private release(account: KeyAccount, reservedUsd: number) {
		account.reservedUsd = roundUsd(account.reservedUsd - reservedUsd);
		account.inFlight--;
		this.ledger.noteInFlight(account.masked, account.inFlight);
	}
}
