import { bestMakespanSeconds, benchRows, clipSecondsOf, roundsSeconds } from '../../../bench/rows';

describe('the rows of the benchmark', () => {
	test('each prompt tells the sandbox the time of its clip', () => {
		const { clipSeconds, items } = benchRows(20, 2, 1);
		expect(items.map(({ prompt }) => clipSecondsOf(String(prompt)))).toEqual(clipSeconds);
		expect(items[6].prompt).toContain('[[big-clip:2]]');
	});

	test('a longer sheet begins like a shorter one', () => {
		const { clipSeconds } = benchRows(100, 2, 1);
		expect(clipSeconds.slice(0, 5)).toEqual(benchRows(5, 2, 1).clipSeconds);
	});
});

describe('what a sheet takes at least', () => {
	test('the next clip begins when any is done', () => {
		expect(bestMakespanSeconds([10, 60, 10, 10, 10], 2)).toBe(60);
		expect(bestMakespanSeconds([60, 60, 60], 2)).toBe(120);
	});

	test('rounds of as many as are allowed, each as long as the mean', () => {
		expect(roundsSeconds([60, 60, 90], 2)).toBe(140);
		expect(roundsSeconds([50], 5)).toBe(50);
	});
});
