/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../../../host/package';
import { withErrorTables } from '../../../scripts/errorTables';
import { withFieldTables } from '../../../scripts/fieldTables';

/** Prettier pads the cells of a table. */
const unpadded = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');

it.each([
	['docs/fields.md', withFieldTables],
	['docs/errors.md', withErrorTables],
])('the tables of %s are up to date (`npm run docs:tables` writes them)', (page, withTables) => {
	const source = readFileSync(join(repositoryFolder, page), 'utf8');
	expect(unpadded(withTables(source))).toBe(unpadded(source));
});
