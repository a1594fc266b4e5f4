/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startHost, type Host } from '../../host/host';

const BUSY_TRIES = 60;
const BUSY_DELAY_MS = 500;

/** What all attacks share: one n8n with the packed package, and a host that has no business with any of them. */
export interface Stage {
	host: Host;
	stranger: Stranger;
	nextNumber(): number;
	close(): Promise<void>;
}

/** A web server elsewhere: redirects and file addresses lead here, and it writes down all that it is told. */
export interface Stranger {
	url: string;
	received(): string;
}

/**
 * n8n's log is written as JSON at debug level: searched for secrets as a whole, and read for task ids only as far as the default
 * settings would have shown it.
 */
export async function setTheStage(): Promise<Stage> {
	const heard: string[] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const headers = request.rawHeaders.join(' ');
			const body = Buffer.concat(chunks).toString('latin1');
			heard.push(`${request.method} ${request.url} ${headers} ${body}`);
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
		stranger: { url: `http://127.0.0.1:${port}`, received: () => heard.join('\n') },
		nextNumber: () => ++number,
		close: async () => {
			server.close();
			server.closeAllConnections();
			await host.remove();
		},
	};
}

/** Under a flood n8n says 503 for a while ("Database is not ready"), before it has done anything. */
function repeatWhileBusy(host: Host): void {
	const call = host.call.bind(host);
	host.call = async <T>(...request: Parameters<typeof call>): Promise<T> => {
		for (let tries = 1; ; tries++) {
			const [answer] = await Promise.allSettled([call<T>(...request)]);
			if (answer.status === 'fulfilled') return answer.value;
			const isBusy = String(answer.reason).includes('answered 503');
			if (!isBusy || tries >= BUSY_TRIES) throw answer.reason;
			await delay(BUSY_DELAY_MS);
		}
	};
}
