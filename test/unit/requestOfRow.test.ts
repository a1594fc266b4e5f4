/** One table of rows of Generate Video: what each asks APIMart for, or the sentence that refuses it. A new field is one line more. */
import fc from 'fast-check';
import { readClipRequest, readEstimate } from '../../nodes/KlingFast/actions/video/readClip';
import { clipBody, type ClipRequest } from '../../nodes/KlingFast/apimart/clipRequest';
import { InvalidField } from '../../nodes/KlingFast/invalidField';
import { rowParams } from './rowReader';

type Row = Record<string, unknown>;

const BASE_URL = 'https://api.apimart.ai';
const SANDBOX_URL = 'http://127.0.0.1:4010';
const ZOOM = 'Camera: slow zoom in.';
const URL = 'https://example.com/a.png';

const requestOf = (row: Row, baseUrl = BASE_URL) => readClipRequest(rowParams(row), baseUrl);
const estimate = (row: Row) => readEstimate(rowParams({ operation: 'estimateCost', ...row }));
const bodyOf = (row: Row, baseUrl?: string): Row => {
	const request = requestOf({ prompt: 'A fox', ...row }, baseUrl);
	return JSON.parse(clipBody(request, addressesOf(request))) as Row;
};
const addressesOf = ({ startFrame, endFrame }: ClipRequest) =>
	[startFrame, endFrame].flatMap((frame) =>
		frame ? ['url' in frame ? frame.url : `uploaded ${frame.binaryField}`] : [],
	);

const PLAIN = {
	model: 'kling-v3',
	prompt: 'A fox',
	mode: 'std',
	duration: 5,
	aspect_ratio: '16:9',
	audio: true,
};
const custom = (...shot: unknown[]) => ({ shots: 'custom', shotList: { shot } });
const json = (shotListJson: unknown) => ({ shots: 'json', shotListJson });
const written = (...shots: Array<[prompt: string, duration: number]>) => ({
	prompt: undefined,
	duration: shots.reduce((sum, [, seconds]) => sum + seconds, 0),
	multi_shot: true,
	shot_type: 'customize',
	multi_prompt: shots.map(([prompt, duration], index) => ({ index: index + 1, prompt, duration })),
});
const image = { source: 'image' };
const file = { ...image, imageInput: 'binary' };
const MUG = { name: 'mug', description: 'A blue mug', imageUrls: [URL] };
const withMug = (changes: Row = {}) => ({
	prompt: 'A fox drinks from @mug.',
	options: { elementsJson: [{ ...MUG, ...changes }] },
});
const sentElement = (name: string, ...urls: string[]) => ({
	...{ name, description: 'A blue mug', element_input_urls: urls },
});
const EMPTY_ROW = {
	...{ duration: '', aspectRatio: ' ', quality: '', audio: '', metadata: '' },
	options: { cameraMovement: '', moderate: '', negativePrompt: '', watermark: null },
};

