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

/** The types of APIMart's error table (task status page, 2026-08). */
const ERROR_TYPES: Record<number, string> = {
	400: 'invalid_request_error',
	401: 'authentication_error',
	402: 'payment_required',
	403: 'permission_error',
	404: 'not_found_error',
	408: 'timeout_error',
	409: 'idempotency_error',
	422: 'invalid_request_error',
	429: 'rate_limit_error',
	500: 'server_error',
	502: 'bad_gateway',
	503: 'service_unavailable',
	504: 'gateway_timeout',
};

/** The messages of the same table. */
const ERROR_MESSAGES: Record<number, string> = {
	400: 'Invalid request parameters',
	401: 'Authentication failed, please check your API key',
	402: 'Insufficient account balance, please top up and try again',
	403: 'Access forbidden',
	404: 'Not found',
	408: 'Request timeout',
	422: 'Unprocessable request',
	429: 'Rate limit exceeded. Please try again later',
	500: 'Internal server error',
	502: 'Bad gateway',
	503: 'Upstream service temporarily unavailable',
	504: 'Gateway timeout',
};

/** The documented error body: `{ error: { code: <HTTP status>, message, type } }`. */
export function documentedError(
	status: number,
	message = ERROR_MESSAGES[status] ?? `HTTP ${status}`,
	headers: Record<string, string> = {},
): Reply {
	const type = ERROR_TYPES[status] ?? 'server_error';
	return { status, headers, body: { error: { code: status, message, type } } };
}

/** A body with a code in words: `{ error: { message, type, param, code } }`. */
export function codedError(
	status: number,
	code: string,
	message: string,
	type = ERROR_TYPES[status] ?? 'server_error',
	headers: Record<string, string> = {},
): Reply {
	return { status, headers, body: { error: { code, message, param: '', type } } };
}

/** The page that Cloudflare puts in front of a failing API: no JSON. */
export function htmlError(status: number): Reply {
	return {
		status,
		headers: { 'Content-Type': 'text/html; charset=UTF-8', Server: 'cloudflare' },
		body: `<!DOCTYPE html>\n<html><head><title>api | ${status}: ${ERROR_MESSAGES[status] ?? 'Just a moment...'}</title></head>\n<body><h1>Error ${status}</h1><p>The web server reported an error.</p></body></html>\n`,
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
