/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { join } from 'node:path';
import { aboutLine } from './about';
import { chartOf } from './chart';
import { withContent, type Pages } from './pages';
import { summaryOf, tablesOf, type Results } from './tables';

export const FIGURES_FILE = join(__dirname, 'figures.json');

/** All tables, and where and when their figures were measured. */
export function reportOf(results: Results): string {
	return `${tablesOf(results)}\n\n${aboutLine(results.about)}`;
}

/** The pages that show what was measured, and what each shows of it. */
export function pagesOf(results: Results): Pages {
	return {
		'docs/benchmarks.md': (page) => withContent(page, reportOf(results)),
		'README.md': (page) => withContent(page, summaryOf(results)),
		'docs/images/benchmark.svg': () => chartOf(results),
	};
}
