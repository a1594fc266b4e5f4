import {
	column,
	errorText,
	everythingIn,
	jsonOf,
	rowsOf,
	setTheStage,
	slow,
	submitOnly,
} from './setup';

const stage = setTheStage();

describe('Law 1, Pay once: a Row Key', () => {
	const withKey = { nodeOptions: { dedupeKey: '=row {{ $json.row }}' } };

	test('finds the clip of an earlier execution again, also where the rows have another order', async () => {
		const items = rowsOf(['A cat', 'A dog']);
		const first = await stage.run([], { ...withKey, items });
		const again = await stage.run([], { ...withKey, items: [...items].reverse() });
		expect(column(again, 'taskId')).toEqual(column(first, 'taskId').reverse());
		expect(stage.ledger.charges()).toHaveLength(2);
	});

	test('a clip that failed in an earlier execution is submitted again', async () => {
		stage.faults.add({ action: 'fail', nth: 1 });
		const nodeOptions = { ...withKey.nodeOptions, retryFailed: 0 };
		const first = await stage.run(['A cat'], { nodeOptions });
		expect(errorText(first)).toMatch(/could not make the clip/);
		const second = await stage.run(['A cat'], withKey);
		const third = await stage.run(['A cat'], withKey);
		expect(jsonOf(second)).toMatchObject([{ status: 'completed' }]);
		expect(column(third, 'taskId')).toEqual(column(second, 'taskId'));
		expect(stage.ledger.accepted()).toHaveLength(2);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('Submit Only finds it again as well, and says what has become of it', async () => {
		const [taskId] = await stage.submit(['A cat'], withKey);
		await stage.finish();
		const again = await stage.run(['A cat'], { ...withKey, ...submitOnly });
		expect(jsonOf(again)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test('the same key in two rows of one run, with the same content, is one clip', async () => {
		const run = await stage.run(['A cat', 'A cat'], { nodeOptions: { dedupeKey: 'the cat' } });
		const [taskId] = stage.taskIds();
		expect(column(run, 'taskId')).toEqual([taskId, taskId]);
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
		expect(stage.ledger.charges()).toHaveLength(1);
		expect(everythingIn(run)).toContain('found again, not bought twice');
	});

	test('a clip whose answer was lost in an earlier execution is found in the next', async () => {
		stage.faults.add({ action: '500-after-accept', nth: 1 });
		const lost = await stage.run(['A cat'], withKey);
		expect(lost.status).toBe('error');
		const run = await stage.run(['A cat'], withKey);
		expect(column(run, 'taskId')).toEqual(stage.taskIds());
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('two executions at once with the same key and content share one clip', async () => {
		stage.faults.add({ ...slow('submit', 0.1), nth: 1 });
		const runs = await Promise.all([stage.run(['A cat'], withKey), stage.run(['A cat'], withKey)]);
		const [first, second] = runs.map((run) => column(run, 'taskId'));
		expect(second).toEqual(first);
		expect(stage.ledger.submits().some(({ status }) => status === 409)).toBe(true);
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('a clip that another execution is still waiting for is waited for, not submitted again', async () => {
		const first = stage.start(['[[stuck]] A cat'], withKey);
		await stage.ledger.waitFor(() => stage.ledger.accepted().length === 1);
		const second = stage.start(['[[stuck]] A cat'], withKey);
		await stage.ledger.waitFor(() => stage.ledger.submits().length === 2);
		await stage.finish();
		const runs = [await first.finished, await second.finished];
		expect(runs.map((run) => column(run, 'status'))).toEqual([['completed'], ['completed']]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});
});
