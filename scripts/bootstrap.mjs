#!/usr/bin/env node
/**
 * The door to every command of this repository: `npm start`, `npm test`, `npm run sandbox`.
 *
 * It runs before anything is installed, so it uses Node's own modules and is plain JavaScript. It makes sure that
 * node_modules is what package-lock.json says, and hands over to the TypeScript program behind the command.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROGRAMS = {
	start: 'host/start.ts',
	test: 'host/test.ts',
	sandbox: 'sandbox/main.ts',
	bench: 'bench/main.ts',
	'bench:polling': 'bench/polling/main.ts',
	live: 'test/live/main.ts',
	editor: 'test/editor/run.ts',
	tables: 'scripts/tables.ts',
};
/**
 * Without --ignore-scripts a lint plugin insists on pnpm and isolated-vm is compiled for a Node that it does not support. Nothing
 * that is used here needs the scripts.
 */
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false'];
const LOWEST_NODE = [20, 19];
const LINE_EVERY_MS = 15_000;
const OUTPUT_LINES_SHOWN = 30;

const root = fileURLToPath(new URL('..', import.meta.url));

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	process.stderr.write(`\n${error.message}\n`);
	process.exitCode = 1;
}

async function main([command, ...args]) {
	refuseOldNode();
	const program = PROGRAMS[command];
	if (program === undefined) {
		throw new Error(
			`Usage: node scripts/bootstrap.mjs <${Object.keys(PROGRAMS).join('|')}> [arguments]`,
		);
	}
	const ending = new AbortController();
	try {
		if (!dependenciesMatchLockfile()) {
			const isStart = command === 'start';
			if (isStart) void beginInstallingN8n(ending.signal).catch(() => {});
			await installDependencies(isStart ? ', and n8n beside them' : '');
		}
		return await run(process.execPath, ['--import', 'tsx', join(root, program), ...args]);
	} finally {
		ending.abort();
	}
}

function refuseOldNode() {
	const [major, minor] = process.versions.node.split('.').map(Number);
	const [lowestMajor, lowestMinor] = LOWEST_NODE;
	if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return;
	throw new Error(
		`Node ${LOWEST_NODE.join('.')} or later is needed, this is ${process.versions.node}. Get it from https://nodejs.org and run the command again.`,
	);
}

/**
 * npm writes node_modules/.package-lock.json as the last step of an install, so it tells both that the install was not
 * cut off and what it brought. Optional packages of other platforms are missing from it, rightly.
 */
function dependenciesMatchLockfile() {
	const installedPath = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(installedPath)) return false;
	const wanted = packagesIn(join(root, 'package-lock.json'));
	const installed = packagesIn(installedPath);
	return Object.entries(wanted).every(([path, { version, integrity, optional, devOptional }]) => {
		if (path === '') return true;
		const found = installed[path];
		if (found === undefined) return optional === true || devOptional === true;
		return found.version === version && found.integrity === integrity;
	});
}

function packagesIn(lockfilePath) {
	return JSON.parse(readFileSync(lockfilePath, 'utf8')).packages ?? {};
}

/**
 * n8n takes minutes, and of this repository's dependencies its installation needs nothing but tsx, which is there in seconds. The
 * program waits for it, or repeats it and says why it failed.
 */
async function beginInstallingN8n(signal) {
	const folder = mkdtempSync(join(tmpdir(), 'kling-fast-tsx-'));
	const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const silently = { onOutput: () => {}, signal };
	const tsx = pathToFileURL(join(folder, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
	try {
		const args = ['install', '--prefix', folder, `tsx@${devDependencies.tsx}`, ...NPM_FLAGS];
		await run(...npmCommand(args), silently);
		await run(process.execPath, ['--import', tsx, join(root, 'host/installN8n.ts')], silently);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function installDependencies(beside) {
	const progress = showProgress(
		`Installing the dependencies of this repository${beside} (about a minute)`,
	);
	const args = ['ci', ...NPM_FLAGS];
	const output = [];
	const keep = { onOutput: (chunk) => output.push(chunk) };
	const exitCode = await run(...npmCommand(args), keep).catch((error) => {
		progress.end('failed');
		throw new Error(`npm could not be started (${error.message}). Is npm installed?`);
	});
	if (exitCode !== 0) {
		progress.end('failed');
		const lines = Buffer.concat(output).toString().trim().split('\n');
		const errors = lines.filter((line) => line.startsWith('npm error'));
		const shown = (errors.length > 0 ? errors : lines).slice(0, OUTPUT_LINES_SHOWN);
		throw new Error(
			`${shown.join('\n')}\n\nThe dependencies could not be installed: "npm ${args.join(' ')}" failed with the lines above. Check the connection to the npm registry and run the command again.`,
		);
	}
	progress.end('done');
}

function npmCommand(args) {
	const npm = process.env.npm_execpath;
	if (npm !== undefined && npm.endsWith('npm-cli.js')) return [process.execPath, [npm, ...args]];
	return [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
}

/** Runs a program; its output goes to the terminal, or to `onOutput`. Resolves to its exit code. */
function run(program, args, { onOutput, signal } = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {
			...{ cwd: root, signal },
			stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit',
			shell: process.platform === 'win32' && program.endsWith('.cmd'),
		});
		// Ctrl-C reaches the child by itself; it cleans up and ends, and leaving before it would hide that.
		process.on('SIGINT', () => {});
		for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
		child.stdout?.on('data', onOutput);
		child.stderr?.on('data', onOutput);
		child.on('error', reject);
		child.on('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
	});
}

/** On a terminal one line that counts the seconds, elsewhere a line now and then, so that a log shows life. */
function showProgress(title) {
	const startedAt = Date.now();
	const terminal = process.stdout.isTTY === true;
	const line = (state) => `${title} ... ${state} ${Math.round((Date.now() - startedAt) / 1000)} s`;
	if (!terminal) process.stdout.write(`${title}\n`);
	const timer = setInterval(
		() => process.stdout.write(terminal ? `\r${line('')}` : `${line('still at it,')}\n`),
		terminal ? 1000 : LINE_EVERY_MS,
	);
	return {
		end(state) {
			clearInterval(timer);
			process.stdout.write(`${terminal ? '\r' : ''}${line(`${state},`)}\n`);
		},
	};
}
