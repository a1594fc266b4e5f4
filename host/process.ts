/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
/**
 * One n8n process in a folder of its own.
 *
 * - It never outlives us: it is the leader of a process group, and a small guard waits on a pipe that closes when we
 *   end, however we end (also by kill -9), then kills the group and deletes the folder.
 * - It sees nothing of the machine it runs on: no proxy, no n8n setting, no Node option is inherited.
 * - Its address stays the same across restarts, because n8n hands it out in callback and resume URLs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { N8nInstall } from './install';

const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 15_000;
const PROBE_EVERY_MS = 200;
const LOG_LINES_IN_ERROR = 25;

export interface N8nProcessOptions {
	install: N8nInstall;
	/** n8n's user folder; by default a new one, which is deleted at the end. */
	userFolder?: string;
	/** Added to, or replacing, what n8n is started with. */
	env?: Record<string, string>;
	/** By default n8n as a whole; the others are parts of its queue mode. */
	command?: N8nCommand;
}

export type N8nCommand = 'start' | 'webhook' | 'worker';

/** Paths that answer, in this order, when n8n is ready: it says that it is some seconds before its REST API answers. */
const READY_PATHS: Record<N8nCommand, string[]> = {
	start: ['/healthz/readiness', '/rest/settings', '/types/nodes.json'],
	webhook: ['/healthz/readiness'],
	worker: ['/healthz/readiness'],
};

export class N8nProcess {
	readonly userFolder: string;
	readonly logPath: string;
	port = 0;
	private brokerPort = 0;
	private child?: ChildProcess;
	private guard?: ChildProcess;

	constructor(private readonly options: N8nProcessOptions) {
		this.userFolder = options.userFolder ?? mkdtempSync(join(tmpdir(), 'kling-fast-n8n-'));
		this.logPath = join(this.userFolder, 'n8n.log');
	}

	/** Without a slash at the end. */
	get baseUrl(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	get pid(): number | undefined {
		return this.child?.pid;
	}

	/** @throws Error with the end of n8n's log when it ends, or is not ready within three minutes */
	async start(): Promise<void> {
		if (this.port === 0) [this.port, this.brokerPort] = await freePorts(2);
		const { install, command = 'start' } = this.options;
		const log = await open(this.logPath, 'a');
		const child = spawn(install.nodePath, [install.n8nPath, command], {
			cwd: this.userFolder,
			env: this.environment(),
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
		});
		await once(child, 'spawn');
		await log.close();
		child.unref();
		this.child = child;
		this.guard = startGuard(groupOf(child), this.options.userFolder ? undefined : this.userFolder);
		await this.becomeReady(child);
	}

	/** Asks n8n to end and, if it takes its time, ends it. The user folder stays. */
	async stop(): Promise<void> {
		await this.end('SIGTERM');
	}

	/** What a crash or an out-of-memory killer does. */
	async kill9(): Promise<void> {
		await this.end('SIGKILL');
	}

	/** The same folder, address and settings again; `end` says how the old process goes, if it still runs. */
	async restart(end: 'stop' | 'kill9' = 'stop'): Promise<void> {
		await this[end]();
		await this.start();
	}

	/** Ends n8n and deletes its folder, unless the caller brought the folder. */
	async remove(): Promise<void> {
		await this.stop();
		if (this.options.userFolder === undefined) {
			await rm(this.userFolder, { recursive: true, force: true, maxRetries: 3 });
		}
	}

	async readLog(): Promise<string> {
		return await readFile(this.logPath, 'utf8').catch(() => '');
	}

	private environment(): NodeJS.ProcessEnv {
		const { install, env } = this.options;
		return {
			...inheritedEnvironment(),
			PATH: [dirname(install.nodePath), process.env.PATH].join(delimiter),
			N8N_USER_FOLDER: this.userFolder,
			N8N_HOST: '127.0.0.1',
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_PORT: String(this.port),
			N8N_RUNNERS_BROKER_PORT: String(this.brokerPort),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(this.port),
			N8N_SECURE_COOKIE: 'false',
			N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			N8N_HIRING_BANNER_ENABLED: 'false',
			N8N_DYNAMIC_BANNERS_ENABLED: 'false',
			WEBHOOK_URL: `${this.baseUrl}/`,
			DB_TYPE: 'sqlite',
			GENERIC_TIMEZONE: 'UTC',
			...env,
		};
	}

	private async becomeReady(child: ChildProcess): Promise<void> {
		const deadline = Date.now() + READY_WITHIN_MS;
		for (const path of READY_PATHS[this.options.command ?? 'start']) {
			while (!(await answers(this.baseUrl + path))) {
				const hasEnded = child.exitCode !== null || child.signalCode !== null;
				if (hasEnded || Date.now() > deadline) {
					await this.kill9();
					const lines = (await this.readLog()).trim().split('\n').slice(-LOG_LINES_IN_ERROR);
					const what = hasEnded ? 'ended' : `was not ready after ${READY_WITHIN_MS / 1000} s`;
					throw new Error(`n8n ${what}. Its log ends with:\n${lines.join('\n')}`);
				}
				await delay(PROBE_EVERY_MS);
			}
		}
	}

	private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
		const child = this.child;
		if (child === undefined) return;
		this.child = undefined;
		if (child.exitCode === null && child.signalCode === null) {
			const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_WITHIN_MS) });
			child.ref();
			child.kill(signal);
			await ended.catch(() => {});
		}
		// Also what n8n started itself: its task runners.
		await killGroup(groupOf(child));
		this.guard?.kill('SIGKILL');
		this.guard = undefined;
	}
}

/** Free now, and not given out twice by this call. */
async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
	await Promise.all(servers.map(async (server) => await once(server, 'listening')));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map(async (server) => await once(server.close(), 'close')));
	return ports;
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
	const foreign =
		/^(https?_proxy|all_proxy|no_proxy|node_(env|options)|jest_worker_id|(n8n|npm|db)_.*)$/i;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function startGuard(group: number, folder: string | undefined): ChildProcess {
	const script =
		'cat >/dev/null; kill -s KILL -- "-$1"; [ -z "$2" ] || { sleep 1; rm -rf -- "$2"; }';
	const guard = spawn('sh', ['-c', script, 'sh', String(group), folder ?? ''], {
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	guard.unref();
	return guard;
}

function groupOf(child: ChildProcess): number {
	if (child.pid === undefined) throw new Error('n8n could not be started');
	return child.pid;
}

/** Resolves when nothing of the group is left. */
async function killGroup(group: number): Promise<void> {
	const deadline = Date.now() + STOP_WITHIN_MS;
	while (Date.now() < deadline) {
		try {
			process.kill(-group, 'SIGKILL');
		} catch {
			return;
		}
		await delay(PROBE_EVERY_MS / 10);
	}
	throw new Error(`The process group ${group} of n8n could not be ended`);
}

async function answers(url: string): Promise<boolean> {
	const options = { proxy: false as const, timeout: 10_000, maxRedirects: 0 };
	return await axios.get(url, options).then(
		(response) => !String(response.headers['content-type']).startsWith('text/html'),
		// Asking for the list of nodes needs a login.
		(error) => axios.isAxiosError(error) && error.response?.status === 401,
	);
}
