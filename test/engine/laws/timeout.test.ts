import { useClock } from '../../../nodes/KlingFast/clock';
import type { RunOptions } from '../harness';
import { column, errorText, fastClock, jsonOf, numbered, setTheStage } from './setup';

const stage = setTheStage();

/** The default of 900 s passes in less than half a second. */
let restore: () => void;
beforeEach(() => {
	restore = useClock(fastClock(2000));
});
afterEach(() => restore());

/** At this speed a minute without a byte, which is given up, is gone in no time. */
const withoutFiles = { downloadVideo: false };

const goingOn: RunOptions = { onError: 'continueRegularOutput' };

function taskIds(): string[] {
	return stage.ledger.accepted().map(({ taskId = '' }) => taskId);
}

describe('Law 7, A timeout never looks like success', () => {
	test('after fifteen minutes the item says timedOut, names the task and the way to the clip', async () => {
		const run = await stage.run(['[[stuck:42]] A cat'], goingOn);
		const [taskId] = taskIds();
		expect(jsonOf(run)).toMatchObject([
			{ taskId, status: 'timedOut', prompt: '[[stuck:42]] A cat' },
		]);
		const { error } = jsonOf(run)[0];
		expect(error).toMatch(`Task ${taskId} was not finished after 900 seconds`);
		expect(error).toMatch(/last seen: (pending|processing), \d+ %/);
		expect(error).toMatch(/Get Video/);
		expect(error).toMatch(/may still be finished and charged/);
		expect(run.items[0].binary).toBeUndefined();
		expect(jsonOf(run)[0]).not.toHaveProperty('videoUrl');
	});

	test('the wait is counted per clip from its submit: rows that waited for a slot have all of theirs', async () => {
		const run = await stage.run(numbered(4, '[[stuck]] A cat'), {
			...goingOn,
			nodeOptions: { concurrency: 2, maxWait: 1600 },
		});
		expect(column(run, 'status')).toEqual(Array(4).fill('timedOut'));
		const { ledger } = stage.sandbox;
		for (const { taskId, at } of ledger.accepted()) {
			const last = ledger.polls(taskId).at(-1);
			expect(Date.parse(String(last?.at)) - Date.parse(at)).toBeGreaterThan(400);
		}
	});

	test('the thrown error names every row with its status and task', async () => {
		const run = await stage.run(
			['A quick one', '[[stuck]] A cat', '[[fail]] A dog', '[[402]] A bird'],
			{
				parameters: withoutFiles,
				nodeOptions: { retryFailed: 0 },
			},
		);
		expect(run.status).toBe('error');
		expect(run.items).toEqual([]);
		const [quick, stuck, failed] = taskIds();
		expect(run.error?.message).toMatch(`Task ${stuck} was not finished after 900 seconds`);
		expect(run.error?.message).toMatch(/\[item 1\]/);
		const rows = [
			`item 0: completed ${quick}`,
			`item 1: timedOut ${stuck}`,
			`item 2: failed ${failed}`,
			'item 3: failed, not submitted',
		];
		expect(run.error?.description).toContain(rows.join('; '));
		expect(run.error?.description).toMatch(/Get Video/);
	});

	test('Get Video fetches the clip later, from the error sentence itself', async () => {
		const late = await stage.run(['[[stuck]] A cat'], goingOn);
		const [taskId] = taskIds();
		await stage.sandbox.finishTask(taskId);
		const sentence = String(jsonOf(late)[0].error);
		restore();
		const run = await stage.fetch([sentence]);
		expect(jsonOf(run)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(run.items[0].binary?.data.mimeType).toBe('video/mp4');
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('Get Video that waits times out in the same way', async () => {
		const late = await stage.run(['[[stuck]] A cat'], goingOn);
		const ids = column(late, 'taskId').map(String);
		const parameters = { waitUntilFinished: true };
		const nodeOptions = { maxWait: 100 };
		const asItem = await stage.fetch(ids, { ...goingOn, parameters, nodeOptions });
		expect(jsonOf(asItem)).toMatchObject([
			{ taskId: ids[0], status: 'timedOut', error: expect.stringMatching(/after 100 seconds/) },
		]);
		const thrown = await stage.fetch(ids, { parameters, nodeOptions });
		expect(thrown.status).toBe('error');
		expect(errorText(thrown)).toContain(ids[0]);
	});

	test('a clip that is done at the last moment counts: there is one last read at the end', async () => {
		const run = await stage.run(['[[slow:250]] A cat'], {
			parameters: withoutFiles,
			nodeOptions: { maxWait: 1200, pollInterval: 300 },
		});
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const [{ taskId = '' }] = stage.ledger.accepted();
		expect(stage.ledger.polls(taskId).length).toBeLessThanOrEqual(5);
	});

	test('reads that fail all the time end as a timeout with the task id', async () => {
		const run = await stage.run(['[[task-502:999]] A cat'], {
			...goingOn,
			nodeOptions: { maxWait: 200 },
		});
		expect(jsonOf(run)).toMatchObject([{ taskId: taskIds()[0], status: 'timedOut' }]);
		expect(jsonOf(run)[0].error).not.toMatch(/last seen/);
	});

	test('the next try of the node reads the same task again and submits nothing', async () => {
		const run = await stage.run(['[[slow:240]] A cat'], {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTriesMs: 1000,
			parameters: withoutFiles,
			nodeOptions: { maxWait: 100 },
		});
		const timeouts = run.log.filter(({ message }) => /^Kling Fast: .* not finished/.test(message));
		expect(timeouts).toHaveLength(1);
		expect(jsonOf(run)).toMatchObject([{ taskId: taskIds()[0], status: 'completed' }]);
		expect(stage.ledger.submits()).toHaveLength(1);
	});
});
