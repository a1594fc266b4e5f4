import { retryable, perhaps, refused, unclear, type Row } from './badAnswers';

const PAGE = '<html><title>No</title></html>';

const OTHERS: Array<[what: string, status: number, body: unknown, said: string]> = [
	['a page without an entry', 401, PAGE, 'an HTML page that says "No"'],
	['a page that asks for money', 402, PAGE, 'an HTML page that says "No"'],
	[
		'a challenge',
		403,
		'<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>',
		'an HTML page that says "Just a moment..."',
	],
	['a page for a wrong address', 404, PAGE, 'an HTML page that says "No"'],
	['nothing at all', 404, '', 'an empty answer'],
	['too big for a proxy', 413, PAGE, 'an HTML page that says "No"'],
	['a page of a broken server', 500, PAGE, 'an HTML page that says "No"'],
	['a page of Cloudflare', 522, PAGE, 'an HTML page that says "No"'],
	['JSON of a gateway', 403, { message: 'Forbidden' }, '{"message":"Forbidden"}'],
	['JSON of a server', 401, { error: 'Unauthorized' }, '{"error":"Unauthorized"}'],
	['JSON without a word', 401, {}, '{}'],
	['a list', 403, [], '[]'],
];

/** Conflicts over a key, and answers that are not what their status says. */
export const ODD: Row[] = [
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
		sentence: 'Already submitted by an earlier run, not charged again',
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
		what: 'a proxy that wants a sign-in of its own',
		status: 407,
		body: '<html><title>Authentication Required</title></html>',
		expected: { kind: 'unreachable', ...retryable },
		sentence:
			'A proxy between n8n and APIMart asks for its own sign-in (HTTP 407): an HTML page that says "Authentication Required"',
		advice: /Neither the row nor APIMart.*Nothing was sent/,
	},
	...OTHERS.map(([what, status, body, said]): Row => ({
		what: `something in between: ${what}`,
		status,
		body,
		expected: { kind: 'unreadable', ...perhaps },
		sentence: `Something between n8n and APIMart answered in its place (HTTP ${status}): ${said}`,
		advice: /often passes.*Base URL/,
	})),
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
		expected: { kind: 'redirect', ...perhaps },
		sentence: 'APIMart answered with a redirect (HTTP 302), which is not followed',
		advice: /never sent across a redirect/,
	},
];
