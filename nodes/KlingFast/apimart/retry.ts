import type { Logger } from 'n8n-workflow';
import { stopReason, type Clock } from '../clock';
import { ApimartError, toError } from './errors';

const FIRST_BACKOFF_SECONDS = 2;
const LONGEST_BACKOFF_SECONDS = 30;
/** Whatever chance or the provider says: `Retry-After: 0` brought 1,300 requests for one row in 15 minutes. */
const SHORTEST_BACKOFF_SECONDS = 0.5;

/**
 * Seconds before the next try: full jitter (anything between half a second and a limit that doubles from 2 to 30 s), so that many
 * clips refused together do not come back together; or the provider's `Retry-After`, where it is a second at least, and up to a
 * second more.
 */
export function backoffSeconds(
	triesSoFar: number,
	random: number,
	retryAfterSeconds?: number,
): number {
	if (retryAfterSeconds !== undefined && retryAfterSeconds >= 1) return retryAfterSeconds + random;
	const limit = Math.min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (triesSoFar - 1));
	return Math.max(SHORTEST_BACKOFF_SECONDS, random * limit);
}

const QUIET_SECONDS = 10;

/** A line for each wait that is longer than ten seconds. `because`: one sentence, with the row or task where there is one. */
export function logRetry(
	because: string,
	waitSeconds: number,
	logger: Pick<Logger, 'info'> | undefined,
): void {
	if (waitSeconds <= QUIET_SECONDS) return;
	logger?.info(`Kling Fast: tries again in ${Math.round(waitSeconds)} s: ${because}`);
}

interface RetryRules {
	clock: Clock;
	signal?: AbortSignal;
	/** No try begins after this moment. */
	deadlineMs: number;
	/** No more tries than this, whatever the time; without it only the deadline counts. */
	maxTries?: number;
	/** Gets a line for each long wait. */
	logger?: Pick<Logger, 'info'>;
}

/**
 * Repeats `work` while it throws a retryable `ApimartError` (`shouldRetry` in rules.ts decides which ones are), until the
 * deadline. A `Retry-After` that ends after the deadline is an error at once: waiting for it could not help. Throws the last
 * error of `work`.
 */
export async function withRetries<T>(
	work: (tries: number) => Promise<T>,
	rules: RetryRules,
): Promise<T> {
	const { clock, signal, deadlineMs, maxTries = Infinity, logger } = rules;
	const startMs = clock.nowMs();
	for (let tries = 1; ; tries++) {
		if (signal?.aborted) throw stopReason(signal);
		try {
			return await work(tries);
		} catch (error) {
			if (signal?.aborted) throw stopReason(signal);
			if (!(error instanceof ApimartError) || !error.details.retryable) throw toError(error);
			const { retryAfterSeconds, retryForSeconds = Infinity } = error.details;
			const leftSeconds = retryForSeconds - (clock.nowMs() - startMs) / 1000;
			const backoff = backoffSeconds(tries, clock.random(), retryAfterSeconds);
			const waitSeconds = Math.min(backoff, leftSeconds);
			const isTooLate = leftSeconds <= 0 || clock.nowMs() + waitSeconds * 1000 > deadlineMs;
			if (tries >= maxTries || isTooLate) throw toError(error);
			logRetry(error.message, waitSeconds, logger);
			await clock.sleep(waitSeconds * 1000, signal);
		}
	}
}
