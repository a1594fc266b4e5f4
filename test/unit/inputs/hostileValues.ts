/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import fc from 'fast-check';

const LONG_TEXT = 'a very long text '.repeat(6_000);

/** Texts as they come out of sheets, chats, forms and attacks. */
const texts = [
	...['', ' ', '\t\r\n', '\0', 'a\0b', '\uFEFF', '\u202Eevird a', 'مركب صغير', '紙の船', '🛶'],
	...[
		'👨‍👩‍👧‍👦',
		'e\u0301',
		'\uD83D',
		' 5 ',
		'Fast (720p)',
		'a\r\nX: y',
		'{{ 7*7 }}',
		"' OR 1",
		LONG_TEXT,
	],
	...words('null undefined NaN Infinity -0 1e3 0x10 1_000 5,5 5 5.0 05 +5 5.5 -1 TRUE no on 0 1'),
	...words('999999999999999999999 16:9 16:09 9:16:00 1:01:00 1:1 16/9 std pro 4K HD'),
	...words('{} [] {"row":1} [{"prompt":"a","duration":3}] {"__proto__":{"a":1}} {"a" [1 "x"'),
	...words('__proto__ constructor ../../etc/passwd ${7*7} <b>x</b> http:// https://a //a/b'),
	...words('https://a.example/x.png ftp://a.example/x http://127.0.0.1/x javascript:alert(1)'),
	...words('data:image/png;base64,AA https://u:p@a.example/x http://[::1]/x file:///x'),
	...words('task_01KV7FXR8BEYS1BWHJCT3JMCJ5 task_A/../../balance single custom json auto image'),
	...words('submitOnly callback binary pan-left'),
];

/** Texts of 200,000 characters at which a pattern that starts over again and again takes seconds, or minutes. */
export const ENDLESS_TEXTS: ReadonlyArray<[name: string, text: string]> = [
	...['0', '1', 'a', ' ', '\n', '.', '/', ':', '-', '<', '[', '@', '\\', '\u{1F6F6}'],
	...['a.', '0:', '1,', '//', '::', 'a@', 'sk-', 'task_', 'bearer ', '<script>', '<a href="'],
	...['http://', 'https://a/', 'https://a?', 'https:\\/\\/', '/v1', '/callback', '"error":'],
].flatMap((unit): Array<[string, string]> =>
	['', 'https://a.example/', '<html>'].map((head) => [
		JSON.stringify(`${head}${unit}...`),
		`${head}${unit.repeat(200_000 / unit.length)}!`,
	]),
);

/** At an endless text: some 20 times what an honest reader needs, and a small part of the seconds that it costs to start over. */
const ENDLESS_MS = 500;

/** Whether it takes more of the processor's time than that each time. A refusal is as good as a result here. */
export function isSlow(work: () => unknown, mostMs = ENDLESS_MS): boolean {
	return [1, 2, 3, 4, 5].every(() => {
		const before = process.cpuUsage();
		try {
			work();
		} catch {
			return process.cpuUsage(before).user / 1000 > mostMs;
		}
		return process.cpuUsage(before).user / 1000 > mostMs;
	});
}

const numbers = [
	...[0, -0, 1, 3, 5, 15, 16, 2.5, -1, 100, 101, 86_400, 86_401, 1e21, 5e-324],
	...[NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER],
];

const objects: unknown[] = [
	...[{}, [], [[]], [null], { row: 1 }, { shot: [] }, { shot: 'x' }, { shot: [{}] }, new Date(0)],
	...[{ shot: [{ prompt: 'A wave', duration: 3 }] }, { shot: [{ prompt: 5, duration: '3' }] }],
	...[
		[{ prompt: 'A wave', duration: 3 }],
		[{ prompt: 'A wave' }],
		[{ duration: 3 }],
		[1, 2],
		['a'],
	],
	...[Array(7).fill({ prompt: 'A wave', duration: 1 }), [{ prompt: LONG_TEXT, duration: 3 }]],
	...[[{ prompt: 'a\0b', duration: 3 }], { text: LONG_TEXT }, { a: { b: { c: [{ d: null }] } } }],
];

/** Whatever an expression may come to: the known troublemakers, and values that nobody thought of. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 4, arbitrary: fc.constantFrom<unknown>(...texts) },
	{ weight: 2, arbitrary: fc.constantFrom<unknown>(...numbers) },
	{ weight: 2, arbitrary: fc.constantFrom<unknown>(...objects) },
	{ weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, true, false) },
	{ weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 3_000 }) },
	{ weight: 1, arbitrary: fc.double() },
	{ weight: 1, arbitrary: fc.integer() },
	{ weight: 2, arbitrary: fc.jsonValue() },
);

/** Fewer and shorter ones, that survive the way through a saved workflow and an expression. */
export const hostileCell: fc.Arbitrary<unknown> = fc.oneof(
	fc.constantFrom<unknown>(
		...texts.filter((text) => text !== LONG_TEXT),
		LONG_TEXT.slice(0, 3_000),
	),
	fc.constantFrom<unknown>(...numbers.filter(Number.isFinite)),
	fc.constantFrom<unknown>(...objects.filter((value) => !(value instanceof Date))),
	fc.constantFrom<unknown>(null, true, false),
	fc.jsonValue(),
);

function words(text: string): string[] {
	return text.split(' ');
}
