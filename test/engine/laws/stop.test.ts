import { png } from '../../unit/apimart/imageFiles';
import { realClock, useClock } from '../../../nodes/KlingFast/clock';
import type { NodeRun, RunningNode } from '../harness';
import { column, get, numbered, setTheStage } from './setup';

/** Stop has to end waits that take real time, so the node's clock is the real one here. */
const stage = setTheStage({ generationSeconds: 30 });
let restore: () => void;
beforeEach(() => {
	restore = useClock(realClock);
});
afterEach(() => restore());

const quickPolls = { pollInterval: 0.1 };

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

function acceptedIds(): string[] {
	return stage.ledger.accepted().map(({ taskId = '' }) => taskId);
}

const hasEnded = (what: 'submits' | 'downloads') => stage.ledger[what]()[0]?.ended;

/** As many clips as the key has places get through at once: none of them is still taken. */
async function expectFreePlaces(): Promise<void> {
	for (const taskId of acceptedIds()) await stage.sandbox.finishTask(taskId);
	const { ledger } = stage.sandbox;
	const before = ledger.accepted().length;
	const running = stage.start(numbered(5, '[[stuck]] next'), { nodeOptions: quickPolls });
	await ledger.waitFor(() => ledger.accepted().length === before + 5, 2000);
	for (const taskId of acceptedIds()) await stage.sandbox.finishTask(taskId);
	expect(column(await running.finished, 'status')).toEqual(Array(5).fill('completed'));
}

describe('Law 8, Stop means stop', () => {
	test('while clips are made and rows wait for a place', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(numbered(12, '[[stuck]] A cat'), { nodeOptions: quickPolls });
		await ledger.waitFor(() => new Set(ledger.polls().map(({ taskId }) => taskId)).size === 5);
		const run = await stop(running);
		expect(ledger.accepted()).toHaveLength(5);
		expect(savedIds(run).sort()).toEqual(acceptedIds().sort());
		const log = JSON.stringify(run.log);
		for (const taskId of acceptedIds()) expect(log).toContain(taskId);
		const polls = ledger.polls().length;
		await expectFreePlaces();
		const stopped = new Set(savedIds(run));
		const later = ledger.polls().slice(polls);
		// One read each may have been on its way.
		for (const taskId of stopped) {
			expect(later.filter((read) => read.taskId === taskId).length).toBeLessThanOrEqual(1);
		}
	});

	test('while an execution waits for slots that another one holds', async () => {
		const { ledger } = stage.sandbox;
		const holding = stage.start(numbered(5, '[[stuck]] A cat'), { nodeOptions: quickPolls });
		await ledger.waitFor(() => ledger.polls().length >= 5);
		const waiting = stage.start(numbered(3, 'A dog'));
		const run = await stop(waiting);
		expect(savedIds(run)).toEqual([]);
		expect(ledger.accepted()).toHaveLength(5);
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
		const running = stage.start([`${word} A cat`], { nodeOptions: quickPolls });
		await stage.ledger.waitFor(isThere);
		const run = await stop(running);
		expect(run.items).toEqual([]);
		const [{ idempotencyKey }, ...more] = stage.ledger.submits();
		expect(more).toEqual([]);
		expect(savedIds(run)).toEqual(submit === 'a task' ? acceptedIds() : []);
		const warnings = JSON.stringify(run.log.filter(({ level }) => level === 'warn'));
		if (submit === 'no answer') expect(warnings).toContain(idempotencyKey);
		await expectFreePlaces();
	});

	test('with continue-on-fail and Retry On Fail, too: nothing goes on and nothing is tried again', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(numbered(7, '[[stuck]] A cat'), {
			nodeOptions: quickPolls,
			onError: 'continueRegularOutput',
			retryOnFail: true,
			maxTries: 3,
		});
		await ledger.waitFor(() => ledger.polls().length >= 5);
		const run = await stop(running);
		expect(column(run, 'status').filter(Boolean)).toEqual([]);
		expect(run.execution.resultData.runData).not.toHaveProperty('Next');
		expect(ledger.accepted()).toHaveLength(5);
		await expectFreePlaces();
	});

	test('Get Video that waits', async () => {
		const { ledger } = stage.sandbox;
		const submitted = await stage.run(numbered(2, '[[stuck]] A cat'), {
			parameters: { mode: 'submitOnly' },
		});
		const ids = column(submitted, 'taskId').map(String);
		const running = stage.engine.start(
			get(stage, ids, { parameters: { waitUntilFinished: true }, nodeOptions: quickPolls }),
		);
		await ledger.waitFor(() => ledger.polls().length >= 4);
		await stop(running);
		await expectFreePlaces();
	});

	test('an image upload that does not come back', async () => {
		const { ledger, faults } = stage.sandbox;
		faults.add({ route: 'upload', action: { kind: 'slow', part: 'headers', seconds: 20 } });
		const image = await stage.engine.binary(png(), 'cat.png', 'image/png');
		const running = stage.start([], {
			items: [{ json: { prompt: 'A cat' }, binary: { data: image } }],
			parameters: { source: 'image', imageInput: 'binary', startImageField: 'data' },
		});
		await ledger.waitFor(() => ledger.uploads().length === 1);
		await stop(running);
		expect(ledger.submits()).toEqual([]);
		faults.clear();
		await expectFreePlaces();
	});
});
