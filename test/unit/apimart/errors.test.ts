import fc from 'fast-check';
import { describeCause } from '../../../nodes/KlingFast/apimart/answer';
import { errorOfAnswer, networkError } from '../../../nodes/KlingFast/apimart/errors';
import { answer, refusal } from './answers';
import { REFUSED } from './badAnswers';
import { ODD } from './oddAnswers';

const ROWS = [...REFUSED, ...ODD];

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
			if (!details.retryable) expect(details.advice ?? '').not.toBe('');
		}
	});

	it('calls only the published list retryable, whatever the text says', () => {
		const status = fc.integer({ min: 400, max: 599 }).filter((code) => code !== 407);
		fc.assert(
			fc.property(status, fc.string(), (httpStatus, message) => {
				const { retryable: isPassing } = refusal(httpStatus, { error: { message } }).details;
				const isPublished = [408, 429, 502, 503, 504].includes(httpStatus);
				const isContent = httpStatus === 409 && message.includes('idempotency_in_progress');
				expect(isPassing).toBe(isPublished || isContent);
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

	it('never throws and never shows a key or a signature, whatever the answer', () => {
		const shownNowhere = ['sk', 'THISISTHEKEY0123456789'].join('-');
		const said = fc
			.string()
			.map((text) => `${text} ${shownNowhere} https://a.b/v.mp4?X-Sig=SIGNATURE`);
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
		'after which nobody knows: %s',
		(code) => {
			const { details } = networkError(new Error(code));
			expect(details).toMatchObject({ kind: 'network', retryable: true, charged: 'unknown' });
			expect(details.retryForSeconds).toBeUndefined();
		},
	);

	it('may have been accepted, and may be sent again', () => {
		const { message, details } = networkError(Object.assign(new Error(), { code: 'ECONNRESET' }));
		expect(message).toBe('No answer from APIMart (ECONNRESET)');
		expect(details).toMatchObject({ kind: 'network', retryable: true, charged: 'unknown' });
		expect(details.advice).toMatch(/network/);
	});
});
