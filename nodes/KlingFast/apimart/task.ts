import { isObject, objectIn } from '../json';
import { CONTENT_WORDS, excerpt } from './answer';
import { parseWebUrl } from './address';

/** Words for a task's state, in the product's language; `submitted` covers pending and queued. */
export type TaskState = 'submitted' | 'processing' | 'completed' | 'failed';

export interface Task {
	taskId: string;
	state: TaskState;
	/** The provider's own word, lower case. */
	stateWord: string;
	/** 0 to 100. */
	progress?: number;
	estimatedSeconds?: number;
	createdMs?: number;
	completedMs?: number;
	/** What was billed, USD. */
	costUsd?: number;
	videoUrl?: string;
	/** When the video's link stops working. */
	expiresAtMs?: number;
	/** The provider's reason, of a failed task. */
	failure?: string;
	/** Whether that is about what was asked for: sent again, the same would be refused again. */
	isContentRefused?: boolean;
	/** The same of a parameter: APIMart takes some wrong ones, and fails the task later. */
	isParameterRefused?: boolean;
}

/** Links live for 24 hours after completion where the answer names no other end (recordings of 2026-09). */
const DEFAULT_LINK_LIFE_MS = 24 * 60 * 60 * 1000;

/** The end of year 9999: what lies behind is no time that could be written down. */
const LAST_TIME_MS = 253_402_300_799_999;

/**
 * What may be a task id. The provider promises no form (seen: `task_` and a ULID, `task-unified-<time>-<8 characters>`); this one
 * can stand in an address, in a log line and in a list.
 */
export const TASK_ID = /^\w[\w.:-]{0,127}$/;

const WAITING_WORDS = ['submitted', 'pending', 'queued'];
const COMPLETED_WORDS = ['completed', 'complete', 'success', 'succeeded', 'succeed', 'finished'];
const FAILED_WORDS = [
	'failed',
	'failure',
	'fail',
	'error',
	'cancelled',
	'canceled',
	'refused',
	'rejected',
	'invalid',
	'expired',
	'timeout',
];

/** An unknown word means that the task still runs: new words were added by the provider without notice. */
export function taskState(word: string): TaskState {
	if (COMPLETED_WORDS.includes(word)) return 'completed';
	if (FAILED_WORDS.includes(word)) return 'failed';
	return WAITING_WORDS.includes(word) ? 'submitted' : 'processing';
}

/** Whether nothing more becomes of the task. */
export function hasEnded({ state }: Pick<Task, 'state'>): boolean {
	return state === 'completed' || state === 'failed';
}

/**
 * Reads the answer of `GET /v1/tasks/{id}` or a callback's body: with or without the `{code, data}` envelope, `data` as an
 * object or as an array of one. Returns undefined where it is no task.
 *
 * @param askedId counts where the answer has several ids
 */
export function parseTask(json: unknown, askedId?: string): Task | undefined {
	const node = taskNode(json);
	if (!node) return undefined;
	const word = firstText(node.status, node.state, node.task_status)?.toLowerCase();
	const ids = taskIds(node.id, node.task_id, node.taskId);
	const taskId = ids.find((id) => id === askedId) ?? ids[0];
	if (word === undefined || taskId === undefined) return undefined;
	const state = taskState(word);
	const completedMs = epochMs(node.completed);
	const video = state === 'completed' ? findVideo(node) : undefined;
	const linkEndMs = video?.expiresAtMs ?? (completedMs && completedMs + DEFAULT_LINK_LIFE_MS);
	const failure = state === 'failed' ? failureText(node, word) : undefined;
	const why = failure === undefined ? '' : failure + failureCode(node);
	return {
		taskId,
		state,
		stateWord: excerpt(word, 40),
		progress: finiteNumber(node.progress),
		estimatedSeconds: finiteNumber(node.estimated_time),
		createdMs: epochMs(node.created),
		completedMs: hasEnded({ state }) ? completedMs : undefined,
		costUsd: finiteNumber(node.cost),
		videoUrl: video?.url,
		expiresAtMs: video ? linkEndMs : undefined,
		failure,
		...(CONTENT_WORDS.test(why) && { isContentRefused: true }),
		...(PARAMETER_WORDS.test(why) && { isParameterRefused: true }),
	};
}

