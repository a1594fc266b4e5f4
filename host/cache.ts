/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';

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
 * @param onWait called once when another process has the folder
 */
export async function alone<T>(
	folder: string,
	work: () => Promise<T>,
	onWait: () => void = () => {},
): Promise<T> {
	await mkdir(dirname(folder), { recursive: true });
	// The folder itself may not be there yet, and may come and go.
	const limits = { stale: LOCK_STALE_MS, update: LOCK_RENEW_MS, realpath: false };
	const release = await lock(folder, limits).catch(async (error: NodeJS.ErrnoException) => {
		if (error.code !== 'ELOCKED') return await Promise.reject(error);
		onWait();
		const retries = { forever: true, minTimeout: LOCK_RETRY_MS, maxTimeout: LOCK_RETRY_MS };
		return await lock(folder, { ...limits, retries });
	});
	try {
		return await work();
	} finally {
		await release();
	}
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
