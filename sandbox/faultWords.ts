import { codedError, documentedError, expiredLink, htmlError, type Reply } from './errors';
import type { FaultAction, FaultRoute } from './faultAction';
import { idempotencyReplies } from './idempotency';
import { CONTENT_REFUSED } from './taskAnswer';
import type { AnswerShape, CallbackScript, TaskScript } from './taskScript';

export interface KnownFault {
	route: FaultRoute;
	action: FaultAction;
	/** How often it falls; absent = always. */
	times?: number;
}

/** The words of a text, without their brackets: `[[429:2]] a cat` gives `['429:2']`. */
export function wordsIn(text: string): string[] {
	const found = [...text.matchAll(/\[\[([a-z0-9-]+(?::[^\]]*)?)\]\]/gi)].map(([, word]) => word);
	return found.filter((word) => isWord(word));
}

/**
 * What a word such as `429:2` or `fail:content` asks for.
 * @throws Error for an unknown word, or for one that lacks its argument
 */
export function actionFromWord(word: string): KnownFault {
	const [name, ...rest] = word.trim().split(':');
	const argument = rest.length ? rest.join(':').trim() : undefined;
	const make = WORDS[name.toLowerCase()] ?? statusWord(name.toLowerCase());
	if (!make) {
		throw new Error(
			`The sandbox knows no fault "${name}"; it knows: ${faultWordNames().join(', ')}`,
		);
	}
	return make(argument);
}

/** The words, as listed in the README. */
export function faultWordNames() {
	return ['<status>', 'task-<status>', 'file-<status>', ...Object.keys(WORDS)];
}

type MakeFault = (argument?: string) => KnownFault;

const WORDS: Record<string, MakeFault> = {
	// Submit: refused, nothing is made.
	'429-retry-after': (seconds = '1') => once('submit', reply(limited(seconds))),
	'html-502': counted('submit', reply(htmlError(502))),
	'html-200': counted('submit', reply(htmlError(200))),
	'html-403': counted('submit', reply(htmlError(403))),
	'200-error': counted('submit', reply({ status: 200, body: { code: 402, message: 'balance' } })),
	overloaded: counted(
		'submit',
		reply(codedError(503, 'MODEL_OVERLOADED', 'The model is overloaded, please retry later')),
	),
	'no-channel': counted(
		'submit',
		reply(
			codedError(400, 'get_channel_failed', 'Please wait and try again later...', 'apimart_error'),
		),
	),
	'build-failed': always(
		'submit',
		reply(
			documentedError(
				500,
				'build_request_failed: invalid aspect_ratio: 3:5, allowed: 16:9, 9:16, 1:1',
			),
		),
	),
	'moderation-400': always(
		'submit',
		reply(
			documentedError(
				400,
				'The prompt was rejected by content moderation: sensitive words detected',
			),
		),
	),
	'moderation-422': always(
		'submit',
		reply(codedError(422, 'content_policy_violation', 'Content moderation rejected the prompt')),
	),
	'no-balance': always('submit', reply(documentedError(402))),
	'reset-before-accept': counted('submit', { kind: 'reset' }),
	'redirect-submit': (to) => once('submit', { kind: 'redirect', to }),
	'idem-in-progress': counted('submit', reply(idempotencyReplies.inProgress())),
	'idem-reused': always('submit', reply(idempotencyReplies.keyReused())),
	'idem-indeterminate': always('submit', reply(idempotencyReplies.indeterminate())),
	'idem-unavailable': counted('submit', reply(idempotencyReplies.unavailable())),

	// Submit: the task is made and charged, and then the answer goes wrong.
	'reset-after-accept': counted('submit', { kind: 'reset', after: true }),
	'half-after-accept': counted('submit', { kind: 'half' }),
	'500-after-accept': counted('submit', reply(documentedError(500), true)),
	'502-after-accept': counted('submit', reply(htmlError(502), true)),
	'503-after-accept': counted('submit', reply(documentedError(503), true)),
	'504-after-accept': counted('submit', reply(htmlError(504), true)),
	'indeterminate-after-accept': counted('submit', reply(idempotencyReplies.indeterminate(), true)),
	'slow-submit': (seconds = '5') =>
		once('submit', { kind: 'slow', part: 'headers', seconds: Number(seconds) }),

	// What becomes of the task.
	slow: (seconds = '120') => script({ generationSeconds: Number(seconds) }),
	fail: (kind = 'task') => script({ ending: 'failed', error: failure(kind) }),
	'fail-once': (kind = 'task') =>
		script({ ending: 'failed', error: failure(kind), firstTaskOnly: true }),
	cancelled: () => script({ ending: 'cancelled' }),
	stuck: (progress = '99') => script({ ending: 'never', stuckProgress: Number(progress) }),
	status: (word = 'in_progress') => script({ runningStatus: word }),
	'end-status': (word = 'succeeded') => script({ endStatus: word }),
	'fail-then-complete': (seconds = '10') =>
		script({ error: failure('task'), completesLaterSeconds: Number(seconds) }),
	cost: (usd = '0') => script({ costUsd: Number(usd) }),

	// How a status read shows it.
	'no-videos': shape('no-videos'),
	'no-result': shape('no-result'),
	'url-string': shape('url-string'),
	'output-url': shape('output-url'),
	'task-array': shape('array'),
	'task-bare': shape('bare'),
	'no-cost': shape('no-cost'),
	'no-expiry': shape('no-expiry'),
	'number-strings': shape('strings'),
	'task-html': counted('task', reply(htmlError(502))),
	'task-html-403': counted('task', reply(htmlError(403))),
	'task-200-error': counted(
		'task',
		reply({ status: 200, body: { code: 400, error: { message: 'busy' } } }),
	),
	'task-unknown': counted('task', reply(documentedError(400, 'Invalid task ID'))),
	'task-reset': counted('task', { kind: 'reset' }),
	'task-half': counted('task', { kind: 'half' }),
	'task-slow': (seconds = '5') =>
		once('task', { kind: 'slow', part: 'headers', seconds: Number(seconds) }),
	'redirect-task': (to) => once('task', { kind: 'redirect', to }),

	// The file.
	'expired-link': () => script({ linkExpired: true }),
	'expired-once': counted('file', reply(expiredLink())),
	'truncated-mp4': counted('file', { kind: 'half' }),
	'short-mp4': counted('file', { kind: 'short' }),
	'not-mp4': counted(
		'file',
		reply({ ...htmlError(200), headers: { 'Content-Type': 'video/mp4' } }),
	),
	'html-file': counted('file', reply(htmlError(200))),
	'octet-stream': always('file', {
		kind: 'headers',
		headers: { 'Content-Type': 'application/octet-stream' },
	}),
	'file-reset': counted('file', { kind: 'reset' }),
	'file-slow': (seconds = '5') =>
		once('file', { kind: 'slow', part: 'body', seconds: Number(seconds) }),
	'file-redirect': (to) => ({ route: 'file', action: { kind: 'redirect', to } }),
	'big-clip': (megabytes = '30') => script({ clipMegabytes: Number(megabytes) }),

	// The callback.
	'no-callback': () => callback({ never: true }),
	'duplicate-callback': (copies = '2') => callback({ copies: Number(copies) }),
	'forged-callback': () => callback({ forged: true }),
	'malformed-callback': () => callback({ malformed: true }),
	'early-callback': () => callback({ early: true }),
	'enveloped-callback': () => callback({ enveloped: true }),
	'late-callback': (seconds = '60') => callback({ delaySeconds: Number(seconds) }),

	// Balance and upload (by control only: no prompt comes along).
	'balance-false': always(
		'balance',
		reply({ status: 200, body: { message: 'Failed to get token info', success: false } }),
	),
	'balance-html': always('balance', reply(htmlError(200))),
	'balance-strings': always(
		'balance',
		reply({
			status: 200,
			body: {
				remain_balance: '99.25',
				remain_credits: '992.5',
				success: true,
				unlimited_quota: false,
				used_balance: '0.75',
				used_credits: '7.5',
			},
		}),
	),
	'upload-failed': counted(
		'upload',
		reply({
			status: 500,
			body: { error: { message: 'failed to upload image', type: 'server_error' } },
		}),
	),
};

