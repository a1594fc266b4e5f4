import { callbackSecret, sealProbe } from '../../../nodes/KlingFast/apimart/callback';
import { currentClock } from '../../../nodes/KlingFast/clock';
import { callWebhook } from '../webhooks';
import { endOf } from './sleepStage';
import { signed, startedRun, tokenFor, triggerNode } from './triggerHost';
import { setTheTriggerStage } from './triggerStage';

const { stage, submitted, ended, deliver, reads } = setTheTriggerStage();

describe('Kling Fast Trigger', () => {
	test("starts one run, with the row's own data, in the shape of Generate Video", async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage);
		const answer = await deliver(trigger, taskId, { row: 7, name: 'Zoë 🦊' });
		expect(answer).toMatchObject({ status: 200, body: { message: 'The workflow has started' } });
		const item = startedRun(answer);
		expect(item).toMatchObject({
			json: {
				taskId,
				status: 'completed',
				videoUrl: expect.stringContaining('.mp4'),
				expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
				cost: 0.504,
				submittedAt: expect.any(String),
				completedAt: expect.any(String),
				elapsedSeconds: expect.any(Number),
				metadata: { row: 7, name: 'Zoë 🦊' },
			},
		});
		expect(item?.binary).toBeUndefined();
		const generated = await stage.run(['A cat'], { parameters: { metadata: { row: 7 } } });
		const known = Object.keys(generated.items[0].json);
		expect(known.filter((name) => item && name in item.json)).toEqual(
			Object.keys(item?.json ?? {}),
		);
	});

	test.each([[''], ['{}'], ['[]'], ['null'], ['7'], ['"task_1"'], ['{"id":{}}']])(
		'answers 400 to a signed body that names no task: %p',
		async (body) => {
			const trigger = triggerNode(stage);
			const answer = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), body));
			expect(answer.status).toBe(400);
			expect(reads()).toBe(0);
		},
	);

	test.each([
		// What is read lags behind: with a 200 the provider would never call again.
		['completed', 503],
		['failed', 503],
		['processing', 200],
	])(
		'of a task that is called %s, but is not finished when it is read: %d, and nothing remembered',
		async (status, httpStatus) => {
			const taskId = await submitted();
			const trigger = triggerNode(stage);
			const request = signed(tokenFor(trigger), endOf(taskId, status));
			const early = await callWebhook(stage.engine, trigger, request);
			expect(early.status).toBe(httpStatus);
			expect(startedRun(early)).toBeUndefined();
			await stage.sandbox.finishTask(taskId, { ending: 'completed' });
			expect(startedRun(await deliver(trigger, taskId))?.json).toMatchObject({ taskId });
		},
	);

	test.each<[string[], 'completed' | 'failed' | 'cancelled', boolean]>([
		[['completed'], 'completed', true],
		[['completed'], 'failed', false],
		[['completed'], 'cancelled', false],
		[['failed'], 'completed', false],
		[['failed'], 'failed', true],
		[['failed'], 'cancelled', true],
		[['completed', 'failed'], 'failed', true],
		[[], 'completed', false],
	])('listening to %p, hears of a %s one: starts a run? %p', async (triggerOn, ending, starts) => {
		const taskId = await ended(ending);
		const answer = await deliver(triggerNode(stage, { triggerOn }), taskId, { row: 7 });
		expect(answer.status).toBe(200);
		const item = startedRun(answer);
		expect(item !== undefined).toBe(starts);
		if (!item || ending === 'completed') return;
		expect(item.json).toMatchObject({ taskId, status: 'failed', metadata: { row: 7 } });
		expect(item.json.error).toContain(taskId);
		expect(item.json.error).toContain('Failed clips are not charged');
	});

	test.each([
		'task-503:1',
		'task-401:1',
		'task-429:1',
		'task-html:1',
		'task-reset:1',
		'task-half:1',
	])(
		'answers 503 where APIMart cannot be asked (%s), and starts the run at the next delivery',
		async (action) => {
			const taskId = await ended();
			const trigger = triggerNode(stage);
			stage.faults.add({ action, route: 'task' });
			const first = await deliver(trigger, taskId);
			expect(first.status).toBe(503);
			expect(startedRun(first)).toBeUndefined();
			expect(startedRun(await deliver(trigger, taskId))?.json).toMatchObject({ taskId });
		},
	);

	test('answers 503 where nobody is there at the Base URL', async () => {
		const trigger = triggerNode(
			stage,
			{},
			{
				credentials: { apiKey: stage.sandbox.apiKey, baseUrl: 'http://127.0.0.1:9' },
			},
		);
		expect((await deliver(trigger, 'task_1')).status).toBe(503);
	});

	test.each([
		['of which the callback does not say when it ended', undefined, 503],
		['that ended a moment ago', 5, 503],
		['that ended an hour ago', 3_600, 404],
	])('of a task that APIMart does not know, %s', async (_what, secondsAgo, httpStatus) => {
		const completed = secondsAgo && Math.floor(currentClock().nowMs() / 1000) - secondsAgo;
		const body = { ...endOf('task_01KV7FXR8BEYS1BWHJCT3JMCJ5'), completed };
		const trigger = triggerNode(stage);
		const answer = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), body));
		expect(answer.status).toBe(httpStatus);
		expect(startedRun(answer)).toBeUndefined();
	});

	test('answers a probe, and starts nothing', async () => {
		const trigger = triggerNode(stage);
		const secret = callbackSecret(stage.sandbox.apiKey, undefined);
		const answer = await callWebhook(
			stage.engine,
			trigger,
			signed(sealProbe(secret), endOf(await ended())),
		);
		expect(answer).toMatchObject({ status: 200, body: { message: 'The trigger is listening' } });
		expect(startedRun(answer)).toBeUndefined();
		expect(reads()).toBe(0);
	});

	test('knows the signature of an own secret, whatever the API key', async () => {
		const credentials = {
			apiKey: stage.sandbox.apiKey,
			baseUrl: stage.sandbox.baseUrl,
			callbackSecret: 'shared',
		};
		const taskId = await ended();
		const trigger = triggerNode(stage, {}, { credentials });
		const ofOtherKey = tokenFor({ credentials: { apiKey: 'sk-x', callbackSecret: 'shared' } });
		const derived = tokenFor({ credentials: { apiKey: stage.sandbox.apiKey } });
		const call = async (token: string) =>
			await callWebhook(stage.engine, trigger, signed(token, endOf(taskId)));
		expect((await call(derived)).status).toBe(401);
		expect(startedRun(await call(ofOtherKey))?.json).toMatchObject({ taskId });
	});
});

