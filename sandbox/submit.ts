import type { Request, RequestHandler } from 'express';
import type { KeyAccount } from './balance';
import type { Context } from './context';
import { documentedError, ok, RefusalError, taskFailed, type Reply } from './errors';
import { route, type Call } from './route';
import type { Task } from './tasks';
import { mergeScripts, type TaskScript } from './taskScript';
import { isObject, promptTexts, readClipRequest, type ClipRequest } from './validation';

/**
 * `POST /v1/videos/generations`. Invariants:
 * - a replay makes nothing and charges nothing, even where the key is at its limit;
 * - from the look for a replay until the task is made and remembered nothing is awaited, so two requests
 *   can neither take the last place both nor make a task each under one key;
 * - only an accepted submit is remembered under its Idempotency-Key.
 */
export function submitRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'submit',
		subject: (request, account) => {
			const prompt = promptTexts(parsed(request.body));
			const name = request.get('idempotency-key') ?? prompt;
			return { prompt, clip: JSON.stringify([account.key, name]) };
		},
		work: (call) => submit(context, call),
		refusal: (request, reply) => (isVersioned(context, request) ? fuller(context, reply) : reply),
	});
}

function submit(context: Context, call: Call): Reply {
	const { request, entry, account } = call;
	const body = parsed(request.body);
	entry.body = body;
	if (body === undefined) {
		throw new RefusalError(documentedError(400, 'Invalid JSON in the request body'));
	}
	const clipRequest = readClipRequest(body);
	const { idempotencyKey, bodyHash = '' } = entry;
	const scope = idempotencyKey === undefined ? undefined : { apiKey: account.key, idempotencyKey };
	const known = scope && context.idempotency.find(scope, bodyHash);
	if (known) {
		Object.assign(entry, { replayed: true, taskId: known.taskId });
		return known.reply;
	}
	refuseAtLimit(account);
	const promptText = promptTexts(body);
	const script = scriptOf(context, call, clipRequest, promptText);
	const task = context.tasks.create(account, clipRequest, script, promptText);
	context.callbacks.started(task);
	context.ledger.update(entry, { taskId: task.id, accepted: true });
	const reply = acceptance(context, request, task);
	if (scope) {
		const made = { bodyHash, taskId: task.id, reply };
		call.onAnswer = context.idempotency.remember(scope, made);
	}
	return reply;
}

function refuseAtLimit({ concurrency, inFlight }: KeyAccount) {
	if (concurrency !== 0 && inFlight >= concurrency) throw new RefusalError(documentedError(429));
}

function scriptOf(
	{ tasks }: Context,
	{ account, faults }: Call,
	{ unknownMode }: ClipRequest,
	promptText: string,
): TaskScript {
	const isAgain = tasks
		.all()
		.some((task) => task.account === account && task.promptText === promptText);
	const scripts = faults
		.flatMap(({ action }) => (action.kind === 'script' ? [action.script] : []))
		.filter(({ firstTaskOnly }) => !(firstTaskOnly && isAgain));
	if (unknownMode === undefined) return mergeScripts(scripts);
	const error = taskFailed(`mode value '${unknownMode}' is invalid`);
	return mergeScripts([{ ending: 'failed', error }, ...scripts]);
}

/** The two contracts: an array with status 200, or, asked for by header, an object with status 202. */
function acceptance(context: Context, request: Request, { id }: Task): Reply {
	const status = 'submitted';
	if (!isVersioned(context, request)) return ok({ code: 200, data: [{ status, task_id: id }] });
	const poll_url = `${context.urls.api}/v1/tasks/${id}`;
	return {
		status: 202,
		headers: { 'X-APIMart-Response-Version': RESPONSE_VERSION },
		body: {
			code: 202,
			request_id: requestId(context),
			data: { object: 'generation.task', id, status, poll_url },
		},
	};
}

function isVersioned({ settings }: Context, request: Request) {
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

function parsed(body: unknown): unknown {
	try {
		const value: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
		return isObject(value) || Array.isArray(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
