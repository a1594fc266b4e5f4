/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { installN8n } from './install';
import { KlingRest } from './klingRest';
import { buildPackage, installPackage, packPackage } from './package';
import { N8nProcess } from './process';
import type { Login } from './rest';

export const OWNER: Login = { email: 'owner@kling-fast.example', password: 'Kling-Fast-1' };

export interface HostOptions {
	/** n8n's version; by default `N8N_VERSION` or 2.41.1. */
	version?: string;
	/** Added to, or replacing, the environment that n8n is started with. */
	env?: Record<string, string>;
	/** A user folder to use (again); by default a new one, deleted by `remove()`. */
	userFolder?: string;
	/** The packed package; by default `KLING_FAST_TARBALL`, or it is built and packed now. */
	tarball?: string;
}

/** A running n8n with the package installed and its owner logged in. */
export class Host extends KlingRest {
	constructor(
		readonly process: N8nProcess,
		version: string,
	) {
		super(process.baseUrl, version);
	}

	/** Ends n8n and starts it again on the same folder and address; the session goes on. */
	async restart(end: 'stop' | 'kill9' = 'stop'): Promise<void> {
		await this.process.restart(end);
	}

	/** Ends n8n and deletes its folder. */
	async remove(): Promise<void> {
		await this.process.remove();
	}
}

/**
 * Installs n8n if it is not in the cache, packs and installs the package, starts n8n on free ports and makes its owner
 * (or logs in, where the user folder has one). Call `remove()` at the end; if this process dies, n8n ends by itself.
 */
export async function startHost(options: HostOptions = {}): Promise<Host> {
	const install = await installN8n(options.version);
	const { userFolder, env } = options;
	const n8n = new N8nProcess({ install, userFolder, env });
	const given = options.tarball ?? process.env.KLING_FAST_TARBALL;
	const tarball = given || (await ensureTarball());
	await installPackage(tarball, n8n.userFolder);
	if (!given) await rm(dirname(tarball), { recursive: true });
	await n8n.start().catch(async (error: unknown) => {
		await n8n.remove();
		return await Promise.reject(error);
	});
	await refuseUnloaded(n8n);
	const host = new Host(n8n, install.version);
	const isNew = await host.setUpOwner(OWNER).then(
		() => true,
		() => false,
	);
	if (!isNew) await host.logIn(OWNER);
	return host;
}

/** n8n starts also where it could not load a package, and then merely knows none of its nodes. */
async function refuseUnloaded(n8n: N8nProcess): Promise<void> {
	const [said] =
		(await n8n.readLog()).match(/^.*(failed to load|error loading) package.*\n.*$/im) ?? [];
	if (said === undefined) return;
	await n8n.remove();
	throw new Error(`n8n could not load the package: ${said}`);
}

/** The package as it would be published: the tarball that `KLING_FAST_TARBALL` names, or a new one. */
export async function ensureTarball(): Promise<string> {
	const given = process.env.KLING_FAST_TARBALL;
	if (given) return given;
	await buildPackage();
	return await packPackage();
}
