import fc from 'fast-check';
import { readBoolean, readChoice, readNumber, readText } from '../../nodes/KlingFast/values';
import { InvalidField, shown } from '../../nodes/KlingFast/invalidField';

const QUALITIES = [
	{ name: 'Fast (720p)', value: 'std' },
	{ name: '4K', value: '4k' },
];
const EMPTY_CELLS = [undefined, null, '', ' ', '\t\n', '\u00a0'];

describe('numbers', () => {
	const duration = (value: unknown) =>
		readNumber(value, 'Duration (Seconds)', {
			default: 5,
			isWhole: true,
			min: 3,
			max: 15,
			unit: 'seconds',
		});

	it.each([
		[5, 5],
		['5', 5],
		[' 7 ', 7],
		['15.0', 15],
		['+4', 4],
		['03', 3],
		['5s', 5],
		['5 S', 5],
		['5 sec', 5],
		['5 secs.', 5],
		['5 seconds', 5],
		['7 second', 7],
		['5,0', 5],
		['\uff15', 5],
		['5\u200b', 5],
		['5\u00a0s', 5],
	])('reads %p as %d', (value, number) => {
		expect(duration(value)).toBe(number);
	});

	it.each(EMPTY_CELLS)('takes the default for the empty cell %p', (value) => {
		expect(duration(value)).toBe(5);
	});

	it.each([
		[20, "'Duration (Seconds)' is 20, allowed is a whole number from 3 to 15"],
		['20', '\'Duration (Seconds)\' is "20", allowed is a whole number from 3 to 15'],
		[2, /is 2, allowed/],
		[4.5, /is 4.5, allowed is a whole number/],
		['4,5', /is "4,5", allowed/],
		['5 min', /is "5 min", allowed/],
		['5 s s', /is "5 s s", allowed/],
		['s', /is "s", allowed/],
		['5:00', /is "5:00", allowed/],
		['5 USD', /is "5 USD", allowed/],
		['1e1', /is "1e1", allowed/],
		['0x5', /is "0x5", allowed/],
		[NaN, /is NaN, allowed/],
		[Infinity, /is Infinity, allowed/],
		[true, /is true, allowed/],
		[{}, /is an object, allowed/],
		[[5], /is a list, allowed/],
		[new Date(0), /is a date, allowed/],
	])('refuses %p in one sentence', (value, sentence) => {
		expect(() => duration(value)).toThrow(sentence);
		expect(() => duration(value)).toThrow(InvalidField);
	});

	it('refuses an empty cell of a required field', () => {
		expect(() =>
			readNumber('', 'Shot List', { isWhole: true, min: 1, place: 'shot 2, duration' }),
		).toThrow("'Shot List' (shot 2, duration) is empty, allowed is a whole number from 1");
	});

	it('knows an open lower end and fractions', () => {
		expect(readNumber('0.25', 'Maximum Cost (USD)', { above: 0 })).toBe(0.25);
		expect(() => readNumber(0, 'Maximum Cost (USD)', { above: 0 })).toThrow(
			"'Maximum Cost (USD)' is 0, allowed is a number above 0",
		);
		expect(() => readNumber(0.05, 'Poll Interval (Seconds)', { min: 0.1, max: 300 })).toThrow(
			'a number from 0.1 to 300',
		);
		expect(() => readNumber(90000, 'Maximum Wait (Seconds)', { min: 1, max: 86400 })).toThrow(
			'from 1 to 86,400',
		);
	});

	it.each([
		['0,5', 0.5],
		[',5', 0.5],
		['12,50', 12.5],
		['0,500', 0.5],
		['1234,567', 1234.567],
		['$5', 5],
		['5 $', 5],
		['US$ 5,50', 5.5],
		['USD 5', 5],
		['5usd', 5],
	])('reads the amount %p as %d', (value, number) => {
		expect(readNumber(value, 'Maximum Cost (USD)', { above: 0, unit: 'USD' })).toBe(number);
	});

	it.each(['1,000', '12,345', '1,000,000'])('refuses %p, which means two things', (value) => {
		expect(() => readNumber(value, 'Maximum Cost (USD)', { above: 0, unit: 'USD' })).toThrow(
			`'Maximum Cost (USD)' is "${value}", which can be read in two ways, allowed is a number above 0`,
		);
	});

	it.each(['5 EUR', '\u20ac5', '$5$', '5 s', '1,5,5', '1.5,5'])(
		'refuses the amount %p',
		(value) => {
			expect(() => readNumber(value, 'Maximum Cost (USD)', { above: 0, unit: 'USD' })).toThrow(
				InvalidField,
			);
		},
	);

	it('reads every number of the range from its text and refuses every other one', () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 0, max: 20 })),
				(number) => {
					const fits = Number.isInteger(number) && number >= 3 && number <= 15;
					for (const value of [number, ` ${number} `]) {
						if (fits) expect(duration(value)).toBe(number);
						else expect(() => duration(value)).toThrow(InvalidField);
					}
				},
			),
		);
	});
});

