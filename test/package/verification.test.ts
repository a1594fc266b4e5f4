/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The list of what n8n asks for names its checks: a list that lost one would say more than is true. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { read, root } from './repository';

const rows = [
	...read('docs/verification.md').matchAll(/^\| (.*?) \| (.*?) \| `(.+?)` +\| (.*) \|$/gm),
].map(([, number, , path, check]) => ({ number: number.trim(), path, check: check.trim() }));

test('every point that can be checked here has a check', () => {
	const numbers = rows.map(({ number }) => number).filter((number) => number !== '');
	expect(numbers).toEqual(Array.from({ length: 21 }, (_, index) => String(index + 1)));
});

test.each(rows)('$path: $check', ({ path, check }) => {
	if (!path.endsWith('.ts')) return expect(existsSync(join(root, path))).toBe(true);
	// A title with an apostrophe stands in double quotes.
	expect([`'${check}'`, `"${check}"`].some((title) => read(path).includes(title))).toBe(true);
});