test.each<[row: Row, body: Row]>([
	[{}, {}],
	[{ prompt: ' A red fox ' }, { prompt: 'A red fox' }],
	[{ prompt: 2024 }, { prompt: '2024' }],
	[EMPTY_ROW, {}],
	[{ duration: '7' }, { duration: 7 }],
	[{ aspectRatio: '9:16:00' }, { aspect_ratio: '9:16' }],
	[{ quality: 'PRO' }, { mode: 'pro' }],
	[{ quality: '4K' }, { mode: '4k' }],
	[{ audio: 'FALSE' }, { audio: false }],
	[{ options: { moderate: 'TRUE' } }, { nsfw_check: true }],
	[{ options: { watermark: '1' } }, { watermark: true }],
	[{ options: { negativePrompt: ' blurry ' } }, { negative_prompt: 'blurry' }],
	[{ options: { cameraMovement: 'Zoom In' } }, { prompt: `A fox\n${ZOOM}` }],
	[withMug(), { prompt: 'A fox drinks from @mug.', element_list: [sentElement('mug', URL, URL)] }],
	[
		{
			prompt: '@cup and @mug',
			options: {
				elements: {
					element: [
						{ ...MUG, name: '@cup', imageUrls: ` ${URL},\n\n${URL}?2 ` },
						{},
						{ name: '', imageUrls: [] },
					],
				},
				elementsJson: JSON.stringify([MUG]),
			},
		},
		{
			prompt: '@cup and @mug',
			element_list: [sentElement('cup', URL, `${URL}?2`), sentElement('mug', URL, URL)],
		},
	],
	[
		{ ...custom({ prompt: 'A' }, { prompt: '@mug' }), options: withMug().options },
		{ ...written(['A', 3], ['@mug', 3]), element_list: [sentElement('mug', URL, URL)] },
	],
	[{ metadata: { row: 3 } }, {}],
	[
		{ shots: 'auto', duration: 12 },
		{ duration: 12, multi_shot: true, shot_type: 'intelligence' },
	],
	[custom({ prompt: ' A wave ', duration: '4' }), written(['A wave', 4])],
	[
		custom({ prompt: 'A' }, { prompt: '  ', duration: 9 }, { prompt: 'B', duration: '' }),
		written(['A', 3], ['B', 3]),
	],
	[
		{ ...custom({ prompt: 'A', duration: 4 }), options: { cameraMovement: 'zoomIn' } },
		written([`A\n${ZOOM}`, 4]),
	],
	[json([{ index: 1, prompt: 'A', duration: 4 }, { prompt: '' }, null]), written(['A', 4])],
	[json('[{"prompt": "A", "duration": 4}]'), written(['A', 4])],
	[custom({ prompt: '🦊'.repeat(512), duration: 3 }), written(['🦊'.repeat(512), 3])],
	[
		custom(...Array.from({ length: 6 }, () => ({ prompt: 'A', duration: 2 }))),
		written(...Array.from({ length: 6 }, (): [string, number] => ['A', 2])),
	],
	[{ ...image, startImageUrl: ` ${URL} ` }, { image_urls: [URL] }],
	[
		{ ...image, startImageUrl: URL, endImageUrl: `${URL}?x=1#y` },
		{ image_urls: [URL, `${URL}?x=1#y`] },
	],
	[
		{ ...image, startImageUrl: 'https://ex\u00e4mple.com/a' },
		{ image_urls: ['https://ex\u00e4mple.com/a'] },
	],
	[file, { image_urls: ['uploaded data'] }],
	[
		{ ...file, startImageField: 'a', endImageField: 'b' },
		{ image_urls: ['uploaded a', 'uploaded b'] },
	],
	[{ shotListJson: 'broken', startImageUrl: 'broken', endImageUrl: 'broken' }, {}],
	[{ prompt: '🦊'.repeat(2500) }, { prompt: '🦊'.repeat(2500) }],
	[{ options: { negativePrompt: 'x'.repeat(2500) } }, { negative_prompt: 'x'.repeat(2500) }],
	[
		{ prompt: 'a'.repeat(2499 - ZOOM.length), options: { cameraMovement: 'zoomIn' } },
		{ prompt: `${'a'.repeat(2499 - ZOOM.length)}\n${ZOOM}` },
	],
])('%j asks for %j', (row, added) => {
	expect(bodyOf(row)).toEqual({ ...PLAIN, ...added });
});

const WITH_MOVEMENT = " characters long with the words of 'Camera Movement', allowed is up to ";

