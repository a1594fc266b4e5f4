import type { INodeParameters } from 'n8n-workflow';
import {
	column,
	goingOn,
	jsonOf,
	numbered,
	rowsOf,
	setTheStage,
	UNKNOWN_TASK,
	untilFinished,
	type StageOptions,
} from './setup';

const stage = setTheStage({ concurrency: 0 });

const pairs = (count: number) => Array.from({ length: count }, (_, item) => ({ item }));

describe('Law 4, N in, N out', () => {
	test('items come out in the order of the rows, each paired with its row and with its own video', async () => {
		// The first row takes longest: clips finish in the opposite order of the rows.
		const prompts = numbered(8).map((prompt, row) => `[[slow:${(8 - row) * 20}]] ${prompt}`);
		const run = await stage.run(prompts);
		expect(column(run, 'prompt')).toEqual(prompts);
		expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual(pairs(8));
		for (const { json, binary } of run.items) {
			expect(binary?.data).toMatchObject({ mimeType: 'video/mp4', fileName: `${json.taskId}.mp4` });
			const bytes = binary && (await stage.engine.bytesOf(binary.data));
			expect(bytes?.toString('latin1')).toContain(`task ${String(json.taskId)}`);
		}
	});

	test('the same id twice in Get Video comes out twice', async () => {
		const [id] = await stage.submit(['A cat']);
		const run = await stage.fetch([id, id], untilFinished);
		expect(column(run, 'taskId')).toEqual([id, id]);
		expect(run.items.every(({ binary }) => binary?.data !== undefined)).toBe(true);
	});
});

describe('Law 4, N in, N out: one bad row with continue-on-fail', () => {
	/** What can be bad about the middle row, the status of its item, and whether its task is known. */
	const badRows: Array<[string, string, string, boolean]> = [
		['a clip that fails', '[[fail:content]] bad', 'failed', true],
		['a clip that is cancelled', '[[cancelled]] bad', 'failed', true],
		['a clip that is refused at the submit', '[[moderation-422]] bad', 'failed', false],
		['a clip whose wait ends', '[[stuck]] bad', 'timedOut', true],
		['a clip whose link has expired', '[[expired-link]] bad', 'completed', true],
		['a clip whose reads are refused', '[[task-403:9]] bad', 'timedOut', true],
		['a row without a prompt', '', 'failed', false],
	];
	const options: StageOptions = {
		nodeOptions: { maxWait: 40 },
		parameters: { metadata: '={{ { row: $json.row } }}' },
	};
	const badTask = () =>
		stage.ledger.accepted().find(({ body }) => JSON.stringify(body).includes('bad'))?.taskId;

	test.each(badRows)('%s, as an item of the regular output', async (_, prompt, status, isKnown) => {
		const run = await stage.run(['good', prompt, 'fine'], { ...options, ...goingOn });
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', status, 'completed']);
		expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual(pairs(3));
		const { error, taskId, metadata } = jsonOf(run)[1];
		expect(error).toMatch(/\[item 1\]/);
		expect(metadata).toEqual({ row: 1 });
		expect(taskId).toBe(isKnown ? badTask() : undefined);
		if (isKnown) expect(error).toContain(taskId);
		expect(jsonOf(run)[0]).not.toHaveProperty('error');
		expect(run.items[1]).not.toHaveProperty('error');
		expect(run.items.map(({ binary }) => binary !== undefined)).toEqual([true, false, true]);
	});

	test.each(badRows)('%s, on the error output', async (_, prompt, _status, isKnown) => {
		const onError = 'continueErrorOutput';
		const run = await stage.run(['good', prompt, 'fine'], { ...options, onError });
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
		expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		// The row's own fields are n8n's addition; ours is the sentence.
		const error = expect.stringMatching(/\[item 1\]/);
		expect(run.errorItems.map(({ json }) => json)).toEqual([{ prompt, row: 1, error }]);
		if (isKnown) expect(run.errorItems[0].json.error).toContain(badTask());
	});

	test.each<[string, StageOptions]>([
		['the cost limit', { nodeOptions: { maxCost: 0.1 } }],
		['a Base URL of http', { credentials: { apiKey: 'k', baseUrl: 'http://x.example' } }],
		['a mode that does not exist', { parameters: { mode: 'sometime' } }],
	])('a refusal of the whole run because of %s is N error items', async (_, options) => {
		for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
			const run = await stage.run(numbered(3), {
				...options,
				parameters: { metadata: '={{ { row: $json.row } }}', ...options.parameters },
				onError,
			});
			const toItems = onError === 'continueRegularOutput';
			const bad = toItems ? run.items : run.errorItems;
			expect(run.status).toBe('success');
			expect(bad.map(({ json }) => typeof json.error)).toEqual(Array(3).fill('string'));
			expect(bad.map(({ pairedItem }) => pairedItem)).toEqual(pairs(3));
			const metadata = [0, 1, 2].map((row) => (toItems ? { row } : undefined));
			expect(bad.map(({ json }) => json.metadata)).toEqual(metadata);
		}
		expect(stage.ledger.submits()).toEqual([]);
	});

	test.each<[string, StageOptions]>([
		['an invalid row', { nodeOptions: { pollInterval: 999 }, ...untilFinished }],
		['a refusal of the whole run', { nodeOptions: { concurrency: 999 } }],
	])('%s of Get Video names the task that was asked for', async (_, options) => {
		const asked = { ...options, parameters: { ...options.parameters, metadata: '{"row":7}' } };
		const named = expect.stringContaining(UNKNOWN_TASK);
		const items = await stage.fetch([UNKNOWN_TASK], { ...asked, ...goingOn });
		expect(jsonOf(items)).toEqual([{ taskId: UNKNOWN_TASK, metadata: { row: 7 }, error: named }]);
		const routed = await stage.fetch([UNKNOWN_TASK], { ...asked, onError: 'continueErrorOutput' });
		expect(routed.errorItems.map(({ json }) => json.error)).toEqual([named]);
	});
});

