import { CONTENDERS_IN_ORDER, type Contender } from './contenders';
import type { Loading } from './loading';
import type { Figures } from './measure';
import type { BenchTable } from './pages';
import { BIG_MB, LONG_SHEET_ROWS, SHEET_ROWS, SMALL_MB } from './rows';

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

/** Undefined where the figure does not exist. */
type Cell = (figures: Figures) => string | undefined;
type Column = [head: string, cell: Cell];

const times = (number: number) => `${number.toFixed(2)} x`;
const seconds = (number: number) => `${number.toFixed(1)} s`;
const minutes = (number: number) =>
	number < 60 ? seconds(number) : `${(number / 60).toFixed(1)} min`;
const kilobytes = (bytes = NaN) => `${(bytes / 1000).toFixed(0)} KB`;
const rowsText = (rows: number) => (rows === 1 ? '1 row' : `${rows} rows`);

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
	const scaled = results.figures.filter(({ speed }) => speed === results.about.speed);
	const singles = inOrder(
		scaled
			.filter(({ executions, megabytes }) => executions === 1 && megabytes === SMALL_MB)
			.sort((left, right) => left.rows - right.rows),
	);
	const ours = singles.filter(({ contender }) => contenderOf(contender)?.isOurs);
	const label = (of: Figures) => `${labelOf(of)}, ${rowsText(of.rows)}`;
	const oneEach = [...new Map(singles.map((of) => [of.contender, of])).values()];
	const counts = [...new Set(singles.map(({ rows }) => rows))].sort((left, right) => left - right);
	const byRows = (cell: Cell) =>
		counts.map((count): Column => {
			const runs = singles.filter(({ rows }) => rows === count);
			return [rowsText(count), inAnother(runs, cell)];
		});
	return [
		...[SHEET_ROWS, LONG_SHEET_ROWS].map((count) =>
			table(
				`A sheet of ${count} rows, in real time`,
				[...SHEET, REFUSED_CALLBACKS, PLACE],
				inRealTime.filter(({ rows }) => rows === count),
			),
		),
		table(
			'Time for the whole sheet, over the best that these clips allow',
			byRows(OVER_BEST[1]),
			oneEach,
		),
		table(
			'Time for the whole sheet, over ceil(N / 5) x T',
			byRows((of) => times(of.overRounds)),
			oneEach,
		),
		table('Time for the whole sheet', byRows(DONE_AFTER[1]), oneEach),
		table(
			`Three executions of ${SHEET_ROWS} rows at once on one key`,
			[...SHEET, CPU, PLACE],
			inOrder(scaled.filter(({ executions }) => executions > 1)),
		),
		table('How it grows', GROWTH, ours, label),
		table(
			'What a sheet that sleeps makes n8n do',
			ASLEEP,
			ours.filter(({ asleep }) => asleep),
			label,
		),
		table(
			`Memory of n8n over its idle level, ${SHEET_ROWS} rows`,
			[SMALL_MB, BIG_MB].map((size): Column => [`clips of ${size} MB`, memoryWith(scaled, size)]),
			inOrder(scaled.filter(({ megabytes }) => megabytes === BIG_MB)),
		),
		{
			title: "What the nodes add to n8n's start",
			head: ['Loaded in a fresh process', 'takes'],
			rows: results.loading.map((each) => [each.label, `${each.milliseconds.toFixed(0)} ms`]),
		},
	].filter(({ rows }) => rows.length > 0);
}

/** The one table for people who read one table: the sheet of 20 rows. */
export function summaryOf(results: Results): BenchTable {
	const columns: Column[] = [
		DONE_AFTER,
		['a clip is noticed late by', LATE[1]],
		READS,
		['place in n8n held a clip', PLACE[1]],
		[`memory, clips of ${BIG_MB} MB`, memoryWith(results.figures, BIG_MB)],
	];
	const { head, rows } = table('', columns, realTimeSheets(results));
	return { head: [`${SHEET_ROWS} rows, in real time`, ...head.slice(1)], rows };
}

/** The sheet that every table shows, by every contender. */
export function realTimeSheets(results: Results): Figures[] {
	return realTime(results).filter(({ rows }) => rows === SHEET_ROWS);
}

/** Where and when all this was measured. */
export function aboutLine({ about }: Results): string {
	const { commit, date, n8n, machine, speed, seed } = about;
	return `Measured at commit ${commit} on ${date}: n8n ${n8n}, ${machine}, seed ${seed}; scaled time is ${speed} times as fast as real time.`;
}

export function labelOf({ contender }: Figures): string {
	return contenderOf(contender)?.label ?? contender;
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

/** What the same contender came to in one of these runs. */
function inAnother(runs: Figures[], cell: Cell): Cell {
	return ({ contender }) => {
		const found = runs.find((run) => run.contender === contender);
		return found && cell(found);
	};
}

function memoryWith(figures: Figures[], size: number): Cell {
	const runs = figures.filter(
		({ rows, executions, megabytes }) =>
			rows === SHEET_ROWS && executions === 1 && megabytes === size,
	);
	return inAnother(runs, MEMORY[1]);
}

function realTime({ figures }: Results): Figures[] {
	return inOrder(figures.filter(({ speed }) => speed === 1));
}

function inOrder(figures: Figures[]): Figures[] {
	return CONTENDERS_IN_ORDER.flatMap(({ name }) =>
		figures.filter(({ contender }) => contender === name),
	);
}

function contenderOf(name: string): Contender | undefined {
	return CONTENDERS_IN_ORDER.find((contender) => contender.name === name);
}
