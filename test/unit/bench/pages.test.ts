/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { study } from '../../../bench/polling/study';
import { pagesOf as pollingPagesOf } from '../../../bench/polling/report';
import { FIGURES_FILE, pagesOf } from '../../../bench/report';
import type { Results } from '../../../bench/tables';
import { repositoryFolder } from '../../../host/package';

const results = JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Results;
const polling = study();

test.each(Object.entries({ ...pagesOf(results), ...pollingPagesOf(polling) }))(
	'%s shows what was measured last',
	(name, content) => {
		const page = readFileSync(join(repositoryFolder, name), 'utf8');
		expect(content(page)).toBe(page);
	},
);

test('no schedule that hears nothing is better than the best possible', () => {
	for (const { schedule, told, readsPerClip, medianLagSeconds } of polling.contests) {
		if (told !== 'nothing') continue;
		const asThrifty = polling.frontier.filter((best) => best.readsPerClip <= readsPerClip);
		const least = Math.min(...asThrifty.map((best) => best.medianLagSeconds));
		expect({ schedule: schedule.label, isBetter: medianLagSeconds < least }).toEqual({
			schedule: schedule.label,
			isBetter: false,
		});
	}
});
