/*
 * What must stay true:
 * - The ledger holds key and bytes before the first byte of a paid request leaves.
 * - A request that may have been accepted is repeated only with that key and those bytes: within a call, in a further try of
 *   the node, and in n8n's retry of the execution.
 * - No key is used when the provider may have forgotten it: then the same request would be a second purchase.
 * - Under a row key no attempt is sent while a later one may exist.
 * - A next attempt (a new key) comes only after a task that failed, a request that was certainly refused, or a later attempt of another
 *   run, and in one execution not for content that was refused. Under a row key a refusal leads to a new one only where APIMart repeats it.
 */
import { ApimartError, isTransportFault, toError } from '../apimart/errors';
import { clipBody } from '../apimart/clipRequest';
import { idempotencyKey } from './idempotency';
import { mayBeSent, type LedgerEntry } from './ledger';
import { faultOf, isCharged, type Fault, type Outcome } from './outcome';
import { earliestAttempt, noteAttempt, noteCallbackTask } from './processMemory';
import type { Run } from './run';
import type { ClipJob, SheetRow } from './sheetRow';

export interface Submission extends Required<
	Pick<Outcome, 'taskId' | 'isFromEarlierRun' | 'isOtherContent' | 'attempts'>
> {
	/** When the first request for this task was sent, in this try or an earlier one. */
	firstSentAtMs: number;
	/** The task was there before this try of the node: nothing was bought now. */
	isFound: boolean;
}

/** APIMart remembers a key for 24 hours (machine schema of 2026-09); an hour is left for clocks that differ and slow answers. */
const KEY_LIFE_MS = 23 * 60 * 60 * 1000;

/**
 * Uploads the row's images where that is needed, and writes down key and exact bytes of its next request. What is prepared
 * already, or may have been sent, stays as it is.
 *
 * @returns why nothing was prepared: this execution has sent the same, and its content was refused
 */
export async function prepareEntry(
	row: SheetRow,
	run: Run,
): Promise<{ fault: Fault; taskId?: string } | undefined> {
	const { clock, keyScope, ledger } = run;
	const job = askedJob(row);
	const { itemIndex } = job;
	const known = findEntry(job, run);
	if (known && known.state !== 'closed') return undefined;
	const isSameContent = known?.contentHash === job.contentHash;
	const { refusal, taskId } = known ?? {};
	if (refusal && isSameContent) return { fault: refusal, taskId };
	const imageUrls: string[] = [];
	for (const frame of job.frames) imageUrls.push(await run.imageUrl(frame));
	const earliest = earliestAttempt(rowKey(job, run), clock.nowMs());
	const attempt = Math.max(nextAttempt(job, known), earliest);
	const key = idempotencyKey(keyScope, { ...job, attempt });
	ledger.write(itemIndex, {
		executionId: keyScope.executionId,
		contentHash: job.contentHash,
		attempt,
		failures: isSameContent ? known.failures : undefined,
		idempotencyKey: key,
		body: clipBody(job.request, imageUrls, run.callbackFor(row, key)),
		firstSentAtMs: row.startedAtMs ?? clock.nowMs(),
		keyBornAtMs: clock.nowMs(),
		state: 'ready',
	});
	return undefined;
}

/**
 * Sends the request that was prepared for this row, once, or gives the task that is known already. Nothing is sent, and undefined
 * given, where another run has sent a later attempt since: this one has failed, and the row is to be prepared anew.
 *
 * @throws ApimartError; where it is `retryable`, the same call may be made again
 */
