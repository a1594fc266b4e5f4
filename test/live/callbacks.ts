/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import express from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseJson, type Recorder } from './recorder';

export type CallbackReceiver = Awaited<ReturnType<typeof receiveCallbacks>>;

/**
 * Listens on this computer for what a tunnel brings from `address`; without one the provider is told an address on this computer.
 * @throws Error where the port is taken
 */
export async function receiveCallbacks(
	{ address, port = 0 }: { address?: string; port?: number },
	recorder: Recorder,
) {
	const app = express().use(express.text({ type: () => true, limit: '1mb' }));
	const server = app.listen(port, '127.0.0.1');
	await once(server, 'listening');
	const { port: bound } = server.address() as AddressInfo;
	const webhook = new URL(address ?? `http://127.0.0.1:${bound}/hook`);
	// Whether the provider puts its path before or behind a query shows only where there is one.
	webhook.search ||= '?live=test';
	const path = webhook.pathname.replace(/\/+$/, '');
	// The two names lead to different places, so that a delivery shows which one was followed.
	const callbackUrl = new URL(webhook);
	callbackUrl.pathname = `${path}/by-callback-url`;
	const secrets = {
		'callback host': webhook.host,
		'callback path': path,
		'callback query': webhook.search.slice(1),
	};
	recorder.redactor.hide(Object.values(secrets));

	let count = 0;
	app.use(({ method, originalUrl, headers, body }, response) => {
		response.json({ received: true });
		const text = String(body ?? '');
		// Seen from the address that was told, such as `/callback<query>`.
		const place = originalUrl.replace(path, '').replace(webhook.search, '<query>');
		const request = `${method} ${place.replace(/\?.*/, '<another query>')}`;
		recorder.add({
			step: `callback, ${request}`,
			...{ request, httpStatus: 200, headers },
			body: parseJson(text) ?? text,
		});
		count += 1;
		server.emit('delivery');
	});
	return {
		addresses: { webhook: webhook.href, callbackUrl: callbackUrl.href },
		secrets,
		/** Waits for so many deliveries, or so long. */
		waitFor: async (deliveries: number, seconds: number): Promise<void> => {
			const signal = AbortSignal.timeout(seconds * 1000);
			while (count < deliveries && !signal.aborted) {
				await once(server, 'delivery', { signal }).catch(() => undefined);
			}
		},
		close: (): void => {
			server.close();
			server.closeAllConnections();
		},
	};
}
