import { png } from '../../unit/apimart/imageFiles';
import type { RunOptions } from '../harness';
import {
	column,
	errorText,
	goingOn,
	jsonOf,
	rowsOf,
	setTheStage,
	type StageOptions,
} from '../laws/setup';

const stage = setTheStage();

/** A run of an operation that has no prompt. */
async function run(resource: string, operation: string, options: StageOptions = {}) {
	const parameters = { resource, operation, ...options.parameters };
	return await stage.run(['one row'], { ...options, parameters });
}

describe('Estimate Cost', () => {
	const estimate = async (options: StageOptions) => await run('video', 'estimateCost', options);
	const ofFiveSeconds = { clips: 1, seconds: 5, pricePerSecond: 0.1008, estimatedCost: 0.504 };
	const shots = [
		{ prompt: 'a', duration: 3 },
		{ prompt: 'b', duration: 4 },
	];

	test.each([
		[{}, ofFiveSeconds],
		[
			{ shots: 'json', shotListJson: JSON.stringify(shots) },
			{ ...ofFiveSeconds, seconds: 7, estimatedCost: 0.7056 },
		],
	])('of %j', async (parameters, estimated) => {
		expect(jsonOf(await estimate({ parameters }))).toEqual([estimated]);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('warnings of the row, its own start image among them', async () => {
		const wide = await stage.engine.binary(png(1200, 800), 'cup.png', 'image/png');
		const items = [
			{ json: { prompt: 'Slow zoom out from the cup on the table' }, binary: { data: wide } },
			{ json: { prompt: '', audio: false }, binary: { data: wide } },
			{ json: { prompt: 'A cup of coffee on the table' } },
		];
		const fromCells = { prompt: '={{ $json.prompt }}', audio: '={{ $json.audio }}' };
		const result = await estimate({
			...{ ...goingOn, items, nodeOptions: { cameraMovement: 'zoomIn' } },
			parameters: { ...fromCells, source: 'image', imageInput: 'binary' },
		});
		const [all, shape, refused] = jsonOf(result);
		expect(all).toEqual({
			...ofFiveSeconds,
			warnings: [
				"The prompt asks for no sound or speech, so Kling chooses the sound. If it is not needed, switch 'Generate Audio' off: 0.336 USD instead of 0.504.",
				"The start image has another shape than 'Aspect Ratio' (1200 x 800 pixels for 16:9). The clip may take the shape of its image.",
				expect.stringMatching(/^'Camera Movement' adds "Camera: slow zoom in\." .* "zoom out"/),
			],
		});
		expect(shape.warnings).toHaveLength(1);
		expect(refused.error).toMatch(/"data", a field that this item does not have.*\[item 2\]/);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('each row has its own estimate, and a bad one does not cost the others theirs', async () => {
		const items = [3, 99, 15].map((seconds) => ({ json: { seconds } }));
		const parameters = { duration: '={{ $json.seconds }}' };
		const result = await estimate({ ...goingOn, parameters, items });
		expect(column(result, 'estimatedCost')).toEqual([0.3024, undefined, 1.512]);
		expect(jsonOf(result)[1].error).toMatch(/'Duration \(Seconds\)' is 99.*\[item 1\]/);
		const pairs = [0, 1, 2].map((item) => ({ item }));
		expect(result.items.map(({ pairedItem }) => pairedItem)).toEqual(pairs);
	});
});

describe('Upload Image', () => {
	const PNG = '\x89PNG\r\n\x1a\n pixels';
	const megabytes = (count: number) => `${PNG}${'x'.repeat(count * 1024 * 1024)}`;
	const upload = async (content: string, inputField = 'photo') => {
		const bytes = Buffer.from(content, 'latin1');
		const photo = await stage.engine.binary(bytes, 'cat.png', 'image/png');
		const items = [{ json: {}, binary: { photo } }];
		return await run('image', 'upload', { items, parameters: { inputField } });
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
		[
			'no image',
			'%PDF-1.7',
			'photo',
			/'Input Data Field Name' is "photo", which holds no such image/,
		],
		['another field', PNG, 'data', /"data", a field that this item does not have/],
		[
			'an image over 20 MB',
			megabytes(20),
			'photo',
			/"photo", an image of 20\.0 MB, but must be .* of up to 20 MB/,
		],
	])('%s is refused before anything is sent', async (_, content, inputField, sentence) => {
		const result = await upload(content, inputField);
		expect(result.error?.message).toMatch(sentence);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test.each(['GIF89a and more', 'RIFF\0\n\0\0WEBPVP8 ', megabytes(11)])(
		'what the model does not take as a frame can be uploaded all the same (%#)',
		async (content) => {
			expect(jsonOf(await upload(content))).toMatchObject([{ url: expect.any(String) }]);
		},
	);
});

describe('Get Balance', () => {
	const balance = async (options: RunOptions = {}) => await run('account', 'getBalance', options);

	test('what is left and what was used, as numbers', async () => {
		await stage.run(['A cat']);
		expect(jsonOf(await balance())).toEqual([{ balance: 99.496, used: 0.504, unlimited: false }]);
	});

	test('is asked once, however many rows come in', async () => {
		expect(jsonOf(await balance({ items: rowsOf(['a', 'b', 'c']) }))).toHaveLength(3);
		expect(stage.ledger.requests('balance')).toHaveLength(1);
	});

	test('texts are numbers', async () => {
		stage.faults.add({ action: 'balance-strings' });
		expect(jsonOf(await balance())).toMatchObject([{ balance: 99.25, used: 0.75 }]);
	});

	test('a key without a limit', async () => {
		const credentials = stage.account('sk-unlimited-account', { unlimited: true });
		expect(jsonOf(await balance({ credentials }))).toMatchObject([{ unlimited: true }]);
	});

	test.each([
		['balance-false', /Failed to get token info/],
		['balance-html', /HTML page/],
	])('%s is an error', async (action, sentence) => {
		stage.faults.add({ action });
		const result = await balance();
		expect(result.status).toBe('error');
		expect(errorText(result)).toMatch(sentence);
	});

	test('a wrong key is an error, or an item with continue-on-fail', async () => {
		const credentials = { apiKey: 'sk-unknown-account', baseUrl: stage.sandbox.baseUrl };
		expect(errorText(await balance({ credentials }))).toMatch(/does not accept the API key/);
		const error = expect.stringMatching(/does not accept the API key/);
		expect(jsonOf(await balance({ credentials, ...goingOn }))).toEqual([{ error }]);
	});
});

describe("As an agent's tool", () => {
	// Where a `show` rule meets an expression n8n does not look at `hide`: the tool then has fields that no tool should have.
	test.each<[mode: string, waitUntilFinished: boolean | string]>([
		['submitAndWait', true],
		["={{ 'submitAndWait' }}", '={{ true }}'],
	])(
		'it waits for the clip, and it and Get Video give its address, not its bytes (%s, %p)',
		async (mode, waitUntilFinished) => {
			const waiting = { downloadVideo: true, waitBy: 'sleep' };
			const made = await stage.run(['A cat'], {
				asTool: true,
				parameters: { ...waiting, mode },
			});
			expect(jsonOf(made)).toMatchObject([{ status: 'completed', videoUrl: expect.any(String) }]);
			const fetched = await stage.fetch(stage.taskIds(), {
				asTool: true,
				parameters: { ...waiting, waitUntilFinished },
			});
			expect(column(fetched, 'status')).toEqual(['completed']);
			for (const { items, waitTill } of [made, fetched]) {
				expect(waitTill).toBeUndefined();
				expect(items[0].binary).toBeUndefined();
			}
			expect(stage.ledger.downloads()).toEqual([]);
		},
	);
});

test('Submit Only fetches no file of a clip that is found again, also with an expression in Mode', async () => {
	const options = {
		parameters: { mode: "={{ 'submitOnly' }}" },
		nodeOptions: { dedupeKey: 'row-1' },
	};
	await stage.run(['A cat'], options);
	await stage.finish();
	const again = await stage.run(['A cat'], options);
	expect(column(again, 'status')).toEqual(['completed']);
	expect(again.items[0].binary).toBeUndefined();
});