describe('Only Accept Signed Callbacks, switched off', () => {
	const options = { requireSignedCallback: false };

	test('serves a clip that was submitted elsewhere, after it was looked up', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage, { options });
		const answer = await callWebhook(stage.engine, trigger, { body: endOf(taskId) });
		const item = startedRun(answer);
		expect(item?.json).toMatchObject({ taskId, status: 'completed' });
		expect(item?.json.metadata).toBeUndefined();
		expect(reads()).toBe(1);
	});

	test('starts nothing for a made-up task, nor for one still being made', async () => {
		const trigger = triggerNode(stage, { options });
		const call = async (id: string) =>
			await callWebhook(stage.engine, trigger, { body: endOf(id) });
		expect((await call('task_01KV7FXR8BEYS1BWHJCT3JMCJ5')).status).toBe(404);
		const running = await call(await submitted());
		expect(running.status).toBe(503);
		expect(startedRun(running)).toBeUndefined();
	});

	test('does not loosen the signed address', async () => {
		const trigger = triggerNode(stage, { options });
		const answer = await callWebhook(
			stage.engine,
			trigger,
			signed('x'.repeat(50), endOf('task_1')),
		);
		expect(answer.status).toBe(401);
		expect(reads()).toBe(0);
	});

	test('one run a clip, whichever of the two addresses is called', async () => {
		const taskId = await ended();
		const trigger = triggerNode(stage, { options });
		expect(startedRun(await deliver(trigger, taskId))).toBeDefined();
		const again = await callWebhook(stage.engine, trigger, { body: endOf(taskId) });
		expect(again.status).toBe(200);
		expect(startedRun(again)).toBeUndefined();
	});
});
