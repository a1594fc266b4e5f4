/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import { stopReason, type Clock } from '../../../nodes/KlingFast/clock';

interface Sleeper {
	atMs: number;
	wake: () => void;
}

/** How many turns of the event loop without a sleeper mean that nothing will ever happen again. */
const IDLE_TURNS = 50;

/** Nothing here waits for more than the longest wait of a clip and its retries: whatever does is a loop without an end. */
const LONGEST_RUN_MS = 3 * 24 * 60 * 60 * 1000;

/** A clock whose time passes only while `run` waits: fifteen minutes take as long as their events. */
export class ManualClock implements Clock {
	/** Every sleep that was asked for, in seconds. */
	readonly sleptSeconds: number[] = [];
	private readonly sleepers: Sleeper[] = [];

	constructor(
		private currentMs = 0,
		readonly random: () => number = () => 0.5,
	) {}

	nowMs(): number {
		return this.currentMs;
	}

	/** Sleeps that were neither slept out nor aborted. */
	get openSleeps(): number {
		return this.sleepers.length;
	}

	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		this.sleptSeconds.push(ms / 1000);
		await new Promise<void>((resolve, reject) => {
			if (signal?.aborted) return reject(stopReason(signal));
			const onAbort = () => {
				this.remove(sleeper);
				if (signal) reject(stopReason(signal));
			};
			const wake = () => {
				signal?.removeEventListener('abort', onAbort);
				resolve();
			};
			const sleeper: Sleeper = { atMs: this.currentMs + ms, wake };
			this.sleepers.push(sleeper);
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	}

	/** Lets something happen at a moment of this clock. */
	at(ms: number, happen: () => void): void {
		this.sleepers.push({ atMs: ms, wake: happen });
	}

	/** Lets time pass until `work` has ended. Fails where it waits for something that never comes. */
	async run<T>(work: Promise<T>): Promise<T> {
		let hasEnded = false;
		const latestMs = this.currentMs + LONGEST_RUN_MS;
		const end = () => {
			hasEnded = true;
		};
		work.then(end, end);
		for (let idleTurns = 0; idleTurns < IDLE_TURNS; idleTurns++) {
			await new Promise((resolve) => setImmediate(resolve));
			if (hasEnded) return await work;
			if (this.currentMs > latestMs) throw new Error('The work goes on for days');
			// Work without a sleeper may wait for the event loop; only when that is quiet does time go on.
			if (idleTurns < 2 || !this.wakeNext()) continue;
			idleTurns = 0;
		}
		throw new Error(`Nothing is left to happen at ${this.currentMs / 1000} s, but the work waits`);
	}

	private wakeNext(): boolean {
		const next = this.sleepers.reduce<Sleeper | undefined>(
			(first, sleeper) => (first && first.atMs <= sleeper.atMs ? first : sleeper),
			undefined,
		);
		if (!next) return false;
		this.remove(next);
		this.currentMs = Math.max(this.currentMs, next.atMs);
		next.wake();
		return true;
	}

	private remove(sleeper: Sleeper): void {
		const index = this.sleepers.indexOf(sleeper);
		if (index !== -1) this.sleepers.splice(index, 1);
	}
}

/** Numbers from 0 to 1 that look random and are the same in every run. */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state * 1664525 + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}