export async function submitPrepared(row: SheetRow, run: Run): Promise<Submission | undefined> {
	const job = askedJob(row);
	const known = findEntry(job, run);
	if (!known || known.state === 'closed') throw new Error('The row was not prepared');
	if (known.taskId) {
		run.ledger.write(job.itemIndex, known);
		const { taskId, firstSentAtMs } = known;
		return { taskId, firstSentAtMs, isFound: true, isFromEarlierRun: false, ...about(known, job) };
	}
	const nowMs = run.clock.nowMs();
	const { apiKeyHash } = run;
	// Taken for an earlier run's, a clip of our own that fails would be made again although the row does not allow it.
	const isRepetition = mayBeSent(known);
	if (isRepetition && (known.apiKeyHash ?? apiKeyHash) !== apiKeyHash) {
		throw perhapsBought(OTHER_API_KEY);
	}
	if (known.attempt < earliestAttempt(rowKey(job, run), nowMs)) {
		run.ledger.write(job.itemIndex, { ...known, state: 'closed', body: undefined });
		return undefined;
	}
	if (isRepetition && nowMs > known.keyBornAtMs + KEY_LIFE_MS) throw perhapsBought(KEY_TOO_OLD);
	const entry: LedgerEntry = { ...known, apiKeyHash, state: 'pending' };
	if (known.state === 'ready') entry.firstSentAtMs = row.startedAtMs ?? nowMs;
	if (!isRepetition) entry.keyBornAtMs = nowMs;
	return await send(job, run, entry, isRepetition);
}

/**
 * Makes room for the next attempt: the task of this row has failed, and failed tasks are not charged. One that was all the same is
 * final in this execution, as one whose content was refused.
 */
export function markFailed(
	{ outcome: { itemIndex, isFromEarlierRun }, job }: SheetRow,
	{ fault, task }: Outcome,
	{ ledger }: Run,
): void {
	const entry = job && ledger.find(itemIndex, job.contentHash);
	if (!entry) return;
	const refusal = task && isCharged(task) ? fault : contentRefusal(fault);
	const failures = (entry.failures ?? 0) + (isFromEarlierRun ? 0 : 1);
	ledger.write(itemIndex, { ...entry, state: 'closed', failures, refusal });
}

/** What is asked for in a row. */
type AskedJob = ReturnType<typeof askedJob>;

function askedJob({ job, isUnawaited, outcome: { itemIndex, request } }: SheetRow) {
	if (!job || !request) throw new Error('The row has no request');
	return { ...job, itemIndex, request, isUnawaited };
}

/**
 * A refusal leaves the key free. Under a row key the next request takes it again: another run may have bought the clip with it since.
 */
function nextAttempt({ dedupeKey }: ClipJob, known: LedgerEntry | undefined): number {
	if (!known) return 1;
	const isFree = dedupeKey && known.taskId === undefined && !known.isRemembered;
	return isFree ? known.attempt : known.attempt + 1;
}

function about(
	{ failures = 0, contentHash }: LedgerEntry,
	job: AskedJob,
): Pick<Submission, 'attempts' | 'isOtherContent'> {
	return { attempts: failures + 1, isOtherContent: contentHash !== job.contentHash };
}

function contentRefusal(fault: Fault | undefined): Fault | undefined {
	return fault?.api?.kind === 'content' ? fault : undefined;
}

/**
 * What another execution began (n8n's Retry button) goes on here, with a wait of its own. A Submit Only that was certainly refused is
 * prepared anew, because callback and metadata may have been corrected since; under a row key its bytes have to stay.
 */
function findEntry(job: AskedJob, run: Run): LedgerEntry | undefined {
	const known = run.ledger.find(job.itemIndex, job.contentHash);
	const { executionId } = run.keyScope;
	if (!known || known.executionId === executionId) return known;
	const firstSentAtMs = run.clock.nowMs();
	const isUnsent = known.state === 'ready' && !mayBeSent(known);
	const isPreparedAnew = isUnsent && job.isUnawaited && !job.dedupeKey;
	const taken: LedgerEntry = {
		...known,
		executionId,
		firstSentAtMs,
		failures: undefined,
		refusal: undefined,
		state: isPreparedAnew ? 'closed' : known.state,
	};
	run.ledger.write(job.itemIndex, taken);
	return taken;
}

