import { roundUsd } from '../../nodes/KlingFast/apimart/models';

// What a clip costs is in the price table of the README: docs/money.test.ts.
it('money is rounded to 6 decimals without binary noise', () => {
	expect(roundUsd(0.1 + 0.2)).toBe(0.3);
	expect(roundUsd(0.42856 * 7)).toBe(2.99992);
	expect(roundUsd(1.23456789)).toBe(1.234568);
	expect(roundUsd(0)).toBe(0);
});
