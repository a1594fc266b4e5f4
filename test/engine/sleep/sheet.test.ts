import type { RunOptions } from '../harness';
import { column, generate, jsonOf, rowsOf, setTheStage } from '../laws/setup';
import { callBack, endOf, open, sleepy, taskIds, woken } from './sleepStage';

const stage = setTheStage();

async function end(taskId: string, ending: 'completed' | 'failed' | 'cancelled' = 'completed') {
	await stage.sandbox.finishTask(taskId, { ending });
}

describe('Sleep Until Called Back', () => {
	test('one row: submitted, looked at once more, asleep; the callback brings the item that polling brings', async () => {
		const { engine, sandbox } = stage;
		const run = await engine.runNode(
			sleepy(stage, [open('A fox')], { parameters: { metadata: '={{ { row: $json.row } }}' } }),
		);
		expect(run.status).toBe('waiting');
		const [taskId] = taskIds(stage);
		expect(sandbox.ledger.polls()).toHaveLength(1);
		await end(taskId);
		const answer = await callBack(stage, run, endOf(taskId));
		expect(answer.status).toBe(200);
		expect(sandbox.ledger.polls()).toHaveLength(2);
		const resumed = await woken(stage, run, answer);
		expect(resumed.status).toBe('success');
		const [{ json, binary, pairedItem }] = resumed.items;
		expect(json).toMatchObject({
			taskId,
			status: 'completed',
			videoUrl: expect.stringContaining('.mp4'),
			cost: expect.any(Number),
			estimatedCost: 0.504,
			prompt: '[[stuck:40]] A fox',
			quality: 'std',
			metadata: { row: 0 },
		});
		expect(json.error).toBeUndefined();
		expect(binary?.data).toMatchObject({ mimeType: 'video/mp4', fileName: `${taskId}.mp4` });
		expect([pairedItem].flat()).toMatchObject([{ item: 0 }]);
		const polled = await engine.runNode(generate(stage, ['A fox']));
		expect(Object.keys(polled.items[0].json)).toEqual(
			Object.keys(json).filter((name) => name !== 'metadata'),
		);
	});

	test('both names of the address that wakes the execution are sent along', async () => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox')]));
		const [{ body }] = stage.sandbox.ledger.submits();
		const { origin, pathname, search } = new URL(run.resumeUrl);
		expect(body).toMatchObject({
			webhook: run.resumeUrl,
			callback_url: `${origin}${pathname}/callback${search}`,
		});
	});

	test('twelve rows at cap 5: seven are worked off first, then one sleep, one wake-up, twelve items in order', async () => {
		const { engine, sandbox } = stage;
		const prompts = Array.from({ length: 12 }, (_, row) =>
			row < 7 ? `row ${row}` : open(`row ${row}`),
		);
		const run = await engine.runNode(
			sleepy(stage, prompts, {
				parameters: { metadata: '={{ { row: $json.row } }}' },
				nodeOptions: { includeInputFields: true },
			}),
		);
		expect(run.status).toBe('waiting');
		expect(sandbox.ledger.maxInFlight()).toBe(5);
		expect(sandbox.ledger.accepted()).toHaveLength(12);
		const asleep = taskIds(stage).slice(7);
		const readsBefore = sandbox.ledger.polls().length;
		for (const [index, taskId] of [...asleep].reverse().entries()) {
			await end(taskId);
			const answer = await callBack(stage, run, endOf(taskId));
			expect(answer.status).toBe(200);
			if (index < 4) {
				expect(answer.result?.workflowData).toBeUndefined();
				continue;
			}
			const resumed = await woken(stage, run, answer);
			expect(resumed.status).toBe('success');
			expect(column(resumed, 'row')).toEqual(prompts.map((_, row) => row));
			expect(column(resumed, 'metadata')).toEqual(prompts.map((_, row) => ({ row })));
			expect(column(resumed, 'prompt')).toEqual(prompts);
			expect(new Set(column(resumed, 'status'))).toEqual(new Set(['completed']));
			expect(resumed.items.every(({ binary }) => binary?.data)).toBe(true);
			expect(resumed.items.map(({ pairedItem }) => [pairedItem].flat()[0])).toMatchObject(
				prompts.map((_, item) => ({ item })),
			);
		}
		// One read a callback at least (its own task), and one more that finds a clip still being made.
		expect(sandbox.ledger.polls().length - readsBefore).toBeLessThanOrEqual(10);
		expect(sandbox.ledger.charges()).toHaveLength(12);
	});

	test('there is no sleep where every clip has ended before it', async () => {
		const run = await stage.engine.runNode(
			sleepy(stage, ['[[slow:0]] A fox', '[[slow:0]] [[fail]] A cat']),
		);
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', 'failed']);
		expect(run.items[0].binary?.data).toBeDefined();
		expect(jsonOf(run)[1].error).toMatch(/could not make the clip/);
	});

	test('a clip that ends while another is downloaded is found before the execution sleeps', async () => {
		const { engine, sandbox } = stage;
		sandbox.faults.add({ action: 'file-slow:0.5', route: 'file', times: 1 });
		const running = engine.start(sleepy(stage, ['[[slow:0]] quick', open('late')]));
		await sandbox.ledger.waitFor((ledger) => ledger.downloads().length > 0);
		await end(taskIds(stage)[1]);
		const run = await running.finished;
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed', 'completed']);
	});

	test.each(['A "quoted" name', "It's", 'back\\slash', 'fox 🦊 {{ $json.x }} }}', '${x} `y`', ' '])(
		'the saved state is found for a node named %p',
		async (nodeName) => {
			const run = await stage.engine.runNode(sleepy(stage, [open('A fox')], { nodeName }));
			const [taskId] = taskIds(stage);
			await end(taskId);
			const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
			expect(jsonOf(resumed)).toMatchObject([{ taskId, status: 'completed' }]);
		},
	);

	test('what earlier nodes gave out stays as it was, so that rows can be looked up downstream', async () => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox'), open('A cat')]));
		const [rows] = run.execution.resultData.runData.Rows;
		expect(rows.data?.main[0]?.map(({ json }) => json)).toEqual([
			{ prompt: open('A fox'), row: 0 },
			{ prompt: open('A cat'), row: 1 },
		]);
	});

	test('slots are free while the execution sleeps', async () => {
		const nodeOptions = { concurrency: 1 };
		const asleep = await stage.engine.runNode(sleepy(stage, [open('A fox')], { nodeOptions }));
		expect(asleep.status).toBe('waiting');
		const other = await stage.engine.runNode(generate(stage, ['A cat'], { nodeOptions }));
		expect(column(other, 'status')).toEqual(['completed']);
	});

	test('Download Video off: the link only', async () => {
		const run = await stage.engine.runNode(
			sleepy(stage, [open('A fox')], { parameters: { downloadVideo: false } }),
		);
		const [taskId] = taskIds(stage);
		await end(taskId);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
		expect(resumed.items[0].binary).toBeUndefined();
		expect(jsonOf(resumed)[0].videoUrl).toContain('.mp4');
		expect(stage.sandbox.ledger.downloads()).toEqual([]);
	});

	test('as a tool the node polls', async () => {
		const run = await stage.engine.runNode(sleepy(stage, ['A fox'], { asTool: true }));
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed']);
	});
});

