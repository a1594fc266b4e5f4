import fc from 'fast-check';
import { readClipRequest, readEstimate } from '../../nodes/KlingFast/actions/video/readClip';
import { InvalidField } from '../../nodes/KlingFast/invalidField';
import { rowReader } from './rowReader';

const row = (parameters: Record<string, unknown>) => readClipRequest(rowReader(parameters));
const refused = (parameters: Record<string, unknown>) => () => row(parameters);
const estimate = (parameters: Record<string, unknown>) =>
	readEstimate(rowReader({ operation: 'estimateCost', ...parameters }));

function sentenceOf(refuse: () => unknown): string {
	try {
		refuse();
	} catch (error) {
		if (error instanceof InvalidField) return error.message;
	}
	throw new Error('Nothing was refused');
}

describe('a row of Generate Video', () => {
	it('needs no more than a prompt', () => {
		expect(row({ prompt: ' A red fox ' })).toEqual({
			shotsKind: 'single',
			prompt: 'A red fox',
			shots: [],
			durationSeconds: 5,
			aspectRatio: '16:9',
			quality: 'std',
			audio: true,
			moderate: false,
			watermark: false,
			metadata: {},
		});
	});

	it('is read as a sheet gives it', () => {
		expect(
			row({
				prompt: 2024,
				duration: '7',
				aspectRatio: '9:16:00',
				quality: 'PRO',
				audio: 'FALSE',
				metadata: { row: 3 },
				options: {
					cameraMovement: 'Pan Left',
					moderate: 'TRUE',
					negativePrompt: ' blurry ',
					watermark: '1',
				},
			}),
		).toEqual({
			shotsKind: 'single',
			prompt: '2024',
			shots: [],
			durationSeconds: 7,
			aspectRatio: '9:16',
			quality: 'pro',
			audio: false,
			negativePrompt: 'blurry',
			cameraMovement: 'Camera: slow pan to the left.',
			moderate: true,
			watermark: true,
			metadata: { row: 3 },
		});
	});

	it('takes the default for every empty cell but the prompt', () => {
		const empty = { duration: '', aspectRatio: ' ', quality: '', audio: '', metadata: '' };
		const options = { cameraMovement: '', moderate: '', negativePrompt: '', watermark: null };
		expect(row({ prompt: 'A fox', ...empty, options })).toEqual(row({ prompt: 'A fox' }));
		expect(refused({ ...empty, options })).toThrow(
			"'Prompt' is empty, allowed is a text of up to 2,500 characters",
		);
	});

	it.each([
		[{ duration: 20 }, "'Duration (Seconds)' is 20, allowed is a whole number from 3 to 15"],
		[{ aspectRatio: '4:3' }, '\'Aspect Ratio\' is "4:3", allowed is 16:9, 9:16 or 1:1'],
		[{ quality: 'ultra' }, '\'Quality\' is "ultra", allowed is std, pro or 4k'],
		[{ audio: 'loud' }, '\'Generate Audio\' is "loud", allowed is true or false'],
		[{ shots: 'many' }, '\'Shots\' is "many", allowed is single, custom, json or auto'],
		[{ source: 'video' }, '\'Start From\' is "video", allowed is text or image'],
		[{ metadata: 'row 3' }, '\'Metadata\' is "row 3", which is not JSON'],
		[
			{ options: { cameraMovement: 'spin' } },
			'\'Camera Movement\' is "spin", allowed is craneDown',
		],
		[{ options: { moderate: 'perhaps' } }, '\'Check Content First\' is "perhaps"'],
		[{ options: { watermark: 'perhaps' } }, '\'Watermark\' is "perhaps"'],
		[{ options: { negativePrompt: 'n'.repeat(2501) } }, "'Negative Prompt' is 2,501 characters"],
		[{ prompt: 'p'.repeat(2501) }, "'Prompt' is 2,501 characters"],
	])('refuses %p', (parameters, sentence) => {
		expect(refused({ prompt: 'A fox', ...parameters })).toThrow(sentence);
	});

	it('passes over what is left in hidden fields', () => {
		const request = row({
			prompt: 'A fox',
			shotListJson: 'broken',
			startImageUrl: 'broken',
			endImageUrl: 'broken',
		});
		expect(request).toEqual(row({ prompt: 'A fox' }));
	});
});

