/*
 * What an answer says: its status, its words, and that without secrets. What must stay true:
 * - Whatever comes from outside costs time in proportion to its length: no pattern here starts over inside what it has read.
 * - A text from outside that is shown or logged has gone through `excerpt`: one line, cut, without secrets.
 */
import { isObject, objectIn } from '../json';

export interface Answer {
	httpStatus: number;
	headers: Record<string, unknown>;
	text: string;
	/** Parsed JSON, or undefined where the text is not JSON. */
	json: unknown;
}

/** `Retry-After` in seconds from now, from its number or its date form; undefined where absent or unreadable. */
export function retryAfterSeconds(
	headers: Record<string, unknown>,
	nowMs: number,
): number | undefined {
	const value = header(headers, 'retry-after');
	if (value === undefined) return undefined;
	const seconds = Number(value);
	if (value.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds);
	const atMs = Date.parse(value);
	return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - nowMs) / 1000);
}

export function header(headers: Record<string, unknown>, name: string): string | undefined {
	const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
	const value = key === undefined ? undefined : headers[key];
	return value === undefined || value === null ? undefined : String(value);
}

/**
 * The status that the answer means: a 2xx that carries a `code` of 300 to 599 is read as that code (some gateways in front
 * of the same backend wrap their refusals so).
 */
export function effectiveStatus({ httpStatus, json }: Answer): number {
	if (httpStatus < 200 || httpStatus >= 300 || !isObject(json)) return httpStatus;
	for (const code of [json.code, objectIn(json.error).code]) {
		const status = Number(code);
		if (code !== '' && code !== null && Number.isInteger(status) && status >= 300 && status <= 599)
			return status;
	}
	return httpStatus;
}

/**
 * Whether APIMart itself may have answered. It never redirects; whatever it refuses it does in JSON with an `error` object,
 * `success`, or a `code` and what belongs to it (recordings of 2026): what else has an HTTP error comes from something in between.
 */
export function isFromApimart({ httpStatus, json }: Answer): boolean {
	if (httpStatus < 300) return json !== undefined;
	return httpStatus >= 400 && httpStatus !== 407 && hasApimartShape(json);
}

/** Whether it is one of the shapes in which APIMart speaks. */
export function hasApimartShape(json: unknown): boolean {
	if (!isObject(json)) return false;
	const isCoded = 'code' in json && ['message', 'msg', 'data'].some((name) => name in json);
	return isObject(json.error) || typeof json.success === 'boolean' || isCoded;
}

export function saysFailure(json: unknown): boolean {
	if (!isObject(json)) return false;
	if (json.success === false) return true;
	if (saysSomething(json.error)) return true;
	return typeof json.code === 'number' && json.code !== 0 && (json.code < 200 || json.code > 299);
}

/** An `error` without a word in it may stand beside a good answer: null, an empty text, an object of such. */
function saysSomething(error: unknown): boolean {
	if (isObject(error)) return Object.values(error).some(saysSomething);
	return (typeof error === 'string' && error !== '') || (typeof error === 'number' && error !== 0);
}

/** What the provider said, shortened and without secrets. */
export function providerText({ json, text }: Answer): string {
	if (!isObject(json)) return excerpt(text);
	const { error } = json;
	const { message, error: inner } = objectIn(error);
	const candidates = [objectIn(inner).message, message, error, json.message, json.msg];
	const said = candidates.find((value) => typeof value === 'string' && value.trim() !== '');
	return typeof said === 'string' ? excerpt(said, 1000) : excerpt(text, 1000);
}

/** The machine words of an error (`code`, `type`), joined; recordings differ in which of them is filled. */
export function codeOf(json: unknown): string {
	const { error, code: outer } = objectIn(json);
	const { code, type } = objectIn(error);
	return [code, type, outer].filter((part) => part !== undefined).join(' ');
}

/**
 * Moderation has no stable code at APIMart: recordings show texts only, at the submit and of failed tasks. Kling's own is "Failure to
 * pass the risk control system" (clients of 2026); the Chinese words at the end are risk control, sensitive, violation and review.
 */
export const CONTENT_WORDS =
	/moderation|risk control|(?<!case[- ])sensitive|content[ _-]?(rejected|security|policy|violation|filter)|safety (system|filter|policy)|nsfw|prohibited|inappropriate|\u98ce\u63a7|\u654f\u611f|\u8fdd\u89c4|\u5ba1\u6838/i;

/** The code of a fault below HTTP (`ECONNRESET`), or its message where it has none; one line, cut. */
export function describeCause(cause: unknown): string {
	if (!isObject(cause)) return excerpt(String(cause));
	const codes = [cause.code, objectIn(cause.cause).code, cause.httpCode];
	const code = codes.find((value) => typeof value === 'string' && value !== '');
	return excerpt(String(code ?? (cause.message || 'unknown cause')));
}

/** Whether APIMart says that it repeats what it has answered to an earlier request with the same key. */
export function isReplayed({ headers }: Pick<Answer, 'headers'>): boolean {
	return header(headers, 'idempotency-replayed')?.toLowerCase() === 'true';
}

/** What is read of a text, in characters: a web page has its words further back than an error message. */
const READ_CHARACTERS = 50_000;
/** No link that is worth hiding a part of is longer, in characters. */
const LINK_CHARACTERS = 300;

/** Removes what must not be shown: keys, bearer tokens, and of links the query (it carries signatures), the password and the token of a callback. */
export function redact(text: string): string {
	return text
		.replace(/\b(bearer\s+)[^\s"',;]+/gi, '$1***')
		.replace(/\bsk-[\w-]{4,}/g, 'sk-***')
		.replace(/(https?:(?:\\?\/){2})[^\s"'<>/?#\\]*@/gi, '$1')
		.replace(/(\/webhook[\w-]*\\?\/[\w-]+\\?\/)[\w.-]{31,}/gi, '$1***')
		.replace(/(https?:(?:\\?\/){2}[^\s"<>?#]+)(?:[?#][^\s"<>]*)?/gi, '$1');
}

/** At most 300 characters of a body, as one line; of HTML only its visible words. */
export function excerpt(text: string, limit = 300): string {
	const read = beginningOf(text);
	const isHtml = /<(!doctype|html|head|body|title)\b/i.test(read);
	const words = isHtml
		? read.replace(/<(script|style)\b[\s\S]*?(?:<\/\1>|$)/gi, ' ').replace(/<[^<>]*(?:>|$)/g, ' ')
		: read;
	const line = redact(words.replace(/[\s\p{Cc}]+/gu, ' ').trim());
	if (line === '') return isHtml ? 'an HTML page without text' : 'an empty answer';
	const shown = line.length > limit ? `${line.slice(0, limit)}…` : line;
	return isHtml ? `an HTML page that says "${shown}"` : shown;
}

/** Not to the middle of a link: without its end the first half could show a password. */
function beginningOf(text: string): string {
	if (text.length <= READ_CHARACTERS) return text;
	const read = text.slice(0, READ_CHARACTERS);
	const link = read.slice(-LINK_CHARACTERS).search(/https?:[^\s"<>]*$/i);
	return link < 0 ? read : read.slice(0, link - LINK_CHARACTERS);
}
