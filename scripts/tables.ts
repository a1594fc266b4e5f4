/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** `npm run docs:tables`: writes the tables of docs/fields.md and docs/errors.md anew, from the code. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryFolder } from '../host/package';
import { withErrorTables } from './errorTables';
import { withFieldTables } from './fieldTables';

const PAGES = { 'docs/fields.md': withFieldTables, 'docs/errors.md': withErrorTables };

void (async () => {
	for (const [name, fill] of Object.entries(PAGES)) {
		const path = join(repositoryFolder, name);
		const page = fill(await readFile(path, 'utf8'));
		await writeFile(path, await format(page, { parser: 'markdown', useTabs: true }));
	}
})();