/** As with moderation there is no stable code: recordings and other clients show texts. The Chinese word is "parameter". */
const PARAMETER_WORDS =
	/build_request_failed|is invalid|invalid[_ ](request|param|argument|value|image|format)|unsupported|not supported|element_create_failed|\u53c2\u6570/i;

/**
 * The task id in the answer to a submit: the array envelope, the object envelope of the versioned contract, and the
 * variants that public clients of the same backend tolerate. Undefined where there is none that has the form of one.
 */
export function parseSubmittedTaskId(json: unknown): string | undefined {
	if (!isObject(json)) return undefined;
	const data = Array.isArray(json.data) ? json.data[0] : json.data;
	const nodes = [data, json].filter(isObject);
	return taskIds(...nodes.flatMap((node) => [node.task_id, node.id, node.taskId]))[0];
}

function taskNode(json: unknown): Record<string, unknown> | undefined {
	if (Array.isArray(json)) return isObject(json[0]) ? json[0] : undefined;
	if (!isObject(json)) return undefined;
	const data = Array.isArray(json.data) ? json.data[0] : json.data;
	return isObject(data) ? data : json;
}

function findVideo(
	node: Record<string, unknown>,
): { url: string; expiresAtMs?: number } | undefined {
	const result = objectIn(node.result);
	const videos = Array.isArray(result.videos) ? result.videos : [];
	for (const video of videos) {
		const url = firstUrl(isObject(video) ? video.url : video);
		if (url) return { url, expiresAtMs: epochMs(objectIn(video).expires_at) };
	}
	const others = [result.url, result.output_url, result.video_url, node.result];
	const url = firstUrl(...others, node.output_url, node.video_url, node.videoUrl, node.url);
	return url ? { url, expiresAtMs: epochMs(result.expires_at ?? node.expires_at) } : undefined;
}

function firstUrl(...values: unknown[]): string | undefined {
	for (const value of values.flat()) {
		if (typeof value === 'string' && parseWebUrl(value.trim())) return value.trim();
	}
	return undefined;
}

function failureCode({ error }: Record<string, unknown>): string {
	return firstText(objectIn(error).code) ?? '';
}

function failureText(node: Record<string, unknown>, word: string): string {
	const error = objectIn(node.error);
	const reasons = [node.fail_reason, node.failReason, node.message, node.msg];
	const said = firstText(objectIn(error.error).message, error.message, node.error, ...reasons);
	const code = failureCode(node);
	const text = said ?? (code ? `code ${code}` : `the provider gave no reason (status ${word})`);
	return excerpt(text, 1000);
}

function taskIds(...values: unknown[]): string[] {
	return values.flatMap((value) => firstText(value) ?? []).filter((id) => TASK_ID.test(id));
}

function firstText(...values: unknown[]): string | undefined {
	for (const value of values) {
		if (typeof value === 'number') return String(value);
		if (typeof value === 'string' && value.trim() !== '') return value.trim();
	}
	return undefined;
}

function finiteNumber(value: unknown): number | undefined {
	if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === ''))
		return undefined;
	const number = Number(value);
	return Number.isFinite(number) ? number : undefined;
}

/** The provider gives Unix seconds; a value that can only be milliseconds is taken as such. Undefined where it is no time. */
export function epochMs(value: unknown): number | undefined {
	const number = finiteNumber(value);
	if (number === undefined || number <= 0) return undefined;
	const ms = number > 1e11 ? number : number * 1000;
	return ms <= LAST_TIME_MS - DEFAULT_LINK_LIFE_MS ? Math.round(ms) : undefined;
}
