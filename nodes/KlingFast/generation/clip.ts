/*
 * What must stay true:
 * - From the moment a task id is known, every way out of here carries it.
 * - A slot is held from before the submit until the task has ended, and never during the download.
 * - A stopped run ends by throwing, not by an outcome that looks like a result.
 */
import { withRetries } from '../apimart/retry';
import type { Task } from '../apimart/task';
import { stopReason } from '../clock';
import { logEnd, logState, logSubmit } from './clipLog';
import {
	faultOf,
	isUnknownTask,
	timeoutFault,
	withTask,
	type Fault,
	type Outcome,
} from './outcome';
import { waitForTask } from './polling';
import type { ClipJob, PaidRun, Run, WaitSettings } from './run';
import { takeSlot, type ReleaseSlot } from './slots';
import { markFailed, submitClip, type Submission } from './submission';

/** How many clips that failed in earlier runs, under the same row key, are passed over until one is made. */
const MAX_EARLIER_FAILURES = 20;

/** What is counted per key: reads cost nothing, so they never take the place of a clip. */
const GENERATIONS = '';
const READS = 'reads of ';
const IMAGES = 'images of ';

const LOOK_TRIES = 3;
const LOOK_LIMIT_MS = 60_000;

/** Submits one row and, where asked for, waits for its clip and downloads it. Rejects only when the run is stopped. */
export async function makeClip(job: ClipJob, run: PaidRun): Promise<Outcome> {
	const { itemIndex, request, estimatedCostUsd } = job;
	let outcome: Outcome = { itemIndex, request, estimatedCostUsd, status: 'failed' };
	const letNextUpload = await uploadAhead(job, run);
	const fault = await inSlot(run, GENERATIONS, async () => {
		letNextUpload();
		for (let failures = 0; ; failures++) {
			const submission = await submitClip(job, run);
			outcome = announce(outcome, submission, job, run);
			outcome = await followTask(outcome, job, run, submission);
			if (outcome.status !== 'failed') break;
			markFailed(job, run);
			if (!submission.isFromEarlierRun || failures >= MAX_EARLIER_FAILURES) break;
		}
	}).finally(letNextUpload);
	return await finish(fault ? { ...outcome, fault } : outcome, job, run);
}

/** Waits for a task that exists already and downloads its clip. Rejects only when the run is stopped. */
export async function awaitClip(
	taskId: string,
	start: Pick<Outcome, 'itemIndex' | 'metadata'>,
	settings: WaitSettings,
	run: Run,
): Promise<Outcome> {
	let outcome: Outcome = { ...start, taskId, status: 'processing' };
	const fault = await inSlot(run, READS, async () => {
		const startedAtMs = run.clock.nowMs();
		outcome = await pollToEnd(outcome, settings, run, { taskId, startedAtMs, isFresh: false });
	});
	return await finish(unlessUnknown(outcome, fault), settings, run);
}

/** Reads a task once and downloads its clip where it is finished. Rejects only when the run is stopped. */
export async function lookAtClip(
	taskId: string,
	start: Pick<Outcome, 'itemIndex' | 'metadata'>,
	settings: WaitSettings,
	run: Run,
): Promise<Outcome> {
	let outcome: Outcome = { ...start, taskId, status: 'processing' };
	const fault = await inSlot(run, READS, async () => {
		outcome = withTask(outcome, await readPatiently(taskId, run));
	});
	return await finish(unlessUnknown(outcome, fault), settings, run);
}

/** A task that could not be read may still be made; one that the provider does not know is none. */
function unlessUnknown(outcome: Outcome, fault: Fault | undefined): Outcome {
	if (!fault) return outcome;
	return isUnknownTask(fault) ? { ...outcome, fault, status: 'failed' } : { ...outcome, fault };
}

/**
 * Uploads the row's images before it takes a slot, so that no slot stands idle at the provider meanwhile. As many rows as there
 * are slots may be ahead: their images would lie unused if the run is stopped. What goes wrong here comes up again at the submit.
 */
async function uploadAhead(job: ClipJob, run: PaidRun): Promise<ReleaseSlot> {
	const isSent = run.ledger.find(job.itemIndex, job.contentHash)?.state === 'sent';
	if (isSent || job.frames.length === 0) return () => undefined;
	const release = await takeSlot(IMAGES + run.apiKey, run.concurrency, run.signal);
	await Promise.allSettled(job.frames.map(async (frame) => await frame.address()));
	return release;
}

