/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { extract } from 'tar';
import { npmCommand, run } from './run';

export const repositoryFolder = resolve(__dirname, '..');
export const PACKAGE_NAME = 'n8n-nodes-kling-fast';

/** Compiles the nodes into dist/. */
export async function buildPackage(): Promise<void> {
	await run(...npmCommand(['run', 'build']), { cwd: repositoryFolder });
}

/** Packs what dist/ holds, as it would be published, and gives the tarball's path in a temporary folder. */
export async function packPackage(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-package-'));
	const args = ['pack', '--ignore-scripts', '--pack-destination', folder];
	await run(...npmCommand(args), { cwd: repositoryFolder });
	const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
	if (tarball === undefined) throw new Error(`"npm ${args.join(' ')}" left no tarball`);
	return join(folder, tarball);
}

/**
 * Puts a packed package where n8n keeps community packages, so that its nodes load under their own names, as after an
 * installation in the editor.
 */
export async function installPackage(tarball: string, userFolder: string): Promise<void> {
	const folder = join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE_NAME);
	await mkdir(folder, { recursive: true });
	await extract({ file: tarball, cwd: folder, strip: 1 });
}
