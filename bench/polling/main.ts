/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run bench:polling`: how often schedules of status requests ask, and how late they notice a finished clip. Prints the tables
 * and writes them and the plot into docs/. Two seconds, the same figures in every run.
 */
import Table from 'cli-table3';
import { PAGE, PLOT, writePage } from './page';
import { study, tablesOf } from './study';

async function main(): Promise<void> {
	const figures = study();
	for (const { title, head, rows } of tablesOf(figures)) {
		const table = new Table({ head, style: { head: [], border: [] } });
		table.push(...rows);
		process.stdout.write(`\n${title}\n${table.toString()}\n`);
	}
	await writePage(figures);
	process.stdout.write(`\nWritten: ${PAGE}, ${PLOT}\n`);
}

void main();
