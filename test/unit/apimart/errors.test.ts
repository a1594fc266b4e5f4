import fc from 'fast-check';
import {
	describeCause,
	errorOfAnswer,
	networkError,
	type ErrorDetails,
} from '../../../nodes/KlingFast/apimart/errors';
import { answer, refusal } from './answers';

interface Row {
	what: string;
	status: number;
	body: unknown;
	headers?: Record<string, unknown>;
	expected: Pick<ErrorDetails, 'kind' | 'passing' | 'spent'>;
	sentence: string;
	/** What the advice must speak of; left out where the sentence says it all. */
	advice?: RegExp;
}

function documented(code: number, type: string, message: string) {
	return { error: { code, message, type } };
}

const refused = { passing: false, spent: 'no' } as const;
const passing = { passing: true, spent: 'no' } as const;
const perhaps = { passing: true, spent: 'unknown' } as const;
const unclear = { passing: false, spent: 'unknown' } as const;

const ROWS: Row[] = [
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
		expected: { kind: 'overloaded', ...passing },
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
		what: 'a challenge page in front of the API',
		status: 403,
		body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>',
		expected: { kind: 'credential', ...refused },
		sentence: 'APIMart refuses access: an HTML page that says "Just a moment..."',
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
		expected: { kind: 'rateLimit', ...passing },
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
		advice: /parameter.*Nothing was charged/,
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
		expected: { kind: 'overloaded', ...passing },
		sentence: 'APIMart is overloaded (HTTP 503): this request was not executed',
	},
	{
		what: 'a gateway that waited too long',
		status: 504,
		body: '',
		expected: { kind: 'overloaded', ...perhaps },
		sentence: 'APIMart is overloaded (HTTP 504): an empty answer',
	},
	{
		what: 'the same key in progress',
		status: 409,
		body: { error: { message: 'in progress', code: 'idempotency_in_progress' } },
		expected: { kind: 'duplicate', ...perhaps },
		sentence: 'APIMart is still taking in the same clip: in progress',
	},
	{
		what: 'the same key with another clip',
		status: 409,
		body: { error: { message: 'key reused', code: 'idempotency_key_reused' } },
		expected: { kind: 'duplicate', ...refused },
		sentence: 'Already bought by an earlier run, not charged again',
		advice: /Get Video.*Row Key/,
	},
	{
		what: 'the same key with an unknown outcome',
		status: 409,
		body: { error: { message: 'indeterminate', code: 'idempotency_result_indeterminate' } },
		expected: { kind: 'duplicate', ...unclear },
		sentence: 'APIMart cannot say whether the clip was accepted: indeterminate',
		advice: /dashboard.*not sent again/,
	},
	{
		what: 'any other conflict: stop rather than pay twice',
		status: 409,
		body: { error: { message: 'conflict' } },
		expected: { kind: 'duplicate', ...unclear },
		sentence: 'APIMart cannot say whether the clip was accepted: conflict',
	},
	{
		what: 'a failure inside a 200, as the balance route does it',
		status: 200,
		body: { success: false, message: 'Failed to get token info' },
		expected: { kind: 'parameter', ...unclear },
		sentence: 'APIMart did not accept the request (HTTP 200): Failed to get token info',
		advice: /API key/,
	},
	{
		what: 'a page instead of an answer',
		status: 200,
		body: '<html><head><title>Login</title></head></html>',
		expected: { kind: 'unreadable', ...perhaps },
		sentence: 'APIMart\'s answer could not be read: an HTML page that says "Login"',
		advice: /Base URL/,
	},
	{
		what: 'half an answer',
		status: 200,
		body: '{"code":200,"data":[{"status":"subm',
		expected: { kind: 'unreadable', ...perhaps },
		sentence: 'APIMart\'s answer could not be read: {"code":200,"data":[{"status":"subm',
	},
	{
		what: 'a redirect',
		status: 302,
		body: '',
		headers: { location: 'https://elsewhere.example' },
		expected: { kind: 'redirect', ...unclear },
		sentence: 'APIMart answered with a redirect (HTTP 302), which is not followed',
		advice: /never sent across a redirect/,
	},
];

