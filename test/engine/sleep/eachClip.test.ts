import type { NodeRun } from '../harness';
import {
	column,
	goingOn,
	hintsOf,
	idOf,
	jsonOf,
	numbered,
	oneAttempt,
	slow,
	type StageOptions,
} from '../laws/setup';
import {
	CHOSEN,
	chosenWorkflow,
	itemsStartedBy,
	startedBy,
	untilStarted,
} from '../operations/startedClips';
import {
	endClip,
	nextRound,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';
import { placesWithProcessedItems } from '../processedItems';

const stage = setTheSleepStage({ concurrency: 0 });

beforeEach(() => stage.engine.addWorkflow(CHOSEN, chosenWorkflow()));

async function start(prompts: string[], more: StageOptions = {}): Promise<NodeRun> {
	const nodeOptions = { eachClipWorkflow: CHOSEN, ...more.nodeOptions };
	return await stage.sleep(prompts, { ...goingOn, ...more, nodeOptions });
}

const prompts = (run: NodeRun) =>
	startedBy(stage.engine, run)
		.map(({ prompt }) => prompt)
		.sort();

test('each row starts it once with what comes out in the end, the first long before the last', async () => {
	const rows = numbered(7);
	const run = await start(rows, { nodeOptions: { includeInputFields: true, outputField: 'clip' } });
	expect(prompts(run)).toEqual([]);
	await roundAfter(stage, run, 90);
	await untilStarted(stage.engine, run, 5);
	expect(prompts(run)).toEqual(rows.slice(0, 5));
	const final = await toTheEnd(stage, run);
	const byRow = (a: { row?: unknown }, b: { row?: unknown }) => Number(a.row) - Number(b.row);
	expect(startedBy(stage.engine, run).sort(byRow)).toEqual(jsonOf(final));
	expect(column(final, 'status')).toEqual(Array(7).fill('completed'));
	expect(placesWithProcessedItems()).toBe(0);
});

test('its file is still there when the sheet has ended', async () => {
	const run = await start(['A fox']);
	const { id } = partOf(stage, run, 'worker');
	const final = await toTheEnd(stage, run);
	expect(stage.engine.executions.map((view) => view.id)).not.toContain(id);
	const [{ binary }] = itemsStartedBy(stage.engine, run);
	if (!binary) throw new Error('It was started without a file');
	const bytes = await stage.engine.bytesOf(binary.data);
	expect(bytes).toEqual(await stage.engine.bytesOf(final.items[0].binary!.data));
});

test('rows that are refused or fail start it, too, and those of a sheet that need not sleep', async () => {
	const bad = ['', '[[moderation-400]] A cat'];
	const awake = await start(bad);
	expect(awake.status).toBe('success');
	expect(prompts(awake)).toHaveLength(2);
	const run = await start([...bad, '[[fail:content]] A dog']);
	expect(prompts(run)).toHaveLength(2);
	const final = await toTheEnd(stage, run);
	const errors = startedBy(stage.engine, run).map(({ error }) => error);
	expect(errors.sort()).toEqual(column(final, 'error').sort());
});

test('a round that was cut off after it had started it does not start it again', async () => {
	const { engine } = stage;
	const rows = numbered(6);
	const run = await start(rows);
	const { id: dead } = partOf(stage, run, 'worker');
	// The sixth row takes the place of the clip that has ended, and the round waits for its answer.
	const fault = stage.faults.add(slow('submit', 2));
	const round = endClip(stage, stage.taskIds()[0]);
	await untilStarted(engine, run, 1);
	engine.crash(dead);
	await round;
	stage.faults.remove(fault);
	await stage.ledger.waitFor((ledger) => ledger.submits().every(({ ended }) => ended));
	await engine.sweep();
	expect(partOf(stage, run, 'worker').id).not.toBe(dead);
	await nextRound(stage, run);
	const final = await toTheEnd(stage, run);
	expect(column(final, 'status')).toEqual(Array(6).fill('completed'));
	expect(prompts(run)).toEqual(rows);
});

test('one that cannot be started is told of before the sheet sleeps, and costs no row', async () => {
	stage.engine.addWorkflow(CHOSEN, chosenWorkflow({ isPublished: false }));
	const run = await start(['A fox', 'A cat'], { mode: 'trigger' });
	expect(run.status).toBe('waiting');
	expect(hintsOf(run)).toEqual([expect.stringContaining('is not active')]);
	const final = await toTheEnd(stage, run);
	expect(column(final, 'status')).toEqual(['completed', 'completed']);
	const lines = stage.engine.log.lines.filter(({ message }) => message.includes('was not started'));
	for (const taskId of stage.taskIds()) {
		expect(lines.filter(({ message }) => message.includes(taskId))).toHaveLength(1);
	}
});

test("n8n's Retry of a sheet that failed starts it for the row that failed only", async () => {
	stage.faults.add({ action: 'fail', nth: 1, when: { promptContains: 'shaky' } });
	const rows = ['steady', 'shaky'];
	const run = await start(rows, { ...oneAttempt, onError: undefined });
	const first = await toTheEnd(stage, run);
	expect(first.status).toBe('error');
	expect(prompts(run)).toEqual(['shaky', 'steady']);
	const second = await start(rows, { context: first.context });
	const final = await toTheEnd(stage, second);
	expect(column(final, 'status')).toEqual(['completed', 'completed']);
	expect(startedBy(stage.engine, second)).toMatchObject([{ prompt: 'shaky', status: 'completed' }]);
});

test('after Stop nothing is started', async () => {
	const run = await start(['A fox', 'A cat']);
	stage.engine.stop(idOf(run));
	await roundAfter(stage, run, 90);
	await stage.engine.finalRun(run);
	stage.pass(300);
	await stage.engine.sweep();
	expect(prompts(run)).toEqual([]);
});
