import type { NodeRun } from '../harness';
import { column, goingOn, idOf, jsonOf, numbered } from '../laws/setup';
import {
	callBack,
	endClip,
	findPart,
	isWaiting,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });
const parameters = { metadata: '={{ { row: $json.row } }}' };

/** What n8n has of a sheet. The guard ends by itself at its next look. */
async function expectNothingLeft(run: NodeRun) {
	await stage.engine.timeOut(partOf(stage, run, 'guard').id);
	const left = stage.engine.executions.filter(({ id }) => id !== idOf(run));
	expect(left.filter(({ workflowName }) => workflowName.startsWith('Kling Fast'))).toEqual([]);
}

describe("Sleep in n8n's Database", () => {
	test('twelve rows at cap 5: waiting after five submits, resumed by callbacks, twelve items in order', async () => {
		const prompts = numbered(12).map(open);
		const nodeOptions = { includeInputFields: true };
		const run = await stage.sleep(prompts, { parameters, nodeOptions });
		expect(run.status).toBe('waiting');
		expect(stage.ledger.accepted()).toHaveLength(5);
		for (let ended = 0; ended < 12; ended++) {
			// The newest first, so that rows end in another order than they came in.
			const unfinished = stage.taskIds().filter((id) => stage.ledger.downloads(id).length === 0);
			expect((await endClip(stage, String(unfinished.at(-1)))).status).toBe(200);
			expect(isWaiting(stage, run)).toBe(ended < 11);
		}
		const final = await stage.engine.finalRun(run);
		expect(final.status).toBe('success');
		expect(column(final, 'row')).toEqual(prompts.map((_, row) => row));
		expect(column(final, 'metadata')).toEqual(prompts.map((_, row) => ({ row })));
		expect(column(final, 'prompt')).toEqual(prompts);
		expect(column(final, 'taskId')).toEqual(stage.taskIds());
		expect(column(final, 'status')).toEqual(Array(12).fill('completed'));
		expect(final.items.map(({ pairedItem }) => [pairedItem].flat()[0])).toEqual(
			prompts.map((_, item) => ({ item })),
		);
		for (const { json, binary } of final.items) {
			expect(binary?.data.id).toContain(`executions/${idOf(run)}/`);
			expect(binary?.data.fileName).toBe(`${json.taskId}.mp4`);
			const bytes = binary && (await stage.engine.bytesOf(binary.data));
			expect(bytes?.toString('latin1')).toContain(`task ${json.taskId}`);
		}
		expect(stage.ledger.maxInFlight()).toBe(5);
		expect(stage.ledger.submits()).toHaveLength(12);
		expect(stage.ledger.charges()).toHaveLength(12);
		expect(stage.ledger.polls().length).toBeLessThanOrEqual(36);
		await expectNothingLeft(run);
	});

	test('the item is the one that polling brings', async () => {
		const run = await stage.sleep(['A fox'], { parameters });
		expect(run.status).toBe('waiting');
		const final = await toTheEnd(stage, run);
		const polled = await stage.run(['A fox'], { parameters });
		const [{ json, binary, pairedItem }] = final.items;
		expect(json).toMatchObject({
			...{ taskId: stage.taskIds()[0], status: 'completed', prompt: 'A fox' },
			...{ cost: 0.504, estimatedCost: 0.504, metadata: { row: 0 } },
		});
		expect(Object.keys(json)).toEqual(Object.keys(polled.items[0].json));
		expect(Object.keys(binary?.data ?? {}).sort()).toEqual(
			Object.keys(polled.items[0].binary?.data ?? {}).sort(),
		);
		expect([pairedItem].flat()).toEqual([{ item: 0 }]);
	});

	test.each(['A "quoted" name', "It's", 'back\\slash', 'fox 🦊 {{ $json.x }} }}', '${x} `y`'])(
		'a node named %p waits and resumes',
		async (nodeName) => {
			const run = await stage.sleep([open('A fox')], { nodeName });
			const [taskId] = stage.taskIds();
			await endClip(stage, taskId);
			const final = await stage.engine.finalRun(run);
			expect(jsonOf(final)).toMatchObject([{ taskId, status: 'completed' }]);
		},
	);

	test('what earlier nodes gave out stays as it was, so that rows can be looked up downstream', async () => {
		const final = await stage.sleepThrough(['A fox', 'A cat']);
		const [rows] = final.execution.resultData.runData.Rows;
		expect(rows.data?.main[0]?.map(({ json }) => json)).toEqual([
			{ prompt: 'A fox', row: 0 },
			{ prompt: 'A cat', row: 1 },
		]);
	});
});

describe('a sheet that does not have to sleep', () => {
	test('delivers at once where every row was refused, as polling does', async () => {
		const prompts = ['[[moderation-400]] one', '[[moderation-400]] two'];
		const run = await stage.sleep(prompts, goingOn);
		expect(run.status).toBe('success');
		const polled = await stage.run(prompts, goingOn);
		expect(run.items).toEqual(polled.items);
	});

	test('throws at once the error that polling throws', async () => {
		const prompts = ['[[moderation-400]] one', '[[402]] two'];
		const run = await stage.sleep(prompts);
		expect(run.status).toBe('error');
		const { message, description } = (await stage.run(prompts)).error ?? {};
		expect(run.error).toMatchObject({ message, description });
		expect(findPart(stage, run, 'sheet')).toBeUndefined();
	});
});

describe('slots', () => {
	test('those of a sleeping sheet count for a polling run with the same key', async () => {
		const nodeOptions = { concurrency: 1 };
		const asleep = await stage.sleep([open('A fox')], { nodeOptions });
		const running = stage.start(['[[slow:1]] A cat'], { nodeOptions, nodeName: 'Other' });
		await endClip(stage, stage.taskIds()[0]);
		expect(column(await stage.engine.finalRun(asleep), 'status')).toEqual(['completed']);
		expect(column(await running.finished, 'status')).toEqual(['completed']);
		expect(stage.ledger.maxInFlight()).toBe(1);
	});

	test('two sheets of one key share them', async () => {
		const runs = [await stage.sleep(numbered(6, 'A cat')), await stage.sleep(numbered(6, 'A dog'))];
		expect(stage.ledger.accepted()).toHaveLength(5);
		for (let minute = 0; minute < 20 && isWaiting(stage, runs[1]); minute++) {
			stage.pass(60);
			for (const run of runs) if (isWaiting(stage, run)) await nextRound(stage, run);
		}
		for (const run of runs) {
			const final = await stage.engine.finalRun(run);
			expect(column(final, 'status')).toEqual(Array(6).fill('completed'));
		}
		expect(stage.ledger.maxInFlight()).toBe(5);
		expect(stage.ledger.charges()).toHaveLength(12);
	});
});

test('a callback that comes while its own round runs is made up for by the next round', async () => {
	const run = await stage.sleep([open('A fox'), open('A cat')]);
	const [fox, cat] = stage.taskIds();
	stage.faults.add({ action: 'file-slow:1', route: 'file', when: { taskId: fox } });
	const first = endClip(stage, fox);
	await stage.ledger.waitFor((ledger) => ledger.downloads().length > 0);
	await stage.finish([cat]);
	expect((await callBack(stage, cat)).status).toBe(409);
	await first;
	for (let minute = 0; minute < 2 && findPart(stage, run, 'worker'); minute++) {
		await roundAfter(stage, run, 60);
	}
	expect(column(await stage.engine.finalRun(run), 'status')).toEqual(['completed', 'completed']);
});
