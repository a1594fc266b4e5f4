/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INode } from 'n8n-workflow';
import { node } from './callbackWorkflows';

/** Counts what n8n does after a node, from outside of n8n. */
export interface Counter {
	url: string;
	/** What was sent in the name of an execution. */
	bodies(executionId: string): string[];
	stop(): Promise<void>;
}

export async function startCounter(): Promise<Counter> {
	const seen: string[] = [];
	const server: Server = createServer((request, response) => {
		seen.push(request.url ?? '');
		request.resume();
		response.end('{}');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		bodies: (executionId) => seen.filter((url) => url === `/${executionId}`),
		stop: async () => await new Promise((resolve) => server.close(() => resolve())),
	};
}

/** A node that reports its execution to the counter, once. */
export function counterNode(counter: Counter): INode {
	const url = `=${counter.url}/{{ $execution.id }}`;
	const parameters = { method: 'POST', url, options: {} };
	return node('Count', 'n8n-nodes-base.httpRequest', 4.2, parameters, { executeOnce: true });
}
