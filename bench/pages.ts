/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../host/package';

const MEASURED = /(?<=<!-- measured -->)[\s\S]*(?=<!-- \/measured -->)/;

/** A head, and the cell under it; no cell where the figure does not exist. */
export type Column<Row> = [head: string, cell: (row: Row) => string | undefined];

/** A table in Markdown, padded as the formatter of this repository leaves it; nothing where there are no rows. */
export function table<Row>(rows: Row[], columns: Array<Column<Row>>, title?: string): string {
	if (rows.length === 0) return '';
	const padded = columns.map(([head, cell]) => {
		const cells = [head, ...rows.map((row) => cell(row) ?? '')];
		const width = Math.max(3, ...cells.map(({ length }) => length));
		const [first, ...others] = cells.map((text) => text.padEnd(width));
		return [first, '-'.repeat(width), ...others];
	});
	const lineOf = (index: number) => `| ${padded.map((cells) => cells[index]).join(' | ')} |`;
	const lines = padded[0].map((_, index) => lineOf(index));
	return [...(title ? [`**${title}**`, ''] : []), ...lines].join('\n');
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
	if (!MEASURED.test(page))
		throw new Error('The page has no <!-- measured --> … <!-- /measured -->');
	return page.replace(MEASURED, () => `\n\n${content}\n\n`);
}