describe('what an answer of APIMart means', () => {
	it.each(ROWS)('HTTP $status, $what', ({ status, body, headers, expected, sentence, advice }) => {
		const { message, details } = refusal(status, body, headers);
		expect(details).toMatchObject(expected);
		expect(message).toBe(sentence);
		if (advice) expect(details.advice).toMatch(advice);
	});

	it.each<[string, number, unknown]>([
		['the array envelope', 200, { code: 200, data: [{ status: 'submitted', task_id: 'task_1' }] }],
		['the object envelope', 202, { code: 202, data: { id: 'task_1', status: 'submitted' } }],
		['a balance', 200, { success: true, remain_balance: 10.5 }],
		['an upload', 200, { url: 'https://getapib.org/a.png' }],
		['an empty error', 200, { code: 200, data: [], error: null }],
	])('takes %s for a good answer', (_, status, body) => {
		expect(errorOfAnswer(answer(status, body), 0)).toBeUndefined();
	});

	it('carries on how long to wait, and that the answer is an old one', () => {
		const headers = { 'Retry-After': '12', 'Idempotency-Replayed': 'true' };
		expect(refusal(429, {}, headers).details).toMatchObject({
			retryAfterSeconds: 12,
			replayed: true,
			httpStatus: 429,
		});
		const plain = refusal(429, {}).details;
		expect(plain.retryAfterSeconds).toBeUndefined();
		expect(plain.replayed).toBe(false);
	});

	it('gives the meant status of a refusal inside a 200', () => {
		expect(refusal(200, { code: 429, message: 'slow down' }).details).toMatchObject({
			kind: 'rateLimit',
			httpStatus: 429,
		});
	});

	it('has an advice wherever the same request would not help', () => {
		for (const { status, body } of ROWS) {
			const { details } = refusal(status, body);
			if (!details.passing) expect(details.advice ?? '').not.toBe('');
		}
	});

	it('calls only the published list passing, whatever the text says', () => {
		const status = fc.integer({ min: 400, max: 599 });
		fc.assert(
			fc.property(status, fc.string(), (httpStatus, message) => {
				const { passing: isPassing } = refusal(httpStatus, { error: { message } }).details;
				const isPublished = [408, 429, 502, 503, 504].includes(httpStatus);
				const isContent = httpStatus === 409 && message.includes('idempotency_in_progress');
				expect(isPassing).toBe(isPublished || isContent);
			}),
		);
	});

	it('never says that nothing was spent after a fault of the server', () => {
		const status = fc.constantFrom(408, 500, 502, 503, 504, 520, 524, 599);
		const message = fc.oneof(
			fc.string(),
			fc.constantFrom('moderation failed', 'content rejected', 'Invalid task ID', 'nsfw'),
		);
		fc.assert(
			fc.property(status, message, (httpStatus, text) => {
				expect(refusal(httpStatus, { error: { message: text } }).details.spent).toBe('unknown');
			}),
		);
	});

	it('never throws and never shows a key or a signature, whatever the answer', () => {
		const shownNowhere = ['sk', 'THISISTHEKEY0123456789'].join('-');
		const said = fc.string().map((text) => `${text} ${shownNowhere} https://a.b/v.mp4?X-Sig=SIGNATURE`);
		const status = fc.integer({ min: 200, max: 599 });
		fc.assert(
			fc.property(status, fc.jsonValue(), said, (httpStatus, json, message) => {
				for (const body of [json, message, { error: { message } }, { success: false, message }]) {
					const error = errorOfAnswer(answer(httpStatus, body), 0);
					const shown = `${error?.message} ${error?.details.advice}`;
					expect(shown).not.toContain('THISISTHEKEY');
					expect(shown).not.toContain('SIGNATURE');
				}
			}),
		);
	});
});

describe('a fault below HTTP', () => {
	it.each<[unknown, string]>([
		[Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'ECONNRESET'],
		[Object.assign(new Error('x'), { cause: { code: 'ENOTFOUND' } }), 'ENOTFOUND'],
		[Object.assign(new Error('x'), { httpCode: 'ETIMEDOUT' }), 'ETIMEDOUT'],
		[new Error('socket hang up'), 'socket hang up'],
		[new Error('POST https://a.b/c?key=1 with Bearer abc'), 'POST https://a.b/c with Bearer ***'],
		['just a text', 'just a text'],
		[{}, 'unknown cause'],
		[undefined, 'undefined'],
	])('%p is told as %s', (cause, words) => {
		expect(describeCause(cause)).toBe(words);
	});

	it('may have been accepted, and may be sent again', () => {
		const { message, details } = networkError(Object.assign(new Error(), { code: 'ECONNRESET' }));
		expect(message).toBe('No answer from APIMart (ECONNRESET)');
		expect(details).toMatchObject({ kind: 'network', passing: true, spent: 'unknown' });
		expect(details.advice).toMatch(/network/);
	});
});
