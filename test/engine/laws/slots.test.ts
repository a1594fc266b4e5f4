import type { NodeRun } from '../harness';
import { column, numbered, setTheStage, slow, submitOnly, untilFinished } from './setup';

const stage = setTheStage({ concurrency: 0, generationSeconds: 60 });
const stuck = (count: number, name = 'A cat') => numbered(count, `[[stuck]] ${name}`);

function expectAllCompleted(run: NodeRun, count: number): void {
	expect(column(run, 'status')).toEqual(Array(count).fill('completed'));
}

const untilAccepted = async (count: number) =>
	await stage.ledger.waitFor(() => stage.taskIds().length >= count);

/** Finishes the clips `from` (counted from 0, in the order of their submits) to `count`, each once `atOnce` are in flight. */
async function finishEach(count: number, atOnce: number, from = 0): Promise<void> {
	for (let clip = from; clip < count; clip += 1) {
		await untilAccepted(Math.min(clip - from + atOnce, count));
		await stage.finish([stage.taskIds()[clip]]);
	}
}

/** The most requests of a kind that were open at once, until so many have ended. */
async function mostOpen(kind: 'submits' | 'downloads', count: number): Promise<number> {
	let most = 0;
	await stage.ledger.waitFor((ledger) => {
		const open = ledger[kind]().filter(({ ended }) => !ended);
		most = Math.max(most, open.length);
		return ledger[kind]().length - open.length === count;
	});
	return most;
}

describe('Law 1, Pay once: clips in flight per key', () => {
	test('a slot is filled as soon as a clip is done, not when a group of five is', async () => {
		const running = stage.start(stuck(10));
		await finishEach(10, 5, 1);
		await stage.ledger.waitFor(() => stage.ledger.charges().length === 9);
		await stage.finish([stage.taskIds()[0]]);
		expectAllCompleted(await running.finished, 10);
		expect(stage.ledger.maxInFlight()).toBe(5);
	});

	test('two executions at once share the slots of their key', async () => {
		const runs = ['A cat', 'A dog'].map((animal) => stage.start(stuck(6, animal)));
		await finishEach(12, 5);
		for (const { finished } of runs) expectAllCompleted(await finished, 6);
		expect(stage.ledger.maxInFlight()).toBe(5);
	});

	test('two keys have slots of their own', async () => {
		const credentials = stage.account('sk-other-account');
		const nodeOptions = { concurrency: 2 };
		const runs = [
			stage.start(stuck(3), { nodeOptions }),
			stage.start(stuck(3), { nodeOptions, credentials }),
		];
		await untilAccepted(4);
		expect(stage.ledger.maxInFlight()).toBe(2);
		await stage.finish();
		await untilAccepted(6);
		await stage.finish();
		for (const { finished } of runs) expectAllCompleted(await finished, 3);
	});

	test('a node with a lower number waits until the count of its key is below it', async () => {
		const many = stage.start(stuck(4, 'many'), { nodeOptions: { concurrency: 4 } });
		await untilAccepted(4);
		const ofMany = stage.taskIds();
		const few = stage.start(['few'], { nodeOptions: { concurrency: 2 }, nodeName: 'Second' });
		const third = stage.start(['third'], { nodeOptions: { concurrency: 5 }, nodeName: 'Third' });
		expectAllCompleted(await third.finished, 1);
		expect(stage.ledger.accepted()).toHaveLength(5);
		await stage.finish(ofMany);
		expectAllCompleted(await few.finished, 1);
		expectAllCompleted(await many.finished, 4);
		expect(stage.ledger.maxInFlight()).toBe(5);
	});

	test('Submit Only sends no more at once than it may, and does not wait for the clips', async () => {
		stage.faults.add(slow('submit', 0.02));
		const running = stage.start(stuck(8), { ...submitOnly, nodeOptions: { concurrency: 2 } });
		expect(await mostOpen('submits', 8)).toBe(2);
		expect(column(await running.finished, 'status')).toEqual(Array(8).fill('submitted'));
		expect(stage.ledger.maxInFlight()).toBe(8);
	});

	test('Get Video that waits takes no slot of Generate Video', async () => {
		const ids = await stage.submit(stuck(3));
		const nodeOptions = { concurrency: 2 };
		const getting = stage.fetch(ids, { ...untilFinished, nodeOptions });
		await stage.ledger.waitFor(
			() => new Set(stage.ledger.polls().map(({ taskId }) => taskId)).size === 2,
		);
		expectAllCompleted(await stage.run(['A dog'], { nodeOptions }), 1);
		await stage.finish(ids);
		expectAllCompleted(await getting, 3);
	});

	test('Get Video that does not wait is answered at once while all slots are taken', async () => {
		const making = stage.start(stuck(5));
		await untilAccepted(5);
		const looked = await stage.fetch(stage.taskIds());
		expect(column(looked, 'status')).toEqual(Array(5).fill('processing'));
		await stage.finish();
		expectAllCompleted(await making.finished, 5);
	});

	test('no more files are downloaded at once than clips may be in flight', async () => {
		await stage.run(numbered(6), { parameters: { downloadVideo: false } });
		stage.faults.add({ route: 'file', action: { kind: 'slow', part: 'body', seconds: 0.02 } });
		const getting = stage.fetch(stage.taskIds(), { nodeOptions: { concurrency: 2 } });
		expect(await mostOpen('downloads', 6)).toBe(2);
		expectAllCompleted(await getting, 6);
	});

	test('the 429 of another process on the same key is waited out', async () => {
		const credentials = stage.account('sk-shared-with-another-process', { concurrency: 3 });
		const { finished } = stage.start(stuck(8), { credentials });
		await stage.ledger.waitFor(() => stage.ledger.submits().some(({ status }) => status === 429));
		await finishEach(8, 3);
		expectAllCompleted(await finished, 8);
		expect(stage.ledger.maxInFlight()).toBe(3);
		expect(stage.ledger.charges()).toHaveLength(8);
	});
});
