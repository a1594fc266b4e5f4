/** One row of each kind through all of the node: which field of a row asks for what is in the unit tests of the request. */
import type { INodeParameters } from 'n8n-workflow';
import { column, errorText, goingOn, jsonOf, setTheStage, submitOnly } from '../laws/setup';

const stage = setTheStage();

/** What every body has in common with this one if nothing else was chosen. */
const plain = {
	...{ model: 'kling-v3', prompt: 'A cat', mode: 'std', duration: 5 },
	...{ aspect_ratio: '16:9', audio: true },
};

describe('Generate Video, what is sent', () => {
	const [startImageUrl, endImageUrl] = ['https://a.example/1.png', 'https://a.example/2.png'];
	test.each<[string, INodeParameters, INodeParameters, object]>([
		['a fresh node sends the prompt and its defaults, audio spelled out', {}, {}, {}],
		[
			'whatever is chosen: the camera in words of the prompt, images start first',
			{
				...{ source: 'image', startImageUrl, endImageUrl },
				...{ duration: 12, aspectRatio: '9:16', quality: '4k', audio: false },
			},
			{ negativePrompt: ' blurry ', watermark: true, moderate: true, cameraMovement: 'dollyIn' },
			{
				prompt: 'A cat\nCamera: slow dolly in towards the subject.',
				...{ negative_prompt: 'blurry', mode: '4k', duration: 12, aspect_ratio: '9:16' },
				...{ audio: false, watermark: true, nsfw_check: true },
				image_urls: [startImageUrl, endImageUrl],
			},
		],
		[
			'what is left over in hidden fields is not sent, and metadata stays at home',
			{
				startImageUrl,
				shotListJson: '[1]',
				source: 'text',
				shots: 'single',
				metadata: '{"row": 7}',
			},
			{},
			{},
		],
	])('%s', async (_, parameters, nodeOptions, sent) => {
		const all = { ...submitOnly.parameters, ...parameters };
		const run = await stage.run(['A cat'], { parameters: all, nodeOptions });
		expect(errorText(run).trim()).toBe('');
		expect(stage.bodies()).toEqual([{ ...plain, ...sent }]);
	});
});

test('Submit Only gives the task ids at once, without a status read or a download', async () => {
	const parameters = { ...submitOnly.parameters, metadata: '={{ { row: $json.row } }}' };
	const run = await stage.run(['A cat', 'A dog'], { parameters });
	const ids = stage.taskIds();
	expect(column(run, 'taskId')).toEqual(ids);
	expect(jsonOf(run)[1]).toEqual({
		...{ taskId: ids[1], status: 'submitted', estimatedCost: 0.504, prompt: 'A dog' },
		...{ duration: 5, aspectRatio: '16:9', quality: 'std', audio: true, metadata: { row: 1 } },
		submittedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
	});
	expect(stage.ledger.polls()).toEqual([]);
	expect(stage.ledger.downloads()).toEqual([]);
});

describe('Generate Video, Maximum Cost', () => {
	const rows = ['A cat', 'A dog'];

	test('one cent over the limit: nothing is submitted', async () => {
		const run = await stage.run(rows, { nodeOptions: { maxCost: 1.0 } });
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(
			/1\.008 USD for the 2 clips is above 'Maximum Cost \(USD\)'/,
		);
		expect(run.error?.description).toMatch(/Nothing was submitted/);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('at the limit it runs', async () => {
		const run = await stage.run(rows, { nodeOptions: { maxCost: 1.008 } });
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
	});

	test('invalid rows do not count', async () => {
		const run = await stage.run(['A cat', ''], { ...goingOn, nodeOptions: { maxCost: 0.504 } });
		expect(column(run, 'status')).toEqual(['completed', 'failed']);
	});

	test("in n8n's Retry of the execution rows that were bought do not count", async () => {
		stage.faults.add({ action: 'fail', nth: 1 });
		const { context } = await stage.run(rows, { executionId: 'first' });
		const nodeOptions = { maxCost: 0.504 };
		const run = await stage.run(rows, { nodeOptions, executionId: 'second', context });
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
	});
});
