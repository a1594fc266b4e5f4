import {
	codeOf,
	effectiveStatus,
	header,
	isFromApimart,
	isObject,
	providerText,
	retryAfterSeconds,
	saysFailure,
	type Answer,
} from './answer';
import { excerpt } from './redaction';

/*
 * What must stay true:
 * - No text that leaves this file contains the API key or a signed query string.
 * - `retryable` is true only where APIMart's published list (408, 429, 502, 503, 504, 409 in progress, 400
 *   get_channel_failed) says that the same request may be sent again, or where APIMart said nothing: a fault of the network, or
 *   an answer of something in between. APIMart's own 500 is not on the list.
 * - `charged` is 'no' only where the answer proves that no task was accepted.
 */

export type ErrorKind =
	| 'credential'
	| 'balance'
	| 'content'
	| 'rateLimit'
	| 'overloaded'
	| 'parameter'
	| 'duplicate'
	| 'unknownTask'
	| 'unreachable'
	| 'network'
	| 'unreadable'
	| 'redirect'
	| 'server';

export interface ErrorDetails {
	kind: ErrorKind;
	/** Whether the same request, with the same key and bytes, may be sent again. */
	retryable: boolean;
	/** Whether money may have been charged by the request. */
	charged: 'no' | 'unknown';
	httpStatus?: number;
	retryAfterSeconds?: number;
	/** How long it is worth trying again, from the first try, where nothing was ever heard of APIMart; absent: as long as there is time. */
	retryForSeconds?: number;
	/** Whether APIMart said that this is the stored answer of an earlier request with the same key. */
	replayed?: boolean;
	/** What a person can do about it. */
	advice?: string;
}

export class ApimartError extends Error {
	constructor(
		message: string,
		readonly details: ErrorDetails,
	) {
		super(message);
		this.name = 'ApimartError';
	}
}

type Common = Pick<ErrorDetails, 'httpStatus' | 'retryAfterSeconds' | 'replayed'>;

/** Of these APIMart knows nothing: they happened on the way to it. */
export function isOfTheWay(kind: ErrorKind | undefined): boolean {
	return kind !== undefined && ['unreachable', 'network', 'unreadable', 'redirect'].includes(kind);
}

/** What was thrown, as an error that may be thrown on. */
export function toError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Published as retryable, whoever says it. */
const RETRYABLE_STATUSES = [408, 429, 502, 503, 504];

/** A page that challenges or refuses may go away; from a wrong Base URL it never does. */
const PAGE_RETRY_FOR_SECONDS = 120;

/**
 * The error of an answer, or undefined where it is a good one. A 2xx with an `error` object, `success: false` or a
 * `code` outside 200 to 299 is not a good one (seen from clients of the same backend).
 */
export function errorOfAnswer(answer: Answer, nowMs: number): ApimartError | undefined {
	const httpStatus = effectiveStatus(answer);
	const common = {
		httpStatus,
		retryAfterSeconds: retryAfterSeconds(answer.headers, nowMs),
		replayed: String(header(answer.headers, 'idempotency-replayed')).toLowerCase() === 'true',
	};
	if (!isFromApimart(answer) && !RETRYABLE_STATUSES.includes(httpStatus)) {
		return new ApimartError(...sentenceOfOther(answer, common));
	}
	if (httpStatus < 300 && !saysFailure(answer.json)) return undefined;
	const said = providerText(answer);
	return new ApimartError(...sentenceFor(httpStatus, said, codeOf(answer.json), common));
}