test.each<[row: Row, sentence: string]>([
	[{ prompt: '' }, "'Prompt' is empty, allowed is a text of up to 2,500 characters"],
	[{ prompt: '', shots: 'auto' }, "'Prompt' is empty"],
	[{ prompt: '🦊'.repeat(2501) }, "'Prompt' is 2,501 characters long, allowed is up to 2,500"],
	[{ prompt: 'a\0b' }, "'Prompt' is a text with a NUL character in it"],
	[
		{ prompt: 'a'.repeat(2500 - ZOOM.length), options: { cameraMovement: 'zoomIn' } },
		`'Prompt' is 2,501${WITH_MOVEMENT}2,500`,
	],
	[{ duration: 20 }, "'Duration (Seconds)' is 20, allowed is a whole number from 3 to 15"],
	[{ duration: 2 }, "'Duration (Seconds)' is 2, allowed"],
	[{ duration: 5.5 }, "'Duration (Seconds)' is 5.5, allowed"],
	[{ aspectRatio: '4:3' }, '\'Aspect Ratio\' is "4:3", allowed is 16:9, 9:16 or 1:1'],
	[{ quality: 'ultra' }, '\'Quality\' is "ultra", allowed is std, pro or 4k'],
	[{ audio: 'loud' }, '\'Generate Audio\' is "loud", allowed is true or false'],
	[{ shots: 'many' }, '\'Shots\' is "many", allowed is single, custom, json or auto'],
	[{ source: 'video' }, '\'Start From\' is "video", allowed is text or image'],
	[{ ...image, imageInput: 'drive' }, '\'Image Input\' is "drive", allowed is url or binary'],
	[{ metadata: 'row 3' }, '\'Metadata\' is "row 3", which is not JSON'],
	[{ options: { cameraMovement: 'spin' } }, '\'Camera Movement\' is "spin", allowed is craneDown'],
	[{ options: { moderate: 'perhaps' } }, '\'Check Content First\' is "perhaps"'],
	[{ options: { watermark: 'perhaps' } }, '\'Watermark\' is "perhaps"'],
	[
		{ options: { negativePrompt: 'n'.repeat(2501) } },
		"'Negative Prompt' is 2,501 characters long, allowed is up to 2,500",
	],
	[{ options: { negativePrompt: 'a\0b' } }, "'Negative Prompt' is a text with a NUL"],
	[
		{ ...withMug(), prompt: 'A mug, @mugs' },
		'\'Elements (JSON)\' (element 1, name) is "mug", allowed is a name that the prompt mentions as @mug',
	],
	[
		withMug({ name: 'my mug' }),
		'\'Elements (JSON)\' (element 1, name) is "my mug", allowed is a name of',
	],
	[withMug({ name: '' }), "'Elements (JSON)' (element 1, name) is empty"],
	[withMug({ description: ' ' }), "'Elements (JSON)' (element 1, description) is empty"],
	[
		withMug({ imageUrls: [] }),
		"'Elements (JSON)' (element 1, imageUrls) is empty, allowed is 1 to 4",
	],
	[
		withMug({ imageUrls: Array(5).fill(URL) }),
		"'Elements (JSON)' (element 1, imageUrls) is a list of 5, allowed is 1 to 4 addresses of images",
	],
	[
		withMug({ imageUrls: [URL, 'http://localhost/mug.png'] }),
		'imageUrls) is "http://localhost/mug.png", allowed is an address on the public internet',
	],
	[
		{ ...withMug(), options: { elementsJson: [MUG, MUG] } },
		'\'Elements (JSON)\' (element 2, name) is "mug" a second time, allowed is another name',
	],
	[
		{
			prompt: '@a @b @c @d',
			options: { elementsJson: [...'abcd'].map((name) => ({ ...MUG, name })) },
		},
		"'Elements (JSON)' is a list of 4 elements, allowed is up to 3 in all",
	],
	[
		{ options: { elementsJson: ['mug'] } },
		'\'Elements (JSON)\' (element 1) is "mug", allowed is {',
	],
	[
		{ options: { elementsJson: '{}' } },
		"'Elements (JSON)' is an object, allowed is a list such as",
	],
	[
		{ options: { elements: { element: [{ name: 'cup' }] } } },
		"'Elements' (element 1, description) is empty",
	],
	[image, "'Start Image URL' is empty, allowed is the address of an image"],
	[
		{ ...image, endImageUrl: URL },
		"'Start Image URL' is empty, allowed is the address of an image whenever 'End Image URL' is",
	],
	...[
		'a.png',
		'ftp://a.b/c',
		'data:image/png;base64,AA',
		'https://a.b/c d',
		'https://',
		'//a.b/c',
	].map((startImageUrl): [Row, string] => [
		{ ...image, startImageUrl },
		`'Start Image URL' is "${startImageUrl}", allowed is a web address`,
	]),
	[{ ...image, startImageUrl: URL, endImageUrl: 'b.png' }, '\'End Image URL\' is "b.png"'],
	[
		{ ...image, startImageUrl: 'https://me:hunter2@example.com/a.png' },
		"'Start Image URL' is an address with a user name or password in it, allowed is one without",
	],
	[
		{ ...image, startImageUrl: 'http://10.0.0.1/a.png?signature=abc' },
		'\'Start Image URL\' is "http://10.0.0.1/a.png?...", allowed is an address on the public internet',
	],
	[
		{ ...image, startImageUrl: URL, endImageUrl: 'http://localhost:5678/b.png' },
		'\'End Image URL\' is "http://localhost:5678/b.png", allowed is an address on the public internet',
	],
])('%j is refused: %s', (row, sentence) => {
	expect(() => requestOf({ prompt: 'A fox', ...row })).toThrow(sentence);
});

