import { readChoice } from '../../nodes/KlingFast/values';

const RATIOS = ['16:9', '9:16', '1:1'].map((value) => ({ name: value, value }));

describe('aspect ratio', () => {
	const read = (value: unknown) => readChoice(value, 'Aspect Ratio', RATIOS, '16:9');

	it.each([
		['16:9', '16:9'],
		['16:09', '16:9'],
		['16:09:00', '16:9'],
		['9:16', '9:16'],
		['9:16:00', '9:16'],
		['09:16:00', '9:16'],
		['1:1', '1:1'],
		['1:01', '1:1'],
		['1:01:00', '1:1'],
		['01:01:00', '1:1'],
		[' 16 : 9 ', '16:9'],
		['16x9', '16:9'],
		['16/9', '16:9'],
		['16\u00d79', '16:9'],
		['16\uff1a9', '16:9'],
		['\uff11\uff16:\uff10\uff19', '16:9'],
		['16\u22369', '16:9'],
		['4:09 PM', '16:9'],
		['04:09:00 p.m.', '16:9'],
		['16:09 PM', '16:9'],
		['9:16 AM', '9:16'],
		['1:01am', '1:1'],
		// As Excel stores 16:9, 9:16 and 1:1, and as they come out of fewer digits, or of a German sheet.
		[0.6729166666666667, '16:9'],
		[0.3861111111111111, '9:16'],
		[0.0423611111111111, '1:1'],
		['0.6729166666666667', '16:9'],
		['0,38611', '9:16'],
		['0.04236', '1:1'],
		['', '16:9'],
		[null, '16:9'],
	])('%p is %s', (value, ratio) => {
		expect(read(value)).toBe(ratio);
	});

	it.each([
		...['4:3', '16:90', '9:16:30', '1:10', '16', 0.67, 0.673, 0.672, 1.673, 0, 1, -0.1],
		...['161:9', '169', '4:09', '9:16 PM', '1:01 PM', '12:01 AM', {}],
	])('%p is refused', (value) => {
		expect(() => read(value)).toThrow(/^'Aspect Ratio' is .*, allowed is 16:9, 9:16 or 1:1$/);
	});

	it('shows what was typed, not what was made of it', () => {
		expect(() => read('04:03:00')).toThrow('is "04:03:00"');
	});
});
