import Table from 'cli-table3';
import type { Outcome } from './attackRun';

export interface Result extends Outcome {
	attack: string;
	isMet: boolean;
}

/** A row an attack, over all of its seeds. */
export function tableOf(results: Result[]): string {
	const table = new Table({
		head: ['Attack', 'Runs', 'Asked for', 'Delivered', 'Charges', 'Unrecoverable', 'Leaks', ''],
		colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
		style: { head: [], border: [] },
	});
	for (const name of new Set(results.map(({ attack }) => attack))) {
		const runs = results.filter(({ attack }) => attack === name);
		const sum = (value: (result: Result) => number) =>
			runs.reduce((total, result) => total + value(result), 0);
		table.push([
			...[name, runs.length, sum(({ asked }) => asked), sum(({ delivered }) => delivered)],
			sum(({ charges }) => charges),
			sum(({ unrecoverable }) => unrecoverable.length) || 'none',
			sum(({ leaks }) => leaks.length) || 'none',
			runs.every(({ isMet }) => isMet) ? '' : '<- MISSED',
		]);
	}
	return table.toString();
}
