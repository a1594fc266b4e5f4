/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export const root = resolve(__dirname, '../..');

export interface Manifest {
	name: string;
	version: string;
	description: string;
	license: string;
	homepage: string;
	keywords: string[];
	author: { name: string; email: string };
	repository: { type: string; url: string };
	engines: { node: string };
	main: string;
	files: string[];
	scripts: Record<string, string>;
	n8n: { n8nNodesApiVersion: number; strict: boolean; nodes: string[]; credentials: string[] };
	dependencies?: Record<string, string>;
	peerDependencies: Record<string, string>;
	devDependencies: Record<string, string>;
	overrides?: object;
}

export const manifest = JSON.parse(read('package.json')) as Manifest;

export function read(path: string): string {
	return readFileSync(join(root, path), 'utf8');
}

/** Paths of all files below a folder, relative to `base` and in order. */
export function filesUnder(folder: string, base = root): string[] {
	return readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
		.sort();
}

/**
 * Runs `node`, `npm` or a program of node_modules; rejects, with what it printed, where its exit code is not 0.
 * Without jest's NODE_ENV, which makes the rules of eslint-plugin-n8n-nodes-base take every file for a node.
 */
export async function run(program: string, args: string[], cwd = root): Promise<string> {
	const command =
		{ node: process.execPath, npm: 'npm' }[program] ?? join(root, 'node_modules/.bin', program);
	const env = { ...process.env };
	delete env.NODE_ENV;
	try {
		return (await execute(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })).stdout;
	} catch (error) {
		const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
		const failed = new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
		throw failed;
	}
}

/** A copy of the sources, so that a build in it disturbs nobody who uses `dist`. Dependencies are shared. */
export function copyOfSources(): string {
	const copy = mkdtempSync(join(tmpdir(), 'kling-fast-build-'));
	const leftOut = new Set(['node_modules', '.git', 'dist', 'output', 'coverage']);
	for (const entry of readdirSync(root)) {
		if (!leftOut.has(entry)) cpSync(join(root, entry), join(copy, entry), { recursive: true });
	}
	symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
	return copy;
}