/** What all attempts of a row have in common. */
function rowKey(job: AskedJob, { keyScope }: Run): string {
	return idempotencyKey(keyScope, { ...job, attempt: 0 });
}

async function send(
	job: AskedJob,
	run: Run,
	entry: LedgerEntry,
	isRepetition: boolean,
): Promise<Submission> {
	const { itemIndex } = job;
	const { client, clock, signal, ledger, logger, keyScope } = run;
	const { idempotencyKey: key, body = '{}', firstSentAtMs } = entry;
	ledger.write(itemIndex, entry);
	if (job.dedupeKey) noteAttempt(rowKey(job, run), entry.attempt, clock.nowMs());
	try {
		const { taskId, replayed } = await client.submit(body, key);
		noteCallbackTask(taskId, body, clock.nowMs());
		ledger.write(itemIndex, { ...entry, body: undefined, taskId });
		const isFromEarlierRun = replayed && !isRepetition;
		return { taskId, firstSentAtMs, isFound: replayed, isFromEarlierRun, ...about(entry, job) };
	} catch (error) {
		if (signal?.aborted) {
			const place = `execution ${keyScope.executionId}, item ${itemIndex}`;
			const line = `Kling Fast: stopped while a clip was being submitted (${place}, Idempotency-Key ${key})`;
			logger.warn(line, { itemIndex, key });
		}
		if (!(error instanceof ApimartError)) throw toError(error);
		const { kind, retryable, charged, replayed: isRemembered } = error.details;
		// Of a repetition nobody knows what became of the request before it.
		if (isRepetition || charged === 'unknown') {
			ledger.write(itemIndex, { ...entry, isLost: true });
			throw withUncertainty(error);
		}
		if (kind !== 'duplicate') {
			const refusal = contentRefusal(faultOf(error));
			const after = retryable ? entry : { ...entry, body: undefined, refusal, isRemembered };
			ledger.write(itemIndex, { ...after, state: retryable ? 'ready' : 'closed' });
		}
		throw toError(error);
	}
}

/** The provider repeated what it had answered to an earlier run: no word about what was sent now. */
export function isReplayedRefusal(error: unknown): boolean {
	if (!(error instanceof ApimartError)) return false;
	const { details } = error;
	return details.replayed === true && details.charged === 'no' && details.kind !== 'duplicate';
}

const OTHER_API_KEY: Fault = {
	message:
		'This row was sent with another API key and without an answer: sent again, it could be bought twice',
	advice:
		'Look at the APIMart dashboard of that key. If the clip is there, fetch it with that key and Get Video; if not, start the workflow anew.',
};

const KEY_TOO_OLD: Fault = {
	message:
		'This row was sent a day ago without an answer, and APIMart has forgotten its key: sent again, it could be bought twice',
	advice:
		'Look at the APIMart dashboard. If the clip is there, fetch it with Get Video; if not, start the workflow anew.',
};

function perhapsBought({ message, advice }: Fault): ApimartError {
	const known = { kind: 'duplicate', retryable: false, charged: 'unknown' } as const;
	return new ApimartError(message, { ...known, advice });
}

/** The last answer may be a plain refusal although an earlier one was lost: then it is unknown what was bought. */
function withUncertainty(error: ApimartError): ApimartError {
	const { kind, charged, retryForSeconds, advice = '' } = error.details;
	const isSent = charged === 'unknown';
	const check = isSent && isTransportFault(kind) ? `${advice} ` : '';
	return new ApimartError(error.message, {
		...error.details,
		// That nothing can be sent now says nothing about the request before.
		retryForSeconds: isSent ? retryForSeconds : undefined,
		charged: 'unknown',
		advice: `${check}Whether the clip was accepted is not known. Retry On Fail, n8n's Retry of this execution (unless it has slept) and, with a row key, any further run send the same request with the same key, which finds the clip and does not buy it a second time. Or look for it in the APIMart dashboard and fetch it with Get Video.`,
	});
}
