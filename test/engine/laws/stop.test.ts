import { png } from '../../unit/apimart/imageFiles';
import { realClock, useClock } from '../../../nodes/KlingFast/clock';
import type { NodeRun, RunningNode } from '../harness';
import { column, get, goingOn, numbered, setTheStage, slow, untilFinished } from './setup';

/** Stop has to end waits that take real time, so the node's clock is the real one here. */
const stage = setTheStage({ generationSeconds: 30 });
let restore: () => void;
beforeEach(() => {
	restore = useClock(realClock);
});
afterEach(() => restore());

const quick = { nodeOptions: { pollInterval: 0.1 } };
const stuck = (count: number) => numbered(count, '[[stuck]] A cat');
const untilPolled = async (times: number) =>
	await stage.ledger.waitFor((ledger) => ledger.polls().length >= times);

/** Presses Stop, and says how the run ended. It has to end within a second. */
async function stop(running: RunningNode): Promise<NodeRun> {
	const startMs = Date.now();
	running.cancel();
	const run = await running.finished;
	expect(Date.now() - startMs).toBeLessThan(1000);
	expect(run.status).toBe('canceled');
	return run;
}

/** The ids in the custom data, which is all that n8n saves of a stopped run. */
function savedIds({ customData }: NodeRun): string[] {
	return Object.entries(customData)
		.filter(([name]) => /^klingTasks\d$/.test(name))
		.flatMap(([, ids]) => ids.split(','));
}

const hasEnded = (what: 'submits' | 'downloads') => stage.ledger[what]()[0]?.ended;

/** As many clips as the key has places get through at once: none of them is still taken. */
async function expectFreePlaces(): Promise<void> {
	await stage.finish();
	const before = stage.taskIds().length;
	const running = stage.start(stuck(5), quick);
	await stage.ledger.waitFor(() => stage.taskIds().length === before + 5, 2000);
	await stage.finish();
	expect(column(await running.finished, 'status')).toEqual(Array(5).fill('completed'));
}

describe('Law 8, Stop means stop', () => {
	test('while clips are made and rows wait for a place', async () => {
		const running = stage.start(stuck(12), quick);
		await stage.ledger.waitFor(
			() => new Set(stage.ledger.polls().map(({ taskId }) => taskId)).size === 5,
		);
		const run = await stop(running);
		const ids = stage.taskIds();
		expect(ids).toHaveLength(5);
		expect(savedIds(run).sort()).toEqual([...ids].sort());
		for (const taskId of ids) expect(JSON.stringify(run.log)).toContain(taskId);
		const polls = stage.ledger.polls().length;
		await expectFreePlaces();
		const later = stage.ledger.polls().slice(polls);
		// One read each may have been on its way.
		for (const taskId of ids) {
			expect(later.filter((read) => read.taskId === taskId).length).toBeLessThanOrEqual(1);
		}
	});

	test('while an execution waits for slots that another one holds', async () => {
		const holding = stage.start(stuck(5), quick);
		await untilPolled(5);
		const run = await stop(stage.start(numbered(3, 'A dog')));
		expect(savedIds(run)).toEqual([]);
		expect(stage.ledger.accepted()).toHaveLength(5);
		await stop(holding);
		await expectFreePlaces();
	});

	test.each<[string, string, () => unknown, 'no answer' | 'refused' | 'a task']>([
		['in a submit', '[[slow-submit:20]]', () => stage.ledger.accepted()[0], 'no answer'],
		['between two submits', '[[429-retry-after:600]]', () => hasEnded('submits'), 'refused'],
		['in a status read', '[[task-slow:10]]', () => stage.ledger.polls()[0], 'a task'],
		['in a download', '[[file-slow:20]]', () => stage.ledger.downloads()[0], 'a task'],
		['between two downloads', '[[file-503:9]]', () => hasEnded('downloads'), 'a task'],
	])('%s', async (_, word, isThere, submit) => {
		const running = stage.start([`${word} A cat`], quick);
		await stage.ledger.waitFor(isThere);
		const run = await stop(running);
		expect(run.items).toEqual([]);
		const [{ idempotencyKey }, ...more] = stage.ledger.submits();
		expect(more).toEqual([]);
		expect(savedIds(run)).toEqual(submit === 'a task' ? stage.taskIds() : []);
		const warnings = JSON.stringify(run.log.filter(({ level }) => level === 'warn'));
		if (submit === 'no answer') expect(warnings).toContain(idempotencyKey);
		await expectFreePlaces();
	});

	test('with continue-on-fail and Retry On Fail, too: nothing goes on and nothing is tried again', async () => {
		const trying = { ...quick, ...goingOn, retryOnFail: true, maxTries: 3 };
		const running = stage.start(stuck(7), trying);
		await untilPolled(5);
		const run = await stop(running);
		expect(column(run, 'status').filter(Boolean)).toEqual([]);
		expect(run.execution.resultData.runData).not.toHaveProperty('Next');
		expect(stage.ledger.accepted()).toHaveLength(5);
		await expectFreePlaces();
	});

	test('Get Video that waits', async () => {
		const ids = await stage.submit(stuck(2));
		const running = stage.engine.start(get(stage, ids, { ...untilFinished, ...quick }));
		await untilPolled(4);
		await stop(running);
		await expectFreePlaces();
	});

	test('an image upload that does not come back', async () => {
		stage.faults.add(slow('upload', 20));
		const data = await stage.engine.binary(png(), 'cat.png', 'image/png');
		const running = stage.start([], {
			items: [{ json: { prompt: 'A cat' }, binary: { data } }],
			parameters: { source: 'image', imageInput: 'binary', startImageField: 'data' },
		});
		await stage.ledger.waitFor(() => stage.ledger.uploads().length === 1);
		await stop(running);
		expect(stage.ledger.submits()).toEqual([]);
		stage.faults.clear();
		await expectFreePlaces();
	});
});
