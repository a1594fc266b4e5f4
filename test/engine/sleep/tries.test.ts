import type { NodeRun, RunOptions } from '../harness';
import { column, errorText, jsonOf, numbered } from '../laws/setup';
import {
	cutOffInSubmit,
	endClip,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	taskIds,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });
const goingOn: RunOptions = { onError: 'continueRegularOutput' };
const once = { nodeOptions: { retryFailed: 0 } };

/** n8n's Retry button: a new execution that starts with what the one before had saved. */
async function retried(first: NodeRun, prompts: string[]): Promise<NodeRun> {
	const { context } = first;
	const run = await stage.sleep(prompts, { context });
	return run.status === 'waiting' ? await toTheEnd(stage, run, 10) : run;
}

describe("Law 1, Pay once: n8n's Retry of an execution that slept", () => {
	test('after a row has failed submits that row only', async () => {
		const prompts = ['steady', 'shaky', 'calm'];
		stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const run = await stage.sleep(prompts, once);
		const first = await toTheEnd(stage, run, 5);
		expect(first.status).toBe('error');
		const second = await retried(first, prompts);
		expect(column(second, 'status')).toEqual(['completed', 'completed', 'completed']);
		expect(second.items.every(({ binary }) => binary?.data)).toBe(true);
		expect(stage.ledger.accepted()).toHaveLength(4);
		expect(stage.ledger.charges()).toHaveLength(3);
	});

	const stopped: Array<[string, (run: NodeRun) => unknown]> = [
		['Stop', ({ options }) => stage.engine.stop(String(options.executionId))],
		[
			'Stop that the sheet has noticed',
			async (run) => {
				stage.engine.stop(String(run.options.executionId));
				await roundAfter(stage, run, 60);
			},
		],
		[
			'Stop on the execution that made the clips',
			async (run) => {
				stage.engine.stop(partOf(stage, run, 'worker').id);
				await stage.engine.sweep();
			},
		],
		[
			'a crash from which nothing went on, and Stop',
			async (run) => {
				const [first] = taskIds(stage);
				await cutOffInSubmit(stage, run, async () => await endClip(stage, first));
				stage.engine.stop(String(run.options.executionId));
			},
		],
	];
	test.each(stopped)('after %s goes on with the clips that were submitted', async (_, stop) => {
		const run = await stage.sleep(numbered(7));
		const before = taskIds(stage);
		await stop(run);
		const second = await retried(await stage.engine.finalRun(run), numbered(7));
		expect(column(second, 'status')).toEqual(Array(7).fill('completed'));
		expect(column(second, 'taskId').slice(0, 5).sort()).toEqual(before.sort());
		expect(stage.ledger.accepted()).toHaveLength(7);
		expect(stage.ledger.charges()).toHaveLength(7);
	});

	test('after a submit whose answer never came, with the same key and bytes', async () => {
		stage.faults.add({ action: '500-after-accept', route: 'submit', times: 1 });
		const run = await stage.sleep(['A fox']);
		const first = run.status === 'waiting' ? await toTheEnd(stage, run, 5) : run;
		expect(first.status).toBe('error');
		expect(errorText(first)).toMatch(/Whether the clip was accepted is not known/);
		const second = await retried(first, ['A fox']);
		expect(jsonOf(second)).toMatchObject([{ status: 'completed', taskId: taskIds(stage)[0] }]);
		const [one, two] = stage.ledger.submits();
		expect(two).toMatchObject({ bodyHash: one.bodyHash, replayed: true });
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('whose second try goes on with what its first has sent', async () => {
		stage.faults.add({ action: 'fail', nth: 1 });
		const first = await toTheEnd(stage, await stage.sleep(['A fox'], once), 5);
		expect(first.status).toBe('error');
		stage.faults.add({ action: '500-after-accept', route: 'submit', times: 1 });
		const retrying = { retryOnFail: true, maxTries: 2, context: first.context };
		const second = await toTheEnd(stage, await stage.sleep(['A fox'], retrying), 5);
		expect(column(second, 'status')).toEqual(['completed']);
		const [, two, three] = stage.ledger.submits();
		expect(three).toMatchObject({ bodyHash: two.bodyHash, replayed: true });
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('with other content submits what is new', async () => {
		const run = await stage.sleep(['A fox', '[[fail]] A cat'], once);
		const first = await toTheEnd(stage, run, 5);
		const second = await retried(first, ['A fox', 'A dog']);
		expect(column(second, 'prompt')).toEqual(['A fox', 'A dog']);
		expect(column(second, 'taskId')[0]).toBe(taskIds(stage)[0]);
		expect(stage.ledger.accepted()).toHaveLength(3);
	});
});

describe('Law 1, Pay once: Retry On Fail, asleep', () => {
	test('a submit whose answer was lost is sent again with the same bytes', async () => {
		const run = await stage.sleep([`[[500-after-accept]] ${open('A fox')}`], {
			retryOnFail: true,
			maxTries: 3,
		});
		expect(run.status).toBe('waiting');
		const [one, two, ...more] = stage.ledger.submits();
		expect(more).toEqual([]);
		expect(two).toMatchObject({ bodyHash: one.bodyHash, replayed: true });
		// The bytes name the first try's address, where nobody listens any more: the timer finds the clip.
		await endClip(stage, taskIds(stage)[0]);
		expect(jsonOf(await toTheEnd(stage, run, 3))).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.charges()).toHaveLength(1);
	});
});

describe('Row Key, asleep', () => {
	const settings = { ...goingOn, nodeOptions: { dedupeKey: '={{ "row " + $json.row }}' } };

	test('one that an earlier execution has used is an error, and is not charged again', async () => {
		const first = await stage.sleep(numbered(2), settings);
		await toTheEnd(stage, first, 5);
		const second = await stage.sleep(numbered(3), settings);
		expect(second.status).toBe('waiting');
		const final = await toTheEnd(stage, second, 5);
		expect(column(final, 'status')).toEqual(['failed', 'failed', 'completed']);
		expect(column(final, 'error')[0]).toMatch(/^Already submitted by an earlier run, not charged/);
		expect(stage.ledger.accepted()).toHaveLength(3);
		expect(stage.ledger.charges()).toHaveLength(3);
	});
});
