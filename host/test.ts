/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm test`: every check that needs nothing but Node, from the quickest to the most real, each with its time. A failing check
 * does not stop the others. The last line says in one what came of it.
 *
 * `npm test -- unit engine` runs only those suites; what follows the names goes to Jest (`npm run test:unit -- -t slots`).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { installN8n } from './install';
import { repositoryFolder } from './package';
import { formatSeconds } from './progress';
import { npmCommand, runVisibly } from './run';

const SUITES = ['unit', 'package', 'engine', 'e2e', 'templates'];
/** Run only where they are named: one needs PostgreSQL and Redis, the other half an hour. */
const EXTRA_SUITES = ['queue', 'chaos'];
/** One n8n serves all files of such a suite, and two of them would fight for the processor. */
const N8N_SUITES = ['e2e', 'templates', ...EXTRA_SUITES];

interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

interface Check {
	name: string;
	run: () => Promise<Counts>;
}

interface Result extends Counts {
	name: string;
	seconds: number;
}

void main(process.argv.slice(2)).then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	},
);

async function main(args: string[]): Promise<number> {
	const known = [...SUITES, ...EXTRA_SUITES];
	const firstForJest = args.findIndex((arg) => !known.includes(arg));
	const chosen = firstForJest === -1 ? args : args.slice(0, firstForJest);
	const jestArgs = firstForJest === -1 ? [] : args.slice(firstForJest);
	const suites = chosen.length === 0 ? SUITES : known.filter((name) => chosen.includes(name));
	const checks = [
		...(chosen.length === 0 ? staticChecks() : []),
		...suites.map((name) => suite(name, jestArgs)),
	];

	const results: Result[] = [];
	for (const check of checks) results.push(await timed(check));
	showResults(results);
	return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

function staticChecks(): Check[] {
	const bin = (name: string, ...args: string[]) =>
		command(npmCommand(['exec', '--no', '--', name, ...args]));
	return [
		{ name: "n8n's linter", run: bin('n8n-node', 'lint') },
		{ name: 'linter warnings', run: bin('eslint', '.', '--max-warnings', '0') },
		{ name: 'formatting', run: bin('prettier', '--check', '--log-level', 'warn', '.') },
		{ name: 'types', run: bin('tsc', '-p', 'tsconfig.dev.json') },
		{ name: 'build', run: command(npmCommand(['run', 'build'])) },
	];
}

/** A program that passes or fails as a whole. Only failures count: the totals are about tests. */
function command([program, args]: [program: string, args: string[]]): () => Promise<Counts> {
	return async () => {
		const exitCode = await runVisibly(program, args, repositoryFolder);
		return { passed: 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
	};
}

function suite(name: string, jestArgs: string[]): Check {
	return {
		name,
		async run() {
			const needsN8n = N8N_SUITES.includes(name);
			if (needsN8n) await installN8n();
			const folder = await mkdtemp(join(tmpdir(), 'kling-fast-test-'));
			const resultPath = join(folder, 'result.json');
			const exitCode = await runVisibly(
				process.execPath,
				[
					join(repositoryFolder, 'node_modules', 'jest', 'bin', 'jest.js'),
					...['--selectProjects', name, '--json', '--outputFile', resultPath],
					...(needsN8n ? ['--runInBand'] : []),
					...jestArgs,
				],
				repositoryFolder,
			);
			const counts = await readCounts(resultPath);
			await rm(folder, { recursive: true });
			// Jest can also fail as a whole: an open handle, a set-up that throws, no result at all.
			return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
		},
	};
}

async function readCounts(resultPath: string): Promise<Counts> {
	const text = await readFile(resultPath, 'utf8').catch(() => '{}');
	const result = JSON.parse(text) as Record<string, number | undefined>;
	const count = (...names: string[]) => names.reduce((sum, name) => sum + (result[name] ?? 0), 0);
	return {
		passed: count('numPassedTests'),
		failed: count('numFailedTests', 'numRuntimeErrorTestSuites'),
		skipped: count('numPendingTests', 'numTodoTests'),
	};
}

async function timed({ name, run }: Check): Promise<Result> {
	process.stdout.write(`\n=== ${name}\n`);
	const startedAt = Date.now();
	const counts = await run().catch((error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return { passed: 0, failed: 1, skipped: 0 };
	});
	return { name, seconds: (Date.now() - startedAt) / 1000, ...counts };
}

function showResults(results: Result[]): void {
	const table = new Table({
		head: ['Check', 'Result', 'Passed', 'Failed', 'Skipped', 'Time'],
		colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
		style: { head: [], border: [], compact: true },
	});
	const shown = (count: number) => (count === 0 ? '' : String(count));
	for (const { name, passed, failed, skipped, seconds } of results) {
		table.push([
			name,
			failed === 0 ? 'ok' : 'FAILED',
			shown(passed),
			shown(failed),
			shown(skipped),
			formatSeconds(seconds),
		]);
	}
	const sum = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0);
	const skipped = sum('skipped');
	process.stdout.write(`\n${table.toString()}\n\n`);
	process.stdout.write(
		`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
	);
}
