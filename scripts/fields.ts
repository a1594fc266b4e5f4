/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** `npm run docs:fields`: writes the tables of docs/fields.md anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryFolder } from '../host/package';
import { withFieldTables } from './fieldTables';

const path = join(repositoryFolder, 'docs', 'fields.md');

void (async () => {
	const page = withFieldTables(await readFile(path, 'utf8'));
	await writeFile(path, await format(page, { parser: 'markdown', useTabs: true }));
})();
