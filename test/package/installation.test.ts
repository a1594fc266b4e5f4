/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The install command of the README, run with the packed package in place of its name, and without a network. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageOf } from '../unit/docs/markdown';
import { copyOfSources, manifest, run } from './repository';

const folders: string[] = [];

afterAll(() => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test("the README's npm command puts the package where n8n finds it, and nothing else", async () => {
	const copy = copyOfSources();
	const home = mkdtempSync(join(tmpdir(), 'kling-fast-home-'));
	folders.push(copy, home);
	await run('npm', ['run', 'build'], copy);
	const packed = await run('npm', ['pack', '--ignore-scripts', '--json'], copy);
	const [{ filename }] = JSON.parse(packed) as Array<{ filename: string }>;

	const [program, ...words] = commandOfReadme().split(' ');
	const args = words.map((word) =>
		word === manifest.name ? join(copy, filename) : word.replace(/^~/, home),
	);
	expect(program).toBe('npm');
	await run('npm', [...args, '--offline', '--no-audit', '--no-fund'], home);

	const modules = join(home, '.n8n/nodes/node_modules');
	const installed = readdirSync(modules).filter((name) => !name.startsWith('.'));
	expect(installed).toEqual([manifest.name]);
	for (const path of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
		expect(existsSync(join(modules, manifest.name, path))).toBe(true);
	}
}, 120_000);

function commandOfReadme(): string {
	const lines = pageOf('README.md').codeBlocks.flatMap(({ text }) => text.split('\n'));
	const command = lines.find((line) => line.startsWith('npm install --prefix ~/.n8n/nodes'));
	if (command === undefined) throw new Error('The README has no npm command');
	return command;
}
