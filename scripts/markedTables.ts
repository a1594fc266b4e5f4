/** Tables of a page that are made from the code. */

/** A head and rows. */
export type Table = string[][];

/**
 * The page with these tables in their places: each stands between `<!-- fields of X -->` and `<!-- /fields -->`, or with
 * another word for `fields`.
 *
 * @throws Error where the page lacks a table, or names one that does not exist
 */
export function withTables(page: string, word: string, tables: Record<string, Table>): string {
	const missing = new Set(Object.keys(tables));
	const place = new RegExp(`<!-- ${word} of ([^>]+) -->[\\s\\S]*?<!-- /${word} -->`, 'g');
	const filled = page.replace(place, (_, name: string) => {
		if (!(name in tables)) throw new Error(`There is no table "${name}"`);
		missing.delete(name);
		return `<!-- ${word} of ${name} -->\n\n${markdown(tables[name])}\n\n<!-- /${word} -->`;
	});
	if (missing.size > 0) throw new Error(`The page lacks ${[...missing].join(', ')}`);
	return filled;
}

function markdown([head, ...rows]: Table): string {
	return [head, head.map(() => '---'), ...rows]
		.map((cells) => `| ${cells.join(' | ')} |`)
		.join('\n');
}
