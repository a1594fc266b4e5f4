/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOCK_STALE_MS = 30_000;
const LOCK_RENEW_MS = 5_000;
const LOCK_RETRY_MS = 1_000;

/** Where everything that is worth keeping between runs lies: `KLING_FAST_CACHE`, or the user's cache folder. */
export function cacheFolder(): string {
	const chosen = process.env.KLING_FAST_CACHE;
	if (chosen) return chosen;
	return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-kling-fast');
}

/**
 * Does `work` while no other process on this machine works in the same folder.
 *
 * @param onWait called each second while another process has the folder
 */
export async function alone<T>(
	folder: string,
	work: () => Promise<T>,
	onWait: () => void = () => {},
): Promise<T> {
	await mkdir(dirname(folder), { recursive: true });
	const lock = `${folder}.lock`;
	while (!(await takeLock(lock))) {
		onWait();
		await delay(LOCK_RETRY_MS);
	}
	const renew = () => void utimes(lock, new Date(), new Date()).catch(() => undefined);
	const renewing = setInterval(renew, LOCK_RENEW_MS);
	try {
		return await work();
	} finally {
		clearInterval(renewing);
		await rm(lock, { force: true });
	}
}

/** Only one process can create the file. Its owner renews it: where it is old, its owner was killed. */
async function takeLock(lock: string): Promise<boolean> {
	const owner = randomUUID();
	const found = await stat(lock).catch(() => undefined);
	const isAbandoned = found !== undefined && Date.now() - found.mtimeMs > LOCK_STALE_MS;
	if (isAbandoned) await rm(lock, { recursive: true, force: true });
	const isTaken = await writeFile(lock, owner, { flag: 'wx' }).then(
		() => true,
		async (error: NodeJS.ErrnoException) =>
			error.code === 'EEXIST' ? false : await Promise.reject(error),
	);
	if (!isTaken || !isAbandoned) return isTaken;
	// Of several processes that remove the same old file at once, the last one to write its own has the lock.
	await delay(LOCK_RETRY_MS);
	return (await readFile(lock, 'utf8').catch(() => '')) === owner;
}

/** A stage of some work in a folder counts as done only when its mark was written, always the last step. */
export function isMarked(folder: string, stage: string): boolean {
	return existsSync(markPath(folder, stage));
}

export async function mark(folder: string, stage: string, facts: object): Promise<void> {
	await writeFile(markPath(folder, stage), `${JSON.stringify(facts, null, '\t')}\n`);
}

function markPath(folder: string, stage: string): string {
	return join(folder, `.${stage}.json`);
}
