/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import Table from 'cli-table3';
import { CONTENDERS_IN_ORDER } from './contenders';
import type { Loading } from './loading';
import type { Figures } from './measure';
import { BIG_MB, LONG_SHEET_ROWS, SHEET_ROWS, SMALL_MB } from './plan';

export interface Results {
	about: {
		commit: string;
		date: string;
		n8n: string;
		machine: string;
		speed: number;
		seed: number;
	};
	figures: Figures[];
	loading: Loading[];
}

export interface BenchTable {
	title: string;
	head: string[];
	rows: string[][];
}

/** A head, and the cell under it; no cell where the figure does not exist. */
type Column = [head: string, cell: (figures: Figures) => string | undefined];

const times = (number: number) => `${number.toFixed(2)} x`;
const seconds = (number: number) => `${number.toFixed(1)} s`;
const minutes = (number: number) =>
	number < 60 ? seconds(number) : `${(number / 60).toFixed(1)} min`;
const kilobytes = (bytes = NaN) => `${(bytes / 1000).toFixed(0)} KB`;
const rowsOf = ({ rows }: Pick<Figures, 'rows'>) => (rows === 1 ? '1 row' : `${rows} rows`);

const DONE_AFTER: Column = ['sheet done after', (of) => minutes(of.makespanSeconds)];
const OVER_BEST: Column = ['over the best', (of) => times(of.overBest)];
const LATE: Column = ['noticed late by (median)', (of) => seconds(of.lagMedianSeconds)];
const LATE_95: Column = ['(95 %)', (of) => seconds(of.lagP95Seconds)];
const READS: Column = ['status reads a clip', (of) => of.readsPerClip.toFixed(1)];
const REFUSED: Column = ['refused (429)', (of) => String(of.refusedSubmits)];
const CPU: Column = ['CPU s a clip', (of) => of.cpuSecondsPerClip.toFixed(2)];
const PLACE: Column = ['place held a clip', (of) => seconds(of.placeSecondsPerClip)];
const MEMORY: Column = ['memory over idle', (of) => `${of.peakOverIdleMb.toFixed(0)} MB`];

const REFUSED_CALLBACKS: Column = [
	'callbacks refused (409)',
	({ asleep }) => asleep && `${asleep.refusedCallbacks} of ${asleep.callbacks}`,
];

const SHEET = [DONE_AFTER, OVER_BEST, LATE, LATE_95, READS, REFUSED];
const GROWTH = [OVER_BEST, LATE, LATE_95, READS, CPU, PLACE, MEMORY];
const ASLEEP: Column[] = [
	['waiting after', ({ asleep }) => asleep && seconds(asleep.waitingAfterSeconds)],
	['rounds a clip', ({ asleep }) => asleep?.roundsPerClip.toFixed(2)],
	REFUSED_CALLBACKS,
	['saved each time (median)', ({ asleep }) => asleep && kilobytes(asleep.savedBytesMedian)],
	['(most)', ({ asleep }) => asleep && kilobytes(asleep.savedBytesMost)],
	['saved a clip', ({ asleep }) => asleep && kilobytes(asleep.savedBytesPerClip)],
];

/** All tables, without those that nothing was measured for. */
export function tablesOf(results: Results): BenchTable[] {
	const inRealTime = realTime(results);
	const figures = results.figures.filter(({ speed }) => speed === results.about.speed);
	const singles = figures
		.filter(({ executions, megabytes }) => executions === 1 && megabytes === SMALL_MB)
		.sort((left, right) => left.rows - right.rows);
	const ours = CONTENDERS_IN_ORDER.filter(({ isOurs }) => isOurs).flatMap(({ name }) =>
		singles.filter(({ contender }) => contender === name),
	);
	const label = (of: Figures) => `${labelOf(of)}, ${rowsOf(of)}`;
	return [
		...[SHEET_ROWS, LONG_SHEET_ROWS].map((count) =>
			table(
				`A sheet of ${count} rows, in real time`,
				[...SHEET, REFUSED_CALLBACKS, PLACE],
				inOrder(inRealTime.filter(({ rows }) => rows === count)),
			),
		),
		byRows('Time for the whole sheet, over the best that these clips allow', singles, (of) =>
			times(of.overBest),
		),
		byRows('Time for the whole sheet, over ceil(N / 5) x T', singles, (of) => times(of.overRounds)),
		byRows('Time for the whole sheet', singles, (of) => minutes(of.makespanSeconds)),
		table(
			`Three executions of ${SHEET_ROWS} rows at once on one key`,
			[...SHEET, CPU, PLACE],
			inOrder(figures.filter(({ executions }) => executions > 1)),
		),
		table('How it grows', GROWTH, ours, label),
		table(
			'What a sheet that sleeps makes n8n do',
			ASLEEP,
			ours.filter(({ asleep }) => asleep),
			label,
		),
		memoryTable(figures),
		{
			title: "What the nodes add to n8n's start",
			head: ['Loaded in a fresh process', 'takes'],
			rows: results.loading.map((each) => [each.label, `${each.milliseconds.toFixed(0)} ms`]),
		},
	].filter(({ rows }) => rows.length > 0);
}

