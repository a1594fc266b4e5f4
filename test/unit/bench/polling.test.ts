/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE, pageWith, PLOT } from '../../../bench/polling/page';
import { plotOf } from '../../../bench/polling/plot';
import { study } from '../../../bench/polling/study';
import { repositoryFolder } from '../../../host/package';

const read = (name: string) => readFileSync(join(repositoryFolder, name), 'utf8');

describe('the page about polling shows the schedule that the node keeps', () => {
	const figures = study();

	test('in its tables', () => {
		expect(pageWith(read(PAGE), figures)).toBe(read(PAGE));
	});

	test('in its plot', () => {
		expect(plotOf(figures)).toBe(read(PLOT));
	});

	test('where no schedule that hears nothing is better than the best possible', () => {
		for (const { schedule, told, readsPerClip, medianLagSeconds } of figures.contests) {
			if (told !== 'nothing') continue;
			const asThrifty = figures.frontier.filter((best) => best.readsPerClip <= readsPerClip);
			const least = Math.min(...asThrifty.map((best) => best.medianLagSeconds));
			expect({ schedule: schedule.label, isBetter: medianLagSeconds < least }).toEqual({
				schedule: schedule.label,
				isBetter: false,
			});
		}
	});
});
