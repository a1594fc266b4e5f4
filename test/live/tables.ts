import Table from 'cli-table3';
import type { Difference } from './comparison';
import type { Finding } from './recording';

/** Wide enough for a sentence, narrow enough for a terminal of 120 characters. */
const WORD_WRAPPED = { wordWrap: true, style: { head: [], border: [] } };

export function findingTable(findings: Finding[]): string {
	const table = new Table({ ...WORD_WRAPPED, head: ['Question', 'Answer'], colWidths: [32, 84] });
	for (const { question, answer, isBad } of findings) {
		table.push([question, isBad ? `LOOK AT THIS: ${answer}` : answer]);
	}
	return `\n${table.toString()}\n\n`;
}

export function differenceTable(differences: Difference[]): string {
	if (differences.length === 0) return 'The sandbox speaks as the recording does.\n';
	const table = new Table({
		...WORD_WRAPPED,
		head: ['Where the sandbox differs', 'Recording', 'Sandbox', 'Steps'],
		colWidths: [36, 30, 30, 22],
	});
	for (const { what, theirs, ours, steps } of differences) {
		table.push([what, theirs, ours, steps.join('; ')]);
	}
	return `\n${table.toString()}\n${differences.length} differences.\n`;
}