describe('metadata', () => {
	const metadataOf = (bytes: number) => ({ note: 'x'.repeat(bytes - '{"note":""}'.length) });

	it('holds 1,000 UTF-8 bytes of compact JSON', () => {
		expect(row({ prompt: 'A fox', metadata: metadataOf(1000) }).metadata).toEqual(metadataOf(1000));
		expect(refused({ prompt: 'A fox', metadata: metadataOf(1001) })).toThrow(
			"'Metadata' is 1,001 bytes of JSON, allowed is up to 1,000",
		);
		expect(refused({ prompt: 'A fox', metadata: { note: '狐'.repeat(400) } })).toThrow(
			'1,211 bytes',
		);
		expect(row({ prompt: 'A fox', metadata: `{ ${' '.repeat(2000)} "row": 1 }` }).metadata).toEqual(
			{
				row: 1,
			},
		);
	});
});

describe('shots', () => {
	const custom = (...shot: unknown[]) => ({ shots: 'custom', shotList: { shot } });
	const json = (shotListJson: unknown) => ({ shots: 'json', shotListJson });

	it('come from the list, without the empty ones, and their sum is the length', () => {
		const request = row(
			custom(
				{ prompt: ' A wave ', duration: '4' },
				{ prompt: '  ', duration: 9 },
				{ prompt: 'A gull', duration: '' },
			),
		);
		expect(request).toMatchObject({
			shotsKind: 'custom',
			prompt: '',
			durationSeconds: 7,
			shots: [
				{ prompt: 'A wave', durationSeconds: 4 },
				{ prompt: 'A gull', durationSeconds: 3 },
			],
		});
	});

	it('come from JSON text or from an object as well, whatever else it holds', () => {
		const script = [{ index: 1, prompt: 'A wave', duration: 4 }, { prompt: '' }, null];
		const expected = { durationSeconds: 4, shots: [{ prompt: 'A wave', durationSeconds: 4 }] };
		expect(row(json(script))).toMatchObject(expected);
		expect(row(json(JSON.stringify(script)))).toMatchObject(expected);
	});

	it.each([
		[{ shots: 'custom' }, "'Shot List' is empty, allowed is 1 to 6 shots"],
		[custom({ prompt: '', duration: 5 }), "'Shot List' is empty"],
		[custom({ prompt: 'a', duration: 20 }), "'Shot List' (shot 1, duration) is 20"],
		[custom({ prompt: 'a', duration: 2 }), "'Shot List' is 2 seconds long"],
		[json('[]'), "'Shot List (JSON)' is empty"],
		[json(''), "'Shot List (JSON)' is empty"],
		[json('[{'), '\'Shot List (JSON)\' is "[{", which is not JSON, allowed is a list such as'],
		[json({ prompt: 'a' }), "'Shot List (JSON)' is an object, allowed is a list such as"],
		[json(['a wave']), '\'Shot List (JSON)\' (shot 1) is "a wave", allowed is {"prompt"'],
		[json([{ prompt: 'a' }]), "'Shot List (JSON)' (shot 1, duration) is empty"],
		[json([{ prompt: {}, duration: 3 }]), "'Shot List (JSON)' (shot 1, prompt) is an object"],
		[json(Array(7).fill({ prompt: 'a', duration: 1 })), "'Shot List (JSON)' is a list of 7 shots"],
	])('%p is refused', (parameters, sentence) => {
		expect(refused(parameters)).toThrow(sentence);
		expect(() => estimate(parameters)).toThrow(sentence);
	});

	it('keep the number that they have on screen when one is refused', () => {
		const parameters = custom({ prompt: '' }, { prompt: 'a'.repeat(513), duration: 3 });
		expect(refused(parameters)).toThrow("'Shot List' (shot 2, prompt) is 513 characters long");
		const moving = custom({ prompt: '' }, { prompt: 'a'.repeat(500), duration: 3 });
		expect(refused({ ...moving, options: { cameraMovement: 'zoomIn' } })).toThrow(
			"'Shot List' (shot 2, prompt) is 522 characters long with the words of 'Camera Movement'",
		);
	});

	it('that the model splits take the prompt and the duration', () => {
		expect(row({ shots: 'auto', prompt: 'A day at sea', duration: 12 })).toMatchObject({
			shotsKind: 'auto',
			prompt: 'A day at sea',
			durationSeconds: 12,
			shots: [],
		});
	});
});

