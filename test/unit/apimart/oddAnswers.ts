import { perhaps, refused, unclear, type Row } from './badAnswers';

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
