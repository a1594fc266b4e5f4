/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
/**
 * PostgreSQL and Redis of one's own for the time of a run, from the binaries that are installed: on free ports, with their data in a
 * temporary folder that goes with them.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 100;

export interface PrivateServer {
	port: number;
	stop(): Promise<void>;
}

/** @returns undefined where no `redis-server` is installed. @throws Error where it does not answer in time */
export async function startPrivateRedis(
	isReady: (port: number) => Promise<unknown>,
): Promise<PrivateServer | undefined> {
	const program = await findProgram('redis-server', []);
	if (program === undefined) return undefined;
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-redis-'));
	const port = await freePort();
	const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder };
	const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
	return await serve(spawn(program, args, { stdio: 'ignore' }), { port, folder, isReady });
}

/**
 * With the superuser `postgres` and no password, on 127.0.0.1 only.
 *
 * @returns undefined where `initdb` and `postgres` are not installed. @throws Error where it does not answer in time
 */
export async function startPrivatePostgres(
	isReady: (port: number) => Promise<unknown>,
): Promise<PrivateServer | undefined> {
	const places = await postgresFolders();
	const initdb = await findProgram('initdb', places);
	const postgres = await findProgram('postgres', places);
	if (initdb === undefined || postgres === undefined) return undefined;
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-postgres-'));
	const user = await unprivilegedUser();
	if (user) await chown(folder, user.uid, user.gid);
	const asUser = { ...user, cwd: folder };
	await promisify(execFile)(initdb, ['-D', folder, '-U', 'postgres', '-A', 'trust'], asUser);
	const port = await freePort();
	const args = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
	const child = spawn(postgres, args, { ...asUser, stdio: 'ignore' });
	return await serve(child, { port, folder, isReady });
}

async function serve(
	child: ChildProcess,
	server: { port: number; folder: string; isReady: (port: number) => Promise<unknown> },
): Promise<PrivateServer> {
	const { port, folder, isReady } = server;
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			const exited = once(child, 'exit');
			child.kill('SIGINT');
			await exited;
		}
		await rm(folder, { recursive: true, force: true });
	};
	const deadline = Date.now() + READY_WITHIN_MS;
	for (;;) {
		if (await succeeds(isReady(port))) return { port, stop };
		if (child.exitCode !== null || Date.now() > deadline) {
			await stop();
			throw new Error(`${child.spawnfile} was started on port ${port}, but does not answer`);
		}
		await delay(ASK_EVERY_MS);
	}
}

async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
	for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...folders]) {
		if ((await namesIn(folder)).includes(name)) return join(folder, name);
	}
	return undefined;
}

/** Debian and Ubuntu keep the server's programs out of PATH. */
async function postgresFolders(): Promise<string[]> {
	const root = '/usr/lib/postgresql';
	const versions = await namesIn(root);
	return versions
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => join(root, version, 'bin'));
}

/** None where the folder cannot be read. */
async function namesIn(folder: string): Promise<string[]> {
	return await readdir(folder).catch(() => []);
}

/** PostgreSQL refuses to run as root; its own user is there wherever it is installed from a distribution. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const idOf = async (flag: string) =>
		Number((await promisify(execFile)('id', [flag, 'postgres'])).stdout);
	return { uid: await idOf('-u'), gid: await idOf('-g') };
}

export async function succeeds(work: Promise<unknown>): Promise<boolean> {
	return await work.then(
		() => true,
		() => false,
	);
}

export async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}
