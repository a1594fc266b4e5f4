/*
 * What must stay true:
 * - Every result has the same shape; a field that is not known is absent.
 * - A task id that is known is in the item, and in the error.
 * - `error` is present exactly when something went wrong, and a timeout is never without it.
 */
import type { IBinaryData, IDataObject } from 'n8n-workflow';
import { ApimartError, type ErrorDetails } from '../apimart/errors';
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
	/** By our clock; the provider's own time of creation is preferred. */
	submittedAtMs?: number;
	binary?: IBinaryData;
	fault?: Fault;
	/** Whether an earlier execution bought it. */
	isFromEarlierRun?: boolean;
	/** Whether its clip may exist although no task is known: every answer to its submit was lost. */
	mayBeSent?: boolean;
	/** Whether it is what was asked for although it carries a fault: the news that a clip has failed. */
	isNews?: boolean;
}

/** The output item's json (design of the output: the same shape in Generate Video, Get Video and the trigger). */
export function outcomeJson(outcome: Outcome): IDataObject {
	const { task, request, fault } = outcome;
	const submittedMs = task?.createdMs ?? outcome.submittedAtMs;
	const metadata = outcome.metadata ?? request?.metadata;
	return withoutUnknown({
		taskId: outcome.taskId,
		status: outcome.status,
		videoUrl: task?.videoUrl,
		expiresAt: isoTime(task?.expiresAtMs),
		cost: task?.costUsd === undefined ? undefined : roundUsd(task.costUsd),
		estimatedCost: outcome.estimatedCostUsd,
		duration: request?.durationSeconds,
		aspectRatio: request?.aspectRatio,
		quality: request?.quality,
		audio: request?.audio,
		prompt: request?.prompt === '' ? undefined : request?.prompt,
		submittedAt: isoTime(submittedMs),
		completedAt: isoTime(task?.completedMs),
		elapsedSeconds: elapsedSeconds(task),
		metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined,
		error: fault && faultSentence(outcome),
	});
}

/** What went wrong in one or two sentences, with the task id where there is one, and the item as n8n counts (from 0). */
export function faultSentence({
	fault,
	taskId,
	mayBeSent,
	itemIndex,
}: Pick<Outcome, 'fault' | 'taskId' | 'mayBeSent'> & { itemIndex?: number }): string {
	const message = fault?.message ?? '';
	const task = taskId && !message.includes(taskId) ? ` (task ${taskId})` : '';
	const item = itemIndex === undefined ? '' : ` [item ${itemIndex}]`;
	const unsure = mayBeSent ? ' (the clip may exist and be charged all the same)' : '';
	const named = `${message}${task}${unsure}${item}`;
	return fault?.advice ? `${endSentence(named)} ${fault.advice}` : named;
}

export function faultOf(error: unknown): Fault {
	if (error instanceof ApimartError) {
		const { advice, kind, httpStatus } = error.details;
		return { message: error.message, advice, api: { kind, httpStatus } };
	}
	return { message: error instanceof Error ? error.message : String(error) };
}

/** The fault of a task that has ended badly, or undefined. */
export function faultOfTask(task: Task): Fault | undefined {
	if (task.state === 'failed') {
		const message = `APIMart could not make the clip: ${task.failure ?? task.stateWord}`;
		if (!task.isContentRefused) return { message, advice: 'Failed clips are not charged.' };
		const advice =
			'Edit the prompt or the image of this row, or the same is refused again. Failed clips are not charged.';
		return { message, advice, api: { kind: 'content' } };
	}
	if (task.state === 'completed' && !task.videoUrl) {
		return {
			message: `Task ${task.taskId} is completed, but APIMart's answer names no video`,
			advice: 'Fetch it again later with Get Video.',
		};
	}
	return undefined;
}

/** What a status read tells of the row. */
export function withTask(outcome: Outcome, task: Task): Outcome {
	return { ...outcome, task, status: task.state, fault: faultOfTask(task) };
}

/** Whether the provider knows no such task, as far as the fault tells. */
export function isUnknownTask({ api }: Fault): boolean {
	return api?.kind === 'unknownTask';
}

/** A timeout names the task and the way to the clip (it may still be made, and charged). */
export function timeoutFault(
	taskId: string,
	maxWaitSeconds: number,
	{ task, lastFault }: Pick<Reading, 'task' | 'lastFault'> = {},
): Fault {
	const state = task ? ` (last seen: ${task.stateWord}, ${task.progress ?? 0} %)` : '';
	const read = lastFault ? ` (the last read failed: ${lastFault})` : '';
	return {
		message: `Task ${taskId} was not finished after ${maxWaitSeconds} seconds${state}${read}`,
		advice:
			'It may still be finished and charged: fetch it with Get Video and this task ID, or raise "Maximum Wait (Seconds)".',
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
