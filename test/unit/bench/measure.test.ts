import { coveredMs, familyOf } from '../../../bench/measure';

const stretch = (executionId: string, fromMs: number, untilMs?: number, more = {}) => ({
	...{ executionId, name: 'A workflow', fromMs, untilMs },
	...more,
});

describe('the place that an execution holds', () => {
	test('counts once while another execution works inside of it', () => {
		expect(coveredMs([stretch('1', 0, 100), stretch('2', 20, 60)])).toBe(100);
	});

	test('counts again each time that one is resumed', () => {
		const stretches = [stretch('2', 300, 360), stretch('1', 0, 100), stretch('2', 90, 120)];
		expect(coveredMs(stretches)).toBe(180);
	});
});

describe('the executions of a sheet', () => {
	const stretches = [
		stretch('1', 0, 50),
		stretch('2', 10, 40, { parentId: '1' }),
		stretch('3', 20, 30, { parentId: '2', name: 'Kling Fast sheet: clips' }),
		stretch('8', 20, 30, { parentId: '7' }),
		stretch('4', 45, undefined, { parentId: '1' }),
	];
	const saves = [
		{ executionId: '3', bytes: 100 },
		{ executionId: '8', bytes: 200 },
	];

	test('are the one that waits and all that it started, without what is not over', () => {
		const family = familyOf('1', { stretches, saves });
		expect(family.stretches.map(({ executionId }) => executionId)).toEqual(['1', '2', '3']);
		expect(family.saves).toEqual([saves[0]]);
	});

	test('have one that makes the clips, where the sheet sleeps', () => {
		expect(familyOf('1', { stretches, saves }).worker).toBe('3');
		expect(familyOf('7', { stretches, saves }).worker).toBeUndefined();
	});
});
