/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startHost, type Host } from '../../host/host';

const BUSY_TRIES = 60;
const BUSY_DELAY_MS = 500;

/** What all attacks share: one n8n with the packed package, and a host that none of them may send secrets to. */
export interface Environment {
	host: Host;
	otherHost: OtherHost;
	nextNumber(): number;
	close(): Promise<void>;
}

/** Redirects and file addresses lead here; it records every request. */
export interface OtherHost {
	url: string;
	received(): string;
}

/**
 * n8n's log is written as JSON at debug level: searched for secrets as a whole, and read for task ids only as far as the default
 * settings would have shown it.
 */
export async function openEnvironment(): Promise<Environment> {
	const requests: string[] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const headers = request.rawHeaders.join(' ');
			const body = Buffer.concat(chunks).toString('latin1');
			requests.push(`${request.method} ${request.url} ${headers} ${body}`);
			response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Nothing here</html>');
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const host = await startHost({
		env: { N8N_LOG_LEVEL: 'debug', N8N_LOG_FORMAT: 'json' },
	});
	repeatWhileBusy(host);
	let number = 0;
	return {
		host,
		otherHost: { url: `http://127.0.0.1:${port}`, received: () => requests.join('\n') },
		nextNumber: () => ++number,
		close: async () => {
			server.close();
			server.closeAllConnections();
			await host.remove();
		},
	};
}

/** Under load n8n answers 503 for a while ("Database is not ready"), before it has done anything. */
function repeatWhileBusy(host: Host): void {
	const call = host.call.bind(host);
	type Request = Parameters<typeof call>;
	const repeat = async <T>(request: Request, tries = 1): Promise<T> =>
		await call<T>(...request).catch(async (error: unknown) => {
			const isBusy = String(error).includes('answered 503');
			if (!isBusy || tries >= BUSY_TRIES) return await Promise.reject(error);
			await delay(BUSY_DELAY_MS);
			return await repeat<T>(request, tries + 1);
		});
	host.call = async <T>(...request: Request) => await repeat<T>(request);
}
