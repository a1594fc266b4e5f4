import type { RunOptions } from '../harness';
import { column, jsonOf, numbered } from '../laws/setup';
import {
	endClip,
	isWaiting,
	nextRound,
	open,
	roundAfter,
	setTheSleepStage,
	taskIds,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage();
const goingOn: RunOptions = { onError: 'continueRegularOutput' };

describe('Law 7, A timeout never looks like success: asleep', () => {
	test('is said of the clip that was late, and of no other', async () => {
		const final = await stage.sleepThrough(['A fox', open('late'), 'A cat'], {
			...goingOn,
			parameters: { metadata: '={{ { row: $json.row } }}' },
			nodeOptions: { maxWait: 300 },
		});
		expect(column(final, 'status')).toEqual(['completed', 'timedOut', 'completed']);
		const { error, taskId, metadata } = jsonOf(final)[1];
		expect(taskId).toBe(taskIds(stage)[1]);
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

	test('a clip that was ready in the last moment is completed: there is one last read', async () => {
		const run = await stage.sleep([open('A fox')], { ...goingOn, nodeOptions: { maxWait: 90 } });
		await stage.sandbox.finishTask(taskIds(stage)[0]);
		await roundAfter(stage, run, 500);
		expect(column(await stage.engine.finalRun(run), 'status')).toEqual(['completed']);
	});

	test('counts for each clip from its own submit, and a clip whose time is up makes room', async () => {
		const run = await stage.sleep([open('late'), 'A fox', 'A cat'], {
			...goingOn,
			nodeOptions: { maxWait: 120, concurrency: 1 },
		});
		expect(taskIds(stage)).toHaveLength(1);
		const final = await toTheEnd(stage, run, 12);
		expect(column(final, 'status')).toEqual(['timedOut', 'completed', 'completed']);
		expect(stage.ledger.accepted()).toHaveLength(3);
	});

	test('is that of its own row', async () => {
		const run = await stage.sleep([open('short'), open('long')], {
			...goingOn,
			nodeOptions: { maxWait: '={{ $json.row ? 5000 : 60 }}' },
		});
		for (let minute = 0; minute < 5; minute++) await roundAfter(stage, run, 60);
		expect(isWaiting(stage, run)).toBe(true);
		await endClip(stage, taskIds(stage)[1]);
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
		expect(JSON.stringify(run.hints)).toMatch(/time limit .* is 600 seconds and .* 900/);
		await toTheEnd(stage, run, 5);
	});
});

describe('Get Video, asleep', () => {
	const parameters = { waitUntilFinished: true, waitBy: 'sleep' };

	async function submitted(prompts: string[]): Promise<string[]> {
		const run = await stage.sleep(prompts, { parameters: { mode: 'submitOnly' } });
		return column(run, 'taskId').map(String);
	}

	test('N ids in, N clips out, in order, with their files and fields', async () => {
		const ids = await submitted(numbered(4));
		const items = [...ids]
			.reverse()
			.map((taskId, row) => ({ json: { taskId, own: `row ${row}` } }));
		const run = await stage.fetch([], {
			items,
			parameters,
			nodeOptions: { includeInputFields: true },
		});
		expect(run.status).toBe('waiting');
		const final = await toTheEnd(stage, run, 5);
		expect(final.status).toBe('success');
		expect(column(final, 'taskId')).toEqual([...ids].reverse());
		expect(column(final, 'own')).toEqual(items.map(({ json }) => json.own));
		expect(column(final, 'status')).toEqual(Array(4).fill('completed'));
		expect(
			final.items.every(({ binary }) => binary?.data.id?.includes(`${run.options.executionId}/`)),
		).toBe(true);
		expect(stage.ledger.submits()).toHaveLength(4);
	});

	test('an unknown id and a failed clip are failed items, the others are waited for', async () => {
		const ids = await submitted([open('A fox'), '[[fail]] [[slow:1]] bad']);
		stage.pass(5);
		const unknown = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';
		const run = await stage.fetch([ids[0], unknown, ids[1], 'no id'], { ...goingOn, parameters });
		expect(run.status).toBe('waiting');
		await stage.sandbox.finishTask(ids[0]);
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed', 'failed', 'failed', 'failed']);
		expect(column(final, 'taskId')).toEqual([ids[0], unknown, ids[1], undefined]);
	});

	test('rows that do not wait are looked at, and not waited for', async () => {
		const ids = await submitted([open('A fox'), open('A cat')]);
		const items = ids.map((taskId, row) => ({ json: { taskId, row } }));
		const run = await stage.fetch([], {
			items,
			parameters: { ...parameters, waitUntilFinished: '={{ $json.row === 0 }}' },
		});
		await stage.sandbox.finishTask(ids[0]);
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed', 'submitted']);
	});

	test('clips that are ready come out at once', async () => {
		const ids = await submitted(['A fox']);
		stage.pass(120);
		const run = await stage.fetch(ids, { parameters });
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed']);
		expect(run.items[0].binary?.data.id).toContain(`executions/${run.options.executionId}/`);
	});

	test('takes no slots of Generate Video, and waits for more tasks than there are slots', async () => {
		const ids = await submitted(Array.from({ length: 3 }, (_, row) => open(`${row}`)));
		const run = await stage.fetch(ids, { parameters, nodeOptions: { concurrency: 1 } });
		const made = await stage.sleep(['A cat'], { nodeOptions: { concurrency: 1 } });
		expect(taskIds(stage)).toHaveLength(4);
		for (const id of ids) await stage.sandbox.finishTask(id);
		expect(column(await toTheEnd(stage, run, 5), 'status')).toEqual(Array(3).fill('completed'));
		stage.pass(60);
		await nextRound(stage, made);
		expect(column(await stage.engine.finalRun(made), 'status')).toEqual(['completed']);
	});
});