describe("Law 4, N in, N out: the row's own fields", () => {
	const own = { product: 'Mug', row: 'own value', status: 'draft' };
	const items = [{ json: { ...own, prompt: 'A mug' } }, { json: { ...own, prompt: '[[fail]] x' } }];
	const keeping: StageOptions = { ...goingOn, nodeOptions: { includeInputFields: true } };
	const kept = { product: 'Mug', row: 'own value' };

	test('are kept beside the result where asked for; the result wins where names are the same', async () => {
		const run = await stage.run([], { ...keeping, items });
		expect(jsonOf(run)).toMatchObject([
			{ ...kept, status: 'completed', prompt: 'A mug' },
			{ ...kept, status: 'failed', error: expect.any(String) },
		]);
	});

	test.each<[string, INodeParameters, RegExp]>([
		['an invalid row', { duration: 99 }, /Duration/],
		['an invalid row of Get Video', { operation: 'get', taskId: '?' }, /Task ID/],
		['a run that is refused', { mode: 'never' }, /Mode/],
	])('are kept beside the error of %s', async (_what, parameters, sentence) => {
		const run = await stage.run([], { ...keeping, items: items.slice(0, 1), parameters });
		const error = expect.stringMatching(sentence);
		expect(jsonOf(run)).toMatchObject([{ ...kept, status: 'failed', error }]);
	});

	test('what they still hold of an earlier clip does not pass for news of this one', async () => {
		const stale = {
			...{ taskId: 'task_old', videoUrl: 'https://old.example/v.mp4', cost: 9, error: 'old error' },
			...{ expiresAt: 'old', completedAt: 'old', submittedAt: 'old', elapsedSeconds: 9 },
		};
		const rows = rowsOf(['A mug', '[[moderation-422]] x']).map(({ json }) => ({
			...stale,
			...json,
		}));
		const run = await stage.run([], { ...keeping, items: rows.map((json) => ({ json })) });
		const [good, bad] = jsonOf(run);
		expect(good).toMatchObject({ row: 0, status: 'completed', cost: 0.504 });
		expect(good).not.toHaveProperty('error');
		expect(bad).toEqual({
			...{ row: 1, prompt: '[[moderation-422]] x', status: 'failed' },
			...{ estimatedCost: 0.504, duration: 5, aspectRatio: '16:9', quality: 'std', audio: true },
			error: expect.stringMatching(/rejected the content/),
		});
	});

	test("the words of Generate Video's item are kept by Get Video", async () => {
		const parameters = { mode: 'submitOnly', metadata: '{"row":1}' };
		const submitted = await stage.run(['A cat'], { parameters });
		const run = await stage.fetch([], { ...keeping, ...untilFinished, items: submitted.items });
		expect(jsonOf(run)).toMatchObject([
			{ prompt: 'A cat', quality: 'std', metadata: { row: 1 }, status: 'completed', cost: 0.504 },
		]);
	});

	test("binary data of the input does not come out as the node's", async () => {
		const image = await stage.engine.binary(Buffer.from('old'), 'old.png', 'image/png');
		const run = await stage.run([], { items: [{ json: { prompt: 'A cat' }, binary: { image } }] });
		expect(Object.keys(run.items[0].binary ?? {})).toEqual(['data']);
	});
});
