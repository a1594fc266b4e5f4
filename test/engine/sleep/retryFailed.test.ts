import { column, jsonOf } from '../laws/setup';
import {
	cutOffInSubmit,
	isWaiting,
	nextRound,
	roundAfter,
	setTheSleepStage,
	sleepy,
	toTheEnd,
} from '../operations/sleepStage';

describe('Make Again If It Fails, asleep', () => {
	const stage = setTheSleepStage({ concurrency: 0 });
	const ledger = () => stage.sandbox.ledger;
	const faults = () => stage.sandbox.faults;

	test('each third of twelve rows fails once: all are made, each is charged once', async () => {
		const prompts = Array.from({ length: 12 }, (_, row) => `cat ${row + 100}`);
		for (const row of [0, 3, 6, 9]) {
			faults().add({ action: 'fail', nth: 1, when: { promptContains: `cat ${row + 100}` } });
		}
		const run = await stage.engine.runNode(sleepy(stage, prompts));
		const final = await toTheEnd(stage, run, 20);
		expect(column(final, 'status')).toEqual(Array(12).fill('completed'));
		expect(column(final, 'attempts')).toEqual(
			prompts.map((_, row) => (row % 3 === 0 ? 2 : undefined)),
		);
		expect(column(final, 'prompt')).toEqual(prompts);
		expect(ledger().charges()).toHaveLength(12);
		expect(ledger().submits()).toHaveLength(16);
		expect(ledger().maxInFlight()).toBeLessThanOrEqual(5);
	});

	test('the next attempt is saved before it is sent, and sent within a second where there is room', async () => {
		faults().add({ action: 'fail', nth: 1 });
		const run = await stage.engine.runNode(sleepy(stage, ['A cat']));
		await roundAfter(stage, run, 61);
		expect(ledger().submits()).toHaveLength(1);
		await roundAfter(stage, run, 1);
		expect(ledger().submits()).toHaveLength(2);
		expect(jsonOf(await toTheEnd(stage, run, 5))).toMatchObject([
			{ status: 'completed', attempts: 2 },
		]);
	});

	test('what fails for good names the last task, and all stay within Maximum Wait', async () => {
		const nodeOptions = { maxWait: 200, retryFailed: 3 };
		const run = await stage.engine.runNode(
			sleepy(stage, ['[[fail]] A cat'], { onError: 'continueRegularOutput', nodeOptions }),
		);
		const final = await toTheEnd(stage, run, 20);
		const ids = ledger()
			.accepted()
			.map(({ taskId }) => taskId);
		expect(ids).toHaveLength(2);
		expect(jsonOf(final)).toMatchObject([{ taskId: ids[1], attempts: 2 }]);
		expect(column(final, 'error')[0]).toContain(ids[1]);
	});

	test('killed while the next attempt is submitted, it is found again with its key', async () => {
		faults().add({ action: 'fail', nth: 1 });
		const run = await stage.engine.runNode(sleepy(stage, ['A cat']));
		await roundAfter(stage, run, 61);
		stage.pass(1);
		await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
		await stage.engine.sweep();
		const final = await toTheEnd(stage, run, 5);
		expect(jsonOf(final)).toMatchObject([{ status: 'completed', attempts: 2 }]);
		expect(ledger().accepted()).toHaveLength(2);
		expect(ledger().submits().at(-1)).toMatchObject({ replayed: true });
		expect(ledger().charges()).toHaveLength(1);
	});

	test('after Stop between two attempts the next one is not sent', async () => {
		faults().add({ action: 'fail', nth: 1 });
		const run = await stage.engine.runNode(sleepy(stage, ['A cat']));
		await roundAfter(stage, run, 61);
		stage.engine.stop(String(run.options.executionId));
		await roundAfter(stage, run, 60);
		expect(isWaiting(stage, run)).toBe(false);
		expect(ledger().submits()).toHaveLength(1);
	});
});
