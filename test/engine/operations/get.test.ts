import {
	column,
	errorText,
	goingOn,
	jsonOf,
	setTheStage,
	UNKNOWN_TASK,
	untilFinished,
} from '../laws/setup';

const stage = setTheStage();

describe('Get Video, without waiting', () => {
	test('a finished clip: its item and its video, from one read', async () => {
		const [taskId] = await stage.submit(['A cat']);
		await stage.finish();
		const run = await stage.fetch([taskId], {
			parameters: { metadata: '{"row":7}' },
			nodeOptions: { outputField: 'clip' },
		});
		const [text, number] = [expect.any(String), expect.any(Number)];
		expect(jsonOf(run)).toEqual([
			{
				...{ taskId, status: 'completed', videoUrl: text, expiresAt: text, cost: 0.504 },
				...{ submittedAt: text, completedAt: text, elapsedSeconds: number, metadata: { row: 7 } },
			},
		]);
		expect(run.items[0].binary?.clip).toMatchObject({ fileName: `${taskId}.mp4` });
		expect(stage.ledger.polls()).toHaveLength(1);
	});

	test('unfinished clips are items with their state', async () => {
		const words = ['[[status:queued]]', '', '[[status:dreaming]]'];
		const ids = await stage.submit(words.map((word) => `[[stuck:50]] ${word} A cat`));
		const run = await stage.fetch(ids);
		expect(column(run, 'taskId')).toEqual(ids);
		expect(column(run, 'status')).toEqual(['submitted', 'processing', 'processing']);
		expect(column(run, 'error')).toEqual([undefined, undefined, undefined]);
	});

	test.each(['stopWorkflow', 'continueErrorOutput'] as const)(
		'a failed or cancelled clip is an item, never a throw (%s)',
		async (onError) => {
			const ids = await stage.submit(['[[fail:content]] A', '[[cancelled]] B']);
			await stage.finish();
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
		const ids = await stage.submit(['[[expired-link]] A']);
		await stage.finish();
		const thrown = await stage.fetch(ids);
		expect(errorText(thrown)).toMatch(/not there yet/);
		expect(errorText(thrown)).toContain(ids[0]);
		const run = await stage.fetch(ids, { parameters: { downloadVideo: false } });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', videoUrl: expect.any(String) }]);
	});

	test('a passing fault of the read is passed over', async () => {
		const ids = await stage.submit(['[[task-502:2]] A']);
		const run = await stage.fetch(ids);
		expect(column(run, 'taskId')).toEqual(ids);
		expect(stage.ledger.polls()).toHaveLength(3);
	});

	test.each(['500', '401', '402'])(
		'of a clip that cannot be read (%s) the state is not known, and nothing speaks of a submit',
		async (action) => {
			const ids = await stage.submit(['A cat']);
			await stage.finish();
			stage.faults.add({ route: 'task', action, times: 99 });
			const run = await stage.fetch(ids, goingOn);
			const error = expect.stringMatching(/fetch it later with Get Video/);
			expect(jsonOf(run)).toEqual([{ taskId: ids[0], error }]);
			expect(jsonOf(run)[0].error).not.toMatch(/dashboard|before running/);
		},
	);

	test('an id that the provider does not know is an error of its row', async () => {
		const ids = [...(await stage.submit(['A cat'])), UNKNOWN_TASK];
		const run = await stage.fetch(ids, goingOn);
		const error = expect.stringMatching(/Invalid task ID/);
		expect(jsonOf(run)).toMatchObject([{ taskId: ids[0] }, { taskId: UNKNOWN_TASK, error }]);
		expect(errorText(await stage.fetch(ids))).toContain(UNKNOWN_TASK);
	});

	test('a text without an id is refused before anything is asked', async () => {
		const run = await stage.fetch([UNKNOWN_TASK, 'no task here']);
		expect(run.error?.message).toMatch(/'Task ID' is "no task here".*\[item 1\]/);
		expect(stage.ledger.requests()).toEqual([]);
	});
});

const cell = '={{ $json.value }}';

test.each([
	['How to Wait', { waitUntilFinished: true, waitBy: cell }, {}, ['polling', 'sleep']],
	['Clips at the Same Time', {}, { concurrency: cell }, ['', '7']],
])('Get Video refuses rows that differ in %s', async (label, parameters, nodeOptions, values) => {
	const items = values.map((value) => ({ json: { taskId: 'task_1', value } }));
	const run = await stage.fetch([], { items, parameters, nodeOptions });
	expect(run.error?.message).toMatch(`'${label}' is `);
	expect(run.error?.message).toMatch(/ for item 0 and .* for item 1, but must be one value/);
	expect(stage.ledger.requests()).toEqual([]);
});

describe('Get Video, with Wait Until Finished', () => {
	test('a clip that was finished long ago is read once', async () => {
		const ids = await stage.submit(['A']);
		await stage.finish();
		await stage.fetch(ids, untilFinished);
		expect(stage.ledger.polls()).toHaveLength(1);
	});

	test('a clip that fails is an error, as in Generate Video', async () => {
		const ids = await stage.submit(['[[fail]] A', 'B']);
		const thrown = await stage.fetch(ids, untilFinished);
		expect(thrown.status).toBe('error');
		for (const id of ids) expect(errorText(thrown)).toContain(id);
		const run = await stage.fetch(ids, { ...untilFinished, onError: 'continueErrorOutput' });
		expect(column(run, 'taskId')).toEqual([ids[1]]);
		const [taskId] = ids;
		expect(run.errorItems[0].json).toEqual({ taskId, error: expect.stringContaining(taskId) });
	});

	test('an unknown id ends at once', async () => {
		const run = await stage.fetch([UNKNOWN_TASK], untilFinished);
		expect(errorText(run)).toMatch(/Invalid task ID/);
		expect(stage.ledger.polls()).toHaveLength(1);
	});
});
