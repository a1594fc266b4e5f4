import { sleep } from 'n8n-workflow';

/** All time and chance of the package, so that a test can run fifteen minutes in a millisecond. */
export interface Clock {
	nowMs(): number;
	/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	/** 0 (inclusive) to 1 (exclusive). */
	random(): number;
}

export const realClock: Clock = {
	nowMs: () => Date.now(),
	sleep: async (ms, signal) => await untilAborted(sleep(ms, signal), signal),
	random: () => Math.random(),
};

let current = realClock;

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

/** The value of `work`, or `otherwise` where it takes longer than `patienceMs`. Rejects as `work` does. */
export async function withPatience<T, Otherwise>(
	work: Promise<T>,
	{ patienceMs, otherwise }: { patienceMs: number; otherwise: Otherwise },
	clock: Clock = current,
): Promise<T | Otherwise> {
	const done = new AbortController();
	const tooLong = clock.sleep(patienceMs, done.signal).then(
		() => otherwise,
		() => otherwise,
	);
	return await Promise.race([work, tooLong]).finally(() => done.abort());
}

export function stopReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error('The execution was stopped');
}
