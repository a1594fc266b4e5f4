/** What n8n asks of the manifest of a community package (its linter, its scanner and its verification guidelines, 2026). */
import { manifest, read } from './repository';

test('it is named, described, owned and licensed as n8n asks', () => {
	expect(manifest.name).toBe('n8n-nodes-kling-fast');
	expect(manifest.keywords).toContain('n8n-community-node-package');
	expect(manifest.license).toBe('MIT');
	expect(read('LICENSE.md')).toMatch(/MIT License/);
	expect(manifest.description).not.toBe('');
	expect(manifest.author.name).not.toBe('');
	expect(manifest.author.email).toMatch(/^\S+@\S+$/);
	expect(manifest.repository.url).toMatch(/^git\+https:\/\/github\.com\/[\w-]+\/[\w-]+\.git$/);
	expect(manifest.homepage).toMatch(/^https:\/\/github\.com\//);
});

test('it brings no code of others: no dependencies, n8n-workflow as the only peer, no overrides', () => {
	expect(manifest.dependencies ?? {}).toEqual({});
	expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	expect(manifest).not.toHaveProperty('overrides');
	expect(manifest).not.toHaveProperty('optionalDependencies');
	expect(manifest).not.toHaveProperty('bundledDependencies');
});

test('its n8n part is strict and names built files only', () => {
	expect(manifest.n8n.n8nNodesApiVersion).toBe(1);
	expect(manifest.n8n.strict).toBe(true);
	const paths = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
	expect(paths.length).toBeGreaterThan(1);
	for (const path of paths) expect(path).toMatch(/^dist\/.*\.(node|credentials)\.js$/);
});

test('nothing runs when it is installed', () => {
	for (const script of [
		'prepare',
		'preinstall',
		'install',
		'postinstall',
		'prepublish',
		'preprepare',
		'postprepare',
	]) {
		expect(manifest.scripts).not.toHaveProperty(script);
	}
});

test('it is released by the official tool, from GitHub, with provenance and without a token', () => {
	expect(manifest.scripts.release).toBe('n8n-node release');
	expect(manifest.scripts.prepublishOnly).toBe('n8n-node prerelease');
	const publish = read('.github/workflows/publish.yml');
	expect(publish).toMatch(/^\s+id-token: write$/m);
	expect(publish).toMatch(/- run: npm run release$/m);
	expect(publish).not.toMatch(/secrets\./);
});

test('the linter configuration is exactly the one that n8n checks for', () => {
	expect(read('eslint.config.mjs').replace(/\s+/g, ' ').trim()).toBe(
		"import { config } from '@n8n/node-cli/eslint'; export default config;",
	);
});

test('its entry point is inert', () => {
	expect(manifest.main).toBe('index.js');
	expect(read('index.js').trim()).toBe('module.exports = {};');
});

test('the changelog tells about this version', () => {
	expect(read('CHANGELOG.md')).toContain(`\n## ${manifest.version}\n`);
});

test('every development dependency is pinned, and the lockfile says nothing about where it was made', () => {
	for (const version of Object.values(manifest.devDependencies)) {
		expect(version).toMatch(/^\d+\.\d+\.\d+$/);
	}
	const lockfile = read('package-lock.json');
	expect(lockfile).not.toMatch(/"resolved":/);
	expect(lockfile).not.toMatch(/https?:\/\/[^"\s]*\.tgz/);
});
