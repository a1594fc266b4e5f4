/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/*
 * Stand-ins of the services that the templates talk to. n8n's own nodes run as they are; only the network below them leads
 * here, through the proxy of `setup.ts`. They were written from these nodes' requests and from what the services document,
 * and were never held against the real ones: they prove the templates, not the services.
 *
 * - What no stand-in knows is answered 503 and kept in `strays`, so that no request leaves this computer unseen.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import express, { type Request, type Response } from 'express';
import { FakeDrive } from './drive';
import { FakeOpenAi } from './openAi';
import { FakeS3 } from './s3';
import type { FakeAnswer, FakeRequest, FakeService } from './service';
import { FakeSheets } from './sheets';
import { FakeSlack } from './slack';

export interface Fakes {
	sheets: FakeSheets;
	drive: FakeDrive;
	slack: FakeSlack;
	s3: FakeS3;
	openAi: FakeOpenAi;
	/** `METHOD host/path` of each request that no stand-in knew. */
	strays: string[];
	stop(): Promise<void>;
}

/** n8n calls home by itself; a 503 is all that it needs. */
const N8N_HOME = 'api.n8n.io';

/** Starts the stand-ins at the port that the proxy sends everything to; the host header tells which one is meant. */
export async function startFakes(port: number): Promise<Fakes> {
	const sheets = new FakeSheets();
	const drive = new FakeDrive();
	const slack = new FakeSlack();
	const s3 = new FakeS3();
	const openAi = new FakeOpenAi();
	const services: FakeService[] = [sheets, drive, slack, s3, openAi];
	const strays: string[] = [];
	const app = express();
	app.use(express.raw({ type: () => true, limit: '200mb' }));
	app.use((received: Request, response: Response) => {
		const host = received.headers.host?.split(':')[0] ?? '';
		const request = readRequest(received);
		const answer = services.find(({ hosts }) => hosts.includes(host))?.answer(request);
		if (answer) return send(response, answer);
		if (host !== N8N_HOME) strays.push(`${request.method} ${host}${request.path}`);
		send(response, { status: 503, body: `No stand-in for ${host}${request.path}` });
	});
	const server = createServer(app).listen(port, '127.0.0.1');
	await once(server, 'listening');
	const stop = async () => {
		server.closeAllConnections();
		await once(server.close(), 'close');
	};
	return { sheets, drive, slack, s3, openAi, strays, stop };
}

function readRequest({ method, url, headers, body }: Request): FakeRequest {
	const { pathname, searchParams } = new URL(url, 'http://stand-in');
	return {
		method,
		path: decodeURIComponent(pathname),
		query: searchParams,
		headers: headers as FakeRequest['headers'],
		body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
	};
}

function send(response: Response, { status, headers = {}, body = '' }: FakeAnswer): void {
	response.status(status).set(headers);
	if (typeof body === 'string' || Buffer.isBuffer(body)) response.end(body);
	else response.json(body);
}
