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

test('what is shipped compiles strictly', async () => {
	const config = JSON.parse(await run('tsc', ['--showConfig'])) as {
		compilerOptions: Record<string, unknown>;
	};
	expect(config.compilerOptions).toMatchObject({ strict: true, noImplicitReturns: true });
	await run('tsc', ['--noEmit']);
});

test('the linter looks for secrets, imports and globals where n8n does', async () => {
	const path = 'nodes/KlingFast/KlingFast.node.ts';
	const { rules } = JSON.parse(await run('eslint', ['--print-config', path])) as {
		rules: Record<string, [severity: number]>;
	};
	for (const rule of [
		'no-hardcoded-secrets',
		'no-restricted-globals',
		'no-restricted-imports',
		'node-usable-as-tool',
	]) {
		expect({ rule, severity: rules[`@n8n/community-nodes/${rule}`]?.[0] }).toEqual({
			rule,
			severity: 2,
		});
	}
});
