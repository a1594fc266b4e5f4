/*
 * What must stay true:
 * - From the moment a task id is known, every way out of here carries it.
 * - A slot is held from before the submit until the task has ended, and never during the download.
 * - A stopped run ends by throwing, not by an outcome that looks like a result.
 */
import { ApimartError } from '../apimart/errors';
import type { Task } from '../apimart/task';
import { stopReason } from '../clock';
import { faultOf, faultOfTask, statusOf, timeoutFault, type Outcome } from './outcome';
import { waitForTask } from './polling';
import type { ClipJob, PaidRun, Run, WaitSettings } from './run';
import { takeSlot } from './slots';
import { markFailed, submitClip, type Submission } from './submission';

/** How many clips that failed in earlier runs, under the same row key, are passed over until one is made. */
const MAX_EARLIER_FAILURES = 20;

/** Submits one row and, where asked for, waits for its clip and downloads it. Rejects only when the run is stopped. */
export async function makeClip(job: ClipJob, run: PaidRun): Promise<Outcome> {
	const { itemIndex, request, estimatedCostUsd } = job;
	let outcome: Outcome = { itemIndex, request, estimatedCostUsd, status: 'failed' };
	const release = await takeSlot(run.apiKey, run.concurrency, run.signal);
	try {
		for (let failures = 0; ; failures++) {
			const submission = await submitClip(job, run);
			outcome = announce(outcome, submission, run);
			outcome = await followTask(outcome, job, run, submission);
			if (outcome.status !== 'failed') break;
			markFailed(job, run);
			if (!submission.isFromEarlierRun || failures >= MAX_EARLIER_FAILURES) break;
		}
	} catch (error) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		outcome = { ...outcome, fault: faultOf(error) };
	} finally {
		release();
	}
	return await finish(outcome, job, run);
}

/** Waits for a task that exists already and downloads its clip. Rejects only when the run is stopped. */
export async function awaitClip(
	taskId: string,
	start: Pick<Outcome, 'itemIndex' | 'metadata'>,
	settings: WaitSettings,
	run: Run,
): Promise<Outcome> {
	let outcome: Outcome = { ...start, taskId, status: 'processing' };
	const release = await takeSlot(run.apiKey, run.concurrency, run.signal);
	try {
		const startedAtMs = run.clock.nowMs();
		outcome = await pollToEnd(outcome, settings, run, { taskId, startedAtMs, isFresh: false });
	} catch (error) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		outcome = { ...outcome, fault: faultOf(error) };
	} finally {
		release();
	}
	return await finish(outcome, settings, run);
}

/** Reads a task once and downloads its clip where it is finished. Rejects only when the run is stopped. */
export async function lookAtClip(
	taskId: string,
	start: Pick<Outcome, 'itemIndex' | 'metadata'>,
	settings: WaitSettings,
	run: Run,
): Promise<Outcome> {
	let outcome: Outcome = { ...start, taskId, status: 'failed' };
	const release = await takeSlot(run.apiKey, run.concurrency, run.signal);
	try {
		outcome = withTask(outcome, await run.client.readTask(taskId));
	} catch (error) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		outcome = { ...outcome, fault: faultOf(error) };
	} finally {
		release();
	}
	return await finish(outcome, settings, run);
}

function announce(outcome: Outcome, submission: Submission, run: Run): Outcome {
	const { taskId, firstSentAtMs, isFound } = submission;
	const { itemIndex, estimatedCostUsd } = outcome;
	run.journal.add(taskId);
	const what = isFound ? 'clip found again, not bought twice' : 'clip submitted';
	run.logger.info(`Kling Fast: ${what}`, { taskId, itemIndex, estimatedCostUsd });
	return { ...outcome, taskId, status: 'submitted', submittedAtMs: firstSentAtMs };
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
		return await pollToEnd({ ...outcome, status: 'processing' }, job, run, start);
	}
	return isFound ? await lookOnce(outcome, taskId, run) : outcome;
}

/** A clip that was found again may have ended long ago. That it cannot be read now does not matter: it exists. */
async function lookOnce(outcome: Outcome, taskId: string, run: Run): Promise<Outcome> {
	try {
		return withTask(outcome, await run.client.readTask(taskId));
	} catch (error) {
		if (run.signal?.aborted || !(error instanceof ApimartError)) throw error;
		return outcome;
	}
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
	let last: Task | undefined;
	try {
		const result = await waitForTask(taskId, {
			client,
			clock,
			signal,
			startedAtMs,
			deadlineMs: startedAtMs + maxWaitSeconds * 1000,
			pollIntervalSeconds,
			readAtOnce: !isFresh,
			isFresh,
		});
		last = result.task;
		if (result.isFinished) return withTask(outcome, result.task);
	} catch (error) {
		if (signal?.aborted || !(error instanceof ApimartError)) throw error;
		return { ...outcome, fault: faultOf(error) };
	}
	const fault = timeoutFault(taskId, maxWaitSeconds, last);
	return { ...outcome, task: last, status: 'timedOut', fault };
}

function withTask(outcome: Outcome, task: Task): Outcome {
	return { ...outcome, task, status: statusOf(task), fault: faultOfTask(task) };
}

async function finish(outcome: Outcome, settings: WaitSettings, run: Run): Promise<Outcome> {
	const done = await withVideo(outcome, settings, run);
	const { taskId, itemIndex, status, task } = done;
	if (taskId === undefined) return done;
	if (status === 'completed' || status === 'failed') run.journal.end(taskId);
	const seen = { taskId, itemIndex, status, costUsd: task?.costUsd };
	if (done.fault) run.logger.warn(`Kling Fast: ${done.fault.message}`, seen);
	else run.logger.info(`Kling Fast: clip ${status}`, seen);
	return done;
}

/** A clip that is done but could not be downloaded stays a completed clip, with its link and an error. */
async function withVideo(outcome: Outcome, settings: WaitSettings, run: Run): Promise<Outcome> {
	const { taskId, task, status } = outcome;
	if (!settings.download || status !== 'completed' || !taskId || !task?.videoUrl) return outcome;
	try {
		return { ...outcome, binary: await run.saveVideo(task.videoUrl, taskId) };
	} catch (error) {
		if (run.signal?.aborted) throw stopReason(run.signal);
		return { ...outcome, fault: faultOf(error) };
	}
}