describe('booleans', () => {
	it.each([
		true,
		'TRUE',
		'true',
		' True ',
		1,
		'1',
		'yes',
		'YES',
		'y',
		'on',
		'WAHR',
		'Vrai',
		'\uff11',
	])('%p is true', (value) => {
		expect(readBoolean(value, 'Generate Audio', false)).toBe(true);
	});

	it.each([false, 'FALSE', 'false', 0, '0', 'no', 'n', 'Off', 'FALSCH', 'non'])(
		'%p is false',
		(value) => {
			expect(readBoolean(value, 'Generate Audio', true)).toBe(false);
		},
	);

	it.each(EMPTY_CELLS)('%p is the default', (value) => {
		expect(readBoolean(value, 'Generate Audio', true)).toBe(true);
		expect(readBoolean(value, 'Generate Audio', false)).toBe(false);
	});

	it.each(['maybe', 'x', 2, {}, []])('%p is refused', (value) => {
		expect(() => readBoolean(value, 'Generate Audio', true)).toThrow(
			/^'Generate Audio' is .*, allowed is true or false$/,
		);
	});
});

describe('texts', () => {
	it('trims, and takes a number or a boolean cell as its text', () => {
		expect(readText('  A fox \n', 'Prompt')).toBe('A fox');
		expect(readText(2024, 'Prompt')).toBe('2024');
		expect(readText(false, 'Prompt')).toBe('false');
	});

	it.each(EMPTY_CELLS)(
		'takes the default for %p, or refuses it where a text is required',
		(value) => {
			expect(readText(value, 'Put Output in Field', { default: 'data' })).toBe('data');
			expect(() => readText(value, 'Prompt')).toThrow("'Prompt' is empty, allowed is a text");
		},
	);

	it('refuses what is no text, and invisible NULs', () => {
		expect(() => readText({}, 'Prompt')).toThrow("'Prompt' is an object, allowed is a text");
		expect(() => readText(['a'], 'Prompt')).toThrow("'Prompt' is a list, allowed is a text");
		expect(() => readText('a\0b', 'Prompt')).toThrow('NUL');
	});

	it.each(['A fox \ud83e', '\udd8a fox', 'a\ud83e b', '\ud83e\ud83e\udd8a'])(
		'refuses half of a character: %j',
		(text) => {
			expect(() => readText(text, 'Prompt')).toThrow(
				"'Prompt' is a text with half of a character (such as a cut emoji) in it, allowed is text without it",
			);
		},
	);

	it('takes whole ones', () => {
		expect(readText('\ud83e\udd8a', 'Prompt')).toBe('🦊');
	});

	it('keeps every other character as it is', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
				fc.pre(text.trim() !== '' && !text.includes('\0'));
				expect(readText(`  ${text} `, 'Prompt')).toBe(text.trim());
			}),
		);
	});
});

describe('choices', () => {
	it.each([
		...['std', 'STD', ' std ', 'Fast (720p)', 'fast (720P)', 'Fast', 'FAST', '720p', 'fast 720p'],
		...['Fast(720p)', '\uff26\uff41\uff53\uff54', 's-t-d'],
	])('%p is std', (value) => {
		expect(readChoice(value, 'Quality', QUALITIES, '4k')).toBe('std');
	});

	it('takes the default for an empty cell and names the choices otherwise', () => {
		expect(readChoice('', 'Quality', QUALITIES, 'std')).toBe('std');
		expect(() => readChoice('8k', 'Quality', QUALITIES, 'std')).toThrow(
			'\'Quality\' is "8k", allowed is std or 4k',
		);
		expect(() => readChoice({}, 'Quality', QUALITIES, 'std')).toThrow('is an object');
		for (const nothing of ['()', '-', '_'])
			expect(() => readChoice(nothing, 'Movement', [{ name: 'None', value: '' }], '')).toThrow(
				InvalidField,
			);
	});
});

describe('how a value is shown', () => {
	it('is short, on one line, and without secrets', () => {
		expect(shown('a'.repeat(500))).toBe(`"${'a'.repeat(60)}..."`);
		expect(shown('one\n\ttwo')).toBe('"one two"');
		expect(shown('https://me:hunter2@example.com/a.png?signature=abc#x')).toBe(
			'"https://example.com/a.png?..."',
		);
	});

	it('always gives one line of bounded length', () => {
		fc.assert(
			fc.property(fc.anything(), (value) => {
				const sentence = shown(value);
				expect(sentence).not.toMatch(/[\n\r]/);
				expect(Array.from(sentence).length).toBeLessThan(90);
			}),
		);
	});
});
