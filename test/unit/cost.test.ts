import { estimateCostUsd, roundUsd } from '../../nodes/KlingFast/apimart/models';

describe('what a clip costs', () => {
	it.each([
		['std', false, 5, 0.336],
		['std', true, 5, 0.504],
		['std', true, 15, 1.512],
		['pro', false, 5, 0.448],
		['pro', true, 5, 0.672],
		['4k', false, 5, 2.1428],
		['4k', true, 15, 6.4284],
		['std', false, 3, 0.2016],
	] as const)('%s, audio %s, %d s: $%d', (quality, audio, durationSeconds, costUsd) => {
		expect(estimateCostUsd({ quality, audio, durationSeconds })).toBe(costUsd);
	});

	it('rounds to 6 decimals without binary noise', () => {
		expect(roundUsd(0.1 + 0.2)).toBe(0.3);
		expect(roundUsd(0.42856 * 7)).toBe(2.99992);
		expect(roundUsd(1.23456789)).toBe(1.234568);
		expect(roundUsd(0)).toBe(0);
	});
});