/** Does the work while holding a slot of the key. Gives what went wrong; rejects only when the run is stopped. */
async function inSlot(
	run: Run,
	lane: string,
	work: () => Promise<void>,
): Promise<Fault | undefined> {
	const release = await takeSlot(lane + run.apiKey, run.concurrency, run.signal);
	const fault = await work().then(() => undefined, faultOf);
	release();
	if (run.signal?.aborted) throw stopReason(run.signal);
	return fault;
}

/** One look, repeated only where the answer did not come through. */
async function readPatiently(taskId: string, { client, clock, signal }: Run): Promise<Task> {
	const deadlineMs = clock.nowMs() + LOOK_LIMIT_MS;
	const read = async () => await client.readTask(taskId);
	return await withRetries(read, { clock, signal, deadlineMs, maxTries: LOOK_TRIES });
}

function announce(outcome: Outcome, submission: Submission, job: ClipJob, run: PaidRun): Outcome {
	const { taskId, firstSentAtMs, isFound } = submission;
	run.journal.add(taskId);
	logSubmit({ taskId, itemIndex: outcome.itemIndex }, isFound, run);
	const status = job.waitForEnd ? 'processing' : 'submitted';
	return { ...outcome, taskId, status, submittedAtMs: firstSentAtMs };
}

async function followTask(
	outcome: Outcome,
	job: ClipJob,
	run: PaidRun,
	submission: Submission,
): Promise<Outcome> {
	const { taskId, firstSentAtMs, isFound } = submission;
	if (job.waitForEnd) {
		const start = { taskId, startedAtMs: firstSentAtMs, isFresh: !isFound };
		return await pollToEnd(outcome, job, run, start);
	}
	return isFound ? await lookOnce(outcome, run.client.readTask(taskId)) : outcome;
}

/** A clip that was found again may have ended long ago. That it cannot be read now does not matter: it exists. */
async function lookOnce(outcome: Outcome, reading: Promise<Task>): Promise<Outcome> {
	const [read] = await Promise.allSettled([reading]);
	return read.status === 'fulfilled' ? withTask(outcome, read.value) : outcome;
}

async function pollToEnd(
	outcome: Outcome,
	settings: WaitSettings,
	run: Run,
	start: { taskId: string; startedAtMs: number; isFresh: boolean },
): Promise<Outcome> {
	const { taskId, startedAtMs, isFresh } = start;
	const { maxWaitSeconds, pollIntervalSeconds } = settings;
	const { client, clock, signal } = run;
	const { isFinished, task } = await waitForTask(taskId, {
		client,
		clock,
		signal,
		// A full provider may have refused a fresh task for minutes before it took it.
		startedAtMs: isFresh ? clock.nowMs() : startedAtMs,
		deadlineMs: startedAtMs + maxWaitSeconds * 1000,
		pollIntervalSeconds,
		readAtOnce: !isFresh,
		isFresh,
		onState: (seen) => logState({ taskId, itemIndex: outcome.itemIndex }, seen, run),
	});
	if (isFinished && task) return withTask(outcome, task);
	const fault = timeoutFault(taskId, maxWaitSeconds, task);
	return { ...outcome, task, status: 'timedOut', fault };
}

async function finish(outcome: Outcome, settings: WaitSettings, run: Run): Promise<Outcome> {
	const done = await withVideo(outcome, settings, run);
	const { taskId, itemIndex, status } = done;
	if (taskId === undefined) return done;
	if (status === 'completed' || status === 'failed') run.journal.end(taskId);
	logEnd({ taskId, itemIndex }, done, run);
	return done;
}

/** A clip that is done but could not be downloaded stays a completed clip, with its link and an error. */
export async function withVideo(
	outcome: Outcome,
	settings: WaitSettings,
	run: Run,
): Promise<Outcome> {
	const { taskId, task, status } = outcome;
	if (!settings.download || status !== 'completed' || !taskId || !task?.videoUrl) return outcome;
	const [saved] = await Promise.allSettled([run.saveVideo(task.videoUrl, taskId)]);
	if (run.signal?.aborted) throw stopReason(run.signal);
	if (saved.status === 'fulfilled') return { ...outcome, binary: saved.value };
	return { ...outcome, fault: faultOf(saved.reason) };
}
