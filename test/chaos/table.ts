/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import Table from 'cli-table3';
import type { Outcome } from './attackRun';

export interface Result extends Outcome {
	attack: string;
	seed: number;
}

/** Prints a row an attack and, below, what went wrong with which seed. @returns whether every goal was met */
export function showTable(results: Result[], seeds: number[]): boolean {
	const table = new Table({
		head: ['Attack', 'Runs', 'Asked for', 'Delivered', 'Charges', 'Unrecoverable', 'Leaks', ''],
		colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
		style: { head: [], border: [] },
	});
	for (const attack of new Set(results.map((result) => result.attack))) {
		table.push(
			rowOf(
				attack,
				results.filter((result) => result.attack === attack),
			),
		);
	}
	process.stdout.write(`\n${table.toString()}\n\nSeeds: ${seeds.join(', ')}\n`);
	const missed = results.filter((result) => !isMet(result));
	for (const result of missed) {
		process.stdout.write(`\n${result.attack}, seed ${result.seed}:\n`);
		for (const sentence of sentencesOf(result)) process.stdout.write(`- ${sentence}\n`);
	}
	process.stdout.write(
		missed.length === 0 ? 'Every goal was met.\n' : `\n${missed.length} missed.\n`,
	);
	return missed.length === 0;
}

function rowOf(attack: string, results: Result[]): Array<string | number> {
	const sum = (value: (result: Result) => number) =>
		results.reduce((total, result) => total + value(result), 0);
	return [
		attack,
		results.length,
		sum(({ asked }) => asked),
		sum(({ delivered }) => delivered),
		sum(({ charges }) => charges),
		sum(({ unrecoverable }) => unrecoverable.length) || 'none',
		sum(({ leaks }) => leaks.length) || 'none',
		results.every(isMet) ? '' : '<- MISSED',
	];
}

function isMet({ asked, delivered, charges, unrecoverable, leaks, faults }: Result): boolean {
	const isWhole = delivered === asked && charges === delivered;
	return isWhole && [unrecoverable, leaks, faults].every(({ length }) => length === 0);
}

function sentencesOf({
	asked,
	delivered,
	charges,
	unrecoverable,
	leaks,
	faults,
}: Result): string[] {
	return [
		`asked for ${asked}, delivered ${delivered}, charged ${charges}`,
		...faults,
		...unrecoverable.map((taskId) => `${taskId} is in no log, error or saved execution`),
		...leaks.map((leak) => `leak: ${leak}`),
	];
}
