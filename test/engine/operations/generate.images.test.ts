import type { IBinaryData } from 'n8n-workflow';
import { jpeg, png } from '../../unit/apimart/imageFiles';
import { column, goingOn, hintsOf, jsonOf, setTheStage, type StageOptions } from '../laws/setup';
import { fromFiles, imageRows } from './imageRows';

const stage = setTheStage();

const PNG = png().toString('latin1');

const { image, row } = imageRows(stage);

type Items = StageOptions['items'];

/** Generate Video for rows whose start and end image are files. */
const make = async (items: Items, { parameters, ...more }: StageOptions = {}) =>
	await stage.run([], { items, parameters: { ...fromFiles, ...parameters }, ...more });

/** For one row, whose start image is this. */
const makeFrom = async (first: IBinaryData) =>
	await make([{ json: { prompt: 'A' }, binary: { first } }]);

describe('Generate Video from image files', () => {
	test('each distinct image is uploaded once, however many rows use it', async () => {
		const items = [
			await row('A', `${PNG}one`),
			await row('B', `${PNG}one`, `${PNG}two`),
			await row('C', `${PNG}two`, `${PNG}one`),
		];
		const run = await make(items, { nodeOptions: { concurrency: 1 } });
		expect(column(run, 'status')).toEqual(Array(3).fill('completed'));
		const [one, two, ...more] = stage.ledger.uploads().map(({ url }) => url);
		expect(more).toEqual([]);
		const sent = stage.bodies().map(({ image_urls: images }) => images);
		expect(sent).toEqual([[one], [one, two], [two, one]]);
	});

	test('the next image is uploaded while a clip is made, and no image after it', async () => {
		const items = [
			await row('A [[slow:9999]]', `${PNG}one`),
			await row('B', `${PNG}two`),
			await row('C', `${PNG}three`),
		];
		const running = make(items, { nodeOptions: { concurrency: 1, pollInterval: 0.1 } });
		await stage.ledger.waitFor((ledger) => ledger.uploads().length === 2 && ledger.accepted()[0]);
		await stage.ledger.waitFor((ledger) => ledger.polls().length > 0);
		expect(stage.ledger.accepted()).toHaveLength(1);
		expect(stage.ledger.uploads()).toHaveLength(2);
		await stage.finish();
		expect(column(await running, 'status')).toEqual(Array(3).fill('completed'));
		expect(stage.ledger.uploads()).toHaveLength(3);
	});

	test.each(['', null])('an image whose bytes stand in the item, with the id %p', async (id) => {
		const data = Buffer.from(`${PNG}one`, 'latin1').toString('base64');
		const run = await makeFrom({ data, id, mimeType: 'image/png' } as unknown as IBinaryData);
		expect(column(run, 'status')).toEqual(['completed']);
		expect(stage.ledger.uploads()).toHaveLength(1);
	});

	test('a run that is refused uploads nothing', async () => {
		const run = await make([await row('A', `${PNG}one`)], { nodeOptions: { maxCost: 0.01 } });
		expect(run.status).toBe('error');
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('a further try sends the same bytes and uploads nothing again', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const run = await make([await row('A', `${PNG}one`)], { retryOnFail: true });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.uploads()).toHaveLength(1);
		const [first, second, ...more] = stage.ledger.submits();
		expect(more).toEqual([]);
		expect(second.bodyHash).toBe(first.bodyHash);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('under a Row Key another execution with the same image fails as already submitted', async () => {
		const items = [await row('A', `${PNG}one`)];
		const options = { ...goingOn, nodeOptions: { dedupeKey: 'row 1' } };
		await make(items, options);
		const again = await make(items, options);
		const error = expect.stringMatching(/^Already submitted by an earlier run/);
		expect(jsonOf(again)).toMatchObject([{ status: 'failed', error }]);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test('the type is read from the bytes, whatever the item says', async () => {
		const content = jpeg().toString('latin1');
		const run = await makeFrom(await image(content, 'photo of a cat.PNG', 'image/png'));
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const [upload] = stage.ledger.uploads();
		expect(upload).toMatchObject({ contentType: 'image/jpeg', filename: 'photo_of_a_cat.jpg' });
	});

	test.each<[string, string | Buffer, string, RegExp]>([
		[
			'a PDF',
			'%PDF-1.7',
			'image/png',
			/'Start Image Input Data Field Name' is "first", which holds no such image/,
		],
		['an SVG', '<svg/>', 'image/svg+xml', /holds no such image \("image\/svg\+xml"\)/],
		[
			'a GIF, which the upload takes and the model does not',
			'GIF89a and more',
			'image/png',
			/"first", which holds no such image \("image\/gif"\), but must be the name of a field that holds a JPEG or PNG of up to 10 MB/,
		],
		['a WebP', 'RIFF\0\n\0\0WEBPVP8 ', 'image/png', /no such image \("image\/webp"\)/],
		[
			'a small image',
			png(1280, 299),
			'image/png',
			/'Start Image Input Data Field Name' is "first", an image of 1280 x 299 pixels, but must be at least 300 x 300 pixels, at a ratio from 1:2\.5 to 2\.5:1 \[item 0\]/,
		],
		['a long image', jpeg(751, 300), 'image/jpeg', /751 x 300 pixels/],
		['a high image', png(400, 1001), 'image/png', /400 x 1001 pixels/],
		[
			'an image without its header',
			'\x89PNG\r\n\x1a\n pixels',
			'image/png',
			/"first", a damaged image, but must be at least 300 x 300/,
		],
		[
			'an image over 10 MB',
			`${PNG}${'x'.repeat(11 * 1024 * 1024)}`,
			'image/png',
			/"first", an image of 11\.0 MB, but must be .* of up to 10 MB/,
		],
	])('%s is refused before anything is sent', async (_, content, mimeType, sentence) => {
		const bytes = typeof content === 'string' ? content : content.toString('latin1');
		const run = await makeFrom(await image(bytes, 'file.png', mimeType));
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(sentence);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('the smallest, the longest and the highest image are taken', async () => {
		const files = [png(300, 300), jpeg(750, 300), png(300, 750)];
		const rows = files.map(async (file) => await row('A', file.toString('latin1'), PNG));
		const run = await make(await Promise.all(rows));
		expect(column(run, 'status')).toEqual(Array(3).fill('completed'));
	});

	test('an end image is held to the same rules, and named as such', async () => {
		const small = png(100, 100).toString('latin1');
		const run = await make([await row('A', PNG), await row('B', PNG, small)]);
		expect(run.error?.message).toMatch(
			/^'End Image Input Data Field Name' is "last", an image of 100 x 100 pixels.*\[item 1\]$/,
		);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('start images of another shape than the clip give one hint', async () => {
		const shapes: Array<[Buffer, string]> = [
			[png(1280, 720), '16:9'],
			[png(1920, 1088), '16:9'],
			[jpeg(1200, 800), '9:16'],
			[png(600, 600), '16:9'],
			[png(600, 600), '1:1'],
		];
		const rows = shapes.map(async ([file, shape]) => {
			const { binary } = await row('A', file.toString('latin1'));
			return { json: { prompt: 'A', shape }, binary };
		});
		const parameters = { aspectRatio: '={{ $json.shape }}' };
		const run = await make(await Promise.all(rows), { parameters });
		expect(column(run, 'status')).toEqual(Array(5).fill('completed'));
		expect(hintsOf(run)).toEqual([
			"Items 2 and 3: The start image has another shape than 'Aspect Ratio' (1200 x 800 pixels for 9:16 in the first of them). The clip may take the shape of its image.",
		]);
	});

	test('a field that the item does not have is refused, and the other rows run', async () => {
		const run = await make([await row('A', `${PNG}one`), { json: { prompt: 'B' } }], goingOn);
		expect(column(run, 'status')).toEqual(['completed', 'failed']);
		expect(jsonOf(run)[1].error).toMatch(
			/"first", a field that this item does not have.*\[item 1\]/,
		);
	});
});
