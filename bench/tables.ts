import type { About } from './about';
import { CONTENDERS_IN_ORDER } from './contenders';
import type { Loading } from './loading';
import type { Figures } from './measure';
import { table, type Column as AnyColumn } from './pages';
import { BIG_MB, LONG_SHEET_ROWS, SHEET_ROWS, SMALL_MB } from './rows';

export interface Results {
	about: About;
	figures: Figures[];
	loading: Loading[];
}

type Column = AnyColumn<Figures>;
type Cell = Column[1];

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

const LABEL: Column = ['', labelOf];
const SHEET = [LABEL, DONE_AFTER, OVER_BEST, LATE, LATE_95, READS, REFUSED];
const GROWTH = [OVER_BEST, LATE, LATE_95, READS, CPU, PLACE, MEMORY];
const ASLEEP: Column[] = [
	['waiting after', ({ asleep }) => asleep && seconds(asleep.waitingAfterSeconds)],
	['rounds a clip', ({ asleep }) => asleep?.roundsPerClip.toFixed(2)],
	REFUSED_CALLBACKS,
	['saved each time (median)', ({ asleep }) => asleep && kilobytes(asleep.savedBytesMedian)],
	['(most)', ({ asleep }) => asleep && kilobytes(asleep.savedBytesMost)],
	['saved a clip', ({ asleep }) => asleep && kilobytes(asleep.savedBytesPerClip)],
];

const LOADING: Array<AnyColumn<Loading>> = [
	['Loaded in a fresh process', ({ label }) => label],
	['takes', ({ milliseconds }) => `${milliseconds.toFixed(0)} ms`],
];

/** All tables, without those that nothing was measured for. */
export function tablesOf(results: Results): string {
	const inRealTime = inOrder(results).filter(({ speed }) => speed === 1);
	const scaled = inOrder(results).filter(({ speed }) => speed === results.about.speed);
	const singles = scaled.filter((of) => of.executions === 1 && of.megabytes === SMALL_MB);
	const ours = singles.filter(isOurs);
	const labelAndRows: Column = ['', (of) => `${labelOf(of)}, ${rowsText(of.rows)}`];
	const oneEach = [...new Map(singles.map((of) => [of.contender, of])).values()];
	const counts = [...new Set(singles.map(({ rows }) => rows))].sort((left, right) => left - right);
	const byRows = (cell: Cell, title: string) => {
		const columns = counts.map((count): Column => {
			const runs = singles.filter(({ rows }) => rows === count);
			return [rowsText(count), inAnother(runs, cell)];
		});
		return table(oneEach, [LABEL, ...columns], title);
	};
	const inReal = (count: number) => {
		const sheets = inRealTime.filter(({ rows }) => rows === count);
		const title = `A sheet of ${count} rows, in real time`;
		return table(sheets, [...SHEET, REFUSED_CALLBACKS, PLACE], title);
	};
	const atOnce = scaled.filter(({ executions }) => executions > 1);
	const asleep = ours.filter((of) => of.asleep);
	const big = scaled.filter(({ megabytes }) => megabytes === BIG_MB);
	const memory = [LABEL, memoryWith(scaled, SMALL_MB), memoryWith(scaled, BIG_MB)];
	return [
		inReal(SHEET_ROWS),
		inReal(LONG_SHEET_ROWS),
		byRows(OVER_BEST[1], 'Time for the whole sheet, over the best that these clips allow'),
		byRows((of) => times(of.overRounds), 'Time for the whole sheet, over ceil(N / 5) x T'),
		byRows(DONE_AFTER[1], 'Time for the whole sheet'),
		table(
			atOnce,
			[...SHEET, CPU, PLACE],
			`Three executions of ${SHEET_ROWS} rows at once on one key`,
		),
		table(ours, [labelAndRows, ...GROWTH], 'How it grows'),
		table(asleep, [labelAndRows, ...ASLEEP], 'What a sheet that sleeps makes n8n do'),
		table(big, memory, `Memory of n8n over its idle level, ${SHEET_ROWS} rows`),
		table(results.loading, LOADING, "What the nodes add to n8n's start"),
	]
		.filter(Boolean)
		.join('\n\n');
}

/** The one table for people who read one table: the sheet of 20 rows. */
export function summaryOf(results: Results): string {
	const [memoryHead, memory] = memoryWith(results.figures, BIG_MB);
	return table(realTimeSheets(results), [
		[`${SHEET_ROWS} rows, in real time`, labelOf],
		DONE_AFTER,
		['a clip is noticed late by', LATE[1]],
		READS,
		['place in n8n held a clip', PLACE[1]],
		[`memory, ${memoryHead}`, memory],
	]);
}

/** The sheet that every table shows, by every contender. */
export function realTimeSheets(results: Results): Figures[] {
	return inOrder(results).filter(({ speed, rows }) => speed === 1 && rows === SHEET_ROWS);
}

export function labelOf({ contender }: Figures): string {
	return CONTENDERS_IN_ORDER.find(({ name }) => name === contender)?.label ?? contender;
}

export function isOurs(figures: Figures): boolean {
	return labelOf(figures).startsWith('Kling Fast');
}

/** What the same contender came to in one of these runs. */
function inAnother(runs: Figures[], cell: Cell): Cell {
	return ({ contender }) => {
		const found = runs.find((run) => run.contender === contender);
		return found && cell(found);
	};
}

function memoryWith(figures: Figures[], size: number): Column {
	const runs = figures.filter(
		(of) => of.rows === SHEET_ROWS && of.executions === 1 && of.megabytes === size,
	);
	return [`clips of ${size} MB`, inAnother(runs, MEMORY[1])];
}

/** Contender by contender, the shorter sheets first. */
function inOrder({ figures }: Results): Figures[] {
	const byRows = [...figures].sort((left, right) => left.rows - right.rows);
	return CONTENDERS_IN_ORDER.flatMap(({ name }) => byRows.filter((of) => of.contender === name));
}
