import type { Request, RequestHandler, Response } from 'express';
import { createHash } from 'node:crypto';
import type { KeyAccount } from './balance';
import type { Context } from './context';
import { deliver, deliverBeforeWork, transportFault, type Delivered } from './delivery';
import { codedError, documentedError, RefusalError, type Reply } from './errors';
import type { FaultRoute } from './faultAction';
import type { ActiveFault, FaultSubject } from './faults';
import { maskKey } from './ledger';
import type { RequestEntry } from './ledgerEntries';

/** One request on its way through a route of the API. */
export interface Call {
	request: Request;
	response: Response;
	account: KeyAccount;
	entry: RequestEntry;
	faults: ActiveFault[];
	subject: FaultSubject;
	/** Runs when the answer leaves, or the connection is cut in its place. */
	onAnswer: Array<() => void>;
}

export interface RouteParts {
	name: Exclude<FaultRoute, 'any' | 'file'>;
	/** What faults can be tied to, known before the work. */
	subject?: (request: Request) => FaultSubject;
	/** Faults beyond those of `context.faults`, such as the words in a prompt. */
	moreFaults?: (call: Call) => ActiveFault[];
	work: (call: Call) => Reply | Promise<Reply>;
	/** Another form of an error that the work ended with. */
	refusal?: (call: Call, reply: Reply) => Reply;
}

/**
 * A route of the API: into the ledger, who is there, which faults fall, the work, the answer.
 * Authentication comes before anything else, as at the real service.
 */
export function route(context: Context, parts: RouteParts): RequestHandler {
	return async (request, response) => {
		const entry = context.ledger.addRequest({
			method: request.method,
			path: request.originalUrl,
			route: parts.name,
			idempotencyKey: request.get('idempotency-key'),
			bodyHash: Buffer.isBuffer(request.body) ? sha256(request.body) : undefined,
			...maskedKeyOf(request),
		});
		const call: Call = {
			request,
			response,
			account: NOBODY,
			entry,
			faults: [],
			subject: { idempotencyKey: entry.idempotencyKey, ...parts.subject?.(request) },
			onAnswer: [],
		};
		const delivered = await run(context, parts, call);
		context.ledger.update(entry, { ...delivered, ended: true });
		logRequest(context, entry);
	};
}

async function run(context: Context, parts: RouteParts, call: Call): Promise<Delivered> {
	const { response, entry } = call;
	let reply: Reply;
	try {
		call.account = authenticated(context, call.request);
		call.faults = context.faults.take(parts.name, call.subject);
		call.faults.push(...(parts.moreFaults?.(call) ?? []));
		entry.fault = call.faults.map(({ label }) => label).join(' ') || undefined;
		const early = await deliverBeforeWork(context, response, call.faults);
		if (early) return early;
		reply = await parts.work(call);
	} catch (error) {
		reply = error instanceof RefusalError ? error.reply : documentedError(500, String(error));
		reply = parts.refusal?.(call, reply) ?? reply;
		if (transportFault(call.faults)?.action.kind === 'answer') call.faults = [];
	}
	// A slow answer keeps a submit in progress until it leaves.
	const delivery = deliver(context, response, reply, call.faults);
	if (transportFault(call.faults)?.action.kind === 'slow') await delivery;
	for (const settle of call.onAnswer) settle();
	return await delivery;
}

/** @throws RefusalError 401 with the body of the live service, 403 for a key without permission */
function authenticated({ keys, random }: Context, request: Request): KeyAccount {
	const key = bearer(request);
	if (!key) {
		throw new RefusalError({
			status: 401,
			body: {
				error: {
					message:
						'API key is required. Please provide it in the Authorization header as a Bearer token',
					type: 'apimart_error',
				},
			},
		});
	}
	const account = keys.find(key);
	if (!account) {
		const requestId = random.text(24, '0123456789') + random.text(8, 'abcdefghijkXYZRUT');
		throw new RefusalError(
			codedError(401, '', `invalid API key (request id: ${requestId})`, 'apimart_error', {
				'X-Oneapi-Request-Id': requestId,
			}),
		);
	}
	if (account.scenario === 'forbidden') throw new RefusalError(documentedError(403));
	return account;
}

function bearer(request: Request) {
	return /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
}

function maskedKeyOf(request: Request) {
	const key = bearer(request);
	return key ? { key: maskKey(key) } : {};
}

function logRequest({ settings }: Context, entry: RequestEntry) {
	if (settings.logLevel !== 'requests') return;
	const notes = [
		entry.taskId,
		entry.replayed && 'replayed',
		entry.fault && `fault: ${entry.fault}`,
	].filter(Boolean);
	settings.log(
		`${entry.at.slice(11, 23)} ${entry.method} ${entry.path.split('?')[0]} -> ${entry.status ?? 'reset'} ${notes.join(', ')}`.trimEnd(),
	);
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const NOBODY: KeyAccount = {
	key: '',
	masked: '',
	balanceUsd: 0,
	reservedUsd: 0,
	usedUsd: 0,
	unlimited: false,
	concurrency: 1,
	inFlight: 0,
};
