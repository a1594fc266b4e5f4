import { useClock } from '../../../nodes/KlingFast/clock';
import {
	column,
	errorText,
	fastClock,
	goingOn,
	jsonOf,
	numbered,
	oneAttempt,
	setTheStage,
	untilFinished,
} from './setup';

const stage = setTheStage();

/** The default of 900 s passes in less than half a second. */
let restore: () => void;
beforeEach(() => {
	restore = useClock(fastClock(2000));
});
afterEach(() => restore());

/** At this speed a minute without a byte, which is given up, is gone in no time. */
const withoutFiles = { parameters: { downloadVideo: false } };

describe('Law 7, A timeout never looks like success', () => {
	test('after fifteen minutes the item says timedOut, names the task and the way to the clip', async () => {
		const run = await stage.run(['[[stuck:42]] A cat'], goingOn);
		const [{ status, prompt, taskId, error }] = jsonOf(run);
		expect([status, prompt, taskId]).toEqual([
			'timedOut',
			'[[stuck:42]] A cat',
			...stage.taskIds(),
		]);
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
		for (const { taskId, at } of stage.ledger.accepted()) {
			const last = stage.ledger.polls(taskId).at(-1);
			expect(Date.parse(String(last?.at)) - Date.parse(at)).toBeGreaterThan(400);
		}
	});

	test('the thrown error names every row with its status and task', async () => {
		const prompts = ['A quick one', '[[stuck]] A cat', '[[fail]] A dog', '[[402]] A bird'];
		const run = await stage.run(prompts, { ...oneAttempt, ...withoutFiles });
		expect(run.status).toBe('error');
		expect(run.items).toEqual([]);
		const [quick, stuck, failed] = stage.taskIds();
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
		const [taskId] = stage.taskIds();
		await stage.finish();
		const sentence = String(jsonOf(late)[0].error);
		restore();
		const run = await stage.fetch([sentence]);
		expect(jsonOf(run)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(run.items[0].binary?.data.mimeType).toBe('video/mp4');
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('Get Video that waits times out in the same way', async () => {
		const [taskId] = await stage.submit(['[[stuck]] A cat']);
		const waiting = { ...untilFinished, nodeOptions: { maxWait: 100 } };
		const asItem = await stage.fetch([taskId], { ...goingOn, ...waiting });
		const error = expect.stringMatching(/after 100 seconds/);
		expect(jsonOf(asItem)).toMatchObject([{ taskId, status: 'timedOut', error }]);
		const thrown = await stage.fetch([taskId], waiting);
		expect(thrown.status).toBe('error');
		expect(errorText(thrown)).toContain(taskId);
	});

	test('a clip that is done at the last moment counts: there is one last read at the end', async () => {
		const run = await stage.run(['[[slow:250]] A cat'], {
			...withoutFiles,
			nodeOptions: { maxWait: 1200, pollInterval: 300 },
		});
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(stage.ledger.polls().length).toBeLessThanOrEqual(5);
	});

	test('reads that fail all the time end as a timeout with the task id', async () => {
		const nodeOptions = { maxWait: 200 };
		const run = await stage.run(['[[task-502:999]] A cat'], { ...goingOn, nodeOptions });
		expect(jsonOf(run)).toMatchObject([{ taskId: stage.taskIds()[0], status: 'timedOut' }]);
		expect(jsonOf(run)[0].error).not.toMatch(/last seen/);
	});

	test('the next try of the node reads the same task again and submits nothing', async () => {
		const run = await stage.run(['[[slow:240]] A cat'], {
			...{ retryOnFail: true, maxTries: 2, waitBetweenTriesMs: 1000 },
			...withoutFiles,
			nodeOptions: { maxWait: 100 },
		});
		const timeouts = run.log.filter(({ message }) => /^Kling Fast: .* not finished/.test(message));
		expect(timeouts).toHaveLength(1);
		expect(jsonOf(run)).toMatchObject([{ taskId: stage.taskIds()[0], status: 'completed' }]);
		expect(stage.ledger.submits()).toHaveLength(1);
	});
});
