/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/**
 * `npm run bench`: this package beside what people use today, in a real n8n, against the same sandbox, with the same clips.
 * The provider's time is scaled, and every interval with it; what the machine does itself is not, and so weighs more than it
 * would in real life.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureTarball } from '../host/host';
import { installN8n } from '../host/install';
import { repositoryFolder } from '../host/package';
import { showStep } from '../host/progress';
import { run } from '../host/run';
import { CONTENDERS_IN_ORDER } from './contenders';
import { measureLoading } from './loading';
import type { Figures } from './measure';
import { BIG_MB, SHEET_ROWS, runRounds, SMALL_MB, type Round, type Terms } from './plan';
import { FIGURES_FILE, writePages } from './report';
import { showOnTerminal, type Results } from './tables';

/** The sheet comes first: its memory is compared, and only a process that has not worked before is like another. */
const COUNTS = [SHEET_ROWS, 1, 5, 100];
const GROWTH_ROWS = 500;
const SIDE_BY_SIDE = 3;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			speed: { type: 'string', default: '30' },
			seed: { type: 'string', default: '1' },
			rows: { type: 'string', default: COUNTS.join(',') },
			only: { type: 'string', default: CONTENDERS_IN_ORDER.map(({ name }) => name).join(',') },
			brief: { type: 'boolean', default: false },
			save: { type: 'boolean', default: false },
		},
	});
	const names = values.only.split(',');
	const contenders = CONTENDERS_IN_ORDER.filter(({ name }) => names.includes(name));
	const counts = values.rows.split(',').map(Number);
	const n8n = await installN8n();
	const tarball = await showStep(
		'Building and packing the nodes',
		async () => await ensureTarball(),
	);
	const terms = { speed: Number(values.speed), seed: Number(values.seed), tarball };
	const figures: Figures[] = [];
	for (const contender of contenders) {
		const ours = contender.name === 'polling' && !values.brief;
		for (const rounds of roundsOf(counts, values.brief, ours)) {
			figures.push(...(await runRounds(contender, rounds, terms)));
		}
	}
	const loading = await showStep(
		'Loading the nodes',
		async () => await measureLoading(tarball, n8n),
	);
	const about = await aboutThisRun(n8n.version, terms);
	const results: Results = { about, figures, loading };
	showOnTerminal(results);
	if (!values.save) return;
	await writeFile(FIGURES_FILE, `${JSON.stringify(results, null, '\t')}\n`);
	await writePages(results);
}

/** Each list is for an n8n process of its own: memory that one run took is not given back at once. */
function roundsOf(counts: number[], isBrief: boolean, isGrowth: boolean): Round[][] {
	const small = { executions: 1, megabytes: SMALL_MB };
	const rounds = [counts.map((rows) => ({ ...small, rows }))];
	if (isBrief) return rounds;
	rounds[0].push({ ...small, rows: SHEET_ROWS, executions: SIDE_BY_SIDE });
	rounds.push([{ ...small, rows: SHEET_ROWS, megabytes: BIG_MB }]);
	if (isGrowth) rounds.push([{ ...small, rows: GROWTH_ROWS }]);
	return rounds;
}

async function aboutThisRun(
	n8nVersion: string,
	{ speed, seed }: Pick<Terms, 'speed' | 'seed'>,
): Promise<Results['about']> {
	const git = async (...args: string[]) =>
		(await run('git', args, { cwd: repositoryFolder })).trim();
	const isClean = (await git('status', '--porcelain', '--', 'nodes', 'credentials')) === '';
	const commit = await git('rev-parse', '--short', 'HEAD');
	return {
		commit: isClean ? commit : `${commit} and changes`,
		date: new Date().toISOString().slice(0, 10),
		n8n: n8nVersion,
		machine: `${cpus().length} cores`,
		speed,
		seed,
	};
}

void main();
