import fc from 'fast-check';
import { readJsonList, readJsonObject } from '../../nodes/KlingFast/values';

const EMPTY_CELLS = [undefined, null, '', ' ', '\t\n', '\u00a0'];

describe('JSON', () => {
	it('takes an object as well as its text, and an empty cell as {}', () => {
		expect(readJsonObject('{"row": 7}', 'Metadata')).toEqual({ row: 7 });
		expect(readJsonObject({ row: 7 }, 'Metadata')).toEqual({ row: 7 });
		for (const empty of [...EMPTY_CELLS, 'null'])
			expect(readJsonObject(empty, 'Metadata')).toEqual({});
	});

	it('keeps what JSON can carry and nothing else', () => {
		const read = readJsonObject({ at: new Date(0), gone: undefined }, 'Metadata');
		expect(read).toStrictEqual({ at: '1970-01-01T00:00:00.000Z' });
	});

	it.each(['[1]', [1], '"text"', '5', 5, true, '{', '{row: 7}', '{{ $json.row }}'])(
		'refuses %p as an object',
		(value) => {
			expect(() => readJsonObject(value, 'Metadata')).toThrow(
				/^'Metadata' is .*, allowed is an object such as \{"row": 7\}$/,
			);
		},
	);

	it('refuses an object that refers to itself', () => {
		const loop: Record<string, unknown> = {};
		loop.self = loop;
		expect(() => readJsonObject(loop, 'Metadata')).toThrow("'Metadata' is not JSON");
	});

	it('takes a list as well as its text, and an empty cell as []', () => {
		expect(readJsonList('[1, 2]', 'Shot List (JSON)', 'a list')).toEqual([1, 2]);
		expect(readJsonList([1, 2], 'Shot List (JSON)', 'a list')).toEqual([1, 2]);
		expect(readJsonList(' ', 'Shot List (JSON)', 'a list')).toEqual([]);
		expect(() => readJsonList('{}', 'Shot List (JSON)', 'a list')).toThrow('is an object');
		expect(() => readJsonList('[', 'Shot List (JSON)', 'a list')).toThrow('which is not JSON');
	});

	it('reads any object the same from its text and as it is', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
				const fromText = readJsonObject(JSON.stringify(object), 'Metadata');
				expect(JSON.stringify(readJsonObject(object, 'Metadata'))).toBe(JSON.stringify(fromText));
			}),
		);
	});
});
