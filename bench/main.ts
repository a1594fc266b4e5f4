/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/**
 * `npm run bench`: this package beside what people use today, in a real n8n, against the same sandbox, with the same clips.
 * In real time first of all. Meanwhile larger and more sheets in scaled time: the provider's, every interval of the contenders, n8n's own
 * timers for executions that wait. What the machine does itself is not scaled, and so weighs more than it would in real life.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureTarball } from '../host/host';
import { installN8n } from '../host/install';
import { repositoryFolder } from '../host/package';
import { showStep } from '../host/progress';
import { run } from '../host/run';
import { CONTENDERS_IN_ORDER, type Contender } from './contenders';
import { measureLoading } from './loading';
import type { Figures } from './measure';
import {
	BIG_MB,
	doParts,
	LONG_SHEET_ROWS,
	SHEET_ROWS,
	SMALL_MB,
	type Part,
	type Round,
} from './plan';
import { FIGURES_FILE, writePages } from './report';
import { showOnTerminal, type Results } from './tables';

type Counts = Record<string, number[]>;

/** How many rows each contender gets in real time; each sheet in a process of its own, all at the same time. */
const IN_REAL_TIME: Counts = {
	loop: [SHEET_ROWS],
	sequential: [SHEET_ROWS],
	polling: [SHEET_ROWS, LONG_SHEET_ROWS],
	sleep: [SHEET_ROWS, LONG_SHEET_ROWS],
	sleepAlone: [SHEET_ROWS],
};
/**
 * And in scaled time, meanwhile; those in one group work at the same time. The sheet comes first: its memory is compared, and only a
 * process that has not worked before is like another.
 */
const SCALED: Counts[] = [
	{ loop: [SHEET_ROWS, 1, 5], sequential: [SHEET_ROWS, 1, 5], sleepAlone: [SHEET_ROWS, 12] },
	{
		polling: [SHEET_ROWS, 1, 5, 12, LONG_SHEET_ROWS],
		sleep: [SHEET_ROWS, 1, 5, 12, LONG_SHEET_ROWS],
	},
];
/** Those that are also measured with many rows, and with several executions at once. */
const THOROUGH = ['polling', 'sleep'];
const GROWTH_ROWS = 500;
const EXECUTIONS_AT_ONCE = 3;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			speed: { type: 'string', default: '10' },
			seed: { type: 'string', default: '1' },
			rows: { type: 'string' },
			only: { type: 'string', default: CONTENDERS_IN_ORDER.map(({ name }) => name).join(',') },
			brief: { type: 'boolean', default: false },
			save: { type: 'boolean', default: false },
		},
	});
	const { brief, save } = values;
	if (brief && save) throw new Error('The pages show everything: --save goes without --brief');
	const speed = Number(values.speed);
	const counts = values.rows?.split(',').map(Number);
	const names = values.only.split(',');
	const contenders = CONTENDERS_IN_ORDER.filter(({ name }) => names.includes(name));
	const n8n = await installN8n();
	const tarball = await showStep(
		'Building and packing the nodes',
		async () => await ensureTarball(),
	);
	const terms = { seed: Number(values.seed), tarball };
	const inRealTime = contenders.flatMap((contender) =>
		IN_REAL_TIME[contender.name].map((rows) => ({ contender, speed: 1, rounds: [small(rows)] })),
	);
	const scaled = SCALED.flatMap((group) => groupsOf(contenders, { group, counts, brief, speed }));
	const scaledFigures = async () => {
		const figures: Figures[] = [];
		for (const parts of scaled) figures.push(...(await doParts(parts, terms)));
		return figures;
	};
	const figures = await Promise.all([brief ? [] : doParts(inRealTime, terms), scaledFigures()]);
	const loading = await showStep(
		'Loading the nodes',
		async () => await measureLoading(tarball, n8n),
	);
	const about = await aboutThisRun(n8n.version, speed, terms.seed);
	const results: Results = { about, figures: figures.flat(), loading };
	showOnTerminal(results);
	if (!save) return;
	await writeFile(FIGURES_FILE, `${JSON.stringify(results, null, '\t')}\n`);
	await writePages(results);
}

/** One group after the other: memory that a process took for one run is not given back at once. */
function groupsOf(
	contenders: Contender[],
	plan: { group: Counts; counts?: number[]; brief: boolean; speed: number },
): Part[][] {
	const { group, counts, brief, speed } = plan;
	const partsOf = (roundsOf: (name: string) => Round[]) =>
		contenders.flatMap((contender) => {
			const rounds = contender.name in group ? roundsOf(contender.name) : [];
			return rounds.length > 0 ? [{ contender, speed, rounds }] : [];
		});
	const atOnce = { ...small(SHEET_ROWS), executions: EXECUTIONS_AT_ONCE };
	const isThorough = (name: string) => THOROUGH.includes(name);
	const usual = partsOf((name) => [
		...(counts ?? group[name]).map(small),
		...(isThorough(name) && !brief ? [atOnce] : []),
	]);
	if (brief) return [usual];
	const big = partsOf(() => [{ ...small(SHEET_ROWS), megabytes: BIG_MB }]);
	const growth = partsOf((name) => (isThorough(name) ? [small(GROWTH_ROWS)] : []));
	return [usual, big, growth];
}

function small(rows: number): Round {
	return { rows, executions: 1, megabytes: SMALL_MB };
}

async function aboutThisRun(
	n8nVersion: string,
	speed: number,
	seed: number,
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
