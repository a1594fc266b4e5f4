/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../host/package';
import { chartOf } from './chart';
import { aboutLine, summaryOf, tablesOf, type BenchTable, type Results } from './tables';

export const FIGURES_FILE = join(__dirname, 'figures.json');
export const CHART = 'docs/images/benchmark.svg';
const FROM = '<!-- measured -->';
const UNTIL = '<!-- /measured -->';

/** The pages that show what was measured, and what each shows of it. */
export const PAGES: Record<string, (results: Results) => string> = {
	'docs/benchmarks.md': (results) =>
		[...tablesOf(results).map(markdownOf), aboutLine(results)].join('\n\n'),
	'README.md': (results) => asMarkdownTable(summaryOf(results)),
};

/** Puts the figures into the pages, between two marks that only the source shows, and draws the chart. */
export async function writePages(results: Results): Promise<void> {
	for (const [name, content] of Object.entries(PAGES)) {
		const path = join(repositoryFolder, name);
		await writeFile(path, withContent(await readFile(path, 'utf8'), content(results)));
	}
	await writeFile(join(repositoryFolder, CHART), chartOf(results));
}

/** @throws Error where the page has no marks */
export function withContent(page: string, content: string): string {
	const start = page.indexOf(FROM);
	const end = page.indexOf(UNTIL);
	if (start === -1 || end === -1) throw new Error(`The page has no ${FROM} … ${UNTIL}`);
	return `${page.slice(0, start + FROM.length)}\n\n${content}\n\n${page.slice(end)}`;
}

function markdownOf(table: BenchTable): string {
	return `**${table.title}**\n\n${asMarkdownTable(table)}`;
}

/** Padded, as the formatter of this repository leaves it. */
export function asMarkdownTable({ head, rows }: Pick<BenchTable, 'head' | 'rows'>): string {
	const widths = head.map((_, column) =>
		Math.max(3, ...[head, ...rows].map((cells) => cells[column].length)),
	);
	const line = (cells: string[]) =>
		`| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
	const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
	return [line(head), rule, ...rows.map(line)].join('\n');
}
