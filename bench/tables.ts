/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import Table from 'cli-table3';
import { CONTENDERS_IN_ORDER } from './contenders';
import type { Loading } from './loading';
import type { Figures } from './measure';
import { BIG_MB, SHEET_ROWS, SMALL_MB } from './plan';

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

type Pick = (figures: Figures) => boolean;

/** All tables, without those that nothing was measured for. */
export function tablesOf({ figures, loading }: Results): BenchTable[] {
	const singles = figures.filter(
		({ executions, megabytes }) => executions === 1 && megabytes === SMALL_MB,
	);
	const counts = [...new Set(singles.map(({ rows }) => rows))].sort((left, right) => left - right);
	const compared = counts.filter((rows) => everyoneHas(singles, rows));
	return [
		byRows('Time for the whole sheet, over ceil(N / 5) x T', singles, counts, (of) =>
			times(of.overRounds),
		),
		byRows(
			'Time for the whole sheet, over the best that these clips allow',
			singles,
			counts,
			(of) => times(of.overBest),
		),
		byRows('Time for the whole sheet', singles, counts, (of) => minutes(of.makespanSeconds)),
		...compared.map((count) =>
			ofOneRun(`A sheet of ${rowsOf(count)}`, singles, (of) => of.rows === count),
		),
		ofOneRun(
			`Three executions of ${SHEET_ROWS} rows at once on one key`,
			figures,
			(of) => of.executions > 1,
		),
		memoryTable(figures),
		growthTable(singles, counts),
		loadingTable(loading),
	].filter(({ rows }) => rows.length > 0);
}

/** The one table for people who read one table: the sheet of 20 rows. */
export function summaryOf({ figures }: Results): Omit<BenchTable, 'title'> {
	const rows = CONTENDERS_IN_ORDER.flatMap(({ name, label }) => {
		const single = singleRunOf(figures, name, SHEET_ROWS);
		if (!single) return [];
		const big = singleRunOf(figures, name, SHEET_ROWS, BIG_MB);
		return [
			[
				label,
				minutes(single.makespanSeconds),
				seconds(single.lagMedianSeconds),
				single.requestsPerClip.toFixed(1),
				seconds(single.slotSecondsPerClip),
				big ? megabytes(big) : '',
			],
		];
	});
	const head = [
		`${SHEET_ROWS} rows`,
		'sheet done after',
		'a clip is noticed late by',
		'requests a clip',
		'place in n8n held a clip',
		`memory, clips of ${BIG_MB} MB`,
	];
	return { head, rows };
}

/** One execution of so many rows, with clips of the usual size. */
export function singleRunOf(
	figures: Figures[],
	name: string,
	rowCount: number,
	clipMegabytes = SMALL_MB,
): Figures | undefined {
	return figures.find(
		({ contender, rows, executions, megabytes: size }) =>
			contender === name && rows === rowCount && executions === 1 && size === clipMegabytes,
	);
}

/** Prints every table. */
export function showOnTerminal(results: Results): void {
	const { commit, date, n8n, machine, speed, seed } = results.about;
	for (const { title, head, rows } of tablesOf(results)) {
		const table = new Table({ head, style: { head: [], border: [] } });
		table.push(...rows);
		process.stdout.write(`\n${title}\n${table.toString()}\n`);
	}
	process.stdout.write(
		`\nCommit ${commit}, ${date}, n8n ${n8n}, ${machine}, provider ${speed} times as fast, seed ${seed}\n`,
	);
}

function byRows(
	title: string,
	figures: Figures[],
	counts: number[],
	cell: (figures: Figures) => string,
): BenchTable {
	const rows = CONTENDERS_IN_ORDER.map(({ name, label }) => [
		label,
		...counts.map((count) => {
			const found = figures.find((of) => of.contender === name && of.rows === count);
			return found ? cell(found) : '';
		}),
	]);
	return {
		title,
		head: ['', ...counts.map(rowsOf)],
		rows: rows.filter((cells) => cells.slice(1).some((text) => text !== '')),
	};
}

function ofOneRun(title: string, figures: Figures[], isMeant: Pick): BenchTable {
	const head = [
		'',
		'sheet done after',
		'noticed late by (median)',
		'(95 %)',
		'requests a clip',
		'refused (429)',
		'CPU s a clip',
		'place held a clip',
		'woken after',
	];
	const rows = CONTENDERS_IN_ORDER.flatMap(({ name, label }) => {
		const of = figures.find((candidate) => candidate.contender === name && isMeant(candidate));
		if (!of) return [];
		return [
			[
				label,
				minutes(of.makespanSeconds),
				seconds(of.lagMedianSeconds),
				seconds(of.lagP95Seconds),
				of.requestsPerClip.toFixed(1),
				String(of.refusedSubmits),
				of.cpuSecondsPerClip.toFixed(3),
				seconds(of.slotSecondsPerClip),
				of.wakeMs === undefined ? '' : `${of.wakeMs.toFixed(0)} ms`,
			],
		];
	});
	return { title, head, rows };
}

function memoryTable(figures: Figures[]): BenchTable {
	const cell = (name: string, clipMegabytes: number) => {
		const found = singleRunOf(figures, name, SHEET_ROWS, clipMegabytes);
		return found ? megabytes(found) : '';
	};
	const rows = CONTENDERS_IN_ORDER.map(({ name, label }) => [
		label,
		cell(name, SMALL_MB),
		cell(name, BIG_MB),
	]);
	return {
		title: `Memory of n8n over its idle level, ${SHEET_ROWS} rows`,
		head: ['', `clips of ${SMALL_MB} MB`, `clips of ${BIG_MB} MB`],
		rows: rows.filter((cells) => cells[1] !== '' && cells[2] !== ''),
	};
}

/** How the node's own work grows with the sheet, by polling. */
function growthTable(singles: Figures[], counts: number[]): BenchTable {
	const head = [
		'Kling Fast, polling',
		'over the best that these clips allow',
		'noticed late by (median)',
		'requests a clip',
		'CPU s a clip',
		'memory over idle',
	];
	const rows = counts.flatMap((count) => {
		const of = singleRunOf(singles, 'polling', count);
		if (!of) return [];
		return [
			[
				rowsOf(count),
				times(of.overBest),
				seconds(of.lagMedianSeconds),
				of.requestsPerClip.toFixed(1),
				of.cpuSecondsPerClip.toFixed(3),
				megabytes(of),
			],
		];
	});
	return { title: 'How it grows', head, rows };
}

function loadingTable(loading: Loading[]): BenchTable {
	return {
		title: "What the nodes add to n8n's start",
		head: ['Loaded in a fresh process', 'takes'],
		rows: loading.map(({ label, milliseconds }) => [label, `${milliseconds.toFixed(0)} ms`]),
	};
}

function everyoneHas(figures: Figures[], rows: number): boolean {
	const contenders = new Set(figures.map(({ contender }) => contender));
	return [...contenders].every((name) =>
		figures.some((of) => of.contender === name && of.rows === rows),
	);
}

const rowsOf = (count: number) => (count === 1 ? '1 row' : `${count} rows`);
const megabytes = ({ peakOverIdleMb }: Figures) => `${peakOverIdleMb.toFixed(0)} MB`;
const times = (number: number) => `${number.toFixed(2)} x`;
const seconds = (number: number) => `${number.toFixed(1)} s`;
const minutes = (number: number) =>
	number < 60 ? seconds(number) : `${(number / 60).toFixed(1)} min`;
