import fc from 'fast-check';
import { describeCause } from '../../../nodes/KlingFast/apimart/answer';
import {
	errorOfAnswer,
	networkError,
	type ErrorDetails,
} from '../../../nodes/KlingFast/apimart/errors';
import { RULES } from '../../../nodes/KlingFast/apimart/rules';
import { answer, refusal } from './answers';

type Rule = Pick<ErrorDetails, 'retryable' | 'charged' | 'retryForSeconds'>;
const NO: Rule = { retryable: false, charged: 'no' };
const AGAIN: Rule = { retryable: true, charged: 'no' };
const NEVER: Rule = { ...AGAIN, retryForSeconds: 0 };
const PERHAPS: Rule = { retryable: true, charged: 'unknown', retryForSeconds: undefined };
/** A page of something in between: retryable for two minutes. */
const PAGE: Rule = { ...PERHAPS, retryForSeconds: 120 };
const UNCLEAR: Rule = { retryable: false, charged: 'unknown' };

const says = (message: string, code = '') => ({ error: { code, message, type: 'apimart_error' } });
const page = (title: string) => `<html><head><title>${title}</title></head></html>`;
const BUILD = 'build_request_failed: invalid size: 3:5, allowed: 16:9, 9:16, 1:1';

type Row = [number, unknown, ErrorDetails['kind'], Rule, sentence: string, advice?: RegExp];
const BETWEEN = ['unreadable', PAGE, 'between'] as const;
const BASE_URL = /often passes.*base URL/;

/** Recorded and documented answers, and those that public clients have met. */
const ANSWERS: Row[] = [
	[400, says('duration must be 3 to 15'), 'parameter', NO, 'refused', /Correct this row.*charged/],
	[400, says('parameter names are case-sensitive'), 'parameter', NO, 'refused'],
	[413, says('file size 2 exceeds maximum 1 bytes'), 'parameter', NO, 'refused'],
	[500, says(BUILD), 'parameter', NO, 'build', /Correct this row.*Nothing was charged/],
	[200, { success: false, message: 'no token info' }, 'parameter', UNCLEAR, 'refused', /API key/],
	[400, says('Invalid task ID'), 'unknownTask', NO, 'refused', /task ID.*account/],
	[404, says('task not found'), 'unknownTask', NO, 'refused', /base URL/],
	[400, says('wait', 'get_channel_failed'), 'overloaded', AGAIN, 'busy', /no free.*charged/],
	[401, says('invalid API key (request id: 1)'), 'credential', NO, 'key', /API key.*base URL/],
	[403, says('access forbidden'), 'credential', NO, 'access', /may not use this model/],
	[402, says('insufficient account balance'), 'balance', NO, 'balance', /Top up/],
	[200, { code: 402, message: 'balance' }, 'balance', NO, 'balance'],
	[400, says('It hits the sensitive word filter'), 'content', NO, 'content', /Edit.*charged/],
	[422, says('see our policy'), 'content', NO, 'content'],
	[200, { code: 400, error: { message: 'content_rejected' } }, 'content', NO, 'content'],
	[429, says('Rate limit exceeded'), 'rateLimit', AGAIN, 'rate', /fewer clips/],
	[500, says('internal error'), 'server', UNCLEAR, 'server', /dashboard/],
	[500, says('moderation service crashed'), 'server', UNCLEAR, 'server'],
	[408, '', 'overloaded', PERHAPS, 'overloaded'],
	[502, says('gateway error'), 'overloaded', PERHAPS, 'overloaded'],
	[502, page('502 Bad Gateway'), 'overloaded', PERHAPS, 'overloaded'],
	[503, says('The model is overloaded', 'MODEL_OVERLOADED'), 'overloaded', PERHAPS, 'overloaded'],
	[503, says('not executed', 'idempotency_unavailable'), 'overloaded', AGAIN, 'overloaded'],
	[504, '', 'overloaded', PERHAPS, 'overloaded', /usually passes/],
	[409, says('wait', 'idempotency_in_progress'), 'duplicate', PERHAPS, 'inProgress'],
	[409, says('wait: idempotency_in_progress'), 'duplicate', PERHAPS, 'inProgress'],
	[409, says('idempotency_key_reused'), 'duplicate', NO, 'reused'],
	[409, says('reused', 'idempotency_key_reused'), 'duplicate', NO, 'reused', /Get Video.*row key/],
	[409, says('x', 'idempotency_result_indeterminate'), 'duplicate', UNCLEAR, 'unsure', /dashboard/],
	[409, says('conflict'), 'duplicate', UNCLEAR, 'unsure', /not sent again/],
	[200, page('Login'), 'unreadable', PERHAPS, 'unreadable', /base URL/],
	[200, '{"code":200,"data":[{"status":"subm', 'unreadable', PERHAPS, 'unreadable'],
	[302, '', 'redirect', PAGE, 'redirect', /never sent across a redirect/],
	[407, page('Sign in'), 'unreachable', NEVER, 'proxy', /Neither the row.*Nothing was sent/],
	...[401, 402, 403, 404, 413].map((status): Row => [status, page('No'), ...BETWEEN, BASE_URL]),
	[500, page('No'), 'unreadable', PERHAPS, 'between', BASE_URL],
	[522, page('No'), 'unreadable', PERHAPS, 'between', BASE_URL],
	[404, '', ...BETWEEN],
	[403, { message: 'Forbidden' }, ...BETWEEN],
	[401, { error: 'Unauthorized' }, ...BETWEEN],
	[401, {}, ...BETWEEN],
	[403, [], ...BETWEEN],
];

