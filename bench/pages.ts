/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../host/package';

const FROM = '<!-- measured -->';
const UNTIL = '<!-- /measured -->';

export interface BenchTable {
	title?: string;
	head: string[];
	rows: string[][];
}

/** Files of the repository that show what was measured: each as it becomes of what it is now. */
export type Pages = Record<string, (page: string) => string>;

export async function writePages(pages: Pages): Promise<void> {
	for (const [name, content] of Object.entries(pages)) {
		const path = join(repositoryFolder, name);
		await writeFile(path, content(await readFile(path, 'utf8')));
	}
}

/**
 * A page with this between two marks that only the source shows.
 * @throws Error where the page has no marks
 */
export function withContent(page: string, content: string): string {
	const start = page.indexOf(FROM);
	const end = page.indexOf(UNTIL);
	if (start === -1 || end === -1) throw new Error(`The page has no ${FROM} … ${UNTIL}`);
	return `${page.slice(0, start + FROM.length)}\n\n${content}\n\n${page.slice(end)}`;
}

/** Padded, as the formatter of this repository leaves it. */
export function markdownOf(tables: BenchTable[]): string {
	return tables
		.map(({ title, head, rows }) => {
			const widths = head.map((_, column) =>
				Math.max(3, ...[head, ...rows].map((cells) => cells[column].length)),
			);
			const line = (cells: string[], filler = ' ') =>
				`| ${cells.map((cell, column) => cell.padEnd(widths[column], filler)).join(' | ')} |`;
			const lines = [
				line(head),
				line(
					head.map(() => ''),
					'-',
				),
				...rows.map((cells) => line(cells)),
			];
			return [...(title ? [`**${title}**`, ''] : []), ...lines].join('\n');
		})
		.join('\n\n');
}
