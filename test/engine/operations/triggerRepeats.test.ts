import { currentClock, realClock, useClock } from '../../../nodes/KlingFast/clock';
import type { RunOptions } from '../harness';
import { startedRun, triggerNode } from './triggerHost';
import { setTheTriggerStage } from './triggerStage';

const { stage, ended, deliver, reads } = setTheTriggerStage();

describe('the same callback again', () => {
	test('is answered 200 without a run and without a request', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		await deliver(trigger, taskId);
		const before = reads();
		for (let again = 0; again < 3; again++) {
			const answer = await deliver(trigger, taskId);
			expect(answer.status).toBe(200);
			expect(startedRun(answer)).toBeUndefined();
		}
		expect(reads()).toBe(before);
	});

	test('at the same moment starts one run, and all are answered 200', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		const backToFast = useClock(realClock);
		const answers = await Promise.all(
			Array.from({ length: 5 }, async () => await deliver(trigger, taskId)),
		);
		backToFast();
		expect(answers.filter(startedRun)).toHaveLength(1);
		expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
		expect(reads()).toBe(1);
	});

	test('is known after a restart of n8n, by the static data', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		await deliver(trigger, taskId);
		expect(trigger.staticData).toEqual({
			'node:Kling Fast Trigger': { startedTasks: { [taskId]: expect.any(Number) } },
		});
		// To the memory of this process another node is as good as a restart; the static data belong to the name.
		const restarted = { ...trigger, nodeId: 'after-restart' };
		const before = reads();
		const answer = await deliver(restarted, taskId);
		expect(answer.status).toBe(200);
		expect(startedRun(answer)).toBeUndefined();
		expect(reads()).toBe(before);
	});

	test('starts a run in each workflow that has a trigger', async () => {
		const taskId = await ended();
		expect(startedRun(await deliver(triggerNode(stage), taskId))).toBeDefined();
		expect(startedRun(await deliver(triggerNode(stage), taskId))).toBeDefined();
	});

	test('starts a run at each of two triggers of one workflow', async () => {
		const taskId = await ended();
		const first = triggerNode(stage);
		const second = { ...first, nodeId: 'second', nodeName: 'Second Trigger' };
		expect(startedRun(await deliver(first, taskId))).toBeDefined();
		expect(startedRun(await deliver(second, taskId))).toBeDefined();
	});

	test('that a test run has used up starts the run of the published workflow all the same', async () => {
		const taskId = await ended();
		const published = triggerNode(stage);
		const inEditor: RunOptions = { ...published, mode: 'manual' };
		expect(startedRun(await deliver(inEditor, taskId))).toBeDefined();
		expect(published.staticData).toEqual({});
		expect(startedRun(await deliver(published, taskId))).toBeDefined();
	});

	test('static data keep at most 1,000 tasks', async () => {
		const startedTasks = Object.fromEntries(
			Array.from({ length: 1_000 }, (_, n) => [`task_${n}`, currentClock().nowMs()]),
		);
		const trigger = triggerNode(
			stage,
			{},
			{
				staticData: { 'node:Kling Fast Trigger': { startedTasks } },
			},
		);
		const taskId = await ended();
		await deliver(trigger, taskId);
		const kept = Object.keys(
			(trigger.staticData as Record<string, { startedTasks: object }>)['node:Kling Fast Trigger']
				.startedTasks,
		);
		expect(kept).toHaveLength(1_000);
		expect(kept[0]).toBe('task_1');
		expect(kept.at(-1)).toBe(taskId);
	});
});

describe('Download Video', () => {
	test('brings the clip along, in the field that was asked for', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage, { options: { downloadVideo: true, outputField: 'clip' } });
		const item = startedRun(await deliver(trigger, taskId));
		expect(item?.binary?.clip).toMatchObject({ mimeType: 'video/mp4', fileName: `${taskId}.mp4` });
		expect(item?.json.error).toBeUndefined();
		const [download] = stage.ledger.downloads();
		expect(download.authorization).toBe(false);
	});

	test('from a slow file host loses nothing: deliveries meanwhile are answered 503', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage, { options: { downloadVideo: true } });
		stage.faults.add({ action: 'file-slow:0.3', route: 'file' });
		const first = deliver(trigger, taskId);
		await stage.ledger.waitFor((ledger) => ledger.downloads().length > 0);
		const meanwhile = await deliver(trigger, taskId);
		expect(meanwhile.status).toBe(503);
		expect(startedRun(meanwhile)).toBeUndefined();
		expect(startedRun(await first)?.binary?.data).toBeDefined();
		const afterwards = await deliver(trigger, taskId);
		expect(afterwards.status).toBe(200);
		expect(startedRun(afterwards)).toBeUndefined();
		expect(stage.ledger.downloads()).toHaveLength(1);
	});

	test.each(['expired-once:9', 'html-file:9', 'file-503:9', 'file-reset:9'])(
		'that fails for good (%s) starts the run with the link and an error',
		async (action) => {
			const taskId = await ended();
			stage.faults.add({ action, route: 'file' });
			const trigger = triggerNode(stage, { options: { downloadVideo: true } });
			const answer = await deliver(trigger, taskId, { row: 7 });
			expect(answer.status).toBe(200);
			const item = startedRun(answer);
			expect(item?.json).toMatchObject({
				taskId,
				status: 'completed',
				videoUrl: expect.stringContaining('.mp4'),
				metadata: { row: 7 },
				error: expect.stringMatching(/could not be downloaded.*Get Video/),
			});
			expect(item?.json.error).toContain(taskId);
			expect(item?.binary).toBeUndefined();
		},
	);

	test.each([{ outputField: '__proto__' }, { downloadVideo: '={{ "maybe" }}' }])(
		'with an option that cannot be read (%p) starts the run with the link and an error',
		async (bad) => {
			const taskId = await ended();
			const trigger = triggerNode(stage, { options: { downloadVideo: true, ...bad } });
			const item = startedRun(await deliver(trigger, taskId));
			expect(item?.json).toMatchObject({ taskId, status: 'completed' });
			expect(item?.json.videoUrl).toContain('.mp4');
			expect(item?.json.error).toMatch(/Download Video|Put Output in Field/);
			expect(stage.ledger.downloads()).toEqual([]);
		},
	);
});
