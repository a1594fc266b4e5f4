/** What a route answers: a status, a body (an object becomes JSON) and headers. */
export interface Reply {
	status: number;
	body: unknown;
	headers?: Record<string, string>;
}

/** Thrown by a route to answer with an error. */
export class RefusalError extends Error {
	constructor(readonly reply: Reply) {
		super(`answered with ${reply.status}`);
	}
}

/** The types and messages of APIMart's error table (task status page, 2026-08). */
const ERRORS: Partial<Record<number, [type: string, message: string]>> = {
	400: ['invalid_request_error', 'Invalid request parameters'],
	401: ['authentication_error', 'Authentication failed, please check your API key'],
	402: ['payment_required', 'Insufficient account balance, please top up and try again'],
	403: ['permission_error', 'Access forbidden'],
	404: ['not_found_error', 'Not found'],
	408: ['timeout_error', 'Request timeout'],
	409: ['idempotency_error', 'Conflict'],
	422: ['invalid_request_error', 'Unprocessable request'],
	429: ['rate_limit_error', 'Rate limit exceeded. Please try again later'],
	500: ['server_error', 'Internal server error'],
	502: ['bad_gateway', 'Bad gateway'],
	503: ['service_unavailable', 'Upstream service temporarily unavailable'],
	504: ['gateway_timeout', 'Gateway timeout'],
};

const typeOf = (status: number) => ERRORS[status]?.[0] ?? 'server_error';

/** The documented error body: `{ error: { code: <HTTP status>, message, type } }`. */
export function documentedError(
	status: number,
	message = ERRORS[status]?.[1] ?? `HTTP ${status}`,
	headers: Record<string, string> = {},
): Reply {
	return { status, headers, body: { error: { code: status, message, type: typeOf(status) } } };
}

/** A body with a code in words: `{ error: { message, type, param, code } }`. */
export function codedError(
	status: number,
	code: string,
	message: string,
	headers: Record<string, string> = {},
	type = typeOf(status),
): Reply {
	return { status, headers, body: { error: { code, message, param: '', type } } };
}

/** The same with the type that was seen live, whatever the status. */
export const liveError = (
	status: number,
	code: string,
	message: string,
	headers?: Record<string, string>,
) => codedError(status, code, message, headers, 'apimart_error');

/** The upload page's errors have no code. */
export function uploadError(status: number, message: string): Reply {
	const type = status < 500 ? 'invalid_request_error' : 'server_error';
	return { status, body: { error: { message, type } } };
}

/** The `error` member of a task that failed. */
export function taskFailed(message: string) {
	return { code: 'task_failed', message, param: '', type: 'task_failed' };
}

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** The page that Cloudflare puts in front of a failing API: no JSON. */
export function htmlError(status: number): Reply {
	return {
		status,
		headers: { 'Content-Type': 'text/html; charset=UTF-8', Server: 'cloudflare' },
		body: `<!DOCTYPE html>\n<html><head><title>api | ${status}: ${ERRORS[status]?.[1] ?? 'Just a moment...'}</title></head>\n<body><h1>Error ${status}</h1><p>The web server reported an error.</p></body></html>\n`,
	};
}

/** What the file host's CDN answers once a link has expired: 403 and XML. */
export function expiredLink(): Reply {
	return {
		status: 403,
		headers: { 'Content-Type': 'application/xml', 'X-Cache': 'Error from cloudfront' },
		body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
	};
}
