import type { NodeRun } from '../harness';
import {
	callBack,
	endClip,
	endOf,
	isWaiting,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
} from '../operations/sleepStage';
import { signed, startedRun, tokenFor, triggerNode } from '../operations/triggerHost';
import { callWebhook } from '../webhooks';
import { column, goingOn, jsonOf, UNKNOWN_TASK } from './setup';

const stage = setTheSleepStage({ concurrency: 0 });

const polls = () => stage.ledger.polls().length;

/** A lie: finished, for nothing, with a file of somebody else's. */
const forged = (taskId: string) => ({
	...endOf(taskId),
	cost: 0,
	result: { videos: [{ url: ['http://127.0.0.1:9/forged.mp4'] }] },
});

describe('Law 5, A callback is a hint: a sleeping sheet', () => {
	let run: NodeRun;
	let fox: string;
	let cat: string;

	beforeEach(async () => {
		const nodeOptions = { concurrency: 2, retryFailed: 0 };
		run = await stage.sleep([open('A fox'), open('A cat'), 'A dog'], { ...goingOn, nodeOptions });
		[fox, cat] = stage.taskIds();
	});

	test('reads the task again before it believes that a clip has ended', async () => {
		expect((await callBack(stage, fox, forged(fox))).status).toBe(200);
		expect(polls()).toBe(1);
		expect(isWaiting(stage, run)).toBe(true);
		expect(stage.taskIds()).toHaveLength(2);
		expect(stage.ledger.downloads()).toEqual([]);
	});

	test('takes nothing from a callback but the moment', async () => {
		await stage.finish([fox]);
		await stage.finish([cat], 'failed');
		await callBack(stage, fox, { code: 200, data: forged(fox) });
		await callBack(stage, fox, { code: 200, data: forged(cat) });
		await endClip(stage, stage.taskIds()[2]);
		const final = await stage.engine.finalRun(run);
		expect(jsonOf(final)).toMatchObject([
			{ taskId: fox, status: 'completed', cost: 0.504 },
			{ taskId: cat, status: 'failed' },
			{ status: 'completed' },
		]);
		expect(JSON.stringify(jsonOf(final))).not.toContain('forged');
	});

	test.each([
		['another task', endOf(UNKNOWN_TASK)],
		['no task', {}],
		['a task that is not finished', { id: 'x', status: 'processing' }],
		['nothing', ''],
		['a text', '"completed"'],
		['a list', [1, null]],
		['odd ids', { id: { toString: 1 }, data: [{ id: [] }] }],
		['a prototype', JSON.parse('{"__proto__": {"id": "x"}, "id": "__proto__"}')],
	])('a callback with %s: one more round, and nothing else', async (_what, body) => {
		const { id } = partOf(stage, run, 'worker');
		expect((await callBack(stage, fox, body)).status).toBe(200);
		expect(partOf(stage, run, 'worker')).toMatchObject({ id, status: 'waiting' });
		expect(stage.taskIds()).toEqual([fox, cat]);
		expect(polls()).toBe(0);
	});

	test('a callback about a task of another sheet changes nothing there', async () => {
		const other = await stage.sleep([open('A bird')], { nodeOptions: { concurrency: 5 } });
		const bird = stage.taskIds()[2];
		await stage.finish([bird]);
		await callBack(stage, fox, endOf(bird));
		expect(stage.ledger.polls(bird)).toEqual([]);
		expect(isWaiting(stage, other)).toBe(true);
		await callBack(stage, bird);
		expect(column(await stage.engine.finalRun(other), 'taskId')).toEqual([bird]);
	});

	test('a repeated callback reads and downloads nothing again', async () => {
		await endClip(stage, fox);
		const reads = stage.ledger.polls(fox).length;
		for (let again = 0; again < 3; again++) {
			expect((await callBack(stage, fox)).status).toBe(200);
		}
		expect(stage.ledger.polls(fox)).toHaveLength(reads);
		expect(stage.ledger.downloads(fox)).toHaveLength(1);
		expect(stage.taskIds()).toHaveLength(3);
	});

	test('of five callbacks at once one makes a round, and no clip is fetched twice', async () => {
		await stage.finish([fox, cat]);
		const answers = await Promise.all(
			[fox, cat, fox, cat, fox].map(async (taskId) => await callBack(stage, taskId)),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		await roundAfter(stage, run, 60);
		for (const id of [fox, cat]) expect(stage.ledger.downloads(id)).toHaveLength(1);
	});
});

describe('Law 5, A callback is a hint: the trigger', () => {
	test('takes nothing from a callback but the id', async () => {
		const [taskId] = await stage.submit([open('A fox')]);
		await stage.finish();
		const trigger = triggerNode(stage);
		const body = { ...forged(taskId), status: 'failed', error: 'forged', prompt: 'forged' };
		const answer = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), body));
		const item = startedRun(answer);
		expect(item?.json).toMatchObject({ taskId, status: 'completed', cost: 0.504 });
		expect(item?.json.videoUrl).toContain(stage.sandbox.filesUrl);
		expect(JSON.stringify(item)).not.toContain('forged');
	});

	test('makes no request at all for what is not signed', async () => {
		const [taskId] = await stage.submit(['[[slow:0]] A fox']);
		const trigger = triggerNode(stage);
		const token = tokenFor(trigger);
		const ofOtherKey = tokenFor({ credentials: { apiKey: 'sk-other' } });
		const strangers = [ofOtherKey, `${token}x`, token.slice(0, -1), '', 'x'];
		const requests = strangers.map((stranger) => signed(stranger, endOf(taskId)));
		for (const request of [...requests, { body: endOf(taskId) }]) {
			const answer = await callWebhook(stage.engine, trigger, request);
			expect(answer.status).toBe(401);
			expect(answer.result?.workflowData).toBeUndefined();
		}
		expect(stage.ledger.requests().map(({ route }) => route)).toEqual(['submit']);
	});
});
