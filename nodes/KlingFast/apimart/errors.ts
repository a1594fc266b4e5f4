/*
 * The errors of requests, by the rules of rules.ts. What must stay true:
 * - No text that leaves this file contains the API key or a signed query string.
 */
import {
	codeOf,
	describeCause,
	effectiveStatus,
	excerpt,
	isFromApimart,
	isReplayed,
	providerText,
	retryAfterSeconds,
	saysFailure,
	type Answer,
} from './answer';
import {
	RETRYABLE,
	ruleFor,
	shouldRetry,
	TRANSPORT_FAULTS,
	type ErrorKind,
	type Heard,
	type Meaning,
	type Rule,
} from './rules';

export interface ErrorDetails extends Pick<Meaning, 'kind' | 'charged' | 'retryForSeconds'> {
	/** Whether the same request, with the same key and bytes, may be sent again. */
	retryable: boolean;
	httpStatus?: number;
	retryAfterSeconds?: number;
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

export function isTransportFault(kind: ErrorKind | undefined): boolean {
	return TRANSPORT_FAULTS.some((name) => name === kind);
}

/** What was thrown, as an error that may be thrown on. */
export function toError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What a request is for: `purchase` may be charged, `read` asks for what may have been, `free` is an upload or the balance. */
export type Purpose = 'purchase' | 'read' | 'free';

/**
 * The error of an answer, or undefined where it is a good one. A 2xx with an `error` object, `success: false` or a
 * `code` outside 200 to 299 is not a good one (seen from clients of the same backend).
 */
export function errorOfAnswer(
	answer: Answer,
	nowMs: number,
	purpose: Purpose = 'purchase',
): ApimartError | undefined {
	const { headers, json, text } = answer;
	const status = effectiveStatus(answer);
	const isBetween = !isFromApimart(answer) && !RETRYABLE.status.includes(status);
	if (!isBetween && status < 300 && !saysFailure(json)) return undefined;
	const from = isBetween ? 'between' : 'apimart';
	const said = isBetween ? excerpt(text) : providerText(answer);
	// Of a conflict the word can stand in the message.
	const code = status === 409 ? `${codeOf(json)} ${said}` : codeOf(json);
	const heard: Heard = { from, status, code, said };
	return errorOf(heard, purpose, {
		httpStatus: status,
		retryAfterSeconds: retryAfterSeconds(headers, nowMs),
		replayed: isReplayed(answer),
	});
}

export function networkError(cause: unknown, purpose: Purpose = 'purchase'): ApimartError {
	const code = describeCause(cause);
	return errorOf({ from: 'nobody', status: 0, code, said: code }, purpose);
}

function errorOf(heard: Heard, purpose: Purpose, common: Partial<ErrorDetails> = {}): ApimartError {
	const rule = ruleFor(heard);
	const [{ kind, charged, retryForSeconds }, sentence] = rule;
	const message = sentence
		.replace('{status}', `${heard.status}`)
		.replace('{said}', () => heard.said);
	const details = { kind, charged, retryForSeconds, retryable: shouldRetry(heard) };
	return new ApimartError(message, { ...details, ...common, ...adviceFor(purpose, rule) });
}

function adviceFor(purpose: Purpose, [means, , advice]: Rule): Partial<ErrorDetails> {
	const { kind, charged, isOfPurchase } = means;
	if (!isOfPurchase || purpose === 'purchase') return { advice };
	const check = 'Check the API key and the base URL of the credential.';
	if (purpose === 'free') {
		if (charged === 'no') return { advice };
		const next = kind === 'server' ? 'This usually passes. Run again later.' : check;
		return { charged: 'no', advice: `${next} Nothing was charged.` };
	}
	// What refuses a read is silent about money: the task that was asked for may be made, and charged, all the same.
	const goesOn = 'A task that exists goes on at APIMart: fetch it later with Get Video.';
	const isOnTheWay = kind === 'credential' || kind === 'unreachable';
	return { advice: isOnTheWay ? `${check} ${goesOn}` : goesOn };
}
