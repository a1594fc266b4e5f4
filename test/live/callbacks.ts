/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonOrText, type Recorder } from './recorder';

export type CallbackReceiver = Awaited<ReturnType<typeof receiveCallbacks>>;

/**
 * Listens on this computer for what a tunnel brings from `address`; without one the provider is told an address on this computer.
 * @throws Error where the port is taken
 */
export async function receiveCallbacks(
	{ address, port = 0 }: { address?: string; port?: number },
	recorder: Recorder,
) {
	const server = createServer().listen(port, '127.0.0.1');
	await once(server, 'listening');
	const { port: bound } = server.address() as AddressInfo;
	const webhook = new URL(address ?? `http://127.0.0.1:${bound}/hook`);
	// Whether the provider puts its path before or behind a query shows only where there is one.
	webhook.search ||= '?live=test';
	const path = webhook.pathname.replace(/\/+$/, '');
	// The two names lead to different places, so that a delivery shows which one was followed.
	const callbackUrl = new URL(webhook);
	callbackUrl.pathname = `${path}/by-callback-url`;
	recorder.secrets['callback host'] = webhook.host;
	recorder.secrets['callback path'] = path;
	recorder.secrets['callback query'] = webhook.search.slice(1);

	let count = 0;
	server.on('request', async (request, response) => {
		const { method, url = '', headers } = request;
		response.end('{"received":true}');
		// Seen from the address that was told, such as `/callback<query>`.
		const place = url.replace(path, '').replace(webhook.search, '<query>');
		const seen = `${method} ${place.replace(/\?.*/, '<another query>')}`;
		const exchange = recorder.add({
			step: `callback, ${seen}`,
			request: seen,
			httpStatus: 200,
			headers,
		});
		exchange.body = jsonOrText(await text(request));
		count += 1;
	});
	return {
		addresses: { webhook: webhook.href, callbackUrl: callbackUrl.href },
		/** Waits for so many deliveries, or so long. */
		waitFor: async (deliveries: number, seconds: number): Promise<void> => {
			const untilMs = Date.now() + seconds * 1000;
			while (count < deliveries && Date.now() < untilMs) await delay(100);
		},
		close: (): void => {
			server.close();
			server.closeAllConnections();
		},
	};
}
