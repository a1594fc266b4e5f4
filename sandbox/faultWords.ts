import {
	codedError,
	documentedError,
	expiredLink,
	htmlError,
	liveError,
	ok,
	taskFailed,
	uploadError,
	type Reply,
} from './errors';
import type { FaultAction, FaultRoute } from './faultAction';
import { idempotencyReplies } from './idempotency';
import { CONTENT_REFUSED } from './taskAnswer';
import { ANSWER_SHAPES, type CallbackScript, type TaskScript } from './taskScript';

export interface KnownFault {
	route: FaultRoute;
	action: FaultAction;
	/** How often it applies; absent = always. */
	times?: number;
}

/** The words of a text, without their brackets: `[[429:2]] a cat` gives `['429:2']`. */
export function wordsIn(text: string): string[] {
	const found = [...text.matchAll(/\[\[([a-z0-9-]+(?::[^\]]*)?)\]\]/gi)].map(([, word]) => word);
	return found.filter((word) => lookUp(word) !== undefined);
}

/**
 * What a word such as `429:2` or `fail:content` asks for.
 * @throws Error for an unknown word
 */
export function actionFromWord(word: string): KnownFault {
	const known = lookUp(word);
	if (known) return known;
	const names = faultWordNames().join(', ');
	throw new Error(`The sandbox knows no fault "${word.split(':')[0]}"; it knows: ${names}`);
}

/** The words, as listed in the README. */
export function faultWordNames() {
	return ['<status>', 'task-<status>', 'file-<status>', ...Object.keys(WORDS)];
}

function lookUp(word: string): KnownFault | undefined {
	const [name, ...rest] = word.trim().split(':');
	const make = WORDS[name.toLowerCase()] ?? statusWord(name);
	return make?.(rest.length ? rest.join(':').trim() : undefined);
}

/** `502`, `task-502`, `file-502`: the documented error of that status. */
function statusWord(name: string): MakeFault | undefined {
	const [, route = 'submit', status] = /^(?:(task|file)-)?([2345]\d\d)$/i.exec(name) ?? [];
	if (!status) return undefined;
	return counted(route.toLowerCase() as FaultRoute, answer(documentedError(Number(status))));
}

type MakeFault = (argument?: string) => KnownFault;

/** The number behind the word says how often it applies, by default once. */
const counted =
	(route: FaultRoute, action: FaultAction): MakeFault =>
	(times = '1') => ({ route, action, times: Number(times) });

const always =
	(route: FaultRoute, action: FaultAction): MakeFault =>
	() => ({ route, action });

const answer = (reply: Reply, after = false): FaultAction => ({ kind: 'answer', ...reply, after });

/** The number behind the word is that of the seconds; it applies once. */
const slow =
	(route: FaultRoute, part: 'headers' | 'body'): MakeFault =>
	(seconds = '5') => ({
		route,
		action: { kind: 'slow', part, seconds: Number(seconds) },
		times: 1,
	});

const redirect =
	(route: FaultRoute, times?: number): MakeFault =>
	(to) => ({ route, action: { kind: 'redirect', to }, times });

/** What becomes of the task, by what stands behind the word. */
const script =
	(make: (argument: string) => TaskScript, argument = ''): MakeFault =>
	(given = argument) => ({ route: 'submit', action: { kind: 'script', script: make(given) } });

const callback = (make: (argument: string) => CallbackScript, argument?: string) =>
	script((given) => ({ callback: make(given) }), argument);

function each<T>(values: Record<string, T>, make: (value: T) => MakeFault) {
	return Object.fromEntries(Object.entries(values).map(([word, value]) => [word, make(value)]));
}

