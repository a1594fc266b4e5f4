import type { ErrorDetails } from '../../../nodes/KlingFast/apimart/errors';

/** An answer of APIMart, and what a person is to be told about it. */
export interface Row {
	what: string;
	status: number;
	body: unknown;
	headers?: Record<string, unknown>;
	expected: Pick<ErrorDetails, 'kind' | 'retryable' | 'charged'>;
	sentence: string;
	/** What the advice must speak of; left out where the sentence says it all. */
	advice?: RegExp;
}

function documented(code: number, type: string, message: string) {
	return { error: { code, message, type } };
}

export const refused = { retryable: false, charged: 'no' } as const;
export const retryable = { retryable: true, charged: 'no' } as const;
export const perhaps = { retryable: true, charged: 'unknown' } as const;
export const unclear = { retryable: false, charged: 'unknown' } as const;

/** Recorded and documented answers, and those that public clients have met. */
export const REFUSED: Row[] = [
	{
		what: 'bad parameters',
		status: 400,
		body: documented(400, 'invalid_request_error', 'duration must be between 3 and 15'),
		expected: { kind: 'parameter', ...refused },
		sentence: 'APIMart did not accept the request (HTTP 400): duration must be between 3 and 15',
		advice: /Correct this row.*Nothing was charged/,
	},
	{
		what: 'an image as a data URI, as recorded',
		status: 400,
		body: {
			error: {
				message:
					'Invalid format for first_frame_image. Only http/https URLs or asset:// private asset URLs are supported.',
			},
		},
		expected: { kind: 'parameter', ...refused },
		sentence:
			'APIMart did not accept the request (HTTP 400): Invalid format for first_frame_image. Only http/https URLs or asset:// private asset URLs are supported.',
	},
	{
		what: 'an unknown task, as documented',
		status: 400,
		body: documented(400, 'invalid_request_error', 'Invalid task ID'),
		expected: { kind: 'unknownTask', ...refused },
		sentence: 'APIMart did not accept the request (HTTP 400): Invalid task ID',
		advice: /task ID.*account/,
	},
	{
		what: 'an unknown task, as some clients see it',
		status: 404,
		body: documented(404, 'invalid_request_error', 'task not found'),
		expected: { kind: 'unknownTask', ...refused },
		sentence: 'APIMart did not accept the request (HTTP 404): task not found',
		advice: /Base URL/,
	},
	{
		what: 'no capacity, which is a 400 at APIMart, as recorded',
		status: 400,
		body: {
			error: {
				message: 'Please wait and try again later...',
				type: 'apimart_error',
				code: 'get_channel_failed',
			},
		},
		expected: { kind: 'overloaded', ...retryable },
		sentence: 'APIMart is busy: Please wait and try again later...',
		advice: /no free capacity.*Nothing was charged/,
	},
	{
		what: 'a wrong key, as recorded',
		status: 401,
		body: {
			error: {
				code: '',
				message: 'invalid API key (request id: 20260919182056471923385yBRUUrTx)',
				param: '',
				type: 'apimart_error',
			},
		},
		headers: { 'X-Oneapi-Request-Id': '20260919182056471923385yBRUUrTx' },
		expected: { kind: 'credential', ...refused },
		sentence:
			'APIMart does not accept the API key: invalid API key (request id: 20260919182056471923385yBRUUrTx)',
		advice: /API Key and the Base URL of the credential/,
	},
	{
		what: 'no key, as recorded',
		status: 401,
		body: { error: { message: 'API key is required', type: 'apimart_error' } },
		expected: { kind: 'credential', ...refused },
		sentence: 'APIMart does not accept the API key: API key is required',
	},
	{
		what: 'an empty account',
		status: 402,
		body: documented(402, 'payment_required', 'insufficient account balance, please top up'),
		expected: { kind: 'balance', ...refused },
		sentence: 'The APIMart balance is too low: insufficient account balance, please top up',
		advice: /Top up/,
	},
	{
		what: 'an empty account, told inside a 200',
		status: 200,
		body: { code: 402, message: 'balance' },
		expected: { kind: 'balance', ...refused },
		sentence: 'The APIMart balance is too low: balance',
	},
	{
		what: 'no permission',
		status: 403,
		body: documented(403, 'permission_error', 'access forbidden'),
		expected: { kind: 'credential', ...refused },
		sentence: 'APIMart refuses access: access forbidden',
		advice: /may not use this model/,
	},
	{
		what: 'a slow server',
		status: 408,
		body: '',
		expected: { kind: 'overloaded', ...perhaps },
		sentence: 'APIMart is overloaded (HTTP 408): an empty answer',
	},
	{
		what: 'an upload that is too big, as documented',
		status: 413,
		body: {
			error: {
				message: 'file size 25165824 exceeds maximum 20971520 bytes',
				type: 'invalid_request_error',
			},
		},
		expected: { kind: 'parameter', ...refused },
		sentence:
			'APIMart did not accept the request (HTTP 413): file size 25165824 exceeds maximum 20971520 bytes',
	},
	{
		what: 'rejected content, as a 400',
		status: 400,
		body: documented(400, 'invalid_request_error', 'The prompt hits the sensitive word filter'),
		expected: { kind: 'content', ...refused },
		sentence: 'APIMart rejected the content: The prompt hits the sensitive word filter',
		advice: /Edit the prompt or the image.*Nothing was charged/,
	},
	{
		what: 'rejected content, as the article has it',
		status: 422,
		body: { error: { message: 'see our policy' } },
		expected: { kind: 'content', ...refused },
		sentence: 'APIMart rejected the content: see our policy',
	},
	{
		what: 'rejected content, told inside a 200',
		status: 200,
		body: { code: 400, error: { message: 'content_rejected' } },
		expected: { kind: 'content', ...refused },
		sentence: 'APIMart rejected the content: content_rejected',
	},
	{
		what: 'a word that only looks like moderation',
		status: 400,
		body: documented(400, 'invalid_request_error', 'parameter names are case-sensitive'),
		expected: { kind: 'parameter', ...refused },
		sentence: 'APIMart did not accept the request (HTTP 400): parameter names are case-sensitive',
	},
	{
		what: 'too many requests',
		status: 429,
		body: documented(429, 'rate_limit_error', 'Rate limit exceeded. Please try again later'),
		expected: { kind: 'rateLimit', ...retryable },
		sentence: "APIMart's rate limit: Rate limit exceeded. Please try again later",
		advice: /Clips at the Same Time/,
	},
	{
		what: 'a plain 500',
		status: 500,
		body: documented(500, 'server_error', 'internal error'),
		expected: { kind: 'server', ...unclear },
		sentence: 'APIMart had an internal fault (HTTP 500): internal error',
		advice: /dashboard/,
	},
	{
		what: 'a 500 that speaks of content: what became of the task is not known',
		status: 500,
		body: documented(500, 'server_error', 'moderation service crashed'),
		expected: { kind: 'server', ...unclear },
		sentence: 'APIMart had an internal fault (HTTP 500): moderation service crashed',
	},
	{
		what: 'a parameter that comes back as a 500, as documented',
		status: 500,
		body: documented(
			500,
			'server_error',
			'build_request_failed: invalid size: 3:5, allowed: 16:9, 9:16, 1:1',
		),
		expected: { kind: 'parameter', ...refused },
		sentence:
			'APIMart did not accept the request: build_request_failed: invalid size: 3:5, allowed: 16:9, 9:16, 1:1',
		advice: /Correct this row.*Nothing was charged/,
	},
	{
		what: 'a broken gateway',
		status: 502,
		body: documented(502, 'bad_gateway', 'gateway error'),
		expected: { kind: 'overloaded', ...perhaps },
		sentence: 'APIMart is overloaded (HTTP 502): gateway error',
	},
	{
		what: 'a broken gateway with a page of its own',
		status: 502,
		body: '<html><head><title>502 Bad Gateway</title></head><body><center>cloudflare</center></body></html>',
		expected: { kind: 'overloaded', ...perhaps },
		sentence:
			'APIMart is overloaded (HTTP 502): an HTML page that says "502 Bad Gateway cloudflare"',
	},
	{
		what: 'an overloaded model, as the article has it',
		status: 503,
		body: { error: { code: 'MODEL_OVERLOADED', message: 'The model is overloaded' } },
		expected: { kind: 'overloaded', ...perhaps },
		sentence: 'APIMart is overloaded (HTTP 503): The model is overloaded',
		advice: /usually passes/,
	},
	{
		what: 'no idempotency for the moment: nothing was done',
		status: 503,
		body: {
			request_id: 'req_1',
			error: {
				message: 'this request was not executed',
				type: 'service_unavailable',
				param: '',
				code: 'idempotency_unavailable',
			},
		},
		expected: { kind: 'overloaded', ...retryable },
		sentence: 'APIMart is overloaded (HTTP 503): this request was not executed',
	},
	{
		what: 'a gateway that waited too long',
		status: 504,
		body: '',
		expected: { kind: 'overloaded', ...perhaps },
		sentence: 'APIMart is overloaded (HTTP 504): an empty answer',
	},
];
