/*
 * What must stay true:
 * - Every result has the same shape; a field that is not known is absent.
 * - A task id that is known is in the item, and in the error.
 * - `error` is present exactly when something went wrong, and a timeout is never without it.
 */
import type { IBinaryData, IDataObject } from 'n8n-workflow';
import { ApimartError, toError, type ErrorDetails } from '../apimart/errors';
import type { Task } from '../apimart/task';
import { roundUsd } from '../apimart/models';
import type { Reading } from './polling';
import type { ClipRequest } from '../apimart/clipRequest';

export type ClipStatus = 'submitted' | 'processing' | 'completed' | 'failed' | 'timedOut';

/** What went wrong: one sentence, and what to do about it. Plain data, because a sleeping sheet is saved with its faults. */
export interface Fault {
	message: string;
	advice?: string;
	/** Where the provider's API said it. */
	api?: Pick<ErrorDetails, 'kind' | 'httpStatus'>;
}

/** What became of one row. */
export interface Outcome {
	itemIndex: number;
	/** Absent where nothing is known about the task. */
	status?: ClipStatus;
	taskId?: string;
	task?: Task;
	request?: ClipRequest;
	metadata?: IDataObject;
	estimatedCostUsd?: number;
	/** By n8n's clock; the provider's own time of creation is preferred. */
	submittedAtMs?: number;
	binary?: IBinaryData;
	fault?: Fault;
	/** Tasks that the row has had in this execution: the known one, and those that failed before it. */
	attempts?: number;
	/** Whether the task has failed, and the fault is that of the attempt after it, of which no task is known. */
	isOfNextAttempt?: boolean;
	/** Whether an earlier execution bought it: it was found through its key only. */
	isFromEarlierRun?: boolean;
	/** Whether it was bought in an earlier try, by a request that is not known here any more. */
	isOtherContent?: boolean;
	/** Whether its clip may exist although no task is known: every answer to its submit was lost. */
	isPerhapsSent?: boolean;
	/** Whether it is what was asked for although it carries a fault: the news that a clip has failed. */
	isReport?: boolean;
}

/** The output item's json (the same shape in Generate Video, Get Video and the trigger). */
export function outcomeJson(outcome: Outcome): IDataObject {
	const { task, fault, isOtherContent, attempts = 1 } = outcome;
	const { request, estimatedCostUsd } = isOtherContent ? {} : outcome;
	const submittedMs = task?.createdMs ?? outcome.submittedAtMs;
	const metadata = outcome.metadata ?? outcome.request?.metadata;
	return withoutUnknown({
		taskId: outcome.taskId,
		status: outcome.status,
		videoUrl: task?.videoUrl,
		expiresAt: isoTime(task?.expiresAtMs),
		cost: task?.costUsd === undefined ? undefined : roundUsd(task.costUsd),
		estimatedCost: estimatedCostUsd,
		duration: request?.durationSeconds,
		aspectRatio: request?.aspectRatio,
		quality: request?.quality,
		audio: request?.audio,
		prompt: request?.prompt === '' ? undefined : request?.prompt,
		submittedAt: isoTime(submittedMs),
		completedAt: isoTime(task?.completedMs),
		elapsedSeconds: elapsedSeconds(task),
		attempts: attempts > 1 ? attempts : undefined,
		metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined,
		note: isOtherContent ? OTHER_CONTENT_NOTE : undefined,
		error: fault && faultSentence(outcome),
	});
}

const OTHER_CONTENT_NOTE =
	'This clip was bought in an earlier try, with another prompt or other settings than the row has now.';