/** A page or a redirect of something in between says nothing about the request, nor about a task. */
function sentenceOfOther({ httpStatus, text }: Answer, common: Common): [string, ErrorDetails] {
	const retryable = { ...common, retryable: true, charged: 'unknown' as const };
	const pageOnly = { ...retryable, retryForSeconds: PAGE_RETRY_FOR_SECONDS };
	if (httpStatus < 300) {
		const advice =
			'Something between n8n and APIMart may have answered instead. Check the Base URL.';
		const message = `APIMart's answer could not be read: ${excerpt(text)}`;
		return [message, { ...retryable, kind: 'unreadable', advice }];
	}
	if (httpStatus < 400) {
		const advice =
			'Check the Base URL of the credential: the API key is never sent across a redirect.';
		const message = `APIMart answered with a redirect (HTTP ${httpStatus}), which is not followed`;
		return [message, { ...pageOnly, kind: 'redirect', advice }];
	}
	if (httpStatus === 407) {
		const advice =
			"Neither the row nor APIMart is at fault: give n8n's proxy settings (HTTPS_PROXY) the user name and password of the proxy. Nothing was sent to APIMart and nothing was charged.";
		const message = `A proxy between n8n and APIMart asks for its own sign-in (HTTP 407): ${excerpt(text)}`;
		const details = { ...common, retryable: true, charged: 'no' as const, retryForSeconds: 0 };
		return [message, { ...details, kind: 'unreachable', advice }];
	}
	const advice =
		'This often passes. If not, check the Base URL of the credential, and the proxy or firewall between n8n and APIMart.';
	const message = `Something between n8n and APIMart answered in its place (HTTP ${httpStatus}): ${excerpt(text)}`;
	const details = httpStatus < 500 ? pageOnly : retryable;
	return [message, { ...details, kind: 'unreadable', advice }];
}

