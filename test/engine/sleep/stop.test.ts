import type { NodeRun } from '../harness';
import {
	column,
	errorText,
	everythingIn,
	idOf,
	numbered,
	slow,
	type StageOptions,
} from '../laws/setup';
import {
	endClip,
	findPart,
	isWaiting,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });

/** Seven rows, of which five are submitted before the run sleeps. */
async function asleep(options: StageOptions = {}): Promise<{ run: NodeRun; ids: string[] }> {
	const run = await stage.sleep(numbered(7).map(open), options);
	return { run, ids: stage.taskIds() };
}

/** The sheet of a run whose end nobody waited for names these tasks: in its error, its custom data and the log. */
function expectToldBySheet(run: NodeRun, ids: string[], why: string): void {
	const { id, status } = partOf(stage, run, 'sheet');
	expect(status).toBe('error');
	const { error, metadata } = stage.engine.savedData(id)?.resultData ?? {};
	const sentence = `${error?.message}\n${error?.description}`;
	expect(sentence).toContain(why);
	const customData = Object.values({ ...metadata }).join();
	for (const told of [sentence, customData, stage.engine.log.text()]) {
		for (const taskId of ids) expect(told).toContain(taskId);
	}
}

describe('Law 8, Stop means stop: asleep', () => {
	const stop = async (run: NodeRun) => stage.engine.stop(idOf(run));
	const remove = async (run: NodeRun) => await stage.engine.delete(idOf(run));
	const timer = async (run: NodeRun) => await roundAfter(stage, run, 90);
	const callback = async () => await endClip(stage, stage.taskIds()[0]);

	test.each([
		['Stop', stop, 'a timer', timer, 'was stopped', 0],
		['Stop', stop, 'a callback', callback, 'was stopped', 1],
		['Delete', remove, 'a timer', timer, 'was deleted', 0],
	])(
		'%s between two rounds: %s resumes the sheet, which submits nothing and ends',
		async (_, press, _what, resume, word, ended) => {
			const { run, ids } = await asleep();
			await press(run);
			await resume(run);
			expect(stage.ledger.submits()).toHaveLength(5);
			expect(findPart(stage, run, 'worker')).toBeUndefined();
			const why = `Execution ${idOf(run)}, which waits for this row, ${word}`;
			expectToldBySheet(run, ids.slice(ended), why);
			await stage.engine.timeOut(partOf(stage, run, 'guard').id);
			expect(findPart(stage, run, 'guard')).toBeUndefined();
		},
	);

	test('Stop while a round runs: nothing is submitted after it', async () => {
		const { run, ids } = await asleep();
		stage.faults.add({ action: 'task-slow:0.5', route: 'task', when: { taskId: ids[0] } });
		await stage.finish([ids[0]]);
		stage.pass(50);
		const round = nextRound(stage, run);
		await stage.ledger.waitFor((ledger) => ledger.polls(ids[0]).length > 0);
		await stop(run);
		await round;
		expect(stage.ledger.submits()).toHaveLength(5);
		expectToldBySheet(run, ids.slice(1), 'was stopped');
		expect((await stage.engine.finalRun(run)).status).toBe('canceled');
	});

	test('Stop while a submit is on its way: that row is named, and no other is sent', async () => {
		const run = await stage.sleep(numbered(12));
		stage.faults.add(slow('submit', 0.5));
		stage.pass(60);
		const round = nextRound(stage, run);
		await stage.ledger.waitFor((ledger) => ledger.accepted().length > 5);
		await stop(run);
		await round;
		const ids = stage.taskIds();
		await nextRound(stage, run);
		expect(stage.taskIds()).toEqual(ids);
		expectToldBySheet(run, ids.slice(5), 'was stopped');
	});

	test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
		'Stop on the execution that makes the clips: the run ends as its On Error says (%s)',
		async (onError) => {
			const { run, ids } = await asleep({ onError });
			stage.engine.stop(partOf(stage, run, 'worker').id);
			expect(isWaiting(stage, run)).toBe(true);
			await stage.engine.sweep();
			const final = await stage.engine.finalRun(run);
			expect(stage.ledger.submits()).toHaveLength(5);
			expect(final.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
			const thrown = onError === 'stopWorkflow' ? errorText(final) : everythingIn(final);
			for (const taskId of ids) expect(thrown).toContain(taskId);
			expect(everythingIn(final)).toMatch(/which made the clips of this sheet, was stopped/);
			const regular = onError === 'continueRegularOutput' ? [...ids, undefined, undefined] : [];
			expect(column(final, 'taskId')).toEqual(regular);
			expect(final.errorItems).toHaveLength(onError === 'continueErrorOutput' ? 7 : 0);
		},
	);

	test('Stop on the execution that watches over the sheet: the run ends, and nothing more is submitted', async () => {
		const { run, ids } = await asleep();
		const worker = partOf(stage, run, 'worker').id;
		stage.engine.stop(partOf(stage, run, 'sheet').id);
		await endClip(stage, ids[0]);
		expect(stage.ledger.submits()).toHaveLength(5);
		await stage.engine.sweep();
		const final = await stage.engine.finalRun(run);
		expect(final.status).toBe('error');
		expect(final.error?.message).toBe('The execution was cancelled manually');
		expect(stage.engine.executions.find(({ id }) => id === worker)?.status).not.toBe('waiting');
		for (const taskId of ids) expect(JSON.stringify(final.customData)).toContain(taskId);
	});

	test.each(['worker', 'sheet'] as const)(
		'Delete of the %s, of which n8n tells nobody: the guard ends the run, and names what is known',
		async (part) => {
			const { run, ids } = await asleep();
			const guard = partOf(stage, run, 'guard').id;
			await stage.engine.timeOut(guard);
			await stage.engine.delete(partOf(stage, run, part).id);
			for (let look = 0; look < 2 && isWaiting(stage, run); look++) {
				await stage.engine.timeOut(guard);
			}
			const final = await stage.engine.finalRun(run);
			expect(final.status).toBe('error');
			expect(errorText(final)).toMatch(/which made the clips of this sheet, was deleted/);
			for (const taskId of ids) expect(everythingIn(final)).toContain(taskId);
			expect(stage.ledger.submits()).toHaveLength(5);
		},
	);

	test('Stop in the first round, before the run sleeps: the tasks are in its custom data', async () => {
		stage.faults.add({ ...slow('submit', 0.5), nth: 3 });
		const running = stage.start(numbered(12), { parameters: { waitBy: 'sleep' } });
		await stage.ledger.waitFor((ledger) => ledger.accepted().length === 5);
		running.cancel();
		const run = await running.finished;
		expect(run.status).toBe('canceled');
		const told = stage.engine.log.text() + JSON.stringify(run.customData);
		for (const taskId of stage.taskIds()) expect(told).toContain(taskId);
		expect(stage.ledger.submits()).toHaveLength(5);
	});
});
