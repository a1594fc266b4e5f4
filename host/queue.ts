/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error */
/**
 * n8n in its queue mode: one main process, one webhook processor, two workers, behind one address.
 *
 * - Every run has a database, a Redis prefix and user folders of its own, so that it neither sees nor leaves anything.
 * - Whoever asks for the address gets what a reverse proxy in front of n8n gives: callbacks go to the webhook processor,
 *   everything else to main.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyServer } from 'http-proxy-3';
import Redis from 'ioredis';
import { Client } from 'pg';
import { ensureTarball, OWNER } from './host';
import { installN8n } from './install';
import { KlingRest } from './klingRest';
import { installPackage } from './package';
import { startPrivatePostgres, startPrivateRedis, succeeds } from './privateServers';
import { N8nProcess, type N8nCommand } from './process';

const CALLBACK_PATHS = /^\/(webhook|webhook-waiting)\//;
/** Asks for a server of the run's own instead of an address. */
const PRIVATE = 'private';

type Undoing = Array<() => Promise<unknown>>;

const CONNECT_WITHIN_MS = 2_000;

export interface Queue {
	/** REST, through the one address. */
	rest: KlingRest;
	/** By name: `main`, `webhook`, `worker 1`, `worker 2`. */
	processes: Map<string, N8nProcess>;
	/** Ends everything and drops the database. */
	stop(): Promise<void>;
}

/**
 * Starts n8n's queue mode with the package installed in every process.
 *
 * PostgreSQL: `KLING_FAST_POSTGRES`, by default `postgres://postgres@127.0.0.1:5432/postgres`; the user must be allowed to
 * create databases. Redis: `KLING_FAST_REDIS`, by default `127.0.0.1:6379`. Where nothing answers at the default, or the variable says
 * `private`, a server of the run's own is started from the installed programs.
 *
 * @throws Error that says how to get them where one does not answer
 */
export async function startQueue(env: Record<string, string> = {}): Promise<Queue> {
	const undoing: Undoing = [];
	const stop = async () => {
		for (const undo of undoing.splice(0).reverse()) await undo();
	};
	try {
		const name = `kling_fast_${randomBytes(4).toString('hex')}`;
		const redis = await findRedis(undoing);
		undoing.push(async () => await deleteKeys(redis, name));
		const postgres = await findPostgres(undoing);
		await runSql(postgres, `CREATE DATABASE ${name}`);
		undoing.push(
			async () => await runSql(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
		);

		const targets = new Map<N8nCommand, string>();
		const proxy = await startProxy(targets);
		undoing.push(proxy.stop);
		const settings = {
			...queueSettings(name, postgres, redis),
			WEBHOOK_URL: `${proxy.url}/`,
			...env,
		};

		const install = await installN8n();
		const tarball = await ensureTarball();
		const processes = new Map<string, N8nProcess>();
		const start = async (label: string, command: N8nCommand) => {
			const process_ = new N8nProcess({ install, command, env: settings });
			undoing.push(async () => await process_.remove());
			processes.set(label, process_);
			await installPackage(tarball, process_.userFolder);
			await process_.start();
			targets.set(command, process_.baseUrl);
		};
		// Main migrates the database, so it comes first; the others would otherwise do the same at the same time.
		await start('main', 'start');
		await Promise.all([
			start('webhook', 'webhook'),
			start('worker 1', 'worker'),
			start('worker 2', 'worker'),
		]);
		const rest = new KlingRest(proxy.url, install.version);
		await rest.setUpOwner(OWNER);
		return { rest, processes, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

function queueSettings(name: string, postgres: URL, redis: Address): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: postgres.hostname,
		DB_POSTGRESDB_PORT: postgres.port || '5432',
		DB_POSTGRESDB_USER: decodeURIComponent(postgres.username),
		DB_POSTGRESDB_PASSWORD: decodeURIComponent(postgres.password),
		DB_POSTGRESDB_DATABASE: name,
		QUEUE_BULL_REDIS_HOST: redis.host,
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		QUEUE_BULL_PREFIX: name,
		N8N_REDIS_KEY_PREFIX: name,
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
	};
}

interface Address {
	host: string;
	port: number;
}

async function findRedis(undoing: Undoing): Promise<Address> {
	const named = process.env.KLING_FAST_REDIS;
	const ping = async (address: Address) =>
		await withRedis(address, async (redis) => await redis.ping());
	const [host, port = '6379'] = (named ?? '127.0.0.1:6379').split(':');
	if (named !== PRIVATE) {
		const address = { host, port: Number(port) };
		if (await succeeds(ping(address))) return address;
	}
	if (named === undefined || named === PRIVATE) {
		const onPort = (own: number) => ({ host: '127.0.0.1', port: own });
		const server = await startPrivateRedis(async (own) => await ping(onPort(own)));
		if (server) {
			undoing.push(server.stop);
			return onPort(server.port);
		}
	}
	throw new Error(
		`The queue mode needs Redis, and none answers at ${host}:${port}. Start one (Debian and Ubuntu: apt-get install redis-server && redis-server; macOS: brew install redis && redis-server) or name one: KLING_FAST_REDIS=host:port.`,
	);
}

async function deleteKeys(address: Address, prefix: string): Promise<void> {
	await withRedis(address, async (redis) => {
		for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1000 })) {
			if ((keys as string[]).length > 0) await redis.del(keys as string[]);
		}
	});
}