describe('images', () => {
	const image = { prompt: 'A fox', source: 'image' };
	const file = { ...image, imageInput: 'binary' };

	it('come from addresses', () => {
		const startImageUrl = ' https://example.com/a.png ';
		expect(row({ ...image, startImageUrl })).toMatchObject({
			startFrame: { url: 'https://example.com/a.png' },
		});
		expect(row({ ...image, startImageUrl })).not.toHaveProperty('endFrame');
		expect(
			row({ ...image, startImageUrl, endImageUrl: 'https://example.com/b.png' }),
		).toHaveProperty('endFrame', { url: 'https://example.com/b.png' });
	});

	it('come from files of the item', () => {
		expect(row(file)).toMatchObject({ startFrame: { binaryField: 'data' } });
		expect(row(file)).not.toHaveProperty('endFrame');
		expect(row({ ...file, startImageField: 'first', endImageField: 'last' })).toMatchObject({
			startFrame: { binaryField: 'first' },
			endFrame: { binaryField: 'last' },
		});
	});

	it.each([
		[image, "'Start Image URL' is empty, allowed is the address of an image"],
		[
			{ ...image, endImageUrl: 'https://example.com/b.png' },
			"'Start Image URL' is empty, allowed is the address of an image whenever 'End Image URL' is",
		],
		[
			{ ...image, startImageUrl: 'a.png' },
			'\'Start Image URL\' is "a.png", allowed is a web address',
		],
		[{ ...image, imageInput: 'drive' }, '\'Image Input\' is "drive", allowed is url or binary'],
	])('%p is refused', (parameters, sentence) => {
		expect(refused(parameters)).toThrow(sentence);
	});
});

describe('an estimate', () => {
	it('takes length, quality and audio of the row, and needs no prompt', () => {
		expect(estimate({})).toEqual({
			shotsKind: 'single',
			prompt: '',
			shots: [],
			durationSeconds: 5,
			aspectRatio: '16:9',
			quality: 'std',
			audio: true,
		});
		expect(estimate({ duration: '8', quality: '4K', audio: 'no' })).toMatchObject({
			durationSeconds: 8,
			quality: '4k',
			audio: false,
		});
		expect(
			estimate({ shots: 'json', shotListJson: '[{"prompt":"a","duration":4}]', duration: 9 }),
		).toMatchObject({ durationSeconds: 4, shots: [{ prompt: 'a', durationSeconds: 4 }] });
	});

	it('is of what could be generated with the same fields', () => {
		const fields = {
			prompt: 'A fox',
			aspectRatio: '9:16:00',
			options: { cameraMovement: 'static' },
			source: 'image',
			imageInput: 'binary',
			startImageField: 'photo',
		};
		expect(row(fields)).toMatchObject(estimate(fields));
		for (const [field, value] of [
			['prompt', 'x'.repeat(2501)],
			['aspectRatio', '4:3'],
			['duration', 99],
			['source', 'film'],
		]) {
			const wrong = { ...fields, [field]: value };
			const sentence = sentenceOf(() => row(wrong));
			expect(sentenceOf(() => estimate(wrong))).toBe(sentence);
		}
	});
});

describe('any row', () => {
	it('becomes a request, or is refused in one sentence that names a field', () => {
		const cell = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.integer({ min: -1, max: 20 }),
			fc.boolean(),
			fc.constant(null),
			fc.constantFrom('5', '9:16:00', 'TRUE', 'pro', 'https://example.com/a.png', '{}', '[]'),
			fc.jsonValue({ maxDepth: 2 }),
		);
		const anyRow = fc.record(
			{
				prompt: cell,
				shots: fc.constantFrom('single', 'auto', 'custom', 'json'),
				source: fc.constantFrom('text', 'image'),
				imageInput: fc.constantFrom('url', 'binary'),
				shotListJson: cell,
				startImageUrl: cell,
				endImageUrl: cell,
				duration: cell,
				aspectRatio: cell,
				quality: cell,
				audio: cell,
				metadata: cell,
			},
			{ requiredKeys: [] },
		);
		let accepted = 0;
		fc.assert(
			fc.property(anyRow, (parameters) => {
				try {
					const request = row(parameters);
					accepted += 1;
					expect(request.durationSeconds).toBeGreaterThanOrEqual(3);
				} catch (error) {
					expect(error).toBeInstanceOf(InvalidField);
					expect(error).toHaveProperty(
						'message',
						expect.stringMatching(/^'[A-Z][^']+'.* is .+, allowed is .+$/s),
					);
				}
			}),
			{ numRuns: 1000, seed: 20260822 },
		);
		expect(accepted).toBeGreaterThan(0);
	});
});
