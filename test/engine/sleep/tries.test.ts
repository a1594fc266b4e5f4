import type { NodeRun } from '../harness';
import { column, errorText, goingOn, idOf, jsonOf, numbered, oneAttempt } from '../laws/setup';
import {
	cutOffInSubmit,
	endClip,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });

/** n8n's Retry button: a new execution that starts with what the one before had saved. */
const retried = async ({ context }: NodeRun, prompts: string[], more = {}) =>
	await stage.sleepThrough(prompts, { context, ...more });

/** The last submit has found the clip of the one before it, by the same key and bytes. */
function expectFoundAgain(): void {
	const [before, last] = stage.ledger.submits().slice(-2);
	const { idempotencyKey, bodyHash } = before;
	expect(last).toMatchObject({ idempotencyKey, bodyHash, replayed: true });
	expect(stage.ledger.charges()).toHaveLength(1);
}

describe("Law 1, Pay once: n8n's Retry of an execution that slept", () => {
	test('after a row has failed submits that row only', async () => {
		const prompts = ['steady', 'shaky', 'calm'];
		stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
		const first = await stage.sleepThrough(prompts, oneAttempt);
		expect(first.status).toBe('error');
		const second = await retried(first, prompts);
		expect(column(second, 'status')).toEqual(['completed', 'completed', 'completed']);
		expect(second.items.every(({ binary }) => binary?.data)).toBe(true);
		expect(stage.ledger.accepted()).toHaveLength(4);
		expect(stage.ledger.charges()).toHaveLength(3);
	});

	const stop = async (run: NodeRun) => stage.engine.stop(idOf(run));

	test.each<[string, (run: NodeRun) => Promise<unknown>]>([
		['Stop', stop],
		[
			'Stop that the sheet has noticed',
			async (run) => {
				await stop(run);
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
				const [first] = stage.taskIds();
				await cutOffInSubmit(stage, run, async () => await endClip(stage, first));
				await stop(run);
			},
		],
	])('after %s goes on with the clips that were submitted', async (_, end) => {
		const run = await stage.sleep(numbered(7));
		const before = stage.taskIds();
		await end(run);
		// All seven are estimated at 3.53 USD, those that are not paid for yet at 1.51 at most.
		const nodeOptions = { maxCost: 2 };
		const second = await retried(await stage.engine.finalRun(run), numbered(7), { nodeOptions });
		expect(column(second, 'status')).toEqual(Array(7).fill('completed'));
		expect(column(second, 'taskId').slice(0, 5).sort()).toEqual(before.sort());
		expect(stage.ledger.accepted()).toHaveLength(7);
		expect(stage.ledger.charges()).toHaveLength(7);
	});

	test.each(['sleep', 'polling'])(
		'of a Retry that was stopped goes on with what that one has bought, by %s',
		async (waitBy) => {
			stage.faults.add({ action: 'fail', nth: 1 });
			const first = await stage.sleepThrough(['A fox'], oneAttempt);
			const second = await stage.sleep(['A fox'], { context: first.context });
			await stop(second);
			const third = await retried(second, ['A fox'], { parameters: { waitBy } });
			expect(column(third, 'taskId')).toEqual([stage.taskIds()[1]]);
			expect(stage.ledger.accepted()).toHaveLength(2);
		},
	);

	test('after a submit whose answer never came, with the same key and bytes', async () => {
		stage.faults.add({ action: '500-after-accept', route: 'submit', times: 1 });
		const first = await stage.sleepThrough(['A fox']);
		expect(first.status).toBe('error');
		expect(errorText(first)).toMatch(/Whether the clip was accepted is not known/);
		const second = await retried(first, ['A fox']);
		const [taskId] = stage.taskIds();
		expect(jsonOf(second)).toMatchObject([{ status: 'completed', taskId }]);
		expectFoundAgain();
	});

	test.each([
		['a day', 24, {}, /could be bought twice.*APIMart dashboard/],
		['with rows that cannot be read', 0, { duration: 99 }, /may have submitted this row/],
	])(
		'after it was killed in a submit, %s: sends nothing, and says that it may be bought',
		async (_, hours, parameters, error) => {
			const options = { ...goingOn, nodeOptions: { concurrency: 1 } };
			const run = await stage.sleep(numbered(2), options);
			stage.pass(60);
			await cutOffInSubmit(stage, run, async () => await roundAfter(stage, run, 0));
			await stop(run);
			stage.pass(hours * 60 * 60);
			const first = await stage.engine.finalRun(run);
			const second = await retried(first, numbered(2), { ...options, parameters });
			expect(column(second, 'error')[1]).toMatch(error);
			expect(stage.ledger.submits()).toHaveLength(2);
		},
	);

	test('whose second try goes on with what its first has sent', async () => {
		stage.faults.add({ action: 'fail', nth: 1 });
		const first = await stage.sleepThrough(['A fox'], oneAttempt);
		expect(first.status).toBe('error');
		stage.faults.add({ action: '500-after-accept', route: 'submit', times: 1 });
		const second = await retried(first, ['A fox'], { retryOnFail: true, maxTries: 2 });
		expect(column(second, 'status')).toEqual(['completed']);
		expect(stage.ledger.submits()).toHaveLength(3);
		expectFoundAgain();
	});

	test('with other content submits what is new', async () => {
		const first = await stage.sleepThrough(['A fox', '[[fail]] A cat'], oneAttempt);
		const second = await retried(first, ['A fox', 'A dog']);
		expect(column(second, 'prompt')).toEqual(['A fox', 'A dog']);
		expect(column(second, 'taskId')[0]).toBe(stage.taskIds()[0]);
		expect(stage.ledger.accepted()).toHaveLength(3);
	});
});

test('Law 1, Pay once: Retry On Fail, asleep, sends a submit whose answer was lost again with the same bytes', async () => {
	const prompt = `[[500-after-accept]] ${open('A fox')}`;
	const run = await stage.sleep([prompt], { retryOnFail: true, maxTries: 3 });
	expect(run.status).toBe('waiting');
	expect(stage.ledger.submits()).toHaveLength(2);
	// The bytes name the first try's address, where nobody listens any more: the timer finds the clip.
	await endClip(stage, stage.taskIds()[0]);
	expect(jsonOf(await toTheEnd(stage, run, 3))).toMatchObject([{ status: 'completed' }]);
	expectFoundAgain();
});

test('a Row Key that an earlier execution has used is an error, asleep, and is not charged again', async () => {
	const settings = { ...goingOn, nodeOptions: { dedupeKey: '={{ "row " + $json.row }}' } };
	await stage.sleepThrough(numbered(2), settings);
	const second = await stage.sleep(numbered(3), settings);
	expect(second.status).toBe('waiting');
	const final = await toTheEnd(stage, second, 5);
	expect(column(final, 'status')).toEqual(['failed', 'failed', 'completed']);
	expect(column(final, 'error')[0]).toMatch(/^Already submitted by an earlier run, not charged/);
	expect(stage.ledger.accepted()).toHaveLength(3);
	expect(stage.ledger.charges()).toHaveLength(3);
});
