/** The verdicts of n8n's own tools on the sources. The linter over the whole repository is a step of `npm test`. */
import { root, run } from './repository';
import type { ScanVerdict } from './scan';

test('n8n-node calls the package eligible for n8n Cloud', async () => {
	const output = await run('n8n-node', ['cloud-support']);
	expect(output).toMatch(/Cloud support is ENABLED/);
	expect(output).toMatch(/Status: eligible/);
});

test('the scanner passes the sources, without a warning', async () => {
	const output = await run('tsx', ['test/package/scan.ts', root, 'source']);
	expect(JSON.parse(output) as ScanVerdict).toEqual({ passed: true, warnings: [] });
});

test('the linter passes what is shipped, without a warning', async () => {
	await run('eslint', ['nodes', 'credentials', 'package.json', '--max-warnings', '0']);
});

test('everything is formatted', async () => {
	await run('prettier', ['--check', '.']);
});
