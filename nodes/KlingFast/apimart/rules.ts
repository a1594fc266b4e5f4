/*
 * What APIMart can say, what it means, and whether the same request may be sent again (`shouldRetry`).
 *
 * What must stay true:
 * - `charged` is 'no' only where the answer proves that no task was accepted.
 */
import { CONTENT_WORDS } from './answer';

type Refusal = 'credential' | 'balance' | 'content' | 'parameter' | 'unknownTask' | 'duplicate';
type ServerError = 'rateLimit' | 'overloaded' | 'server';
/** Of these APIMart knows nothing: they happened on the way to it. */
export const TRANSPORT_FAULTS = ['unreachable', 'network', 'unreadable', 'redirect'] as const;

export type ErrorKind = Refusal | ServerError | (typeof TRANSPORT_FAULTS)[number];

export interface Heard {
	/** `between`: a proxy, a firewall or another server answered. `nobody`: no answer came. */
	from: 'apimart' | 'between' | 'nobody';
	/** The HTTP status that the answer means; 0 where there is none. */
	status: number;
	/** The machine words of the answer, or of the network error. */
	code: string;
	/** What a person may read of it. */
	said: string;
}

/** What is given must fit. */
interface Condition {
	status?: number | number[];
	/** For all HTTP statuses below this one. */
	below?: number;
	code?: RegExp;
	said?: RegExp;
}

function fits(heard: Heard, condition: Condition): boolean {
	const { status = heard.status, below = Infinity, code = /^/, said = /^/ } = condition;
	const isStatus = [status].flat().includes(heard.status);
	return isStatus && heard.status < below && code.test(heard.code) && said.test(heard.said);
}

/** APIMart's published list of what may be sent again. The statuses are believed whoever says them. */
export const RETRYABLE = { status: [408, 429, 502, 503, 504] };
const NO_CAPACITY: Condition = { status: 400, code: /get_channel_failed/ };
const IN_PROGRESS: Condition = { status: 409, code: /idempotency_in_progress/ };

/** The retry rule: whether the same request, with the same key and bytes, may be sent again. How often and how long: `withRetries`. */
export function shouldRetry(heard: Heard): boolean {
	// Not a word from APIMart. If it has accepted the request, it finds it by the Idempotency-Key.
	if (heard.from !== 'apimart') return true;
	// Overloaded, or too many requests.
	if (fits(heard, RETRYABLE)) return true;
	// No free capacity, which is a 400 at APIMart.
	if (fits(heard, NO_CAPACITY)) return true;
	// The first request with this key is still being worked on. After any other conflict the clip may exist.
	if (fits(heard, IN_PROGRESS)) return true;
	// A refusal would only be repeated. APIMart's own 500 is not on its list: nobody knows what was done.
	return false;
}

export interface Meaning extends Condition {
	kind: ErrorKind;
	/** Whether money may have been charged by the request. */
	charged: 'no' | 'unknown';
	/** How long it is tried again, from the first try, while APIMart has not answered at all; absent: as long as there is time. */
	retryForSeconds?: number;
	/** Whether the advice speaks of what was bought. Of a request that buys nothing another one is given (errors.ts). */
	isOfPurchase?: true;
}

/** The message has `{status}` and `{said}` to fill in. */
export type Rule = [means: Meaning, message: string, advice?: string];

const NOT_CHARGED = { charged: 'no', isOfPurchase: true } as const;
const PERHAPS_CHARGED = { charged: 'unknown', isOfPurchase: true } as const;

const OVERLOADED = [
	'APIMart is overloaded (HTTP {status}): {said}',
	'This usually passes. Run again later.',
] as const;
const CONTENT = [
	'APIMart rejected the content: {said}',
	'Edit the prompt or the image of this row. Nothing was charged.',
] as const;
const UNKNOWN_TASK = [
	'APIMart did not accept the request (HTTP {status}): {said}',
	'Check the task ID, that it belongs to the account of this API key, and the base URL.',
] as const;
const ANSWERED_BETWEEN = [
	'Something between n8n and APIMart answered in its place (HTTP {status}): {said}',
	'This often passes. If not, check the base URL of the credential, and the proxy or firewall between n8n and APIMart.',
] as const;
/** A page that challenges or refuses may go away; from a wrong base URL it never does. */
const PAGE = { kind: 'unreadable', charged: 'unknown', retryForSeconds: 120 } as const;
const UNREACHABLE = { kind: 'unreachable', ...NOT_CHARGED } as const;

const UNTRUSTED_CERTIFICATE = /CERT|SELF_SIGNED|LEAF_SIGNATURE|HOSTNAME_MISMATCH|^INVALID_CA$/;
const NOBODY_LISTENS = /^ECONNREFUSED$|^EAI_|^EHOSTUNREACH$|^ENETUNREACH$|^ENETDOWN$/;

