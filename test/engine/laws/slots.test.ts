import type { NodeRun } from '../harness';
import { column, get, numbered, setTheStage } from './setup';

const stage = setTheStage({ concurrency: 0, generationSeconds: 60 });

function expectAllCompleted(run: NodeRun, count: number): void {
	expect(column(run, 'status')).toEqual(Array(count).fill('completed'));
}

/** Finishes the clips `from` (counted from 0, in the order of their submits) to `count`, each once `atOnce` are in flight. */
async function finishEach(count: number, atOnce: number, from = 0): Promise<void> {
	const { ledger, finishTask } = stage.sandbox;
	for (let clip = from; clip < count; clip += 1) {
		const started = Math.min(clip - from + atOnce, count);
		await ledger.waitFor(() => ledger.accepted().length >= started);
		await finishTask(ledger.accepted()[clip].taskId ?? '');
	}
}

describe('Law 1, Pay once: clips in flight per key', () => {
	test('a slot is filled as soon as a clip is done, not when a group of five is', async () => {
		const running = stage.start(numbered(10, '[[stuck]] A cat'));
		const { ledger } = stage.sandbox;
		await finishEach(10, 5, 1);
		await ledger.waitFor(() => ledger.charges().length === 9);
		const [{ taskId = '' }] = ledger.accepted();
		await stage.sandbox.finishTask(taskId);
		expectAllCompleted(await running.finished, 10);
		expect(ledger.maxInFlight()).toBe(5);
	});

	test('two executions at once share the slots of their key', async () => {
		const runs = ['cat', 'dog'].map((animal) => stage.start(numbered(6, `[[stuck]] A ${animal}`)));
		await finishEach(12, 5);
		for (const { finished } of runs) expectAllCompleted(await finished, 6);
		expect(stage.ledger.maxInFlight()).toBe(5);
	});

	test('two keys have slots of their own', async () => {
		const apiKey = 'sk-other-account';
		stage.sandbox.addKey({ key: apiKey });
		const credentials = { apiKey, baseUrl: stage.sandbox.baseUrl };
		const nodeOptions = { concurrency: 2 };
		const prompts = ['[[stuck]] A', '[[stuck]] B', '[[stuck]] C'];
		const runs = [
			stage.start(prompts, { nodeOptions }),
			stage.start(prompts, { nodeOptions, credentials }),
		];
		const { ledger } = stage.sandbox;
		await ledger.waitFor(() => ledger.accepted().length === 4);
		expect(ledger.maxInFlight()).toBe(2);
		const finishing = ledger.waitFor(() => ledger.accepted().length === 6);
		for (const { taskId = '' } of ledger.accepted()) await stage.sandbox.finishTask(taskId);
		await finishing;
		for (const { taskId = '' } of ledger.accepted()) await stage.sandbox.finishTask(taskId);
		for (const { finished } of runs) expectAllCompleted(await finished, 3);
	});

	test('a node with a lower number waits until the count of its key is below it', async () => {
		const many = stage.start(numbered(4, '[[stuck]] many'), { nodeOptions: { concurrency: 4 } });
		const { ledger, finishTask } = stage.sandbox;
		const big = (await ledger.waitFor(
			() => ledger.accepted().length === 4 && ledger.accepted(),
		)) as ReturnType<typeof ledger.accepted>;
		const few = stage.start(['few'], { nodeOptions: { concurrency: 2 }, nodeName: 'Second' });
		const third = stage.start(['third'], { nodeOptions: { concurrency: 5 }, nodeName: 'Third' });
		expectAllCompleted(await third.finished, 1);
		expect(ledger.accepted()).toHaveLength(5);
		for (const { taskId = '' } of big) await finishTask(taskId);
		expectAllCompleted(await few.finished, 1);
		expectAllCompleted(await many.finished, 4);
		expect(ledger.maxInFlight()).toBe(5);
	});

	test('Submit Only sends no more at once than it may, and does not wait for the clips', async () => {
		const { ledger, faults } = stage.sandbox;
		faults.add({ route: 'submit', action: { kind: 'slow', part: 'headers', seconds: 0.02 } });
		const running = stage.start(numbered(8, '[[stuck]] A cat'), {
			parameters: { mode: 'submitOnly' },
			nodeOptions: { concurrency: 2 },
		});
		let mostOpen = 0;
		await ledger.waitFor(() => {
			const open = ledger.submits().filter(({ ended }) => !ended);
			mostOpen = Math.max(mostOpen, open.length);
			return ledger.accepted().length === 8;
		});
		expect(column(await running.finished, 'status')).toEqual(Array(8).fill('submitted'));
		expect(mostOpen).toBe(2);
		expect(ledger.maxInFlight()).toBe(8);
	});

	test('Get Video that waits takes no slot of Generate Video', async () => {
		const submitted = await stage.run(numbered(3, '[[stuck]] A cat'), {
			parameters: { mode: 'submitOnly' },
		});
		const { ledger, finishTask } = stage.sandbox;
		const getting = stage.start([], {
			items: submitted.items,
			parameters: { operation: 'get', taskId: '={{ $json.taskId }}', waitUntilFinished: true },
			nodeOptions: { concurrency: 2 },
		});
		await ledger.waitFor(() => new Set(ledger.polls().map(({ taskId }) => taskId)).size === 2);
		const making = stage.start(['A dog'], { nodeOptions: { concurrency: 2 } });
		expectAllCompleted(await making.finished, 1);
		for (const taskId of column(submitted, 'taskId')) await finishTask(String(taskId));
		expectAllCompleted(await getting.finished, 3);
	});

	test('Get Video that does not wait is answered at once while all slots are taken', async () => {
		const { ledger, finishTask } = stage.sandbox;
		const making = stage.start(numbered(5, '[[stuck]] A cat'));
		await ledger.waitFor(() => ledger.accepted().length === 5);
		const taskIds = ledger.accepted().map(({ taskId = '' }) => taskId);
		const looked = await stage.fetch(taskIds);
		expect(column(looked, 'status')).toEqual(Array(5).fill('processing'));
		for (const taskId of taskIds) await finishTask(taskId);
		expectAllCompleted(await making.finished, 5);
	});

	test('no more files are downloaded at once than clips may be in flight', async () => {
		const { ledger, faults } = stage.sandbox;
		const made = await stage.run(numbered(6), { parameters: { downloadVideo: false } });
		faults.add({ route: 'file', action: { kind: 'slow', part: 'body', seconds: 0.02 } });
		const getting = stage.engine.start(
			get(stage, column(made, 'taskId').map(String), { nodeOptions: { concurrency: 2 } }),
		);
		let mostOpen = 0;
		await ledger.waitFor(() => {
			const open = ledger.downloads().filter(({ ended }) => !ended);
			mostOpen = Math.max(mostOpen, open.length);
			return ledger.downloads().filter(({ ended }) => ended).length === 6;
		});
		expectAllCompleted(await getting.finished, 6);
		expect(mostOpen).toBe(2);
	});

	test('the 429 of another process on the same key is waited out', async () => {
		const apiKey = 'sk-shared-with-another-process';
		stage.sandbox.addKey({ key: apiKey, concurrency: 3 });
		const credentials = { apiKey, baseUrl: stage.sandbox.baseUrl };
		const { finished } = stage.start(numbered(8, '[[stuck]] A cat'), { credentials });
		const { ledger } = stage.sandbox;
		await ledger.waitFor(() => ledger.submits().some(({ status }) => status === 429));
		await finishEach(8, 3);
		expectAllCompleted(await finished, 8);
		expect(ledger.maxInFlight()).toBe(3);
		expect(ledger.charges()).toHaveLength(8);
	});
});
