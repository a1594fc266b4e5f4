import type { NodeRun } from '../harness';
import { column, errorText, everythingIn, numbered } from '../laws/setup';
import {
	endClip,
	findPart,
	isWaiting,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	taskIds,
} from '../operations/sleepStage';

const ASLEEP = { parameters: { waitBy: 'sleep' } };
const stage = setTheSleepStage({ concurrency: 0 });

const idOf = ({ options }: NodeRun) => String(options.executionId);

/** What n8n has saved of the sheet of a run whose end nobody waited for: its error, and the custom data that Stop leaves. */
function endOfSheet(run: NodeRun): { sentence: string; customData: string } {
	const { id, status } = partOf(stage, run, 'sheet');
	expect(status).toBe('error');
	const { error, metadata } = stage.engine.savedData(id)?.resultData ?? {};
	return {
		sentence: `${error?.message}\n${error?.description}`,
		customData: Object.values({ ...metadata }).join(),
	};
}

function expectOpenTasksNamed(run: NodeRun, ids: string[]): void {
	const { sentence, customData } = endOfSheet(run);
	for (const taskId of ids) {
		expect(sentence).toContain(taskId);
		expect(customData).toContain(taskId);
		expect(stage.engine.log.text()).toContain(taskId);
	}
}

describe('Law 8, Stop means stop: asleep', () => {
	test.each(['a timer', 'a callback'])(
		'Stop between two rounds: %s resumes the sheet, which submits nothing and ends',
		async (what) => {
			const run = await stage.sleep(numbered(12).map(open));
			const ids = taskIds(stage);
			stage.engine.stop(idOf(run));
			if (what === 'a timer') await roundAfter(stage, run, 60);
			else await endClip(stage, ids[0]);
			expect(stage.ledger.submits()).toHaveLength(5);
			expect(findPart(stage, run, 'worker')).toBeUndefined();
			expectOpenTasksNamed(run, what === 'a timer' ? ids : ids.slice(1));
			expect(endOfSheet(run).sentence).toMatch(
				new RegExp(`Execution ${idOf(run)}, which waits for this row, was stopped`),
			);
			await stage.engine.timeOut(partOf(stage, run, 'guard').id);
			expect(findPart(stage, run, 'guard')).toBeUndefined();
		},
	);

	test('Stop while a round runs: nothing is submitted after it', async () => {
		const { engine, sandbox } = stage;
		const run = await stage.sleep(numbered(12).map(open));
		const [first] = taskIds(stage);
		sandbox.faults.add({ action: 'task-slow:0.5', route: 'task', when: { taskId: first } });
		await sandbox.finishTask(first);
		stage.pass(50);
		const round = nextRound(stage, run);
		await sandbox.ledger.waitFor((ledger) => ledger.polls(first).length > 0);
		engine.stop(idOf(run));
		await round;
		expect(sandbox.ledger.submits()).toHaveLength(5);
		expectOpenTasksNamed(run, taskIds(stage).slice(1));
		expect((await engine.finalRun(run)).status).toBe('canceled');
	});

	test('Stop while a submit is on its way: that row is named, and no other is sent', async () => {
		const { engine, sandbox } = stage;
		const run = await stage.sleep(numbered(12));
		sandbox.faults.add({
			route: 'submit',
			action: { kind: 'slow', part: 'headers', seconds: 0.5 },
		});
		stage.pass(60);
		const round = nextRound(stage, run);
		await sandbox.ledger.waitFor((ledger) => ledger.accepted().length > 5);
		engine.stop(idOf(run));
		await round;
		const ids = taskIds(stage);
		await nextRound(stage, run);
		expect(taskIds(stage)).toEqual(ids);
		expectOpenTasksNamed(run, ids.slice(5));
	});

	test('Delete of the execution: the sheet ends and submits nothing', async () => {
		const run = await stage.sleep(numbered(7).map(open));
		const ids = taskIds(stage);
		await stage.engine.delete(idOf(run));
		await roundAfter(stage, run, 90);
		expect(stage.ledger.submits()).toHaveLength(5);
		expectOpenTasksNamed(run, ids);
		expect(endOfSheet(run).sentence).toContain('was deleted');
	});

	test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'Stop on the execution that makes the clips: the run ends as its On Error says (%s)',
		async (onError) => {
			const { engine } = stage;
			const run = await stage.sleep(numbered(7).map(open), { onError });
			const ids = taskIds(stage);
			engine.stop(partOf(stage, run, 'worker').id);
			expect(isWaiting(stage, run)).toBe(true);
			await engine.sweep();
			const final = await engine.finalRun(run);
			expect(stage.ledger.submits()).toHaveLength(5);
			expect(final.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
			const told = everythingIn(final);
			for (const taskId of ids) expect(told).toContain(taskId);
			expect(told).toMatch(/which made the clips of this sheet, was stopped/);
			if (onError === 'stopWorkflow') {
				for (const taskId of ids) expect(errorText(final)).toContain(taskId);
			} else if (onError === 'continueErrorOutput') {
				expect(final.items).toEqual([]);
				expect(final.errorItems).toHaveLength(7);
			} else {
				expect(column(final, 'taskId')).toEqual([...ids, undefined, undefined]);
			}
		},
	);

	test('Stop on the execution that watches over the sheet: the run ends, and nothing more is submitted', async () => {
		const { engine } = stage;
		const run = await stage.sleep(numbered(7).map(open));
		const ids = taskIds(stage);
		const worker = partOf(stage, run, 'worker').id;
		engine.stop(partOf(stage, run, 'sheet').id);
		await endClip(stage, ids[0]);
		expect(stage.ledger.submits()).toHaveLength(5);
		await engine.sweep();
		const final = await engine.finalRun(run);
		expect(final.status).toBe('error');
		expect(final.error?.message).toBe('The execution was cancelled manually');
		expect(engine.executions.find(({ id }) => id === worker)?.status).not.toBe('waiting');
		for (const taskId of ids) expect(JSON.stringify(final.customData)).toContain(taskId);
	});

	test.each(['worker', 'sheet'] as const)(
		'Delete of the %s, of which n8n tells nobody: the guard ends the run, and names what is known',
		async (part) => {
			const { engine } = stage;
			const run = await stage.sleep(numbered(7).map(open));
			const guard = partOf(stage, run, 'guard').id;
			await engine.timeOut(guard);
			await engine.delete(partOf(stage, run, part).id);
			for (let look = 0; look < 2 && isWaiting(stage, run); look++) await engine.timeOut(guard);
			const final = await engine.finalRun(run);
			expect(final.status).toBe('error');
			expect(errorText(final)).toMatch(/which made the clips of this sheet, was deleted/);
			for (const taskId of taskIds(stage)) expect(everythingIn(final)).toContain(taskId);
			expect(stage.ledger.submits()).toHaveLength(5);
		},
	);

	test('Stop in the first round, before the run sleeps: the tasks are in its custom data', async () => {
		const { engine, sandbox } = stage;
		sandbox.faults.add({
			route: 'submit',
			nth: 3,
			action: { kind: 'slow', part: 'headers', seconds: 0.5 },
		});
		const running = stage.start(numbered(12), ASLEEP);
		await sandbox.ledger.waitFor((ledger) => ledger.accepted().length === 5);
		running.cancel();
		const run = await running.finished;
		expect(run.status).toBe('canceled');
		const told = () => engine.log.text() + JSON.stringify(run.customData);
		for (const taskId of taskIds(stage)) expect(told()).toContain(taskId);
		expect(sandbox.ledger.submits()).toHaveLength(5);
	});
});