/** By who was heard. In each list the first rule that fits holds. docs/errors.md is made from them (`npm run docs:tables`). */
export const RULES: Record<Heard['from'], Rule[]> = {
	apimart: [
		[
			{ status: 401, kind: 'credential', ...NOT_CHARGED },
			'APIMart does not accept the API key: {said}',
			'Check the API key and the base URL of the credential. Nothing was charged.',
		],
		[
			{ status: 402, kind: 'balance', ...NOT_CHARGED },
			'The APIMart balance is too low: {said}',
			'Top up the APIMart account, then run again. Nothing was charged for this clip.',
		],
		[
			{ status: 403, kind: 'credential', ...NOT_CHARGED },
			'APIMart refuses access: {said}',
			'The key may not use this model or address. Check it in the APIMart console. Nothing was charged.',
		],
		[
			{ status: 429, kind: 'rateLimit', charged: 'no' },
			"APIMart's rate limit: {said}",
			'Have fewer clips made at the same time, or wait until other clips of this key are done.',
		],
		[
			{ ...NO_CAPACITY, kind: 'overloaded', ...NOT_CHARGED },
			'APIMart is busy: {said}',
			'APIMart has no free capacity at the moment. Nothing was charged.',
		],
		[
			{ ...IN_PROGRESS, kind: 'duplicate', charged: 'unknown' },
			'APIMart is still taking in the same clip: {said}',
			'Another execution is submitting it. Run again in a minute.',
		],
		[
			{ status: 409, code: /idempotency_key_reused/, kind: 'duplicate', charged: 'no' },
			'Already submitted by an earlier run, not charged again',
			'It was sent with another request, such as another callback address, so APIMart does not say what came of it. Find its task ID in the earlier execution and fetch the clip with Get Video. If it failed, or to buy another one, change the row key.',
		],
		[
			{ status: 409, kind: 'duplicate', ...PERHAPS_CHARGED },
			'APIMart cannot say whether the clip was accepted: {said}',
			'Look at the APIMart dashboard: the clip may exist. It is not sent again by itself.',
		],
		[
			{ ...RETRYABLE, code: /idempotency_unavailable/, kind: 'overloaded', charged: 'no' },
			...OVERLOADED,
		],
		[{ ...RETRYABLE, kind: 'overloaded', charged: 'unknown' }, ...OVERLOADED],
		[{ status: 422, kind: 'content', ...NOT_CHARGED }, ...CONTENT],
		[{ below: 500, said: CONTENT_WORDS, kind: 'content', ...NOT_CHARGED }, ...CONTENT],
		[
			{ status: 500, said: /^build_request_failed/, kind: 'parameter', ...NOT_CHARGED },
			'APIMart did not accept the request: {said}',
			'Correct this row and run it again. Nothing was charged.',
		],
		[
			// A refusal without a status of its own says nothing about what was done before it.
			{ below: 300, kind: 'parameter', ...PERHAPS_CHARGED },
			'APIMart did not accept the request (HTTP {status}): {said}',
			'Check the API key and the base URL, and look at the APIMart dashboard before running again.',
		],
		[{ status: 404, kind: 'unknownTask', charged: 'no' }, ...UNKNOWN_TASK],
		[{ below: 500, said: /invalid task id/i, kind: 'unknownTask', charged: 'no' }, ...UNKNOWN_TASK],
		[
			{ below: 500, kind: 'parameter', ...NOT_CHARGED },
			'APIMart did not accept the request (HTTP {status}): {said}',
			'Correct this row and run it again. Nothing was charged.',
		],
		[
			{ kind: 'server', ...PERHAPS_CHARGED },
			'APIMart had an internal fault (HTTP {status}): {said}',
			'Look at the APIMart dashboard before running this row again in a new execution.',
		],
	],
	// They say nothing about the request, nor about a task.
	between: [
		[
			{ below: 300, kind: 'unreadable', charged: 'unknown' },
			"APIMart's answer could not be read: {said}",
			'Something between n8n and APIMart may have answered instead. Check the base URL.',
		],
		[
			{ below: 400, ...PAGE, kind: 'redirect' },
			'APIMart answered with a redirect (HTTP {status}), which is not followed',
			'Enter the address that it leads to as base URL of the credential. The API key is never sent across a redirect.',
		],
		[
			{ status: 407, ...UNREACHABLE, retryForSeconds: 0 },
			'A proxy between n8n and APIMart asks for its own sign-in (HTTP 407): {said}',
			"Neither the row nor APIMart is at fault: give n8n's proxy settings (HTTPS_PROXY) the user name and password of the proxy. Nothing was sent to APIMart and nothing was charged.",
		],
		[{ below: 500, ...PAGE }, ...ANSWERED_BETWEEN],
		[{ kind: 'unreadable', charged: 'unknown' }, ...ANSWERED_BETWEEN],
	],
	// Where no connection stood, nothing was sent. Some of it passes within seconds, as when a host restarts.
	nobody: [
		[
			{ code: /^ENOTFOUND$/, ...UNREACHABLE, retryForSeconds: 3 },
			'No connection to APIMart ({said})',
			'Nobody knows the name of the host in the base URL of the credential: correct it. Nothing was sent and nothing was charged.',
		],
		[
			{ code: UNTRUSTED_CERTIFICATE, ...UNREACHABLE, retryForSeconds: 0 },
			'No connection to APIMart ({said})',
			'n8n does not trust the certificate at the base URL of the credential. Behind a company proxy, give n8n its certificate (NODE_EXTRA_CA_CERTS). Nothing was sent and nothing was charged.',
		],
		[
			{ code: /^EPROTO$|^ERR_SSL_/, ...UNREACHABLE, retryForSeconds: 0 },
			'No connection to APIMart ({said})',
			'What answers at the base URL of the credential does not speak https: check its port. Nothing was sent and nothing was charged.',
		],
		[
			{ code: NOBODY_LISTENS, ...UNREACHABLE, retryForSeconds: 10 },
			'No connection to APIMart ({said})',
			'Check host and port in the base URL of the credential, and the network, firewall or proxy between n8n and APIMart. Nothing was sent and nothing was charged.',
		],
		[
			// Reset, timed out, cut off: something may have been sent.
			{ kind: 'network', charged: 'unknown' },
			'No answer from APIMart ({said})',
			'Check the base URL and the network between n8n and APIMart.',
		],
	],
};

export function ruleFor(heard: Heard): Rule {
	return RULES[heard.from].find(([means]) => fits(heard, means)) as Rule;
}
