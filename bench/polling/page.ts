/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../../host/package';
import { asMarkdownTable, withContent } from '../report';
import { plotOf } from './plot';
import { tablesOf, type Study } from './study';

export const PAGE = 'docs/polling.md';
export const PLOT = 'docs/images/polling.svg';

/** The page with the figures of this study between its marks. */
export function pageWith(page: string, study: Study): string {
	const tables = tablesOf(study).map((table) => `**${table.title}**\n\n${asMarkdownTable(table)}`);
	return withContent(page, tables.join('\n\n'));
}

export async function writePage(study: Study): Promise<void> {
	const path = join(repositoryFolder, PAGE);
	await writeFile(path, pageWith(await readFile(path, 'utf8'), study));
	await writeFile(join(repositoryFolder, PLOT), plotOf(study));
}
