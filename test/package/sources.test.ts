/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** What holds for the sources: those that are shipped, and the rest of the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import { filesUnder, manifest, read, root } from './repository';

const shipped = [...filesUnder('nodes'), ...filesUnder('credentials')];
const shippedCode = shipped.filter((path) => path.endsWith('.ts'));

interface Codex {
	node: string;
	nodeVersion: string;
	codexVersion: string;
	categories: string[];
	resources: Record<string, Array<{ url: string }>>;
}

test.each(shippedCode)('%s switches no check off', (path) => {
	expect(read(path)).not.toMatch(/eslint-disable|@ts-(ignore|nocheck|expect-error)/);
});

test.each(shippedCode)(
	'%s imports nothing but n8n-workflow, node:crypto and its neighbours',
	(path) => {
		const imported = [...read(path).matchAll(/\bfrom '([^']+)'|\b(?:import|require)\('([^']+)'\)/g)]
			.map(([, from, called]) => from ?? called)
			.filter((name) => !name.startsWith('.'));
		expect(['n8n-workflow', 'node:crypto']).toEqual(expect.arrayContaining(imported));
	},
);

test('every node and credential is registered', () => {
	const entryPoints = shippedCode.filter((path) => /\.(node|credentials)\.ts$/.test(path));
	const registered = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
	expect(entryPoints.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`).sort()).toEqual(
		registered.sort(),
	);
});

test.each(manifest.n8n.nodes)('%s has a codex that fits it', (path) => {
	const source = path.replace(/^dist\//, '').replace(/\.js$/, '');
	const codex = JSON.parse(read(`${source}.json`)) as Codex;
	const name = /\bname: '(\w+)'/.exec(read(`${source}.ts`))?.[1];
	expect(codex).toMatchObject({
		node: `${manifest.name}.${name}`,
		nodeVersion: '1.0',
		codexVersion: '1.0',
	});
	expect(n8nCategories).toEqual(expect.arrayContaining(codex.categories));
	// n8n's node panel leaves nodes of this category out of its search unless they are root nodes of agents.
	expect(codex.categories).not.toContain('AI');
	const links = Object.values(codex.resources).flat();
	expect(links.length).toBeGreaterThan(0);
	for (const { url } of links) expect(url.startsWith(manifest.homepage.split('#')[0])).toBe(true);
});

test('the credential points at its section of the README', () => {
	expect(new KlingFastApi().documentationUrl).toBe(
		`${manifest.homepage.split('#')[0]}#credentials`,
	);
});

test('the README has the sections of an n8n community node', () => {
	const headings = [...read('README.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
	expect(headings).toEqual(
		expect.arrayContaining([
			'Installation',
			'Operations',
			'Credentials',
			'Compatibility',
			'Usage',
			'Resources',
			'Version history',
		]),
	);
});

/** Pages and templates: what a person reads beside the nodes. */
const pages = [...filesUnder('docs'), ...filesUnder('workflows')].filter((path) =>
	/\.(md|json|csv)$/.test(path),
);

test.each([...shipped, ...pages, 'README.md', 'CHANGELOG.md', 'package.json'])(
	'%s is in English only',
	(path) => {
		const foreign = [
			...read(path).matchAll(
				/[^\p{ASCII}\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2192\u00d7\u2264\u2265\u00b7]/gu,
			),
		];
		expect(foreign.map(([character]) => character)).toEqual([]);
	},
);

test.each(
	['nodes', 'credentials', 'sandbox', 'host']
		.filter((folder) => existsSync(join(root, folder)))
		.flatMap((folder) => filesUnder(folder))
		.filter((path) => path.endsWith('.ts')),
)('%s can be read in one go', (path) => {
	expect(read(path).split('\n').length).toBeLessThanOrEqual(300);
});

/** From n8n's page on the codex file (2026); "AI" is what its own AI nodes use. */
const n8nCategories = [
	'AI',
	'Analytics',
	'Communication',
	'Data & Storage',
	'Development',
	'Finance & Accounting',
	'Marketing & Content',
	'Miscellaneous',
	'Productivity',
	'Sales',
	'Utility',
];
