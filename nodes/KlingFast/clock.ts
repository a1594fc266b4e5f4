import { sleep } from 'n8n-workflow';

/** Clock and randomness, replaceable in tests: a test can run fifteen minutes in a millisecond. */
export interface Clock {
	nowMs(): number;
	/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	/** The same for time limits of real requests, where a test's time runs faster than its network. */
	networkSleep?(ms: number, signal?: AbortSignal): Promise<void>;
	/** 0 (inclusive) to 1 (exclusive). */
	random(): number;
}

export const realClock: Clock = {
	nowMs: () => Date.now(),
	sleep: async (ms, signal) => await untilAborted(sleep(ms, signal), signal),
	random: () => Math.random(),
};

let current = realClock;

/** For whatever n8n calls: the operations, the trigger and the opening of the credential. What they call is given the clock. */
export function currentClock(): Clock {
	return current;
}

/** For tests: replaces the clock of every later run; returns a function that puts the old one back. */
export function useClock(clock: Clock): () => void {
	const previous = current;
	current = clock;
	return () => {
		current = previous;
	};
}

/**
 * `work`, or a rejection with the signal's reason, whichever comes first. n8n 1.x ignores the signal
 * that is given to its own `sleep`, hence the race; n8n 2 also clears the timer.
 */
export async function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (!signal) return await work;
	if (signal.aborted) {
		work.catch(() => undefined);
		throw stopReason(signal);
	}
	return await new Promise<T>((resolve, reject) => {
		const onAbort = () => reject(stopReason(signal));
		signal.addEventListener('abort', onAbort, { once: true });
		work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
	});
}

/** The value of `work`, or `fallback` where it takes longer than `timeoutMs`. Rejects as `work` does. */
export async function withTimeout<T, Fallback>(
	work: Promise<T>,
	{ timeoutMs, fallback }: { timeoutMs: number; fallback: Fallback },
	clock: Clock,
): Promise<T | Fallback> {
	const done = new AbortController();
	const timedOut = clock.sleep(timeoutMs, done.signal).then(
		() => fallback,
		() => fallback,
	);
	return await Promise.race([work, timedOut]).finally(() => done.abort());
}

/**
 * `work`, which is given a signal that ends it on Stop, or when it takes longer than `limitMs`. Rejects with the reason of the end, also
 * where the work itself does not heed the signal.
 */
export async function withTimeLimit<T>(
	work: (signal: AbortSignal) => Promise<T>,
	{ limitMs, signal }: { limitMs: number; signal?: AbortSignal },
	clock: Clock,
): Promise<T> {
	if (signal?.aborted) throw stopReason(signal);
	const end = new AbortController();
	const done = new AbortController();
	const stop = () => end.abort(signal && stopReason(signal));
	signal?.addEventListener('abort', stop, { once: true });
	const tooLong = new Error(`no end after ${limitMs / 1000} s`);
	const limit = clock.networkSleep?.(limitMs, done.signal) ?? clock.sleep(limitMs, done.signal);
	limit.then(
		() => end.abort(tooLong),
		() => undefined,
	);
	try {
		return await untilAborted(work(end.signal), end.signal);
	} finally {
		signal?.removeEventListener('abort', stop);
		done.abort();
	}
}

export function stopReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error('The execution was stopped');
}
