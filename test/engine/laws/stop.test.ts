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

	test('while an execution only waits for places that another one holds', async () => {
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

	test('in the middle of a submit whose answer does not come', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(['[[slow-submit:20]] A cat']);
		await ledger.waitFor(() => ledger.accepted().length === 1);
		const run = await stop(running);
		const [{ idempotencyKey }] = ledger.submits();
		const warnings = run.log.filter(({ level }) => level === 'warn');
		expect(JSON.stringify(warnings)).toContain(idempotencyKey);
		await expectFreePlaces();
	});

	test('between two tries of a submit', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(['[[429-retry-after:600]] A cat']);
		await ledger.waitFor(() => ledger.submits()[0]?.ended);
		const run = await stop(running);
		expect(ledger.submits()).toHaveLength(1);
		expect(savedIds(run)).toEqual([]);
		await expectFreePlaces();
	});

	test('while a status read does not come back', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(['[[task-slow:10]] A cat'], { nodeOptions: quickPolls });
		await ledger.waitFor(() => ledger.polls().length === 1);
		const run = await stop(running);
		expect(savedIds(run)).toEqual(acceptedIds());
		await expectFreePlaces();
	});

	test('while the file host is slow', async () => {
		const { ledger } = stage.sandbox;
		const running = stage.start(['[[file-slow:20]] A cat'], { nodeOptions: quickPolls });
		await ledger.waitFor(() => ledger.downloads().length === 1);
		const run = await stop(running);
		expect(savedIds(run)).toEqual(acceptedIds());
		expect(run.items).toEqual([]);
		await expectFreePlaces();
	});

	test('between two tries of a download', async () => {
		const { ledger } = stage.sandbox;
		stage.faults.add({
			route: 'file',
			action: { kind: 'answer', status: 503, headers: { 'Retry-After': '500' } },
		});
		const running = stage.start(['A cat'], { nodeOptions: quickPolls });
		await ledger.waitFor(() => ledger.downloads()[0]?.ended);
		expect(savedIds(await stop(running))).toEqual(acceptedIds());
		stage.faults.clear();
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
