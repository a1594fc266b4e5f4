import type { INodeParameters } from 'n8n-workflow';
import { currentClock, realClock, useClock } from '../../../nodes/KlingFast/clock';
import type { RunOptions } from '../harness';
import { triggerNode } from './triggerHost';
import { setTheTriggerStage, type Heard } from './triggerStage';

const { stage, ended, deliver, reads } = setTheTriggerStage();

const NAME = 'node:Kling Fast Trigger';
const passedOver = { status: 200, item: undefined };

describe('the same callback again', () => {
	test('is answered 200 without a run and without a request', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		await deliver(trigger, taskId);
		const before = reads();
		for (let again = 0; again < 3; again++) {
			expect(await deliver(trigger, taskId)).toMatchObject(passedOver);
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
		expect(answers.filter(({ item }) => item)).toHaveLength(1);
		expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
		expect(reads()).toBe(1);
	});

	test('is known after a restart of n8n, by the static data', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		await deliver(trigger, taskId);
		const startedTasks = { [taskId]: expect.any(Number) };
		expect(trigger.staticData).toEqual({ [NAME]: { startedTasks } });
		// To the memory of this process another node is as good as a restart; the static data belong to the name.
		const restarted = { ...trigger, nodeId: 'after-restart' };
		const before = reads();
		expect(await deliver(restarted, taskId)).toMatchObject(passedOver);
		expect(reads()).toBe(before);
	});

	test.each<[string, (first: RunOptions) => RunOptions]>([
		['in each workflow that has a trigger', () => triggerNode(stage)],
		[
			'at each of two triggers of one workflow',
			(first) => ({ ...first, nodeId: 'second', nodeName: 'Second Trigger' }),
		],
	])('starts a run %s', async (_, secondBeside) => {
		const taskId = await ended();
		const first = triggerNode(stage);
		for (const trigger of [first, secondBeside(first)]) {
			expect((await deliver(trigger, taskId)).item).toBeDefined();
		}
	});

	test('that a test run has used up starts the run of the published workflow all the same', async () => {
		const taskId = await ended();
		const published = triggerNode(stage);
		expect((await deliver({ ...published, mode: 'manual' }, taskId)).item).toBeDefined();
		expect(published.staticData).toEqual({});
		expect((await deliver(published, taskId)).item).toBeDefined();
	});

	test('static data keep at most 1,000 tasks', async () => {
		const startedTasks: Record<string, number> = {};
		for (let n = 0; n < 1_000; n++) startedTasks[`task_${n}`] = currentClock().nowMs();
		const staticData = { [NAME]: { startedTasks } };
		const taskId = await ended();
		await deliver(triggerNode(stage, {}, { staticData }), taskId);
		const kept = Object.keys(staticData[NAME].startedTasks);
		expect(kept).toHaveLength(1_000);
		expect(kept[0]).toBe('task_1');
		expect(kept.at(-1)).toBe(taskId);
	});
});

describe('a run that n8n cannot save', () => {
	const full = new Error('SQLITE_FULL: database or disk is full');

	test('is answered 500 and started by the next delivery, once', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		const failed = await deliver(trigger, taskId, {}, async () => await Promise.reject(full));
		expect(failed.status).toBe(500);
		expect(trigger.staticData).toEqual({});
		expect(await deliver(trigger, taskId)).toMatchObject({ status: 200, item: expect.anything() });
		expect(await deliver(trigger, taskId)).toMatchObject(passedOver);
	});

	test('is not called started meanwhile', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		let meanwhile: Promise<Heard> | undefined;
		const backToFast = useClock(realClock);
		await deliver(trigger, taskId, {}, async () => {
			meanwhile = deliver(trigger, taskId);
			await realClock.sleep(100);
			throw full;
		});
		expect(await meanwhile).toMatchObject({ status: 503, item: undefined });
		backToFast();
		expect((await deliver(trigger, taskId)).item).toBeDefined();
	});

	test('is started by the next delivery, too, where the caller has hung up', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		const hangUp = deliver(trigger, taskId, {}, async ({ socket }) => {
			socket?.destroy();
			await realClock.sleep(100);
			throw full;
		});
		await expect(hangUp).rejects.toThrow('socket hang up');
		await realClock.sleep(200);
		expect((await deliver(trigger, taskId)).item).toBeDefined();
	});

	test('does not keep a run that was saved from being the only one, where the caller has hung up', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		const hangUp = deliver(trigger, taskId, {}, async ({ socket }) => {
			socket?.destroy();
			await realClock.sleep(100);
		});
		await expect(hangUp).rejects.toThrow('socket hang up');
		await realClock.sleep(200);
		expect(await deliver(trigger, taskId)).toMatchObject(passedOver);
	});
});

describe('Download Video', () => {
	const downloading = (more: INodeParameters = {}) =>
		triggerNode(stage, { options: { downloadVideo: true, ...more } });

	test('brings the clip along, in the field that was asked for', async () => {
		const taskId = await ended();
		const { item } = await deliver(downloading({ outputField: 'clip' }), taskId);
		expect(item?.binary?.clip).toMatchObject({ mimeType: 'video/mp4', fileName: `${taskId}.mp4` });
		expect(item?.json.error).toBeUndefined();
		expect(stage.ledger.downloads()[0].authorization).toBe(false);
	});

	test('from a slow file host loses nothing: deliveries meanwhile are answered 503', async () => {
		const taskId = await ended();
		const trigger = downloading();
		stage.faults.add({ action: 'file-slow:0.3', route: 'file' });
		const first = deliver(trigger, taskId);
		await stage.ledger.waitFor((ledger) => ledger.downloads().length > 0);
		expect(await deliver(trigger, taskId)).toMatchObject({ status: 503, item: undefined });
		expect((await first).item?.binary?.data).toBeDefined();
		expect(await deliver(trigger, taskId)).toMatchObject(passedOver);
		expect(stage.ledger.downloads()).toHaveLength(1);
	});

	test.each(['expired-once:9', 'html-file:9', 'file-503:9', 'file-reset:9'])(
		'that fails for good (%s) starts the run with the link and an error',
		async (action) => {
			const taskId = await ended();
			stage.faults.add({ action, route: 'file' });
			const { status, item } = await deliver(downloading(), taskId, { row: 7 });
			expect(status).toBe(200);
			expect(item?.json).toMatchObject({
				...{ taskId, status: 'completed', metadata: { row: 7 } },
				videoUrl: expect.stringContaining('.mp4'),
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
			const { item } = await deliver(downloading(bad), taskId);
			expect(item?.json).toMatchObject({
				...{ taskId, status: 'completed', videoUrl: expect.stringContaining('.mp4') },
				error: expect.stringMatching(/Download Video|Put Output in Field/),
			});
			expect(stage.ledger.downloads()).toEqual([]);
		},
	);
});