/** The one table for people who read one table: the sheet of 20 rows. */
export function summaryOf(results: Results): Omit<BenchTable, 'title'> {
	const sheets = realTime(results).filter(({ rows }) => rows === SHEET_ROWS);
	const columns: Column[] = [
		DONE_AFTER,
		['a clip is noticed late by', LATE[1]],
		READS,
		['place in n8n held a clip', PLACE[1]],
		[
			`memory, clips of ${BIG_MB} MB`,
			({ contender }) => {
				const found = singleRunOf(results.figures, contender, SHEET_ROWS, BIG_MB);
				return found && MEMORY[1](found);
			},
		],
	];
	const { head, rows } = table('', columns, inOrder(sheets));
	return { head: [`${SHEET_ROWS} rows, in real time`, ...head.slice(1)], rows };
}

export function realTime({ figures }: Results): Figures[] {
	return figures.filter(({ speed }) => speed === 1);
}

/** One execution of so many rows, with clips of the usual size. */
export function singleRunOf(
	figures: Figures[],
	name: string,
	rowCount: number,
	clipMegabytes = SMALL_MB,
): Figures | undefined {
	return figures.find(
		({ contender, rows, executions, megabytes }) =>
			contender === name && rows === rowCount && executions === 1 && megabytes === clipMegabytes,
	);
}

/** Where and when all this was measured. */
export function aboutLine({ about }: Results): string {
	const { commit, date, n8n, machine, speed, seed } = about;
	return `Measured at commit ${commit} on ${date}: n8n ${n8n}, ${machine}, seed ${seed}; scaled time is ${speed} times as fast as real time.`;
}

/** Prints every table. */
export function showOnTerminal(results: Results): void {
	for (const { title, head, rows } of tablesOf(results)) {
		const shown = new Table({ head, style: { head: [], border: [] } });
		shown.push(...rows);
		process.stdout.write(`\n${title}\n${shown.toString()}\n`);
	}
	process.stdout.write(`\n${aboutLine(results)}\n`);
}

function table(
	title: string,
	columns: Column[],
	figures: Figures[],
	label: (of: Figures) => string = labelOf,
): BenchTable {
	return {
		title,
		head: ['', ...columns.map(([head]) => head)],
		rows: figures.map((of) => [label(of), ...columns.map(([, cell]) => cell(of) ?? '')]),
	};
}

/** A line for each contender, a column for each number of rows. */
function byRows(title: string, singles: Figures[], cell: (of: Figures) => string): BenchTable {
	const columns = [...new Set(singles.map(({ rows }) => rows))].map((rows): Column => [
		rowsOf({ rows }),
		({ contender }) => {
			const found = singleRunOf(singles, contender, rows);
			return found && cell(found);
		},
	]);
	const first = CONTENDERS_IN_ORDER.flatMap(
		({ name }) => singles.find(({ contender }) => contender === name) ?? [],
	);
	return table(title, columns, first);
}

function memoryTable(figures: Figures[]): BenchTable {
	const columns = [SMALL_MB, BIG_MB].map((megabytes): Column => [
		`clips of ${megabytes} MB`,
		({ contender }) => {
			const found = singleRunOf(figures, contender, SHEET_ROWS, megabytes);
			return found && MEMORY[1](found);
		},
	]);
	const big = inOrder(figures.filter(({ megabytes }) => megabytes === BIG_MB));
	return table(`Memory of n8n over its idle level, ${SHEET_ROWS} rows`, columns, big);
}

export function inOrder(figures: Figures[]): Figures[] {
	return CONTENDERS_IN_ORDER.flatMap(({ name }) =>
		figures.filter(({ contender }) => contender === name),
	);
}

export function labelOf(of: Figures): string {
	return CONTENDERS_IN_ORDER.find(({ name }) => name === of.contender)?.label ?? of.contender;
}
