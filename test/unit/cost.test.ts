import fc from 'fast-check';
import {
	estimateCostUsd,
	KLING_V3,
	pricePerSecondUsd,
	roundUsd,
	type Quality,
} from '../../nodes/KlingFast/apimart/models';

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

	it('makes sound half as much again, but free of charge in 4K', () => {
		for (const quality of ['std', 'pro'] as const) {
			const { silent, withAudio } = KLING_V3.usdPerSecond[quality];
			expect(roundUsd(withAudio / silent)).toBe(1.5);
		}
		expect(pricePerSecondUsd({ quality: '4k', audio: true })).toBe(
			pricePerSecondUsd({ quality: '4k', audio: false }),
		);
	});

	it('rounds to 6 decimals without binary noise', () => {
		expect(roundUsd(0.1 + 0.2)).toBe(0.3);
		expect(roundUsd(0.42856 * 7)).toBe(2.99992);
		expect(roundUsd(1.23456789)).toBe(1.234568);
		expect(roundUsd(0)).toBe(0);
	});

	it('never has more than 6 decimals and grows with every second', () => {
		const quality = fc.constantFrom<Quality>('std', 'pro', '4k');
		fc.assert(
			fc.property(
				quality,
				fc.boolean(),
				fc.integer({ min: 3, max: 14 }),
				(tier, audio, seconds) => {
					const costUsd = estimateCostUsd({ quality: tier, audio, durationSeconds: seconds });
					expect(String(costUsd)).toMatch(/^\d+(\.\d{1,6})?$/);
					expect(
						estimateCostUsd({ quality: tier, audio, durationSeconds: seconds + 1 }),
					).toBeGreaterThan(costUsd);
				},
			),
		);
	});
});
