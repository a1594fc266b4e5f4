/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureTarball, startHost } from '../../host/host';
import { shareHost } from './sharedHost';

const undoing: Array<() => Promise<void>> = [];

/** One n8n with the packed package, for all files that do not start one of their own. */
export default async function setUp(): Promise<void> {
	const folder = await realpath(await mkdtemp(join(tmpdir(), 'kling-fast-e2e-')));
	undoing.push(async () => await rm(folder, { recursive: true, force: true }));

	if (!process.env.KLING_FAST_TARBALL) {
		const tarball = await ensureTarball();
		process.env.KLING_FAST_TARBALL = tarball;
		undoing.push(async () => await rm(dirname(tarball), { recursive: true, force: true }));
	}

	const host = await startHost({ env: { N8N_RESTRICT_FILE_ACCESS_TO: folder } });
	undoing.push(async () => await host.remove());
	shareHost({ baseUrl: host.baseUrl, version: host.version, folder });
}

export async function tearDown(): Promise<void> {
	for (const undo of undoing.splice(0).reverse()) await undo();
}