test.each<[row: Row, sentence: string]>([
	[{ shots: 'custom' }, "'Shot List' is empty, allowed is 1 to 6 shots that have a prompt"],
	[custom({ prompt: '', duration: 5 }), "'Shot List' is empty"],
	[custom({ prompt: 'a', duration: 20 }), "'Shot List' (shot 1, duration) is 20, allowed"],
	[custom({ prompt: 'a', duration: 1.5 }), "'Shot List' (shot 1, duration) is 1.5, allowed"],
	[
		custom({ prompt: 'a', duration: 2 }),
		"'Shot List' is 2 seconds long (the sum of its shots), allowed is 3 to 15 seconds",
	],
	[
		custom({ prompt: '' }, { prompt: '🦊'.repeat(513), duration: 3 }),
		"'Shot List' (shot 2, prompt) is 513 characters long, allowed is up to 512",
	],
	[json('[]'), "'Shot List (JSON)' is empty"],
	[json(''), "'Shot List (JSON)' is empty"],
	[json('[{'), '\'Shot List (JSON)\' is "[{", which is not JSON, allowed is a list such as'],
	[json({ prompt: 'a' }), "'Shot List (JSON)' is an object, allowed is a list such as"],
	[json(['a wave']), '\'Shot List (JSON)\' (shot 1) is "a wave", allowed is {"prompt"'],
	[json([{ prompt: 'a' }]), "'Shot List (JSON)' (shot 1, duration) is empty"],
	[json([{ prompt: {}, duration: 3 }]), "'Shot List (JSON)' (shot 1, prompt) is an object"],
	[
		json([10, 6].map((duration) => ({ prompt: 'a', duration }))),
		"'Shot List (JSON)' is 16 seconds",
	],
	[json(Array(7).fill({ prompt: 'a', duration: 1 })), "'Shot List (JSON)' is a list of 7 shots"],
])('neither a clip nor an estimate: %j is refused: %s', (row, sentence) => {
	expect(() => requestOf(row)).toThrow(sentence);
	expect(() => estimate(row)).toThrow(sentence);
});

test('a shot is as long as what is sent, the words of the camera movement included', () => {
	const row = { ...custom({ prompt: 'a'.repeat(500) }), options: { cameraMovement: 'zoomIn' } };
	expect(() => requestOf(row)).toThrow(`'Shot List' (shot 1, prompt) is 522${WITH_MOVEMENT}512`);
});

