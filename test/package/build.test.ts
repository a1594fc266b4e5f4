/* eslint-disable @n8n/community-nodes/no-restricted-imports, no-console */
/** What comes out of the build and is published. Built in a copy, twice: by `npm run build` and by n8n's own tool. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';
import { copyOfSources, filesUnder, manifest, root, run } from './repository';
import type { LoadedPackage } from './load';
import type { ScanVerdict } from './scan';

let copy: string;
/** What an n8n would install: the unpacked tarball. Below the copy, so that n8n-workflow is found as in an n8n. */
let installed: string;
let packed: string[];

beforeAll(async () => {
	copy = copyOfSources();
	await run('npm', ['run', 'build'], copy);
	const pack = await packOf(copy);
	packed = pack.paths;
	installed = join(copy, 'installed');
	mkdirSync(installed);
	await extract({ file: join(copy, pack.filename), cwd: installed, strip: 1 });
}, 120_000);

afterAll(() => {
	rmSync(copy, { recursive: true, force: true });
});

test('every file that the manifest names is there, with its icons and its codex', () => {
	for (const path of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
		expect(packed).toContain(path);
	}
	for (const path of manifest.n8n.nodes) {
		expect(packed).toContain(path.replace(/\.js$/, '.json'));
	}
	expect(packed.filter((path) => path.endsWith('.svg'))).toEqual([
		'dist/icons/kling-fast.dark.svg',
		'dist/icons/kling-fast.svg',
	]);
});

test('nothing else is published', () => {
	const allowed =
		/^(package\.json|index\.js|README\.md|LICENSE\.md|dist\/package\.json|dist\/icons\/[\w.-]+\.svg|dist\/(nodes|credentials)\/[\w./-]+\.(js|js\.map|d\.ts|node\.json))$/;
	expect(packed.filter((path) => !allowed.test(path))).toEqual([]);
	expect(packed.filter((path) => /\.(test|spec)\.|\/(test|sandbox|host)\//.test(path))).toEqual([]);
	expect(packed).toEqual(expect.arrayContaining(['README.md', 'LICENSE.md', 'package.json']));
});

test('the built code requires nothing but n8n-workflow, node:crypto and its neighbours', () => {
	const required = builtCode()
		.flatMap(({ code }) => [...code.matchAll(/\b(?:require|import)\(\s*["'`]([^"'`]+)["'`]/g)])
		.map(([, name]) => name)
		.filter((name) => !name.startsWith('.'));
	expect(required).toContain('n8n-workflow');
	expect(['n8n-workflow', 'node:crypto']).toEqual(expect.arrayContaining(required));
});

// Compiled without comments, so what is found is code or a text that is shown.
test('the built code knows no environment, no timers, no folder of its own, and no key', () => {
	const forbidden =
		/\bprocess\.|\bglobal(This)?\b|\b__(dir|file)name\b|\b(set|clear)(Timeout|Interval|Immediate)\b|\beval\(|\bsk-[\w-]{8,}/;
	const found = builtCode().flatMap(({ path, code }) => {
		const [what] = forbidden.exec(code) ?? [];
		return what === undefined ? [] : [`${path}: ${what}`];
	});
	expect(found).toEqual([]);
});

// The tool also copies the pictures of the README into dist; they are not published.
test("a package of n8n's own build tool has the same files, byte for byte", async () => {
	const secondCopy = copyOfSources();
	try {
		await run('n8n-node', ['build'], secondCopy);
		const [theirs, ours] = [snapshot(secondCopy), snapshot(copy)];
		expect((await packOf(secondCopy)).paths).toEqual(packed);
		const built = packed.filter((path) => path in ours);
		expect(built.length).toBeGreaterThan(10);
		expect(built.filter((path) => theirs[path] !== ours[path])).toEqual([]);
	} finally {
		rmSync(secondCopy, { recursive: true, force: true });
	}
}, 120_000);

async function packOf(folder: string): Promise<{ filename: string; paths: string[] }> {
	const output = await run('npm', ['pack', '--ignore-scripts', '--json'], folder);
	const [pack] = JSON.parse(output) as Array<{ filename: string; files: Array<{ path: string }> }>;
	return { filename: pack.filename, paths: pack.files.map(({ path }) => path).sort() };
}

function builtCode(): Array<{ path: string; code: string }> {
	return filesUnder('dist', installed)
		.filter((path) => path.endsWith('.js'))
		.map((path) => ({ path, code: readFileSync(join(installed, path), 'utf8') }));
}

test('the scanner passes the tarball, without a warning', async () => {
	const output = await run('tsx', ['test/package/scan.ts', installed, 'tarball']);
	expect(JSON.parse(output) as ScanVerdict).toEqual({ passed: true, warnings: [] });
});

describe('loaded by n8n', () => {
	let loaded: LoadedPackage;

	beforeAll(async () => {
		loaded = JSON.parse(await run('tsx', ['test/package/load.ts', installed])) as LoadedPackage;
	});

	test('it has its own name, its nodes and its credential', () => {
		expect(loaded.packageName).toBe(manifest.name);
		expect(loaded.nodes.map(({ name }) => name)).toEqual(['klingFast', 'klingFastTrigger']);
		expect(loaded.credentials.map(({ name }) => name)).toEqual(['klingFastApi']);
		expect(loaded.credentials[0].supportedNodes).toContain('klingFast');
	});

	test('each of them has a light and a dark icon, and the files are there', () => {
		for (const { iconUrl } of [...loaded.nodes, ...loaded.credentials]) {
			expect(iconUrl).toEqual({
				light: `icons/${manifest.name}/dist/icons/kling-fast.svg`,
				dark: `icons/${manifest.name}/dist/icons/kling-fast.dark.svg`,
			});
		}
	});

	test("nodes come with their codex; all but triggers can be an agent's tool", () => {
		for (const node of loaded.nodes) {
			expect(node.categories).toContain('Marketing & Content');
			expect(node.documentationUrl).toMatch(/^https:\/\/github\.com\//);
			expect(node.usableAsTool).toBe(!node.name.endsWith('Trigger'));
			expect(node.version).toBe(1);
		}
	});
});

test('it costs n8n little to start', async () => {
	const entryPoints = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
	const elapsedMs = Number(
		await run('node', [
			join(root, 'bench/loading.cjs'),
			join(copy, 'node_modules', 'n8n-workflow'),
			...entryPoints.map((path) => join(installed, path)),
		]),
	);
	expect(elapsedMs).toBeGreaterThan(0);
	console.log(`require of all nodes and credentials: ${elapsedMs.toFixed(1)} ms`);
});

function snapshot(folder: string): Record<string, string> {
	expect(existsSync(join(folder, 'dist'))).toBe(true);
	return Object.fromEntries(
		filesUnder('dist', folder).map((path) => [
			path,
			readFileSync(join(folder, path)).toString('base64'),
		]),
	);
}
