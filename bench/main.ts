/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run bench`: this package beside what people use today, in a real n8n, against the same sandbox, with the same clips.
 * In real time first of all. Meanwhile larger and more sheets in scaled time: the provider's, every interval of the contenders, n8n's own
 * timers for executions that wait. What the machine does itself is not scaled, and so weighs more than it would in real life.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ensureTarball } from '../host/host';
import { installN8n } from '../host/install';
import { showStep } from '../host/progress';
import { aboutThisRun } from './about';
import { CONTENDERS_IN_ORDER, type Contender } from './contenders';
import { measureLoading } from './loading';
import type { Figures } from './measure';
import { writePages } from './pages';
import { doParts, type Part } from './plan';
import { FIGURES_FILE, pagesOf, reportOf } from './report';
import { BIG_MB, LONG_SHEET_ROWS, SEED, SHEET_ROWS, single, type Round } from './rows';

const GROWTH_ROWS = 500;
const EXECUTIONS_AT_ONCE = 3;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			speed: { type: 'string', default: '10' },
			rows: { type: 'string' },
			only: { type: 'string', default: CONTENDERS_IN_ORDER.map(({ name }) => name).join(',') },
			brief: { type: 'boolean', default: false },
			save: { type: 'boolean', default: false },
		},
	});
	const { brief, save } = values;
	if (brief && save) throw new Error('The pages show everything: --save goes without --brief');
	const speed = Number(values.speed);
	const only = values.only.split(',');
	const contenders = CONTENDERS_IN_ORDER.filter(({ name }) => only.includes(name));
	const n8n = await installN8n();
	const tarball = await showStep('Building and packing the nodes', ensureTarball);
	// Each sheet in a process of its own.
	const inRealTime = contenders.flatMap((contender) =>
		[SHEET_ROWS, ...(contender.isThorough ? [LONG_SHEET_ROWS] : [])].map((rows) => {
			return { contender, speed: 1, rounds: [single(rows)] };
		}),
	);
	const counts = values.rows?.split(',').map(Number);
	const figures: Figures[] = [];
	const measured = async (parts: Part[]) => figures.push(...(await doParts(parts, tarball)));
	const meanwhile = brief ? 0 : measured(inRealTime);
	for (const parts of scaledParts(contenders, { counts, brief, speed })) await measured(parts);
	await meanwhile;
	const load = async () => await measureLoading(tarball, n8n);
	const loading = await showStep('Loading the nodes', load);
	const results = { about: await aboutThisRun(n8n.version, speed, SEED), figures, loading };
	process.stdout.write(`\n${reportOf(results)}\n`);
	if (!save) return;
	await writeFile(FIGURES_FILE, `${JSON.stringify(results, null, '\t')}\n`);
	await writePages(pagesOf(results));
}

/** What is done at the same time, one after the other: memory that a process took for one run is not given back at once. */
function scaledParts(
	contenders: Contender[],
	{ counts, brief, speed }: { counts?: number[]; brief: boolean; speed: number },
): Part[][] {
	const atOnce = { ...single(SHEET_ROWS), executions: EXECUTIONS_AT_ONCE };
	return [false, true].flatMap((isThorough) => {
		const group = contenders.filter((contender) => (contender.isThorough ?? false) === isThorough);
		const partsOf = (roundsOf: (contender: Contender) => Round[]) =>
			group.map((contender) => ({ contender, speed, rounds: roundsOf(contender) }));
		const usual = partsOf(({ scaledRows }) => [
			...(counts ?? scaledRows).map((rows) => single(rows)),
			...(isThorough && !brief ? [atOnce] : []),
		]);
		if (brief) return [usual];
		const big = partsOf(() => [single(SHEET_ROWS, BIG_MB)]);
		return [usual, big, ...(isThorough ? [partsOf(() => [single(GROWTH_ROWS)])] : [])];
	});
}

void main();