const WORDS: Partial<Record<string, MakeFault>> = {
	// Submit: refused, nothing is made.
	'429-retry-after': (seconds = '1') => {
		const limited = documentedError(429, undefined, { 'Retry-After': seconds });
		return { route: 'submit', action: answer(limited), times: 1 };
	},
	...each(
		{
			'html-502': htmlError(502),
			'html-200': htmlError(200),
			'html-403': htmlError(403),
			'200-error': ok({ code: 402, message: 'balance' }),
			overloaded: codedError(503, 'MODEL_OVERLOADED', 'The model is overloaded'),
			'no-channel': liveError(400, 'get_channel_failed', 'Please wait and try again later...'),
			'idem-in-progress': idempotencyReplies.inProgress,
			'idem-unavailable': idempotencyReplies.unavailable,
		},
		(reply) => counted('submit', answer(reply)),
	),
	...each(
		{
			'build-failed': documentedError(500, 'build_request_failed: invalid aspect_ratio: 3:5'),
			'moderation-400': documentedError(400, 'The prompt was rejected by content moderation'),
			'moderation-422': codedError(
				422,
				'content_policy_violation',
				'Content moderation rejected it',
			),
			'no-balance': documentedError(402),
			'idem-reused': idempotencyReplies.keyReused,
			'idem-indeterminate': idempotencyReplies.indeterminate,
		},
		(reply) => always('submit', answer(reply)),
	),
	'reset-before-accept': counted('submit', { kind: 'reset' }),
	'redirect-submit': redirect('submit', 1),

	// Submit: the task is made and charged, and then the answer goes wrong.
	...each(
		{
			'500-after-accept': documentedError(500),
			'502-after-accept': htmlError(502),
			'503-after-accept': documentedError(503),
			'504-after-accept': htmlError(504),
			'indeterminate-after-accept': idempotencyReplies.indeterminate,
		},
		(reply) => counted('submit', answer(reply, true)),
	),
	'reset-after-accept': counted('submit', { kind: 'reset', after: true }),
	'half-after-accept': counted('submit', { kind: 'half' }),
	'slow-submit': slow('submit', 'headers'),

	// What becomes of the task.
	slow: script((seconds) => ({ generationSeconds: Number(seconds) }), '120'),
	fail: script((kind) => ({ ending: 'failed', error: failure(kind) }), 'task'),
	'fail-once': script(
		(kind) => ({ ending: 'failed', error: failure(kind), firstTaskOnly: true }),
		'task',
	),
	'fail-then-complete': script(
		(seconds) => ({ error: failure('task'), completesLaterSeconds: Number(seconds) }),
		'10',
	),
	cancelled: script(() => ({ ending: 'cancelled' })),
	stuck: script((progress) => ({ ending: 'never', stuckProgress: Number(progress) }), '99'),
	status: script((runningStatus) => ({ runningStatus }), 'in_progress'),
	'end-status': script((endStatus) => ({ endStatus }), 'succeeded'),
	cost: script((usd) => ({ costUsd: Number(usd) })),

	// How a status read shows it.
	...Object.fromEntries(ANSWER_SHAPES.map((name) => [name, script(() => ({ shapes: [name] }))])),
	...each(
		{
			'task-html': htmlError(502),
			'task-html-403': htmlError(403),
			'task-200-error': ok({ code: 400, error: { message: 'busy' } }),
			'task-unknown': documentedError(400, 'Invalid task ID'),
		},
		(reply) => counted('task', answer(reply)),
	),
	'task-reset': counted('task', { kind: 'reset' }),
	'task-half': counted('task', { kind: 'half' }),
	'task-slow': slow('task', 'headers'),
	'redirect-task': redirect('task', 1),

	// The file.
	'expired-link': script(() => ({ linkExpired: true })),
	'expired-once': counted('file', answer(expiredLink())),
	'truncated-mp4': counted('file', { kind: 'half' }),
	'short-mp4': counted('file', { kind: 'short' }),
	'not-mp4': counted(
		'file',
		answer({ ...htmlError(200), headers: { 'Content-Type': 'video/mp4' } }),
	),
	'html-file': counted('file', answer(htmlError(200))),
	'octet-stream': always('file', {
		kind: 'headers',
		headers: { 'Content-Type': 'application/octet-stream' },
	}),
	'file-reset': counted('file', { kind: 'reset' }),
	'file-slow': slow('file', 'body'),
	'file-redirect': redirect('file'),
	'big-clip': script((megabytes) => ({ clipMegabytes: Number(megabytes) }), '30'),

	// The callback.
	'no-callback': callback(() => ({ never: true })),
	'duplicate-callback': callback((copies) => ({ copies: Number(copies) }), '2'),
	'forged-callback': callback(() => ({ forged: true })),
	'malformed-callback': callback(() => ({ malformed: true })),
	'early-callback': callback(() => ({ early: true })),
	'enveloped-callback': callback(() => ({ enveloped: true })),
	'late-callback': callback((seconds) => ({ delaySeconds: Number(seconds) }), '60'),

	// Balance and upload (by control only: no prompt comes along).
	...each(
		{
			'balance-false': ok({ message: 'Failed to get token info', success: false }),
			'balance-html': htmlError(200),
			'balance-strings': ok({
				...{ remain_balance: '99.25', remain_credits: '992.5', used_balance: '0.75' },
				...{ used_credits: '7.5', success: true, unlimited_quota: false },
			}),
		},
		(reply) => always('balance', answer(reply)),
	),
	'upload-failed': counted('upload', answer(uploadError(500, 'failed to upload image'))),
};

function failure(kind: string): unknown {
	const upstream = 'Generation failed upstream';
	switch (kind) {
		case 'empty':
			return { code: '', message: 'Generation failed' };
		case 'int':
			return { code: 500, message: upstream, type: 'server_error' };
		case 'string':
			return upstream;
		case 'nested':
			return { error: { message: upstream, code: 'upstream_error' } };
		case 'none':
			return undefined;
		default:
			return taskFailed(MESSAGES[kind] ?? kind);
	}
}

const MESSAGES: Partial<Record<string, string>> = {
	content: CONTENT_REFUSED,
	task: 'Generation failed',
};
