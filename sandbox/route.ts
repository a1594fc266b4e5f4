import type { Request, RequestHandler, Response } from 'express';
import { createHash } from 'node:crypto';
import type { KeyAccount } from './balance';
import type { Context } from './context';
import { deliver, deliverBeforeWork, transportFault, type Delivered } from './delivery';
import { documentedError, liveError, RefusalError, type Reply } from './errors';
import type { FaultRoute } from './faultAction';
import type { ActiveFault, FaultSubject } from './faults';
import { maskKey } from './ledger';
import type { RequestEntry } from './ledgerEntries';

/** One request on its way through a route of the API. */
export interface Call {
	request: Request;
	account: KeyAccount;
	entry: RequestEntry;
	faults: ActiveFault[];
	/** Called when the answer leaves, or the connection is cut in its place. */
	onAnswer?: () => void;
}

export interface RouteParts {
	name: Exclude<FaultRoute, 'any' | 'file'>;
	/** What faults can be tied to, known before the work. */
	subject?: (request: Request, account: KeyAccount) => FaultSubject;
	work: (call: Call) => Reply | Promise<Reply>;
	/** Another form of an error that the work ended with. */
	refusal?: (request: Request, reply: Reply) => Reply;
}

/**
 * A route of the API: into the ledger, who is there, which faults apply, the work, the answer.
 * Authentication comes before anything else, as at the real service.
 */
export function route(context: Context, parts: RouteParts): RequestHandler {
	return async (request, response) => {
		const key = bearer(request);
		const entry = context.ledger.addRequest({
			method: request.method,
			path: request.originalUrl,
			route: parts.name,
			key: key && maskKey(key),
			idempotencyKey: request.get('idempotency-key'),
			bodyHash: Buffer.isBuffer(request.body) ? sha256(request.body) : undefined,
		});
		const delivered = await run(context, parts, request, response, entry);
		context.ledger.update(entry, { ...delivered, ended: true });
		logRequest(context, entry);
	};
}

async function run(
	context: Context,
	parts: RouteParts,
	request: Request,
	response: Response,
	entry: RequestEntry,
): Promise<Delivered> {
	let call: Call | undefined;
	let reply: Reply;
	let faults: ActiveFault[] = [];
	try {
		const account = authenticated(context, request);
		const { idempotencyKey } = entry;
		const subject = { idempotencyKey, ...parts.subject?.(request, account) };
		faults = context.faults.take(parts.name, subject);
		entry.fault = faults.map(({ label }) => label).join(' ') || undefined;
		const early = await deliverBeforeWork(context, response, faults);
		if (early) return early;
		call = { request, account, entry, faults };
		reply = await parts.work(call);
	} catch (error) {
		reply = error instanceof RefusalError ? error.reply : documentedError(500, String(error));
		reply = parts.refusal?.(request, reply) ?? reply;
		if (transportFault(faults)?.kind === 'answer') faults = [];
	}
	// A slow answer keeps a submit in progress until it leaves.
	const delivery = deliver(context, response, reply, faults);
	if (transportFault(faults)?.kind === 'slow') await delivery;
	call?.onAnswer?.();
	return await delivery;
}

/** @throws RefusalError 401 with the body of the live service, 403 for a key without permission */
function authenticated({ keys, random }: Context, request: Request): KeyAccount {
	const key = bearer(request);
	if (!key) {
		const message =
			'API key is required. Please provide it in the Authorization header as a Bearer token';
		throw new RefusalError({
			status: 401,
			body: { error: { message, type: 'apimart_error' } },
		});
	}
	const account = keys.find(key);
	if (!account) {
		const requestId = random.text(24, '0123456789') + random.text(8, 'abcdefghijkXYZRUT');
		const message = `invalid API key (request id: ${requestId})`;
		const headers = { 'X-Oneapi-Request-Id': requestId };
		throw new RefusalError(liveError(401, '', message, headers));
	}
	if (account.scenario === 'forbidden') throw new RefusalError(documentedError(403));
	return account;
}

function bearer(request: Request) {
	return /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
}

function logRequest({ settings }: Context, entry: RequestEntry) {
	if (settings.logLevel !== 'requests') return;
	const { at, method, path, status = 'reset', taskId, replayed, fault } = entry;
	const notes = [taskId, replayed && 'replayed', fault && `fault: ${fault}`].filter(Boolean);
	const line = `${at.slice(11, 23)} ${method} ${path.split('?')[0]} -> ${status}`;
	settings.log(`${line} ${notes.join(', ')}`.trimEnd());
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
