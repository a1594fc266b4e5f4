import { column, errorText, jsonOf, setTheStage } from '../laws/setup';

const stage = setTheStage();

/** Submits clips and gives their ids. */
async function submitted(...prompts: string[]): Promise<string[]> {
	const run = await stage.run(prompts, { parameters: { mode: 'submitOnly' } });
	return column(run, 'taskId').map(String);
}

describe('Get Video, without waiting', () => {
	test('a finished clip: its item and its video, from one read', async () => {
		const [taskId] = await submitted('A cat');
		await stage.sandbox.finishTask(taskId);
		const run = await stage.fetch([taskId], {
			parameters: { metadata: '{"row":7}' },
			nodeOptions: { outputField: 'clip' },
		});
		expect(jsonOf(run)).toEqual([
			{
				taskId,
				status: 'completed',
				videoUrl: expect.any(String),
				expiresAt: expect.any(String),
				cost: 0.504,
				submittedAt: expect.any(String),
				completedAt: expect.any(String),
				elapsedSeconds: expect.any(Number),
				metadata: { row: 7 },
			},
		]);
		expect(run.items[0].binary?.clip).toMatchObject({ fileName: `${taskId}.mp4` });
		expect(stage.ledger.polls()).toHaveLength(1);
	});

	test('unfinished clips are items with their state', async () => {
		const ids = await submitted(
			'[[stuck:50]] [[status:queued]] A',
			'[[stuck:50]] B',
			'[[stuck:50]] [[status:dreaming]] C',
		);
		const run = await stage.fetch(ids);
		expect(column(run, 'taskId')).toEqual(ids);
		expect(column(run, 'status')).toEqual(['submitted', 'processing', 'processing']);
		expect(column(run, 'error')).toEqual([undefined, undefined, undefined]);
	});

	test.each(['stopWorkflow', 'continueErrorOutput'] as const)(
		'a failed or cancelled clip is an item, never a throw (%s)',
		async (onError) => {
			const ids = await submitted('[[fail:content]] A', '[[cancelled]] B');
			for (const id of ids) await stage.sandbox.finishTask(id);
			const run = await stage.fetch(ids, { onError });
			expect(run.status).toBe('success');
			expect(jsonOf(run)).toMatchObject([
				{ taskId: ids[0], status: 'failed', error: expect.stringMatching(/risk control system/) },
				{ taskId: ids[1], error: expect.stringMatching(/cancelled/) },
			]);
			expect(run.errorItems).toEqual([]);
		},
	);

	test('a clip that cannot be downloaded is an error', async () => {
		const ids = await submitted('[[expired-link]] A');
		await stage.sandbox.finishTask(ids[0]);
		const thrown = await stage.fetch(ids);
		expect(errorText(thrown)).toMatch(/not there yet/);
		expect(errorText(thrown)).toContain(ids[0]);
		const parameters = { downloadVideo: false };
		const run = await stage.fetch(ids, { parameters });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', videoUrl: expect.any(String) }]);
	});

	test('a passing fault of the read is passed over', async () => {
		const ids = await submitted('[[task-502:2]] A');
		const run = await stage.fetch(ids);
		expect(column(run, 'taskId')).toEqual(ids);
		expect(stage.ledger.polls()).toHaveLength(3);
	});

	test('an id that the provider does not know is an error of its row', async () => {
		const [known] = await submitted('A cat');
		const ids = [known, 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5'];
		const run = await stage.fetch(ids, { onError: 'continueRegularOutput' });
		expect(jsonOf(run)).toMatchObject([
			{ taskId: known },
			{ taskId: ids[1], error: expect.stringMatching(/Invalid task ID/) },
		]);
		const thrown = await stage.fetch(ids);
		expect(errorText(thrown)).toContain(ids[1]);
	});

	test('the id is found in a text that names it', async () => {
		const [taskId] = await submitted('A cat');
		const run = await stage.fetch([`Task ${taskId} was not finished: see ${taskId}`]);
		expect(column(run, 'taskId')).toEqual([taskId]);
	});

	test('a text without an id is refused before anything is asked', async () => {
		const run = await stage.fetch(['task_01KV7FXR8BEYS1BWHJCT3JMCJ5', 'no task here']);
		expect(run.error?.message).toMatch(/'Task ID' is "no task here".*\[item 1\]/);
		expect(stage.ledger.requests()).toEqual([]);
	});
});

test.each([
	[
		'How to Wait',
		{ waitUntilFinished: true, waitBy: '={{ $json.value }}' },
		{},
		['polling', 'sleep'],
	],
	['Clips at the Same Time', {}, { concurrency: '={{ $json.value }}' }, ['', '7']],
])('Get Video refuses rows that differ in %s', async (label, parameters, nodeOptions, values) => {
	const items = values.map((value) => ({ json: { taskId: 'task_1', value } }));
	const run = await stage.fetch([], { items, parameters, nodeOptions });
	expect(run.error?.message).toMatch(`'${label}' is `);
	expect(run.error?.message).toMatch(/ for item 0 and .* for item 1, allowed is one value/);
	expect(stage.ledger.requests()).toEqual([]);
});

describe('Get Video, with Wait Until Finished', () => {
	const parameters = { waitUntilFinished: true };

	test('waits for each clip and downloads it', async () => {
		const ids = await submitted('A', '[[slow:200]] B', 'C');
		const run = await stage.fetch(ids, { parameters });
		expect(column(run, 'taskId')).toEqual(ids);
		expect(column(run, 'status')).toEqual(Array(3).fill('completed'));
		expect(run.items.every(({ binary }) => binary?.data.mimeType === 'video/mp4')).toBe(true);
	});

	test('a clip that was finished long ago is read once', async () => {
		const ids = await submitted('A');
		await stage.sandbox.finishTask(ids[0]);
		await stage.fetch(ids, { parameters });
		expect(stage.ledger.polls()).toHaveLength(1);
	});

	test('a clip that fails is an error, as in Generate Video', async () => {
		const ids = await submitted('[[fail]] A', 'B');
		const thrown = await stage.fetch(ids, { parameters });
		expect(thrown.status).toBe('error');
		for (const id of ids) expect(errorText(thrown)).toContain(id);
		const run = await stage.fetch(ids, { parameters, onError: 'continueErrorOutput' });
		expect(column(run, 'taskId')).toEqual([ids[1]]);
		expect(run.errorItems[0].json).toEqual({
			taskId: ids[0],
			error: expect.stringContaining(ids[0]),
		});
	});

	test('an unknown id ends at once', async () => {
		const run = await stage.fetch(['task_01KV7FXR8BEYS1BWHJCT3JMCJ5'], { parameters });
		expect(errorText(run)).toMatch(/Invalid task ID/);
		expect(stage.ledger.polls()).toHaveLength(1);
	});
});
