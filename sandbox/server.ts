/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import express, { type Express } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { balanceRoute, modelsRoute, schemaRoute } from './catalog';
import type { Context } from './context';
import { controlRouter } from './control';
import { codedError } from './errors';
import { statusRoute } from './status';
import { submitRoute } from './submit';
import { uploadRoute } from './uploads';

/** APIMart's API: the routes of the Kling 3.0 pages; everything else is a 404, as at a one-api server. */
export function apiServer(context: Context, reset: () => void): Express {
	const app = express().disable('x-powered-by').disable('etag');
	app.use('/__sandbox', controlRouter(context, reset));
	app.post(
		'/v1/videos/generations',
		express.raw({ type: () => true, limit: '32mb' }),
		submitRoute(context),
	);
	app.get('/v1/tasks/:id', statusRoute(context));
	app.post('/v1/uploads/images', ...uploadRoute(context));
	app.get(['/v1/balance', '/balance', '/v1/user/balance', '/user/balance'], balanceRoute(context));
	app.get('/v1/models', modelsRoute(context));
	app.get('/v1/models/:model/schema', schemaRoute(context));
	app.use((request, response) => {
		const { method, originalUrl: path } = request;
		const entry = context.ledger.addRequest({ method, path, route: 'unknown' });
		context.ledger.update(entry, { status: 404, ended: true });
		const message = `Invalid URL (${method} ${request.path})`;
		const { body } = codedError(404, '', message, {}, 'invalid_request_error');
		response.status(404).json(body);
	});
	return app;
}

/**
 * Starts servers, all or none.
 * @returns each with its origin, such as `http://127.0.0.1:40123`
 * @throws Error where a port is taken
 */
export async function listenAll(host: string, wanted: Array<{ app: Express; port: number }>) {
	const settled = await Promise.allSettled(
		wanted.map(async ({ app, port }) => await listen(app, port, host)),
	);
	const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
	const failed = settled.find((one) => one.status === 'rejected');
	if (failed) {
		await Promise.all(running.map(async ({ server }) => await close(server)));
		throw new Error(`The sandbox cannot listen: ${(failed.reason as Error).message}`);
	}
	return running;
}

async function listen(app: Express, port: number, host: string) {
	const server = createServer(app);
	// Longer than clients keep idle connections, so that none is closed just as it is used again.
	server.keepAliveTimeout = 65_000;
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, resolve);
	});
	const { port: bound } = server.address() as AddressInfo;
	const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
	return { server, origin: `http://${name.includes(':') ? `[${name}]` : name}:${bound}` };
}

/** Closes it at once, whoever is still connected. */
export async function close(server: Server) {
	await new Promise((resolve) => {
		server.close(resolve);
		server.closeAllConnections();
	});
}
