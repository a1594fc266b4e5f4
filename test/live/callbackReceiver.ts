/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import express from 'express';
import { createServer } from 'node:http';
import { taskIdOfCallback, type CallbackAddresses } from '../../nodes/KlingFast/apimart/callback';
import { parseTask } from '../../nodes/KlingFast/apimart/task';
import type { CallbackSeen } from './recording';
import type { Redactor } from './redactor';

function hasEnded(body: unknown): boolean {
	return ['completed', 'failed'].includes(parseTask(body)?.state ?? '');
}

/** Listens on this computer for what a tunnel brings from the address that the provider was told. */
export interface CallbackReceiver {
	/** To tell the provider. The second differs from where the first leads, so that a delivery shows by which it came. */
	addresses: CallbackAddresses;
	seen: CallbackSeen[];
	/** Resolves as soon as so many deliveries have come. */
	waitFor(count: number): Promise<void>;
	close(): Promise<void>;
}

/**
 * @param told the public address; without one the provider is told an address on this computer, where `hasQuery` with a query
 * @throws Error where the port is taken
 */
export async function receiveCallbacks(
	{ told, port, hasQuery = false }: { told?: string; port: number; hasQuery?: boolean },
	redactor: Redactor,
): Promise<CallbackReceiver> {
	const seen: CallbackSeen[] = [];
	const waiting: Array<{ count: number; resolve: () => void }> = [];
	const app = express().disable('x-powered-by');
	app.use(express.text({ type: () => true, limit: '1mb' }), (request, response) => {
		response.json({ received: true });
		const body = typeof request.body === 'string' ? parsed(request.body) : undefined;
		seen.push({
			path: placeOf(request.originalUrl, new URL(address)),
			method: request.method,
			headers: redactor.headers(request.headers),
			body: redactor.json(body ?? null),
			readAs: redactor.text(
				`task ${taskIdOfCallback(body) ?? 'unknown'}, ${hasEnded(body) ? 'ended' : 'not ended'}`,
			),
		});
		for (const { count, resolve } of waiting) if (seen.length >= count) resolve();
	});
	const server = createServer(app);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const bound = server.address();
	const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
	const address = told ?? `http://127.0.0.1:${boundPort}/hook${hasQuery ? '?query=1' : ''}`;
	const { host, pathname, search } = new URL(address);
	for (const part of [host, pathname, search.slice(1)]) redactor.learn('callback part', part);
	return {
		addresses: { webhook: address, callbackUrl: besideOf(address) },
		seen,
		waitFor: async (count) => {
			if (seen.length >= count) return;
			await new Promise<void>((resolve) => waiting.push({ count, resolve }));
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function besideOf(address: string): string {
	const url = new URL(address);
	url.pathname = `${url.pathname.replace(/\/+$/, '')}/by-callback-url`;
	return url.href;
}

/** Where a delivery came in, seen from the address that was told: neither its path nor its query is shown. */
function placeOf(url: string, told: URL): string {
	const [path, query = ''] = url.split('?');
	const base = told.pathname.replace(/\/+$/, '');
	const behind = path.startsWith(base) ? path.slice(base.length) : '<elsewhere>';
	if (query === '') return behind;
	const own = told.search.slice(1);
	return `${behind}?${own !== '' && query.startsWith(own) ? `<query>${query.slice(own.length)}` : '<other query>'}`;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
