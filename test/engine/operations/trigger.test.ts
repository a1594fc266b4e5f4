import { callbackSecret, sealProbe } from '../../../nodes/KlingFast/apimart/callback';
import { currentClock } from '../../../nodes/KlingFast/clock';
import { jsonOf, UNKNOWN_TASK } from '../laws/setup';
import { endOf } from './sleepStage';
import { signed, tokenFor, triggerNode } from './triggerHost';
import { setTheTriggerStage } from './triggerStage';

const { stage, submitted, ended, call, deliver, reads } = setTheTriggerStage();

describe('Kling Fast Trigger', () => {
	test("starts one run, with the row's own data, in the shape of Generate Video", async () => {
		const taskId = await ended();
		const metadata = { row: 7, name: 'Zoë 🦊' };
		const { status, body, item } = await deliver(triggerNode(stage), taskId, metadata);
		expect([status, body]).toEqual([200, { message: 'The workflow has started' }]);
		const text = expect.any(String);
		expect(item?.json).toMatchObject({
			...{ taskId, status: 'completed', cost: 0.504, metadata },
			videoUrl: expect.stringContaining('.mp4'),
			expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
			...{ submittedAt: text, completedAt: text, elapsedSeconds: expect.any(Number) },
		});
		expect(item?.binary).toBeUndefined();
		const generated = await stage.run(['A cat'], { parameters: { metadata: { row: 7 } } });
		const names = Object.keys(item?.json ?? {});
		const known = Object.keys(jsonOf(generated)[0]);
		expect(known.filter((name) => names.includes(name))).toEqual(names);
	});

	test.each([[''], ['{}'], ['[]'], ['null'], ['7'], ['"task_1"'], ['{"id":{}}']])(
		'answers 400 to a signed body that names no task: %p',
		async (body) => {
			const trigger = triggerNode(stage);
			expect((await call(trigger, signed(tokenFor(trigger), body))).status).toBe(400);
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
		async (word, status) => {
			const taskId = await submitted();
			const trigger = triggerNode(stage);
			const early = await call(trigger, signed(tokenFor(trigger), endOf(taskId, word)));
			expect(early).toMatchObject({ status, item: undefined });
			await stage.finish([taskId], 'completed');
			expect((await deliver(trigger, taskId)).item?.json).toMatchObject({ taskId });
		},
	);

	test.each<[string | string[], 'completed' | 'failed' | 'cancelled', boolean]>([
		[['completed'], 'completed', true],
		[['completed'], 'failed', false],
		[['completed'], 'cancelled', false],
		[['failed'], 'completed', false],
		[['failed'], 'failed', true],
		[['failed'], 'cancelled', true],
		[['completed', 'failed'], 'failed', true],
		[[], 'completed', false],
		['failed', 'failed', true],
		['failed', 'completed', false],
	])('listening to %p, hears of a %s one: starts a run? %p', async (triggerOn, ending, starts) => {
		const taskId = await ended(ending);
		const heard = await deliver(triggerNode(stage, { triggerOn }), taskId, { row: 7 });
		expect(heard.status).toBe(200);
		expect(heard.item !== undefined).toBe(starts);
		if (!heard.item || ending === 'completed') return;
		const { json } = heard.item;
		expect(json).toMatchObject({ taskId, status: 'failed', metadata: { row: 7 } });
		expect(json.error).toContain(taskId);
		expect(json.error).toContain('Failed clips are not charged');
	});

	test.each([
		...['task-503:1', 'task-401:1', 'task-429:1'],
		...['task-html:1', 'task-reset:1', 'task-half:1'],
	])(
		'answers 503 where APIMart cannot be asked (%s), and starts the run at the next delivery',
		async (action) => {
			const taskId = await ended();
			const trigger = triggerNode(stage);
			stage.faults.add({ action, route: 'task' });
			expect(await deliver(trigger, taskId)).toMatchObject({ status: 503, item: undefined });
			expect((await deliver(trigger, taskId)).item?.json).toMatchObject({ taskId });
		},
	);

	test.each([
		['nobody is there at', 'http://127.0.0.1:9'],
		['the credential cannot be used for', 'http://api.example.com'],
	])('answers 503 where %s the Base URL %s', async (_, baseUrl) => {
		const credentials = { apiKey: stage.sandbox.apiKey, baseUrl };
		const trigger = triggerNode(stage, {}, { credentials });
		const { status, body } = await deliver(trigger, 'task_1');
		expect([status, body]).toEqual([503, { message: expect.stringContaining('deliver again') }]);
	});

	test.each([
		['of which the callback does not say when it ended', undefined, 503],
		['that ended a moment ago', 5, 503],
		['that ended an hour ago', 3_600, 404],
	])('of a task that APIMart does not know, %s', async (_what, secondsAgo, status) => {
		const completed = secondsAgo && Math.floor(currentClock().nowMs() / 1000) - secondsAgo;
		const trigger = triggerNode(stage);
		const request = signed(tokenFor(trigger), { ...endOf(UNKNOWN_TASK), completed });
		expect(await call(trigger, request)).toMatchObject({ status, item: undefined });
	});

	test('answers a probe, and starts nothing', async () => {
		const token = sealProbe(callbackSecret(stage.sandbox.apiKey, undefined));
		const heard = await call(triggerNode(stage), signed(token, endOf(await ended())));
		const body = { message: 'The trigger is listening' };
		expect(heard).toMatchObject({ status: 200, body, item: undefined });
		expect(reads()).toBe(0);
	});

	test('knows the signature of an own secret, whatever the API key', async () => {
		const { apiKey, baseUrl } = stage.sandbox;
		const taskId = await ended();
		const credentials = { apiKey, baseUrl, callbackSecret: 'shared' };
		const trigger = triggerNode(stage, {}, { credentials });
		const derived = tokenFor({ credentials: { apiKey } });
		expect((await call(trigger, signed(derived, endOf(taskId)))).status).toBe(401);
		const ofOtherKey = tokenFor({ credentials: { apiKey: 'sk-x', callbackSecret: 'shared' } });
		const { item } = await call(trigger, signed(ofOtherKey, endOf(taskId)));
		expect(item?.json).toMatchObject({ taskId });
	});
});

describe('Only Accept Signed Callbacks, switched off', () => {
	const unsigned = () => triggerNode(stage, { options: { requireSignedCallback: false } });

	test('serves a clip that was submitted elsewhere, after it was looked up', async () => {
		const taskId = await ended();
		const { item } = await call(unsigned(), { body: endOf(taskId) });
		expect(item?.json).toMatchObject({ taskId, status: 'completed' });
		expect(item?.json.metadata).toBeUndefined();
		expect(reads()).toBe(1);
	});

	test('starts nothing for a made-up task, nor for one still being made', async () => {
		expect((await call(unsigned(), { body: endOf(UNKNOWN_TASK) })).status).toBe(404);
		const running = await call(unsigned(), { body: endOf(await submitted()) });
		expect(running).toMatchObject({ status: 503, item: undefined });
	});

	test('does not loosen the signed address', async () => {
		const request = signed('x'.repeat(50), endOf('task_1'));
		expect((await call(unsigned(), request)).status).toBe(401);
		expect(reads()).toBe(0);
	});

	test('one run a clip, whichever of the two addresses is called', async () => {
		const taskId = await ended();
		const trigger = unsigned();
		expect((await deliver(trigger, taskId)).item).toBeDefined();
		const again = await call(trigger, { body: endOf(taskId) });
		expect(again).toMatchObject({ status: 200, item: undefined });
	});
});