async function withRedis(
	{ host, port }: Address,
	work: (redis: Redis) => Promise<unknown>,
): Promise<void> {
	const redis = new Redis({
		host,
		port,
		lazyConnect: true,
		connectTimeout: CONNECT_WITHIN_MS,
		retryStrategy: () => null,
	});
	// What goes wrong is told by the connecting itself; without a listener it would be printed as well.
	redis.on('error', () => {});
	await redis.connect();
	await work(redis).finally(() => redis.disconnect());
}

async function findPostgres(undoing: Undoing): Promise<URL> {
	const named = process.env.KLING_FAST_POSTGRES;
	const onPort = (port: number) => new URL(`postgres://postgres@127.0.0.1:${port}/postgres`);
	const url = named === undefined || named === PRIVATE ? onPort(5432) : new URL(named);
	let reason: unknown = '';
	try {
		await runSql(url, 'SELECT 1');
		if (named !== PRIVATE) return url;
	} catch (error) {
		reason = error;
	}
	if (named === undefined || named === PRIVATE) {
		const server = await startPrivatePostgres(
			async (port) => await runSql(onPort(port), 'SELECT 1'),
		);
		if (server) {
			undoing.push(server.stop);
			return onPort(server.port);
		}
	}
	const why = reason instanceof Error ? reason.message : String(reason);
	throw new Error(
		`The queue mode needs PostgreSQL, and ${url.host} says: ${why || 'nothing'}. Start one (docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17) or name one: KLING_FAST_POSTGRES=postgres://user:password@host:port/database.`,
	);
}

async function runSql(url: URL, statement: string): Promise<void> {
	const client = new Client({
		connectionString: url.href,
		connectionTimeoutMillis: CONNECT_WITHIN_MS,
	});
	await client.connect();
	await client.query(statement).finally(async () => await client.end());
}

/** One address for all: the webhook processor gets the callbacks, main the rest. */
async function startProxy(
	targets: Map<N8nCommand, string>,
): Promise<{ url: string; stop: () => Promise<void> }> {
	const proxy = createProxyServer({});
	const server = createServer((request, response) => {
		const target = targets.get(CALLBACK_PATHS.test(request.url ?? '') ? 'webhook' : 'start');
		proxy.web(request, response, { target }, () => {
			if (!response.headersSent) response.writeHead(502);
			response.end();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		stop: async () => {
			server.closeAllConnections();
			proxy.close();
			await once(server.close(), 'close');
		},
	};
}
