import fc from 'fast-check';
import {
	readBoolean,
	readChoice,
	readJsonList,
	readJsonObject,
	readNumber,
	readText,
} from '../../nodes/KlingFast/values';
import { InvalidField, shown } from '../../nodes/KlingFast/invalidField';

const EMPTY_CELLS = [undefined, null, '', ' ', '\t\n', '\u00a0'];
const RATIOS = ['16:9', '9:16', '1:1'].map((value) => ({ name: value, value }));
const QUALITIES = [
	{ name: 'Fast (720p)', value: 'std' },
	{ name: '4K', value: '4k' },
];
const WHOLE = { isWhole: true, min: 1 };
const LOOP: { self?: unknown } = {};
LOOP.self = LOOP;

/** A field of each kind. The last five have no default. */
const READ = {
	duration: (value: unknown) =>
		readNumber(value, 'Duration (Seconds)', {
			...{ default: 5, isWhole: true, min: 3, max: 15, unit: 'seconds' },
		}),
	audio: (value: unknown) => readBoolean(value, 'Generate Audio', true),
	watermark: (value: unknown) => readBoolean(value, 'Watermark', false),
	outputField: (value: unknown) => readText(value, 'Output', { default: 'data' }),
	aspectRatio: (value: unknown) => readChoice(value, 'Aspect Ratio', RATIOS, '16:9'),
	quality: (value: unknown) => readChoice(value, 'Quality', QUALITIES, '4k'),
	movement: (value: unknown) => readChoice(value, 'Movement', [{ name: 'None', value: '' }], ''),
	metadata: (value: unknown) => readJsonObject(value, 'Metadata'),
	list: (value: unknown) => readJsonList(value, 'List', 'a list'),
	maxCost: (value: unknown) => readNumber(value, 'Maximum Cost (USD)', { above: 0, unit: 'USD' }),
	poll: (value: unknown) => readNumber(value, 'Poll Interval', { min: 0.1, max: 86_400 }),
	shot: (value: unknown) => readNumber(value, 'Shot List', { ...WHOLE, place: 'shot 2, duration' }),
	prompt: (value: unknown) => readText(value, 'Prompt'),
};
type Field = keyof typeof READ;

test.each<[Field, result: unknown, values: unknown[]]>([
	['duration', 5, [5, '5', '5s', '5 S', '5 sec', '5 secs.', '5 seconds', '5,0', ...EMPTY_CELLS]],
	['duration', 5, ['\uff15', '5\u200b', '5\u00a0s']],
	['duration', 7, [' 7 ', '7 second', '07', '+7', '7.0', '7.000']],
	['poll', 1.8, [1.8, '1.8', '1,8', '1.80', '1.8000']],
	['poll', 900, ['900.000', '0900.000']],
	['poll', 1.125, [1.125]],
	['maxCost', 0.5, ['0,5', ',5', '0,500', 0.5, '.5', '0.5']],
	['maxCost', 5, ['$5', '5 $', 'US$ 5,0', 'USD 5', '5usd']],
	['maxCost', 1234.567, ['1234,567']],
	['audio', true, [true, 'TRUE', ' True ', 1, '1', 'yes', 'y', 'on', 'Vrai', ...EMPTY_CELLS]],
	['watermark', true, ['\uff11', 'WAHR']],
	['watermark', false, [false, 'FALSE', 0, '0', 'no', 'n', 'Off', 'FALSCH', 'non', ...EMPTY_CELLS]],
	['audio', false, ['false', 'nein']],
	['outputField', 'data', EMPTY_CELLS],
	['prompt', 'A fox', ['A fox', '  A fox \n']],
	['prompt', '2024', [2024]],
	['prompt', 'false', [false]],
	['prompt', '🦊', ['\ud83e\udd8a']],
	[
		'aspectRatio',
		'16:9',
		['16:9', '16:09', '16:09:00', ' 16 : 9 ', '16x9', '16/9', ...EMPTY_CELLS],
	],
	['aspectRatio', '16:9', ['16\u00d79', '16\uff1a9', '\uff11\uff16:\uff10\uff19', '16\u22369']],
	['aspectRatio', '16:9', ['4:09 PM', '04:09:00 p.m.', '16:09 PM']],
	['aspectRatio', '9:16', ['9:16', '9:16:00', '09:16:00', '9:16 AM']],
	['aspectRatio', '1:1', ['1:1', '1:01', '01:01:00', '1:01am']],
	// As Excel stores them, and as they come out of fewer digits, or of a German sheet.
	['aspectRatio', '16:9', [0.6729166666666667, '0.6729166666666667']],
	['aspectRatio', '9:16', [0.3861111111111111, '0,38611']],
	['aspectRatio', '1:1', [0.0423611111111111, '0.04236']],
	['quality', '4k', ['4K', ...EMPTY_CELLS]],
	['quality', 'std', ['std', ' STD ', 's-t-d', 'fast (720P)', 'Fast', '720p', 'fast 720p']],
	['quality', 'std', ['Fast(720p)', '\uff26\uff41\uff53\uff54']],
	['metadata', { row: 7 }, ['{"row": 7}', { row: 7, gone: undefined }]],
	['metadata', { at: '1970-01-01T00:00:00.000Z' }, [{ at: new Date(0) }]],
	['metadata', {}, ['null', ...EMPTY_CELLS]],
	['list', [1, 2], ['[1, 2]', [1, 2]]],
	['list', [], EMPTY_CELLS],
])('%s is %j where a cell holds any of %j', (field, result, values) => {
	expect(values.map((value): unknown => READ[field](value))).toStrictEqual(
		values.map(() => result),
	);
});

