/*
 * What must stay true:
 * - The ledger holds key and bytes before the first byte of a paid request leaves.
 * - A request that may have been accepted is repeated only with that key and those bytes: within a call, in a further try of
 *   the node, and in n8n's retry of the execution.
 * - No key is used when the provider may have forgotten it: then the same request would be a second purchase.
 * - A next attempt (a new key) comes only after a task that failed or a request that was certainly refused.
 */
import { ApimartError } from '../apimart/errors';
import { withRetries } from '../apimart/retry';
import { clipBody, idempotencyKey } from './idempotency';
import type { LedgerEntry } from './ledger';
import type { ClipJob, PaidRun } from './run';

export interface Submission {
	taskId: string;
	/** When the first request for this task was sent, in this try or an earlier one. */
	firstSentAtMs: number;
	/** The task was there before this try of the node: nothing was bought now. */
	isFound: boolean;
	/** The task was found through its key only, so an earlier execution bought it. */
	isFromEarlierRun: boolean;
	/** Its callback goes to the execution that bought it, not to this one. */
	reportsElsewhere: boolean;
}

/** How often an earlier run may have been refused under the same row key until this one gives up. */
const MAX_REPLAYED_REFUSALS = 20;

/** APIMart remembers a key for 24 hours (machine schema of 2026-09); an hour is left for clocks that differ and slow answers. */
const KEY_LIFE_MS = 23 * 60 * 60 * 1000;

/**
 * Brings the job's task into being, or finds it again. Throws `ApimartError` where that is impossible, or was not possible
 * before `maxWaitSeconds` had passed.
 */
export async function submitClip(job: ClipJob, run: PaidRun): Promise<Submission> {
	const known = adopt(run, run.ledger.find(job.itemIndex, job.contentHash));
	if (known?.state === 'sent' && known.taskId) {
		run.ledger.write(job.itemIndex, known);
		const { taskId, firstSentAtMs, reportsElsewhere = false } = known;
		return { taskId, firstSentAtMs, isFound: true, isFromEarlierRun: false, reportsElsewhere };
	}
	if (known?.state === 'sent') {
		if (run.clock.nowMs() > known.keyBornAtMs + KEY_LIFE_MS) throw keyTooOld();
		return await send(job, run, known, true);
	}
	let attempt = (known?.attempt ?? 0) + 1;
	for (let refusals = 0; ; refusals++, attempt++) {
		const entry = await freshEntry(job, run, attempt);
		const [sent] = await Promise.allSettled([send(job, run, entry, false)]);
		if (sent.status === 'fulfilled') return sent.value;
		const error: unknown = sent.reason;
		const isOld = error instanceof ApimartError && isReplayedRefusal(error);
		if (!isOld || refusals >= MAX_REPLAYED_REFUSALS) throw error;
	}
}

/** Makes room for the next attempt: the task of this row has failed, and failed tasks are not charged. */
export function markFailed(job: ClipJob, run: PaidRun): void {
	const entry = run.ledger.find(job.itemIndex, job.contentHash);
	if (entry) run.ledger.write(job.itemIndex, { ...entry, state: 'over' });
}

/** What another execution began (n8n's Retry button) goes on here, with a wait of its own. */
function adopt(run: PaidRun, known: LedgerEntry | undefined): LedgerEntry | undefined {
	const { executionId } = run.keyScope;
	if (!known || known.executionId === executionId) return known;
	return { ...known, executionId, firstSentAtMs: run.clock.nowMs(), reportsElsewhere: true };
}

async function freshEntry(job: ClipJob, run: PaidRun, attempt: number): Promise<LedgerEntry> {
	const imageUrls: string[] = [];
	for (const frame of job.frames) imageUrls.push(await frame.address());
	const key = idempotencyKey(run.keyScope, { ...job, attempt });
	return {
		executionId: run.keyScope.executionId,
		contentHash: job.contentHash,
		attempt,
		idempotencyKey: key,
		body: clipBody(job.request, imageUrls, job.callbackFor?.(key)),
		firstSentAtMs: run.clock.nowMs(),
		keyBornAtMs: run.clock.nowMs(),
		state: 'sent',
	};
}

async function send(
	job: ClipJob,
	run: PaidRun,
	entry: LedgerEntry,
	isRepetition: boolean,
): Promise<Submission> {
	const { clock, signal, ledger, logger } = run;
	const { itemIndex } = job;
	const { idempotencyKey: key, body = '', firstSentAtMs } = entry;
	ledger.write(itemIndex, entry);
	// Of a repetition nobody knows what became of the request before it.
	let mayBeSpent = isRepetition;
	let posts = 0;
	const post = async () => {
		posts++;
		const [answered] = await Promise.allSettled([run.client.submit(body, key)]);
		if (answered.status === 'fulfilled') return answered.value;
		const error: unknown = answered.reason;
		mayBeSpent ||= !(error instanceof ApimartError) || error.details.spent === 'unknown';
		throw error;
	};
	const patienceEndsMs = Math.max(firstSentAtMs + job.maxWaitSeconds * 1000, clock.nowMs());
	const deadlineMs = Math.min(patienceEndsMs, entry.keyBornAtMs + KEY_LIFE_MS);
	const onRetry = (because: ApimartError, waitSeconds: number) => {
		const seen = { itemIndex, waitSeconds, because: because.message };
		logger.debug('Kling Fast: the submit is sent again with the same key', seen);
	};
	const [result] = await Promise.allSettled([
		withRetries(post, { clock, signal, deadlineMs, onRetry }),
	]);
	if (result.status === 'fulfilled') {
		const { taskId, replayed } = result.value;
		const isFromEarlierRun = replayed && posts === 1 && !isRepetition;
		const reportsElsewhere = isFromEarlierRun || entry.reportsElsewhere === true;
		ledger.write(itemIndex, { ...entry, body: undefined, taskId, reportsElsewhere });
		return { taskId, firstSentAtMs, isFound: replayed, isFromEarlierRun, reportsElsewhere };
	}
	const error: unknown = result.reason;
	if (signal?.aborted) {
		const place = `execution ${run.keyScope.executionId}, item ${itemIndex}`;
		const line = `Kling Fast: stopped while a clip was being submitted (${place}, Idempotency-Key ${key})`;
		logger.warn(line, { itemIndex, key });
	}
	if (!(error instanceof ApimartError)) throw error;
	const isDuplicate = error.details.kind === 'duplicate';
	if (!mayBeSpent && !isDuplicate) ledger.write(itemIndex, { ...entry, state: 'over' });
	throw mayBeSpent ? withUncertainty(error) : error;
}

/** The provider repeated what it had answered to an earlier run: no word about what was sent now. */
function isReplayedRefusal({ details }: ApimartError): boolean {
	return details.replayed === true && details.spent === 'no' && details.kind !== 'duplicate';
}

function keyTooOld(): ApimartError {
	const message =
		'This row was sent a day ago without an answer, and APIMart has forgotten its key: sent again, it could be bought twice';
	return new ApimartError(message, {
		kind: 'duplicate',
		passing: false,
		spent: 'unknown',
		advice:
			'Look at the APIMart dashboard. If the clip is there, fetch it with Get Video; if not, start the workflow anew.',
	});
}

/** The last answer may be a plain refusal although an earlier one was lost: then it is unknown what was bought. */
function withUncertainty(error: ApimartError): ApimartError {
	return new ApimartError(error.message, {
		...error.details,
		spent: 'unknown',
		advice:
			"Whether the clip was accepted is not known. Retry On Fail, n8n's Retry of this execution, or with a Row Key another run, sends the same request with the same key, which does not buy it a second time.",
	});
}