const SENTENCES: Record<string, RegExp> = {
	refused: /^APIMart did not accept the request \(HTTP \d+\): (\w)/,
	build: /^APIMart did not accept the request: build_request_failed: invalid size: 3:5/,
	busy: /^APIMart is busy: wait$/,
	key: /^APIMart does not accept the API key: invalid API key \(request id: 1\)$/,
	access: /^APIMart refuses access: access forbidden$/,
	balance: /^The APIMart balance is too low: .*balance$/,
	content: /^APIMart rejected the content: \w/,
	rate: /^APIMart's rate limit: Rate limit exceeded$/,
	server: /^APIMart had an internal fault \(HTTP 500\): \w/,
	overloaded:
		/^APIMart is overloaded \(HTTP \d+\): (an empty answer|an HTML page that says "502|\w)/,
	inProgress: /^APIMart is still taking in the same clip: wait/,
	reused: /^Already submitted by an earlier run, not charged again$/,
	unsure: /^APIMart cannot say whether the clip was accepted: \w/,
	unreadable: /^APIMart's answer could not be read: (an HTML page that says "Login"|\{"code":200)/,
	redirect: /^APIMart answered with a redirect \(HTTP 302\), which is not followed$/,
	proxy: /^A proxy between n8n and APIMart asks for its own sign-in \(HTTP 407\): an HTML page/,
	between: /^Something between n8n and APIMart answered in its place \(HTTP \d+\): (an|\{|\[)/,
};

describe('what an answer of APIMart means', () => {
	it.each(ANSWERS)('HTTP %d %j: %s', (status, body, kind, rule, sentence, advice = /.*/) => {
		const { message, details } = refusal(status, body);
		expect(details).toMatchObject({ kind, ...rule });
		expect(message).toMatch(SENTENCES[sentence]);
		expect(details.advice ?? '').toMatch(advice);
		if (!details.retryable) expect(details.advice).toBeTruthy();
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

	it('calls only the published list retryable, whatever the text says', () => {
		const status = fc.integer({ min: 400, max: 599 }).filter((code) => code !== 407);
		fc.assert(
			fc.property(status, fc.string(), (httpStatus, message) => {
				const { retryable } = refusal(httpStatus, { error: { message } }).details;
				const isPublished = [408, 429, 502, 503, 504].includes(httpStatus);
				const isInProgress = httpStatus === 409 && message.includes('idempotency_in_progress');
				expect(retryable).toBe(isPublished || isInProgress);
			}),
		);
	});

	it('never says that nothing was charged after a fault of the server', () => {
		const status = fc.constantFrom(408, 500, 502, 503, 504, 520, 524, 599);
		const message = fc.oneof(
			fc.string(),
			fc.constantFrom('moderation failed', 'content rejected', 'Invalid task ID', 'nsfw'),
		);
		fc.assert(
			fc.property(status, message, (httpStatus, text) => {
				expect(refusal(httpStatus, { error: { message: text } }).details.charged).toBe('unknown');
			}),
		);
	});
});

describe('a network error', () => {
	it.each<[unknown, string]>([
		[Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'ECONNRESET'],
		[Object.assign(new Error('x'), { cause: { code: 'ENOTFOUND' } }), 'ENOTFOUND'],
		[Object.assign(new Error('x'), { httpCode: 'ETIMEDOUT' }), 'ETIMEDOUT'],
		[new Error('socket hang up'), 'socket hang up'],
		[new Error('POST https://a.b/c?key=1 with Bearer abc'), 'POST https://a.b/c with Bearer ***'],
		['just a text', 'just a text'],
		[{}, 'unknown cause'],
		[undefined, 'undefined'],
	])('%p is described as %s', (cause, words) => {
		expect(describeCause(cause)).toBe(words);
	});

	it.each([
		['ENOTFOUND', 3, /name of the host/],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 0, /certificate/],
		['SELF_SIGNED_CERT_IN_CHAIN', 0, /certificate/],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 0, /certificate/],
		['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 0, /certificate/],
		['CERT_HAS_EXPIRED', 0, /certificate/],
		['ERR_TLS_CERT_ALTNAME_INVALID', 0, /certificate/],
		['EPROTO', 0, /does not speak https.*port/],
		['ERR_SSL_WRONG_VERSION_NUMBER', 0, /does not speak https.*port/],
		['ECONNREFUSED', 10, /host and port/],
		['EAI_AGAIN', 10, /host and port/],
		['ENETUNREACH', 10, /host and port/],
	])('before which nothing was sent: %s', (code, retryForSeconds, advice) => {
		const { message, details } = networkError(Object.assign(new Error('x'), { cause: { code } }));
		expect(message).toBe(`No connection to APIMart (${code})`);
		const never = { kind: 'unreachable', retryable: true, charged: 'no', retryForSeconds };
		expect(details).toMatchObject(never);
		expect(details.advice).toMatch(advice);
		expect(details.advice).toMatch(/Nothing was sent and nothing was charged/);
	});

	it.each(['ECONNRESET', 'ETIMEDOUT', 'ECONNABORTED', 'EPIPE', 'socket hang up', 'timeout'])(
		'after which the outcome is unknown: %s',
		(code) => {
			const { message, details } = networkError(new Error(code));
			expect(message).toBe(`No answer from APIMart (${code})`);
			expect(details).toMatchObject({ kind: 'network', retryable: true, charged: 'unknown' });
			expect(details.retryForSeconds).toBeUndefined();
		},
	);
});

it('the rules whose advice speaks of charges are marked, so that a read or an upload is told something else', () => {
	for (const [{ isOfPurchase = false }, message, advice = ''] of Object.values(RULES).flat()) {
		expect([message, isOfPurchase]).toEqual([message, /charged|dashboard/.test(advice)]);
	}
});
