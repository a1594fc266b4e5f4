import { column, goingOn, idOf, jsonOf } from '../laws/setup';
import {
	cutOffInSubmit,
	isWaiting,
	nextRound,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });

describe('Make Again If It Fails, asleep', () => {
	test('each third of twelve rows fails once: all are made, each is charged once', async () => {
		const prompts = Array.from({ length: 12 }, (_, row) => `cat ${row + 100}`);
		for (const row of [0, 3, 6, 9]) {
			stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: `cat ${row + 100}` } });
		}
		const final = await stage.sleepThrough(prompts);
		expect(column(final, 'status')).toEqual(Array(12).fill('completed'));
		const attempts = prompts.map((_, row) => (row % 3 === 0 ? 2 : undefined));
		expect(column(final, 'attempts')).toEqual(attempts);
		expect(column(final, 'prompt')).toEqual(prompts);
		expect(stage.ledger.charges()).toHaveLength(12);
		expect(stage.ledger.submits()).toHaveLength(16);
		expect(stage.ledger.maxInFlight()).toBeLessThanOrEqual(5);
	});

	test('what fails for good names the last task, and all stay within Maximum Wait', async () => {
		const nodeOptions = { maxWait: 200, retryFailed: 3 };
		const final = await stage.sleepThrough(['[[fail]] A cat'], { ...goingOn, nodeOptions });
		const [, last, ...more] = stage.taskIds();
		expect(more).toEqual([]);
		expect(jsonOf(final)).toMatchObject([{ taskId: last, attempts: 2 }]);
		expect(column(final, 'error')[0]).toContain(last);
	});

	/** A row whose clip has failed, and whose next attempt is saved, but not sent. */
	async function betweenAttempts() {
		stage.faults.add({ action: 'fail', nth: 1 });
		const run = await stage.sleep(['A cat']);
		await roundAfter(stage, run, 61);
		expect(stage.ledger.submits()).toHaveLength(1);
		return run;
	}

	test('the next attempt is saved before it is sent, and sent within a second where there is room', async () => {
		const run = await betweenAttempts();
		await roundAfter(stage, run, 1);
		expect(stage.ledger.submits()).toHaveLength(2);
		const final = await toTheEnd(stage, run, 5);
		expect(jsonOf(final)).toMatchObject([{ status: 'completed', attempts: 2 }]);
	});

	test('killed while the next attempt is submitted, it is found again with its key', async () => {
		const run = await betweenAttempts();
		stage.pass(1);
		await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
		await stage.engine.sweep();
		const final = await toTheEnd(stage, run, 5);
		expect(jsonOf(final)).toMatchObject([{ status: 'completed', attempts: 2 }]);
		expect(stage.ledger.accepted()).toHaveLength(2);
		expect(stage.ledger.submits().at(-1)).toMatchObject({ replayed: true });
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test.each([[{}], [{ dedupeKey: '={{ "row " + $json.row }}' }]])(
		'killed while a clip is submitted that then fails, it is not made again where 0 is allowed: %p',
		async (more) => {
			stage.faults.add({ action: 'fail', nth: 2 });
			const nodeOptions = { retryFailed: 0, concurrency: 1, ...more };
			const run = await stage.sleep(['A cat', 'A fox'], { ...goingOn, nodeOptions });
			stage.pass(60);
			await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
			await stage.engine.sweep();
			const final = await toTheEnd(stage, run, 6);
			expect(column(final, 'status')).toEqual(['completed', 'failed']);
			expect(column(final, 'taskId')).toEqual(stage.taskIds());
			expect(stage.ledger.submits().at(-1)).toMatchObject({ replayed: true });
			expect(stage.ledger.accepted()).toHaveLength(2);
		},
	);

	test('after Stop between two attempts the next one is not sent', async () => {
		const run = await betweenAttempts();
		stage.engine.stop(idOf(run));
		await roundAfter(stage, run, 60);
		expect(isWaiting(stage, run)).toBe(false);
		expect(stage.ledger.submits()).toHaveLength(1);
	});
});
