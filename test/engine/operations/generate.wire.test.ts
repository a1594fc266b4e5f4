import type { INodeParameters } from 'n8n-workflow';
import { column, errorText, jsonOf, setTheStage } from '../laws/setup';

const stage = setTheStage();

/** What every body has in common with this one if nothing else was chosen. */
const plain = {
	model: 'kling-v3',
	prompt: 'A cat',
	mode: 'std',
	duration: 5,
	aspect_ratio: '16:9',
	audio: true,
};

/** Submits one row and gives the body that arrived. */
async function bodyOf(parameters: INodeParameters, nodeOptions: INodeParameters = {}) {
	const run = await stage.run(['A cat'], {
		parameters: { mode: 'submitOnly', ...parameters },
		nodeOptions,
	});
	expect(errorText(run).trim()).toBe('');
	return stage.ledger.accepted()[0].body;
}

describe('Generate Video, what is sent', () => {
	test('a fresh node sends the prompt and its defaults, audio spelled out', async () => {
		expect(await bodyOf({})).toEqual(plain);
	});

	test('whatever is chosen: the camera in words of the prompt, images start first', async () => {
		const [startImageUrl, endImageUrl] = ['https://a.example/1.png', 'https://a.example/2.png'];
		const body = await bodyOf(
			{
				...{ source: 'image', startImageUrl, endImageUrl },
				...{ duration: 12, aspectRatio: '9:16', quality: '4k', audio: false },
			},
			{ negativePrompt: ' blurry ', watermark: true, moderate: true, cameraMovement: 'dollyIn' },
		);
		expect(body).toEqual({
			...plain,
			prompt: 'A cat\nCamera: slow dolly in towards the subject.',
			negative_prompt: 'blurry',
			mode: '4k',
			duration: 12,
			aspect_ratio: '9:16',
			audio: false,
			image_urls: [startImageUrl, endImageUrl],
			watermark: true,
			nsfw_check: true,
		});
	});

	test('shots written by hand: numbered, without a prompt, the duration is their sum', async () => {
		const shot = [
			{ prompt: 'A wave', duration: 3 },
			{ prompt: '', duration: 9 },
			{ prompt: 'A gull', duration: 4 },
		];
		expect(await bodyOf({ shots: 'custom', shotList: { shot } })).toEqual({
			...plain,
			prompt: undefined,
			duration: 7,
			multi_shot: true,
			shot_type: 'customize',
			multi_prompt: [
				{ index: 1, prompt: 'A wave', duration: 3 },
				{ index: 2, prompt: 'A gull', duration: 4 },
			],
		});
	});

	test('shots from an expression, with the camera in each of them', async () => {
		const shotListJson = '={{ [{ prompt: "A wave", duration: 3 }] }}';
		const options = { cameraMovement: 'zoomIn' };
		expect(await bodyOf({ shots: 'json', shotListJson }, options)).toMatchObject({
			duration: 3,
			multi_prompt: [{ index: 1, prompt: 'A wave\nCamera: slow zoom in.', duration: 3 }],
		});
	});

	test('what is left over in hidden fields is not sent', async () => {
		const leftover = { startImageUrl: 'https://a.example/1.png', shotListJson: '[1]' };
		expect(await bodyOf({ ...leftover, source: 'text', shots: 'single' })).toEqual(plain);
	});

	test('metadata stays at home', async () => {
		expect(await bodyOf({ metadata: '{"row": 7}' })).toEqual(plain);
	});
});

describe('Generate Video, Submit Only', () => {
	test('gives the task ids at once, without a status read or a download', async () => {
		const run = await stage.run(['A cat', 'A dog'], {
			parameters: { mode: 'submitOnly', metadata: '={{ { row: $json.row } }}' },
		});
		const ids = stage.ledger.accepted().map(({ taskId }) => taskId);
		expect(column(run, 'taskId')).toEqual(ids);
		expect(jsonOf(run)[1]).toEqual({
			taskId: ids[1],
			status: 'submitted',
			estimatedCost: 0.504,
			duration: 5,
			aspectRatio: '16:9',
			quality: 'std',
			audio: true,
			prompt: 'A dog',
			submittedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
			metadata: { row: 1 },
		});
		expect(stage.ledger.polls()).toEqual([]);
		expect(stage.ledger.downloads()).toEqual([]);
	});
});

describe('Generate Video, Maximum Cost', () => {
	test('one cent over the limit: nothing is submitted', async () => {
		const run = await stage.run(['A cat', 'A dog'], { nodeOptions: { maxCost: 1.0 } });
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(
			/1\.008 USD for the 2 clips is above 'Maximum Cost \(USD\)'/,
		);
		expect(run.error?.description).toMatch(/Nothing was submitted/);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('at the limit it runs', async () => {
		const run = await stage.run(['A cat', 'A dog'], { nodeOptions: { maxCost: 1.008 } });
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
	});

	test('invalid rows do not count', async () => {
		const run = await stage.run(['A cat', ''], {
			nodeOptions: { maxCost: 0.504 },
			onError: 'continueRegularOutput',
		});
		expect(column(run, 'status')).toEqual(['completed', 'failed']);
	});

	test("in n8n's Retry of the execution rows that were bought do not count", async () => {
		stage.faults.add({ action: 'fail', nth: 1 });
		const rows = ['A cat', 'A dog'];
		const { context } = await stage.run(rows, { executionId: 'first' });
		const nodeOptions = { maxCost: 0.504 };
		const run = await stage.run(rows, { nodeOptions, executionId: 'second', context });
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
	});
});