/** What went wrong in one or two sentences, with the task id where there is one, and the item as n8n counts (from 0). */
export function faultSentence(outcome: Partial<Outcome>): string {
	const { fault, taskId, isPerhapsSent, attempts = 1, isOfNextAttempt, itemIndex } = outcome;
	const message = fault?.message ?? '';
	const which = attempts > 1 ? `attempt ${attempts}` : '';
	const named = taskId && !message.includes(taskId) ? `task ${taskId}` : '';
	const known = isOfNextAttempt
		? `in the next attempt after task ${taskId}, which failed`
		: [named, which].filter((part) => part !== '').join(', ');
	const task = known && ` (${known})`;
	const item = itemIndex === undefined ? '' : ` [item ${itemIndex}]`;
	const unsure = isPerhapsSent ? ' (the clip may exist and be charged all the same)' : '';
	const sentence = `${message}${task}${unsure}${item}`;
	return fault?.advice ? `${endSentence(sentence)} ${fault.advice}` : sentence;
}

export function faultOf(error: unknown): Fault {
	if (error instanceof ApimartError) {
		const { advice, kind, httpStatus } = error.details;
		return { message: error.message, advice, api: { kind, httpStatus } };
	}
	return { message: toError(error).message };
}

/** The fault of a task that has ended badly, or undefined. */
export function faultOfTask(task: Task): Fault | undefined {
	if (task.state === 'failed') {
		const message = `APIMart could not make the clip: ${task.failure ?? task.stateWord}`;
		const advice = isCharged(task)
			? `APIMart says that it charged ${roundUsd(task.costUsd)} USD all the same: ask APIMart for a refund and name the task ID.`
			: 'Failed clips are not charged.';
		if (!task.isContentRefused) return { message, advice };
		return {
			message,
			advice: `Edit the prompt or the image of this row, or the same is refused again. ${advice}`,
			api: { kind: 'content' },
		};
	}
	if (task.state === 'completed' && !task.videoUrl) {
		return {
			message: `Task ${task.taskId} is completed, but APIMart's answer names no video`,
			advice: 'Fetch it again later with Get Video.',
		};
	}
	return undefined;
}

/** Ended words that say no more than that it went wrong: what was cancelled, refused or given up at the provider is final. */
const PLAIN_FAILURES = ['failed', 'failure', 'fail', 'error'];

/**
 * Whether the same clip is worth another task: this one failed by itself, and for nothing. What was refused would be refused again, and
 * what was charged is not bought a second time.
 */
export function mayBeMadeAgain(task: Task): boolean {
	const { stateWord, isContentRefused, isParameterRefused } = task;
	const isRefused = isContentRefused || isParameterRefused;
	return PLAIN_FAILURES.includes(stateWord) && !isRefused && !isCharged(task);
}

/** Whether APIMart names a price for the task. */
export function isCharged(task: Task): task is Task & { costUsd: number } {
	return (task.costUsd ?? 0) > 0;
}

/** The row after a status read. */
export function withTask(outcome: Outcome, task: Task): Outcome {
	return { ...outcome, task, status: task.state, fault: faultOfTask(task) };
}

/** A timeout names the task and the way to the clip (it may still be made, and charged). */
export function timeoutFault(
	taskId: string,
	maxWaitSeconds: number,
	{ task, lastFault }: Pick<Reading, 'task' | 'lastFault'> = {},
): Fault {
	const progress = task?.progress === undefined ? '' : `, ${task.progress} %`;
	const state = task ? ` (last seen: ${task.stateWord}${progress})` : '';
	const read = lastFault ? ` (the last read failed: ${lastFault})` : '';
	return {
		message: `Task ${taskId} was not finished after ${maxWaitSeconds} seconds${state}${read}`,
		advice:
			'It may still be finished and charged: fetch it with Get Video and this task ID, or raise the maximum wait.',
	};
}

function elapsedSeconds(task: Task | undefined): number | undefined {
	if (task?.completedMs === undefined || task.createdMs === undefined) return undefined;
	return Math.max(0, (task.completedMs - task.createdMs) / 1000);
}

function isoTime(ms: number | undefined): string | undefined {
	return ms === undefined ? undefined : new Date(ms).toISOString();
}

function withoutUnknown(json: Record<string, IDataObject[string] | undefined>): IDataObject {
	const known = Object.entries(json).filter(([, value]) => value !== undefined);
	return Object.fromEntries(known) as IDataObject;
}

function endSentence(text: string): string {
	return /[.!?…]$/.test(text) ? text : `${text}.`;
}