/** Faults with which no connection ever stands, so nothing was sent; some pass within seconds, as when a host restarts. */
const NEVER_CONNECTED = [
	{
		codes: /^ENOTFOUND$/,
		retryForSeconds: 3,
		check: 'Nobody knows the name of the host in the Base URL of the credential: correct it.',
	},
	{
		codes: /CERT|SELF_SIGNED|LEAF_SIGNATURE|HOSTNAME_MISMATCH|^INVALID_CA$/,
		retryForSeconds: 0,
		check:
			'n8n does not trust the certificate at the Base URL of the credential. Behind a company proxy, give n8n its certificate (NODE_EXTRA_CA_CERTS).',
	},
	{
		codes: /^EPROTO$|^ERR_SSL_/,
		retryForSeconds: 0,
		check: 'What answers at the Base URL of the credential does not speak https: check its port.',
	},
	{
		codes: /^(ECONNREFUSED|EAI_\w+|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/,
		retryForSeconds: 10,
		check:
			'Check host and port in the Base URL of the credential, and the network, firewall or proxy between n8n and APIMart.',
	},
];

/** A fault below HTTP: never connected, or lost after something was sent (reset, timed out, cut off). */
export function networkError(cause: unknown): ApimartError {
	const code = describeCause(cause);
	const never = NEVER_CONNECTED.find(({ codes }) => codes.test(code));
	if (never) {
		const { retryForSeconds, check } = never;
		const advice = `${check} Nothing was sent and nothing was charged.`;
		const details = { retryable: true, charged: 'no' as const, retryForSeconds, advice };
		return new ApimartError(`No connection to APIMart (${code})`, {
			kind: 'unreachable',
			...details,
		});
	}
	return new ApimartError(`No answer from APIMart (${code})`, {
		kind: 'network',
		retryable: true,
		charged: 'unknown',
		advice: 'Check the Base URL and the network between n8n and APIMart.',
	});
}

function sentenceFor(
	httpStatus: number,
	said: string,
	code: string,
	common: Common,
): [string, ErrorDetails] {
	const no = { ...common, retryable: false, charged: 'no' as const };
	const again = { ...common, retryable: true };
	if (httpStatus === 409) return duplicateSentence(said, code, common);
	if (httpStatus === 401) {
		const advice = 'Check the API Key and the Base URL of the credential. Nothing was charged.';
		return [`APIMart does not accept the API key: ${said}`, { ...no, kind: 'credential', advice }];
	}
	if (httpStatus === 402) {
		const advice = 'Top up the APIMart account, then run again. Nothing was charged for this clip.';
		return [`The APIMart balance is too low: ${said}`, { ...no, kind: 'balance', advice }];
	}
	if (httpStatus === 403) {
		const advice =
			'The key may not use this model or address. Check it at APIMart. Nothing was charged.';
		return [`APIMart refuses access: ${said}`, { ...no, kind: 'credential', advice }];
	}
	if (httpStatus === 429) {
		const advice =
			'Lower "Clips at the Same Time", or wait until other clips of this key are done.';
		return [
			`APIMart's rate limit: ${said}`,
			{ ...again, charged: 'no', kind: 'rateLimit', advice },
		];
	}
	if (httpStatus === 400 && code.includes('get_channel_failed')) {
		const advice = 'APIMart has no free capacity at the moment. Nothing was charged.';
		return [`APIMart is busy: ${said}`, { ...again, charged: 'no', kind: 'overloaded', advice }];
	}
	if (RETRYABLE_STATUSES.includes(httpStatus)) {
		const charged = code.includes('idempotency_unavailable') ? 'no' : 'unknown';
		const advice = 'This usually passes. Run again later.';
		return [
			`APIMart is overloaded (HTTP ${httpStatus}): ${said}`,
			{ ...again, charged, kind: 'overloaded', advice },
		];
	}
	if (httpStatus === 422 || (httpStatus < 500 && isContentText(said))) {
		const advice = 'Edit the prompt or the image of this row. Nothing was charged.';
		return [`APIMart rejected the content: ${said}`, { ...no, kind: 'content', advice }];
	}
	if (httpStatus === 500 && said.startsWith('build_request_failed')) {
		const advice = 'A parameter was not accepted. Nothing was charged.';
		return [`APIMart did not accept the request: ${said}`, { ...no, kind: 'parameter', advice }];
	}
	if (httpStatus >= 500) {
		const advice =
			'Look at the APIMart dashboard before running this row again in a new execution.';
		return [
			`APIMart had an internal fault (HTTP ${httpStatus}): ${said}`,
			{ ...no, charged: 'unknown', kind: 'server', advice },
		];
	}
	const message = `APIMart did not accept the request (HTTP ${httpStatus}): ${said}`;
	if (httpStatus < 300) {
		// A refusal without a status says nothing about what was done before it.
		const advice =
			'Check the API key and the Base URL, and look at the APIMart dashboard before running again.';
		return [message, { ...no, charged: 'unknown', kind: 'parameter', advice }];
	}
	if (httpStatus === 404 || /invalid task id/i.test(said)) {
		const advice =
			'Check the task ID, that it belongs to the account of this API key, and the Base URL.';
		return [message, { ...no, kind: 'unknownTask', advice }];
	}
	const advice = 'Correct this row and run it again. Nothing was charged.';
	return [message, { ...no, kind: 'parameter', advice }];
}

function duplicateSentence(said: string, code: string, common: Common): [string, ErrorDetails] {
	const text = `${code} ${said}`;
	if (text.includes('idempotency_in_progress')) {
		return [
			`APIMart is still taking in the same clip: ${said}`,
			{ ...common, kind: 'duplicate', retryable: true, charged: 'unknown' },
		];
	}
	if (text.includes('idempotency_key_reused')) {
		const advice =
			'It was sent with another request, such as another callback address, so APIMart does not say what came of it. Find its task ID in the earlier execution and fetch the clip with Get Video. If it failed, or to buy another one, change the Row Key.';
		return [
			'Already submitted by an earlier run, not charged again',
			{ ...common, kind: 'duplicate', retryable: false, charged: 'no', advice },
		];
	}
	const advice =
		'Look at the APIMart dashboard: the clip may exist. It is not sent again by itself.';
	return [
		`APIMart cannot say whether the clip was accepted: ${said}`,
		{ ...common, kind: 'duplicate', retryable: false, charged: 'unknown', advice },
	];
}

/**
 * Moderation has no stable code at APIMart: recordings show texts only, at the submit and of failed tasks. Kling's own is "Failure to
 * pass the risk control system" (clients of 2026); the Chinese words at the end are risk control, sensitive, violation and review.
 */
export function isContentText(said: string): boolean {
	return /moderation|risk control|(?<!case[- ])sensitive|content[ _-]?(rejected|security|policy|violation|filter)|safety (system|filter|policy)|nsfw|prohibited|inappropriate|\u98ce\u63a7|\u654f\u611f|\u8fdd\u89c4|\u5ba1\u6838/i.test(
		said,
	);
}

/** The code of a fault below HTTP (`ECONNRESET`), or its message where it has none; one line, cut. */
export function describeCause(cause: unknown): string {
	if (!isObject(cause)) return excerpt(String(cause));
	const inner = isObject(cause.cause) ? cause.cause : undefined;
	const codes = [cause.code, inner?.code, cause.httpCode];
	const code = codes.find((value) => typeof value === 'string' && value !== '');
	return excerpt(String(code ?? (cause.message || 'unknown cause')));
}
