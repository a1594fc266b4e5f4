/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Express } from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface LocalServer {
	/** `http://127.0.0.1:PORT` */
	origin: string;
	stop(): Promise<void>;
}

/** Serves an app on a free port of this computer. */
export async function serve(app: Express): Promise<LocalServer> {
	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}