/** `502`, `task-502`, `file-502`: the documented error of that status, `:n` times (default once). */
function statusWord(name: string): MakeFault | undefined {
	const [, prefix, status] = /^(?:(task|file)-)?([2345]\d\d)$/.exec(name) ?? [];
	if (!status) return undefined;
	const route = prefix === 'task' || prefix === 'file' ? prefix : 'submit';
	return counted(route, reply(documentedError(Number(status))));
}

function failure(kind: string): unknown {
	switch (kind) {
		case 'content':
			return {
				code: 'task_failed',
				message: CONTENT_REFUSED,
				param: '',
				type: 'task_failed',
			};
		case 'empty':
			return { code: '', message: 'Generation failed' };
		case 'int':
			return { code: 500, message: 'Generation failed upstream', type: 'server_error' };
		case 'string':
			return 'Generation failed upstream';
		case 'nested':
			return { error: { message: 'Generation failed upstream', code: 'upstream_error' } };
		case 'none':
			return undefined;
		case 'task':
			return { code: 'task_failed', message: 'Generation failed', param: '', type: 'task_failed' };
		default:
			return { code: 'task_failed', message: kind, param: '', type: 'task_failed' };
	}
}

function limited(seconds: string): Reply {
	return documentedError(429, undefined, { 'Retry-After': seconds });
}

function reply({ status, body, headers }: Reply, after = false): FaultAction {
	return {
		kind: 'answer',
		status,
		body,
		headers,
		after,
	};
}

/** `:n` gives how often it falls, by default once. */
function counted(route: FaultRoute, action: FaultAction): MakeFault {
	return (times = '1') => ({ route, action, times: Number(times) });
}

function always(route: FaultRoute, action: FaultAction): MakeFault {
	return () => ({ route, action });
}

function once(route: FaultRoute, action: FaultAction): KnownFault {
	return { route, action, times: 1 };
}

function script(taskScript: TaskScript): KnownFault {
	return {
		route: 'submit',
		action: { kind: 'script', script: taskScript },
	};
}

function callback(callbackScript: CallbackScript) {
	return script({ callback: callbackScript });
}

function shape(name: AnswerShape): MakeFault {
	return () => script({ shapes: [name] });
}

function isWord(word: string) {
	try {
		actionFromWord(word);
		return true;
	} catch {
		return false;
	}
}
