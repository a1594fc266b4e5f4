/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { DEFAULT_N8N_VERSION } from '../../../host/install';
import { repositoryFolder } from '../../../host/package';
import { manifest } from '../../package/repository';
import { allPages, pageOf } from './markdown';

const pages = allPages();
const blocks = pages.flatMap(({ path, codeBlocks }) =>
	codeBlocks.map((block) => ({ path, ...block })),
);
const OF_PACKAGE = /(^|\s)npm (run|start|test)\b/;

const shellLines = blocks
	.filter(({ language, text }) => language === 'bash' || /^npm /.test(text))
	.flatMap(({ path, text }) => text.split('\n').map((line) => ({ page: path, line })))
	.map(({ page, line }) => ({ page, line: line.replace(/\s*#.*$/, '').trim() }))
	.filter(({ line }) => line !== '');

/** Commands in running text and in tables. */
const inlineCommands = pages.flatMap(({ path, text }) =>
	[...text.matchAll(/`([^`\n]*)`/g)].map(([, line]) => ({ page: path, line })),
);

const packageCommands = [...shellLines, ...inlineCommands].filter(({ line }) =>
	OF_PACKAGE.test(line),
);

/** The install of the README; the package suite runs it with the packed package, without a network. */
const INSTALL =
	/^npm install --prefix \S+\/\.n8n\/nodes --ignore-scripts --legacy-peer-deps n8n-nodes-kling-fast$/;

it.each(blocks.filter(({ language }) => language === 'json'))(
	'is JSON: $path, $text',
	({ text }) => {
		expect(() => {
			JSON.parse(text);
		}).not.toThrow();
	},
);

it.each(blocks.filter(({ language }) => language === 'ts'))('is TypeScript: $path', ({ text }) => {
	const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true });
	expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
});

it('finds commands to check', () => {
	expect(shellLines.length).toBeGreaterThan(15);
	expect(packageCommands.length).toBeGreaterThan(30);
});

it.each(packageCommands)(
	'$page: "$line" is a script of package.json, with flags that it knows',
	({ line }) => {
		const [, script, rest = ''] = /npm (?:run )?([\w:]+)( -- .*)?$/.exec(line) ?? [];
		expect(Object.keys(manifest.scripts)).toContain(script);
		const flags = [...rest.matchAll(/ --([a-z][\w-]*)/g)].map(([, flag]) => flag);
		const program = programOf(script);
		for (const flag of flags.filter((name) => !jestFlags.includes(name))) {
			expectFlag(program, flag);
		}
	},
);

it.each(shellLines.filter(({ line }) => !OF_PACKAGE.test(line)))(
	'$page: "$line" is a command that is known here',
	({ line }) => {
		const home = manifest.repository.url.replace(/^git\+/, '');
		if (line.startsWith('git clone ')) expect(line).toBe(`git clone ${home}`);
		else if (line.startsWith('cd ')) expect(line).toBe(`cd ${basename(home, '.git')}`);
		else if (line.startsWith('docker exec ')) {
			expect(line.replace(/^docker exec -u node n8n /, '')).toMatch(INSTALL);
		} else if (line.startsWith('docker ')) expect(line).toBe('docker restart n8n');
		else expect(line).toMatch(INSTALL);
	},
);

it('the Dockerfile builds upon the n8n that the tests use', () => {
	const [dockerfile] = blocks.filter(({ language }) => language === 'dockerfile');
	const [from, user, install] = dockerfile.text.trim().split('\n');
	expect(from).toBe(`FROM n8nio/n8n:${DEFAULT_N8N_VERSION}`);
	expect(user).toBe('USER node');
	expect(install.replace(/^RUN /, '')).toMatch(INSTALL);
});

it('the flags of the sandbox in its page are those that it takes', () => {
	const program = readFileSync(join(repositoryFolder, 'sandbox/main.ts'), 'utf8');
	const flags = [...pageOf('sandbox/README.md').text.matchAll(/`--([a-z-]+)`/g)];
	expect(flags.length).toBeGreaterThan(8);
	for (const [, flag] of flags) expectFlag(program, flag);
});

it('files that the pages name in code are there', () => {
	const named = pages.flatMap(({ path, text }) =>
		[
			...text.matchAll(
				/`((?:\.github|workflows|docs|test|host|sandbox|bench|nodes)\/[\w./-]+\.\w+)`/g,
			),
		].map(([, file]) => ({ path, file })),
	);
	const missing = named.filter(
		({ path, file }) =>
			!existsSync(join(repositoryFolder, file)) &&
			!existsSync(join(repositoryFolder, dirname(path), file)),
	);
	expect(named.length).toBeGreaterThan(2);
	expect(missing).toEqual([]);
});

function expectFlag(program: string, flag: string): void {
	expect(program).toMatch(new RegExp(`['"]?${flag}['"]?: \\{`));
}

const jestFlags = ['testPathPatterns', 'selectProjects'];

/** The source of the program behind a script, with its neighbours; nothing where it is a tool of others. */
function programOf(script: string): string {
	const [, name] = /bootstrap\.mjs (\w+)/.exec(manifest.scripts[script]) ?? [];
	if (!name) return '';
	const bootstrap = readFileSync(join(repositoryFolder, 'scripts/bootstrap.mjs'), 'utf8');
	const [, path] = new RegExp(`\\b${name}: '([^']+)'`).exec(bootstrap) ?? [];
	expect(path).toBeDefined();
	const folder = join(repositoryFolder, dirname(path));
	const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
	return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}
