/** One table of rows of Generate Video: what each asks APIMart for. A new field is one line more. */
import {
	type Row,
	ZOOM,
	zoomIn,
	URL,
	requestOf,
	estimate,
	bodyOf,
	custom,
	json,
	image,
	file,
	MUG,
	withMug,
} from './clipRows';

const SANDBOX_URL = 'http://127.0.0.1:4010';
const PLAIN = {
	model: 'kling-v3',
	prompt: 'A fox',
	mode: 'std',
	duration: 5,
	aspect_ratio: '16:9',
	audio: true,
};
const written = (...shots: Array<[prompt: string, duration: number]>) => ({
	prompt: undefined,
	duration: shots.reduce((sum, [, seconds]) => sum + seconds, 0),
	multi_shot: true,
	shot_type: 'customize',
	multi_prompt: shots.map(([prompt, duration], index) => ({ index: index + 1, prompt, duration })),
});
const sentElement = (name: string, ...urls: string[]) => ({
	...{ name, description: 'A blue mug', element_input_urls: urls },
});
const UMLAUT = 'https://ex\u00e4mple.com/a';
const ENDING = `${URL}?x=1#y`;
const EMPTY_ROW = {
	...{ duration: '', aspectRatio: ' ', quality: '', audio: '', metadata: '' },
	options: { cameraMovement: '', moderate: '', negativePrompt: '', watermark: null },
};

test.each<[row: Row, body: Row]>([
	[{}, {}],
	[{ prompt: ' A red fox ' }, { prompt: 'A red fox' }],
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
	[
		json([
			{ row: 2, prompt: 'a', duration: 5 },
			{ row: 3, prompt: '', name: 'b' },
			{ row: 4, duration: '' },
		]),
		written(['a', 5]),
	],
	...['\u676f\u5b50@mug', '(@mug)', 'A cup,@mug', '-@mug'].map((prompt): [Row, Row] => [
		{ ...withMug(), prompt },
		{ prompt, element_list: [sentElement('mug', URL, URL)] },
	]),
	[withMug(), { prompt: 'A fox drinks from @mug.', element_list: [sentElement('mug', URL, URL)] }],
	[
		{
			prompt: '@cup and @mug',
			options: {
				elements: {
					element: [
						{ ...MUG, name: '@cup', imageUrls: ` ${URL},\n\n${URL}?2,${URL}?3 ` },
						{},
						{ name: '', imageUrls: [] },
					],
				},
				elementsJson: JSON.stringify([MUG]),
			},
		},
		{
			prompt: '@cup and @mug',
			element_list: [sentElement('cup', URL, `${URL}?2`, `${URL}?3`), sentElement('mug', URL, URL)],
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
	[{ ...custom({ prompt: 'A', duration: 4 }), ...zoomIn }, written([`A\n${ZOOM}`, 4])],
	[json([{ index: 1, prompt: 'A', duration: 4 }, { prompt: '' }, null]), written(['A', 4])],
	[json('[{"prompt": "A", "duration": 4}]'), written(['A', 4])],
	[custom({ prompt: '🦊'.repeat(512), duration: 3 }), written(['🦊'.repeat(512), 3])],
	[custom(...Array(6).fill({ prompt: 'A', duration: 2 })), written(...Array(6).fill(['A', 2]))],
	[{ ...image, startImageUrl: ` ${URL} ` }, { image_urls: [URL] }],
	[{ ...image, startImageUrl: URL, endImageUrl: ENDING }, { image_urls: [URL, ENDING] }],
	[{ ...image, startImageUrl: UMLAUT }, { image_urls: [UMLAUT] }],
	[file, { image_urls: ['uploaded data'] }],
	[
		{ ...file, startImageField: 'a', endImageField: 'b' },
		{ image_urls: ['uploaded a', 'uploaded b'] },
	],
	[{ shotListJson: 'broken', startImageUrl: 'broken', endImageUrl: 'broken' }, {}],
	[{ prompt: '🦊'.repeat(2500) }, { prompt: '🦊'.repeat(2500) }],
	[{ options: { negativePrompt: 'x'.repeat(2500) } }, { negative_prompt: 'x'.repeat(2500) }],
	[
		{ prompt: 'a'.repeat(2499 - ZOOM.length), ...zoomIn },
		{ prompt: `${'a'.repeat(2499 - ZOOM.length)}\n${ZOOM}` },
	],
])('%j asks for %j', (row, added) => {
	expect(bodyOf(row)).toEqual({ ...PLAIN, ...added });
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
		"'Metadata' is 1,001 bytes of JSON, but must be at most 1,000",
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

function refusalOf(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		return String(error);
	}
	throw new Error('Nothing was refused');
}