const NO_DURATION = 'is @, but must be a whole number from 3 to 15';
const NO_RATIO = 'is @, but must be 16:9, 9:16 or 1:1';
const NO_OBJECT = 'must be an object such as {"row": 7}';
const TWO_WAYS = 'is @, which can be read in two ways, but must be a number above 0';

test.each<[Field, sentence: string, values: unknown[]]>([
	['duration', NO_DURATION, [20, '20', 2, 4.5, '4,5', '5 min', '5 s s', 's', '5:00', '5 USD']],
	['duration', NO_DURATION, ['1e1', '0x5', NaN, Infinity, true, {}, [5], new Date(0)]],
	['maxCost', 'is @, but must be a number above 0', [0, -1, '5 EUR', '\u20ac5', '$5$', '5 s']],
	['maxCost', 'is @, but must be a number above 0', ['1,5,5', '1.5,5']],
	['maxCost', TWO_WAYS, ['1,000', '12,345', '1,000,000', '$1,000', '1.800']],
	['poll', 'is @, which can be read in two ways, but must be', ['1.800', '12.345', '+1.800']],
	['poll', 'is @, but must be a number from 0.1 to 86,400', [0.05, 90_000]],
	['shot', '(shot 2, duration) is empty, but must be a whole number from 1', EMPTY_CELLS],
	['audio', 'is @, but must be true or false', ['maybe', 'x', 2, {}, []]],
	['prompt', 'is empty, but must be a text', EMPTY_CELLS],
	['prompt', 'is @, but must be a text', [{}, ['a']]],
	['prompt', 'NUL', ['a\0b']],
	[
		'prompt',
		'is a text with half of a character (such as a cut emoji) in it, but must be text without it',
		['A fox \ud83e', '\udd8a fox', 'a\ud83e b', '\ud83e\ud83e\udd8a'],
	],
	['aspectRatio', NO_RATIO, ['4:3', '04:03:00', '16:90', '9:16:30', '1:10', '16', '161:9', '169']],
	['aspectRatio', NO_RATIO, ['4:09', '9:16 PM', '1:01 PM', '12:01 AM', {}]],
	['aspectRatio', NO_RATIO, [0.67, 0.673, 0.672, 1.673, 0, 1, -0.1]],
	['quality', 'is @, but must be std or 4k', ['8k', {}]],
	['movement', 'is @, but must be ', ['()', '-', '_']],
	['metadata', NO_OBJECT, ['[1]', [1], '"text"', '5', 5, true, '{', '{row: 7}', LOOP]],
	['metadata', "'Metadata' is not JSON", [LOOP]],
	['list', 'is an object, but must be a list', ['{}', {}]],
	['list', 'is "[", which is not JSON, but must be a list', ['[']],
])('%s %s: any of %p', (field, sentence, values) => {
	for (const value of values) {
		const refused = expect(() => READ[field](value));
		refused.toThrow(InvalidField);
		refused.toThrow(sentence.replace('@', shown(value)));
	}
});

test('every number of the range is read from its text, and every other one refused', () => {
	fc.assert(
		fc.property(fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 0, max: 20 })), (number) => {
			const fits = Number.isInteger(number) && number >= 3 && number <= 15;
			for (const value of [number, ` ${number} `]) {
				if (fits) expect(READ.duration(value)).toBe(number);
				else expect(() => READ.duration(value)).toThrow(InvalidField);
			}
		}),
	);
});

test('every character of a text stays as it is', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
			fc.pre(text.trim() !== '' && !text.includes('\0'));
			expect(READ.prompt(`  ${text} `)).toBe(text.trim());
		}),
	);
});

test('any object is read the same from its text and as it is', () => {
	fc.assert(
		fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
			const fromText = READ.metadata(JSON.stringify(object));
			expect(JSON.stringify(READ.metadata(object))).toBe(JSON.stringify(fromText));
		}),
	);
});

test.each([
	['a'.repeat(500), `"${'a'.repeat(60)}..."`],
	['one\n\ttwo', '"one two"'],
	['https://me:hunter2@example.com/a.png?signature=abc#x', '"https://example.com/a.png?..."'],
	[{}, 'an object'],
	[[5], 'a list'],
	[new Date(0), 'a date'],
])('%j is shown as %s', (value, words) => {
	expect(shown(value)).toBe(words);
});

test('any value is shown on one line of bounded length', () => {
	fc.assert(
		fc.property(fc.anything(), (value) => {
			expect(shown(value)).not.toMatch(/[\n\r]/);
			expect(Array.from(shown(value)).length).toBeLessThan(90);
		}),
	);
});