describe('when clips go wrong', () => {
	const everyOnError: Array<RunOptions['onError']> = [
		'stopWorkflow',
		'continueRegularOutput',
		'continueErrorOutput',
	];

	test.each(everyOnError)(
		'a row that fails before the sleep and one that fails in it are items on output 0 (%s)',
		async (onError) => {
			const run = await stage.engine.runNode(
				sleepy(
					stage,
					[
						'[[slow:0]] [[fail:content]] early',
						'[[moderation-400]] refused',
						open('late'),
						open('good'),
					],
					{ onError },
				),
			);
			expect(run.status).toBe('waiting');
			const [early, late, good] = taskIds(stage);
			await end(late, 'failed');
			await end(good);
			const resumed = await woken(stage, run, await callBack(stage, run, endOf(late, 'failed')));
			expect(resumed.errorItems).toEqual([]);
			expect(column(resumed, 'status')).toEqual(['failed', 'failed', 'failed', 'completed']);
			expect(column(resumed, 'taskId')).toEqual([early, undefined, late, good]);
			const errors = column(resumed, 'error');
			expect(errors[0]).toContain(early);
			expect(errors[1]).toMatch(/moderation/);
			expect(errors[2]).toContain(late);
			expect(errors[3]).toBeUndefined();
		},
	);

	test.each(everyOnError)(
		'a row that failed is an item, too, where it never came to a sleep (%s)',
		async (onError) => {
			const run = await stage.engine.runNode(
				sleepy(stage, ['[[slow:0]] [[fail]] bad', '[[slow:0]] good'], { onError }),
			);
			expect(run.status).toBe('success');
			expect(run.errorItems).toEqual([]);
			expect(column(run, 'status')).toEqual(['failed', 'completed']);
		},
	);

	test('an invalid row costs the others nothing', async () => {
		const items = rowsOf([open('A fox'), '', open('A cat')]);
		const run = await stage.engine.runNode(
			sleepy(stage, [], { items, onError: 'continueRegularOutput' }),
		);
		expect(run.status).toBe('waiting');
		const [fox, cat] = taskIds(stage);
		await end(fox);
		await end(cat);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(cat)));
		expect(column(resumed, 'taskId')).toEqual([fox, undefined, cat]);
		expect(column(resumed, 'status')).toEqual(['completed', 'failed', 'completed']);
		expect(jsonOf(resumed)[1].error).toMatch(/Prompt/);
	});

	test('a clip that cannot be downloaded is completed, with its link and an error', async () => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox'), open('A cat')]));
		const [fox, cat] = taskIds(stage);
		stage.sandbox.faults.add({ action: 'expired-once:9', route: 'file', when: { taskId: fox } });
		await end(fox);
		await end(cat);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(fox)));
		expect(column(resumed, 'status')).toEqual(['completed', 'completed']);
		expect(jsonOf(resumed)[0]).toMatchObject({
			videoUrl: expect.stringContaining('.mp4'),
			error: expect.stringMatching(/could not be downloaded.*Get Video/),
		});
		expect(jsonOf(resumed)[0].error).toContain(fox);
		expect(resumed.items[0].binary).toBeUndefined();
		expect(resumed.items[1].binary?.data).toBeDefined();
		expect(jsonOf(resumed)[1].error).toBeUndefined();
	});

	test('a cancelled clip wakes the execution as a failed one', async () => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox')]));
		const [taskId] = taskIds(stage);
		await end(taskId, 'cancelled');
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId, 'cancelled')));
		expect(jsonOf(resumed)).toMatchObject([{ taskId, status: 'failed' }]);
	});
});
