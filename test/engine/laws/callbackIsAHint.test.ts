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
	taskIds,
} from '../operations/sleepStage';
import { signed, startedRun, tokenFor, triggerNode } from '../operations/triggerHost';
import { callWebhook } from '../webhooks';
import { column, jsonOf } from './setup';

const stage = setTheSleepStage({ concurrency: 0 });

const polls = () => stage.ledger.polls().length;

async function end(taskId: string, ending: 'completed' | 'failed' = 'completed') {
	await stage.sandbox.finishTask(taskId, { ending });
}

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
		run = await stage.sleep([open('A fox'), open('A cat'), 'A dog'], {
			onError: 'continueRegularOutput',
			nodeOptions: { concurrency: 2, retryFailed: 0 },
		});
		[fox, cat] = taskIds(stage);
	});

	test('reads the task again before it believes that a clip has ended', async () => {
		expect((await callBack(stage, fox, forged(fox))).status).toBe(200);
		expect(polls()).toBe(1);
		expect(isWaiting(stage, run)).toBe(true);
		expect(taskIds(stage)).toHaveLength(2);
		expect(stage.ledger.downloads()).toEqual([]);
	});

	test('takes nothing from a callback but the moment', async () => {
		await end(fox);
		await end(cat, 'failed');
		await callBack(stage, fox, { code: 200, data: forged(fox) });
		await callBack(stage, fox, { code: 200, data: forged(cat) });
		await endClip(stage, taskIds(stage)[2]);
		const final = await stage.engine.finalRun(run);
		expect(jsonOf(final)).toMatchObject([
			{ taskId: fox, status: 'completed', cost: 0.504 },
			{ taskId: cat, status: 'failed' },
			{ status: 'completed' },
		]);
		expect(JSON.stringify(jsonOf(final))).not.toContain('forged');
	});

	test.each([
		['another task', endOf('task_01KV7FXR8BEYS1BWHJCT3JMCJ5')],
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
		expect(taskIds(stage)).toEqual([fox, cat]);
		expect(polls()).toBe(0);
	});

	test('a callback about a task of another sheet changes nothing there', async () => {
		const other = await stage.sleep([open('A bird')], { nodeOptions: { concurrency: 5 } });
		const bird = taskIds(stage)[2];
		await end(bird);
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
		expect(taskIds(stage)).toHaveLength(3);
	});

	test('of five callbacks at once one makes a round, and no clip is fetched twice', async () => {
		await end(fox);
		await end(cat);
		const answers = await Promise.all(
			[fox, cat, fox, cat, fox].map(async (taskId) => await callBack(stage, taskId)),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		await roundAfter(stage, run, 60);
		expect(stage.ledger.downloads(fox)).toHaveLength(1);
		expect(stage.ledger.downloads(cat)).toHaveLength(1);
	});
});

describe('Law 5, A callback is a hint: the trigger', () => {
	async function submitted(prompt: string): Promise<string> {
		const run = await stage.run([prompt], { parameters: { mode: 'submitOnly' } });
		return String(run.items[0].json.taskId);
	}

	test('takes nothing from a callback but the id', async () => {
		const taskId = await submitted(open('A fox'));
		await end(taskId);
		const trigger = triggerNode(stage);
		const body = { ...forged(taskId), status: 'failed', error: 'forged', prompt: 'forged' };
		const answer = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), body));
		const item = startedRun(answer);
		expect(item?.json).toMatchObject({ taskId, status: 'completed', cost: 0.504 });
		expect(item?.json.videoUrl).toContain(stage.sandbox.filesUrl);
		expect(JSON.stringify(item)).not.toContain('forged');
	});

	test('makes no request at all for what is not signed', async () => {
		const taskId = await submitted('[[slow:0]] A fox');
		const trigger = triggerNode(stage);
		const strangers = [
			tokenFor({ credentials: { apiKey: 'sk-other' } }),
			`${tokenFor(trigger)}x`,
			tokenFor(trigger).slice(0, -1),
			'',
			'x',
		];
		for (const token of strangers) {
			const answer = await callWebhook(stage.engine, trigger, signed(token, endOf(taskId)));
			expect(answer.status).toBe(401);
			expect(answer.result?.workflowData).toBeUndefined();
		}
		const unsigned = await callWebhook(stage.engine, trigger, { body: endOf(taskId) });
		expect(unsigned.status).toBe(401);
		expect(stage.ledger.requests().map(({ route }) => route)).toEqual(['submit']);
	});
});