test('an image in the local network is fine where the provider is in it, too', () => {
	const row = { ...image, startImageUrl: 'http://localhost:5678/b.png' };
	expect(bodyOf(row, SANDBOX_URL)).toHaveProperty('image_urls', ['http://localhost:5678/b.png']);
});

test('metadata holds 1,000 UTF-8 bytes of compact JSON', () => {
	const metadataOf = (bytes: number) => ({ note: 'x'.repeat(bytes - '{"note":""}'.length) });
	const read = (metadata: unknown) => requestOf({ prompt: 'A fox', metadata }).metadata;
	expect(read(metadataOf(1000))).toEqual(metadataOf(1000));
	expect(() => read(metadataOf(1001))).toThrow(
		"'Metadata' is 1,001 bytes of JSON, allowed is up to 1,000",
	);
	expect(() => read({ note: '狐'.repeat(400) })).toThrow('1,211 bytes');
	expect(read(`{ ${' '.repeat(2000)} "row": 1 }`)).toEqual({ row: 1 });
});

test.each<[row: Row, estimate: Row]>([
	[{}, { shotsKind: 'single', prompt: '', shots: [], durationSeconds: 5, audio: true }],
	[
		{ duration: '8', quality: '4K', audio: 'no' },
		{ durationSeconds: 8, quality: '4k', audio: false },
	],
	[{ ...json('[{"prompt":"a","duration":4}]'), duration: 9 }, { durationSeconds: 4 }],
])('the estimate of %j is made of %j, and needs no prompt', (row, expected) => {
	expect(estimate(row)).toMatchObject(expected);
});

test('what can be estimated can be generated with the same fields', () => {
	const fields = {
		...{ prompt: 'A fox', aspectRatio: '9:16:00', ...file, startImageField: 'photo' },
		options: { cameraMovement: 'static' },
	};
	expect(requestOf(fields)).toMatchObject(estimate(fields));
	const wrong = { prompt: 'x'.repeat(2501), aspectRatio: '4:3', duration: 99, source: 'film' };
	for (const [name, value] of Object.entries(wrong)) {
		const row = { ...fields, [name]: value };
		expect(refusalOf(() => estimate(row))).toBe(refusalOf(() => requestOf(row)));
	}
});

test('any row becomes a request, or is refused in one sentence that names a field', () => {
	const cell = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.integer({ min: -1, max: 20 }),
		fc.boolean(),
		fc.constant(null),
		fc.constantFrom('5', '9:16:00', 'TRUE', 'pro', URL, '{}', '[]'),
		fc.jsonValue({ maxDepth: 2 }),
	);
	const columns = ['prompt', 'shotListJson', 'startImageUrl', 'endImageUrl', 'duration'];
	const cells = [...columns, 'aspectRatio', 'quality', 'audio', 'metadata'];
	const anyRow = fc.record(
		{
			shots: fc.constantFrom('single', 'auto', 'custom', 'json'),
			source: fc.constantFrom('text', 'image'),
			imageInput: fc.constantFrom('url', 'binary'),
			...Object.fromEntries(cells.map((name) => [name, cell])),
		},
		{ requiredKeys: [] },
	);
	let accepted = 0;
	fc.assert(
		fc.property(anyRow, (row) => {
			try {
				expect(requestOf(row).durationSeconds).toBeGreaterThanOrEqual(3);
				accepted += 1;
			} catch (error) {
				expect(error).toBeInstanceOf(InvalidField);
				expect(String(error)).toMatch(/^InvalidField: '[A-Z][^']+'.* is .+, allowed is .+$/s);
			}
		}),
		{ numRuns: 1000, seed: 20260822 },
	);
	expect(accepted).toBeGreaterThan(0);
});

function refusalOf(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		return String(error);
	}
	throw new Error('Nothing was refused');
}
