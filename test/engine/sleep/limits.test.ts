import {
	column,
	goingOn,
	hintsOf,
	idOf,
	jsonOf,
	numbered,
	UNKNOWN_TASK,
	untilFinished,
} from '../laws/setup';
import {
	endClip,
	isWaiting,
	nextRound,
	open,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage();

describe('Law 7, A timeout never looks like success: asleep', () => {
	test('is said of the clip that was late, and of no other', async () => {
		const final = await stage.sleepThrough(['A fox', open('late'), 'A cat'], {
			...goingOn,
			parameters: { metadata: '={{ { row: $json.row } }}' },
			nodeOptions: { maxWait: 300 },
		});
		expect(column(final, 'status')).toEqual(['completed', 'timedOut', 'completed']);
		const { error, taskId, metadata } = jsonOf(final)[1];
		expect(taskId).toBe(stage.taskIds()[1]);
		expect(metadata).toEqual({ row: 1 });
		expect(error).toMatch(
			new RegExp(`Task ${taskId} was not finished after 300 seconds .*Get Video`),
		);
		expect(column(final, 'error').filter(Boolean)).toHaveLength(1);
	});

	test('is found out by the timer at the limit, and not before it', async () => {
		const run = await stage.sleep([open('late')], { ...goingOn, nodeOptions: { maxWait: 90 } });
		await roundAfter(stage, run, 60);
		await roundAfter(stage, run, 29);
		expect(isWaiting(stage, run)).toBe(true);
		await roundAfter(stage, run, 1);
		expect(column(await stage.engine.finalRun(run), 'status')).toEqual(['timedOut']);
	});

	test('does not wait for the first read of the plan', async () => {
		const nodeOptions = { maxWait: 60, pollInterval: 300 };
		const run = await stage.sleep([open('late')], { ...goingOn, nodeOptions });
		await roundAfter(stage, run, 60);
		expect(column(await stage.engine.finalRun(run), 'status')).toEqual(['timedOut']);
	});

	test('is that of its own row', async () => {
		const nodeOptions = { maxWait: '={{ $json.row ? 5000 : 60 }}' };
		const run = await stage.sleep([open('short'), open('long')], { ...goingOn, nodeOptions });
		for (let minute = 0; minute < 5; minute++) await roundAfter(stage, run, 60);
		expect(isWaiting(stage, run)).toBe(true);
		await endClip(stage, stage.taskIds()[1]);
		expect(column(await stage.engine.finalRun(run), 'status')).toEqual(['timedOut', 'completed']);
	});

	test('a submit that is refused for want of capacity is given up in the end, and nothing is charged', async () => {
		stage.faults.add({ action: '429', route: 'submit', times: 999 });
		const run = await stage.sleep(['A fox'], { ...goingOn, nodeOptions: { maxWait: 300 } });
		expect(run.status).toBe('waiting');
		const final = await toTheEnd(stage, run, 20);
		expect(column(final, 'status')).toEqual(['failed']);
		expect(column(final, 'taskId')).toEqual([undefined]);
		expect(stage.ledger.allCharges()).toEqual([]);
	});

	test('a workflow time limit that is shorter than the wait is a hint', async () => {
		const workflow = stage.engine.workflow.bind(stage.engine);
		const spy = jest.spyOn(stage.engine, 'workflow').mockImplementation((options) => {
			const made = workflow(options);
			made.workflow.settings.executionTimeout = 600;
			return made;
		});
		// The longest wait counts, whichever row it belongs to.
		const nodeOptions = { maxWait: '={{ $json.row === 0 ? 900 : 300 }}' };
		const run = await stage.sleep(['A fox', 'A cat'], { nodeOptions });
		spy.mockRestore();
		expect(hintsOf(run).join()).toMatch(/time limit .* is 600 seconds and .* 900/);
		await toTheEnd(stage, run, 5);
	});
});

describe('Get Video, asleep', () => {
	const parameters = { ...untilFinished.parameters, waitBy: 'sleep' };

	test('N ids in, N clips out, in order, with their files and fields', async () => {
		const ids = (await stage.submit(numbered(4))).reverse();
		const items = ids.map((taskId, row) => ({ json: { taskId, own: `row ${row}` } }));
		const nodeOptions = { includeInputFields: true };
		const run = await stage.fetch([], { items, parameters, nodeOptions });
		expect(run.status).toBe('waiting');
		const final = await toTheEnd(stage, run, 5);
		expect(final.status).toBe('success');
		expect(column(final, 'taskId')).toEqual(ids);
		expect(column(final, 'own')).toEqual(items.map(({ json }) => json.own));
		expect(column(final, 'status')).toEqual(Array(4).fill('completed'));
		for (const { binary } of final.items) expect(binary?.data.id).toContain(`${idOf(run)}/`);
		expect(stage.ledger.submits()).toHaveLength(4);
	});

	test('an unknown id and a failed clip are failed items, the others are waited for', async () => {
		const [fox, bad] = await stage.submit([open('A fox'), '[[fail]] [[slow:1]] bad']);
		stage.pass(5);
		const ids = [fox, UNKNOWN_TASK, bad, 'no id'];
		const run = await stage.fetch(ids, { ...goingOn, parameters });
		expect(run.status).toBe('waiting');
		await stage.finish([fox]);
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed', 'failed', 'failed', 'failed']);
		expect(column(final, 'taskId')).toEqual([fox, UNKNOWN_TASK, bad, undefined]);
	});

	test('rows that do not wait are looked at, and not waited for', async () => {
		const ids = await stage.submit([open('A fox'), open('A cat')]);
		const items = ids.map((taskId, row) => ({ json: { taskId, row } }));
		const waitUntilFinished = '={{ $json.row === 0 }}';
		const run = await stage.fetch([], { items, parameters: { ...parameters, waitUntilFinished } });
		await stage.finish([ids[0]]);
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed', 'submitted']);
	});

	test('clips that are ready come out at once', async () => {
		const ids = await stage.submit(['A fox']);
		stage.pass(120);
		const run = await stage.fetch(ids, { parameters });
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed']);
		expect(run.items[0].binary?.data.id).toContain(`executions/${idOf(run)}/`);
	});

	test('takes no slots of Generate Video, and waits for more tasks than there are slots', async () => {
		const ids = await stage.submit(numbered(3).map(open));
		const nodeOptions = { concurrency: 1 };
		const run = await stage.fetch(ids, { parameters, nodeOptions });
		const made = await stage.sleep(['A cat'], { nodeOptions });
		expect(stage.taskIds()).toHaveLength(4);
		await stage.finish(ids);
		expect(column(await toTheEnd(stage, run, 5), 'status')).toEqual(Array(3).fill('completed'));
		stage.pass(60);
		await nextRound(stage, made);
		expect(column(await stage.engine.finalRun(made), 'status')).toEqual(['completed']);
	});
});
