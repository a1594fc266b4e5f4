import type { RequestHandler } from 'express';
import type { Context } from './context';
import { documentedError, RefusalError, type Reply } from './errors';
import type { IdempotencyScope } from './idempotency';
import { route, sha256, type Call } from './route';
import type { Task } from './tasks';
import { mergeScripts, type TaskScript } from './taskScript';
import { isObject, promptTexts, readClipRequest, type ClipRequest } from './validation';

/**
 * `POST /v1/videos/generations`. Invariants:
 * - a replay makes nothing and charges nothing, even where the key is at its limit;
 * - between the check of limits and the making of the task nothing is awaited, so two requests cannot
 *   take the last place both;
 * - only an accepted submit is remembered under its Idempotency-Key.
 */
export function submitRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'submit',
		subject: ({ body }) => ({ prompt: promptTexts(parsed(body)) }),
		moreFaults: ({ subject, entry, account }) =>
			context.faults.takeWords(
				'submit',
				clipNameOf(account.key, entry.idempotencyKey ?? subject.prompt ?? ''),
				subject.prompt ?? '',
			),
		work: (call) => submit(context, call),
		refusal: (call, reply) => (isVersioned(context, call) ? fuller(context, reply) : reply),
	});
}

function submit(context: Context, call: Call): Reply {
	const { request, entry, account } = call;
	const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
	const body = parsed(bytes);
	entry.body = body;
	if (body === undefined) {
		throw new RefusalError(documentedError(400, 'Invalid JSON in the request body'));
	}
	const clipRequest = readClipRequest(body);
	const idempotencyKey = entry.idempotencyKey;
	const scope = idempotencyKey !== undefined && {
		key: account.key,
		endpoint: 'POST /v1/videos/generations',
		idempotencyKey,
	};
	const known = scope && context.idempotency.begin(scope, sha256(bytes));
	if (known) {
		entry.replayed = true;
		entry.taskId = known.taskId;
		return known.reply;
	}
	return remembering(context, call, scope, () => {
		refuseAtLimit(context, call);
		const promptText = promptTexts(body);
		const isAgain = context.tasks
			.all()
			.some((task) => task.account === account && task.promptText === promptText);
		const scripts = call.faults.flatMap(({ action }) =>
			action.kind === 'script' && !(isAgain && action.script.firstTaskOnly) ? [action.script] : [],
		);
		const script = mergeScripts([...failureOfMode(clipRequest), ...scripts]);
		const task = context.tasks.create(account, clipRequest, script, {
			promptText,
			clipName: clipNameOf(account.key, idempotencyKey ?? promptText),
		});
		context.callbacks.started(task);
		context.ledger.update(entry, { taskId: task.id, accepted: true });
		return { task, reply: acceptance(context, call, task) };
	});
}

function failureOfMode({ unknownMode }: ClipRequest): TaskScript[] {
	if (unknownMode === undefined) return [];
	const message = `mode value '${unknownMode}' is invalid`;
	const error = { code: 'task_failed', message, param: '', type: 'task_failed' };
	return [{ ending: 'failed', error }];
}

/** Holds the key while the request is dealt with, and keeps the answer from then on. */
function remembering(
	{ idempotency }: Context,
	call: Call,
	scope: IdempotencyScope | false,
	make: () => { task: Task; reply: Reply },
) {
	let made: ReturnType<typeof make> | undefined;
	try {
		made = make();
		return made.reply;
	} finally {
		if (scope && made) {
			const { task, reply } = made;
			call.onAnswer.push(() => idempotency.complete(scope, reply, task.id));
		} else if (scope) {
			idempotency.forget(scope);
		}
	}
}

function refuseAtLimit({ settings }: Context, { account }: Call) {
	if (account.concurrency === 0 || account.inFlight < account.concurrency) return;
	const { retryAfterSeconds } = settings;
	throw new RefusalError(
		documentedError(
			429,
			undefined,
			retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
		),
	);
}

/** The two contracts: an array with status 200, or, asked for by header, an object with status 202. */
function acceptance(context: Context, call: Call, task: Task): Reply {
	if (!isVersioned(context, call)) {
		return {
			status: 200,
			body: { code: 200, data: [{ status: 'submitted', task_id: task.id }] },
		};
	}
	return {
		status: 202,
		headers: { 'X-APIMart-Response-Version': RESPONSE_VERSION },
		body: {
			code: 202,
			request_id: requestId(context),
			data: {
				object: 'generation.task',
				id: task.id,
				status: 'submitted',
				poll_url: `${context.urls.api}/v1/tasks/${task.id}`,
			},
		},
	};
}

function isVersioned({ settings }: Context, { request }: Call) {
	if (settings.envelope !== 'byHeader') return settings.envelope === 'versioned';
	return request.get('x-apimart-response-version') === RESPONSE_VERSION;
}

/** The error object of the versioned contract has four fields, and a request id beside it. */
function fuller(context: Context, reply: Reply): Reply {
	if (!isObject(reply.body) || !isObject(reply.body.error)) return reply;
	const error = { code: '', message: '', param: '', type: '', ...reply.body.error };
	return { ...reply, body: { error, request_id: requestId(context) } };
}

const requestId = ({ random }: Context) => `req_${random.text(24, '0123456789abcdef')}`;

const RESPONSE_VERSION = '2026-07-27';

const clipNameOf = (key: string, name: string) => JSON.stringify([key, name]);

function parsed(body: unknown): unknown {
	try {
		const value: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
		return isObject(value) || Array.isArray(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
