/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartOf } from '../../../bench/chart';
import { CHART, FIGURES_FILE, PAGES, withContent } from '../../../bench/report';
import type { Results } from '../../../bench/tables';
import { repositoryFolder } from '../../../host/package';

const results = JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Results;
const pageOf = (name: string) => readFileSync(join(repositoryFolder, name), 'utf8');

describe('the benchmark', () => {
	test.each(Object.entries(PAGES))('%s shows what was measured last', (name, content) => {
		expect(withContent(pageOf(name), content(results))).toBe(pageOf(name));
	});

	test('so does the chart', () => {
		expect(chartOf(results)).toBe(pageOf(CHART));
	});
});
