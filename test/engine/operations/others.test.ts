import { png } from '../../unit/apimart/imageFiles';
import type { RunOptions } from '../harness';
import { column, errorText, generate, jsonOf, rowsOf, setTheStage } from '../laws/setup';

const stage = setTheStage();

/** A run of an operation that has no prompt. */
function run(resource: string, operation: string, options: Parameters<typeof generate>[2] = {}) {
	return stage.run(['one row'], {
		...options,
		parameters: { resource, operation, ...options.parameters },
	});
}

describe('Estimate Cost', () => {
	const estimate = async (parameters: RunOptions['parameters'], items = rowsOf(['x'])) =>
		await run('video', 'estimateCost', { parameters, items });

	test.each([
		[{}, 5, 0.1008, 0.504],
		[
			{ shots: 'json', shotListJson: '[{"prompt":"a","duration":3},{"prompt":"b","duration":4}]' },
			7,
			0.1008,
			0.7056,
		],
	])('%j', async (parameters, seconds, pricePerSecond, estimatedCost) => {
		const { items } = await estimate(parameters);
		expect(items.map(({ json }) => json)).toEqual([
			{ clips: 1, seconds, pricePerSecond, estimatedCost },
		]);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('warnings of the row, its own start image among them', async () => {
		const wide = await stage.engine.binary(png(1200, 800), 'cup.png', 'image/png');
		const parameters = {
			prompt: '={{ $json.prompt }}',
			audio: '={{ $json.audio }}',
			source: 'image',
			imageInput: 'binary',
		};
		const items = [
			{ json: { prompt: 'Slow zoom out from the cup on the table' }, binary: { data: wide } },
			{ json: { prompt: '', audio: false }, binary: { data: wide } },
			{ json: { prompt: 'A cup of coffee on the table' } },
		];
		const nodeOptions = { cameraMovement: 'zoomIn' };
		const result = await run('video', 'estimateCost', {
			parameters,
			nodeOptions,
			items,
			onError: 'continueRegularOutput',
		});
		const [all, shape, refused] = jsonOf(result);
		expect(all).toEqual({
			clips: 1,
			seconds: 5,
			pricePerSecond: 0.1008,
			estimatedCost: 0.504,
			warnings: [
				"The prompt asks for no sound or speech, so Kling chooses the sound. If it is not needed, switch 'Generate Audio' off: 0.336 USD instead of 0.504.",
				"The start image has another shape than 'Aspect Ratio' (1200 x 800 pixels for 16:9). The clip may take the shape of its image.",
				expect.stringMatching(/^'Camera Movement' adds "Camera: slow zoom in\." .* "zoom out"/),
			],
		});
		expect(shape.warnings).toHaveLength(1);
		expect(refused.error).toMatch(/"data", a field that this item does not have.*\[item 2\]/);
		expect(stage.sandbox.ledger.requests()).toEqual([]);
	});

	test('each row has its own estimate, and a bad one does not cost the others theirs', async () => {
		const items = [3, 99, 15].map((seconds) => ({ json: { seconds } }));
		const parameters = { duration: '={{ $json.seconds }}' };
		const onError = 'continueRegularOutput';
		const result = await run('video', 'estimateCost', { parameters, items, onError });
		expect(column(result, 'estimatedCost')).toEqual([0.3024, undefined, 1.512]);
		expect(jsonOf(result)[1].error).toMatch(/'Duration \(Seconds\)' is 99.*\[item 1\]/);
		expect(result.items.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2].map((item) => ({ item })),
		);
	});
});

describe('Upload Image', () => {
	const PNG = '\x89PNG\r\n\x1a\n pixels';
	const upload = async (content: string, options: RunOptions = {}, name = 'cat.png') => {
		const photo = await stage.engine.binary(Buffer.from(content, 'latin1'), name, 'image/png');
		return await run('image', 'upload', {
			items: [{ json: {}, binary: { photo } }],
			parameters: { inputField: 'photo' },
			...options,
		});
	};

	test('gives the address and until when it holds', async () => {
		const result = await upload(PNG);
		const [{ url, sha256 }] = stage.ledger.uploads();
		expect(jsonOf(result)).toEqual([
			{ url, expiresAt: expect.any(String), fileName: 'cat.png', mimeType: 'image/png', bytes: 15 },
		]);
		expect(sha256).toHaveLength(64);
		const hours = (Date.parse(String(jsonOf(result)[0].expiresAt)) - Date.now()) / 3_600_000;
		expect(hours).toBeGreaterThan(71.9);
		expect(hours).toBeLessThanOrEqual(72);
	});

	test.each([
		['no image', '%PDF-1.7', {}, /'Input Data Field Name' is "photo", which holds no such image/],
		[
			'another field',
			PNG,
			{ parameters: { inputField: 'data' } },
			/"data", a field that this item does not have/,
		],
		[
			'an image over 20 MB',
			`${PNG}${'x'.repeat(20 * 1024 * 1024)}`,
			{},
			/"photo", an image of 20\.0 MB, allowed is .* of up to 20 MB/,
		],
	])('%s is refused before anything is sent', async (_, content, options, sentence) => {
		const result = await upload(content, options);
		expect(result.error?.message).toMatch(sentence);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test.each(['GIF89a and more', 'RIFF\0\n\0\0WEBPVP8 ', `${PNG}${'x'.repeat(11 * 1024 * 1024)}`])(
		'what the model does not take as a frame can be uploaded all the same (%#)',
		async (content) => {
			expect(jsonOf(await upload(content))).toMatchObject([{ url: expect.any(String) }]);
		},
	);
});

describe('Get Balance', () => {
	test('what is left and what was used, as numbers', async () => {
		await stage.run(['A cat']);
		expect(jsonOf(await run('account', 'getBalance'))).toEqual([
			{ balance: 99.496, used: 0.504, unlimited: false },
		]);
	});

	test('is asked once, however many rows come in', async () => {
		const items = rowsOf(['a', 'b', 'c']);
		expect(jsonOf(await run('account', 'getBalance', { items }))).toHaveLength(3);
		expect(stage.ledger.requests('balance')).toHaveLength(1);
	});

	test('texts are numbers', async () => {
		stage.faults.add({ action: 'balance-strings' });
		expect(jsonOf(await run('account', 'getBalance'))).toMatchObject([
			{ balance: 99.25, used: 0.75 },
		]);
	});

	test('a key without a limit', async () => {
		stage.sandbox.addKey({ key: 'sk-unlimited-account', unlimited: true });
		const credentials = { apiKey: 'sk-unlimited-account', baseUrl: stage.sandbox.baseUrl };
		expect(jsonOf(await run('account', 'getBalance', { credentials }))).toMatchObject([
			{ unlimited: true },
		]);
	});

	test.each([
		['balance-false', /Failed to get token info/],
		['balance-html', /HTML page/],
	])('%s is an error', async (action, sentence) => {
		stage.faults.add({ action });
		const result = await run('account', 'getBalance');
		expect(result.status).toBe('error');
		expect(errorText(result)).toMatch(sentence);
	});

	test('a wrong key is an error, or an item with continue-on-fail', async () => {
		const credentials = { apiKey: 'sk-unknown-account', baseUrl: stage.sandbox.baseUrl };
		const thrown = await run('account', 'getBalance', { credentials });
		expect(errorText(thrown)).toMatch(/does not accept the API key/);
		const result = await run('account', 'getBalance', {
			credentials,
			onError: 'continueRegularOutput',
		});
		expect(jsonOf(result)).toEqual([
			{ error: expect.stringMatching(/does not accept the API key/) },
		]);
	});
});

describe("As an agent's tool", () => {
	test('it waits for the clip and gives its address, not its bytes', async () => {
		const result = await stage.run(['A cat'], {
			asTool: true,
			parameters: { downloadVideo: true, waitBy: 'sleep' },
		});
		expect(jsonOf(result)).toMatchObject([{ status: 'completed', videoUrl: expect.any(String) }]);
		expect(result.items[0].binary).toBeUndefined();
		expect(result.waitTill).toBeUndefined();
		expect(stage.ledger.downloads()).toEqual([]);
	});

	test('Get Video gives no bytes either', async () => {
		const made = await stage.run(['A cat'], { asTool: true });
		const ids = column(made, 'taskId').map(String);
		const result = await stage.fetch(ids, { asTool: true });
		expect(column(result, 'status')).toEqual(['completed']);
		expect(result.items[0].binary).toBeUndefined();
		expect(stage.ledger.downloads()).toEqual([]);
	});
});
