import { realClock, useClock } from '../../../nodes/KlingFast/clock';
import { KlingFast } from '../../../nodes/KlingFast/KlingFast.node';
import type { NodeRun } from '../harness';
import { callBack, endOf, open, sleepy, taskIds, woken } from '../operations/sleepStage';
import { signed, startedRun, tokenFor, triggerNode } from '../operations/triggerHost';
import { callWebhook } from '../webhooks';
import { column, generate, jsonOf, setTheStage } from './setup';

const stage = setTheStage();

const polls = () => stage.sandbox.ledger.polls().length;

async function end(taskId: string, ending: 'completed' | 'failed' = 'completed') {
	await stage.sandbox.finishTask(taskId, { ending });
}

/** A lie: finished, for nothing, with a file of somebody else's. */
const forged = (taskId: string) => ({
	...endOf(taskId),
	cost: 0,
	result: { videos: [{ url: ['http://127.0.0.1:9/forged.mp4'] }] },
});

describe('Law 5, A callback is a hint: a sleeping execution', () => {
	let run: NodeRun;
	let fox: string;
	let cat: string;

	beforeEach(async () => {
		run = await stage.engine.runNode(sleepy(stage, [open('A fox'), open('A cat')]));
		[fox, cat] = taskIds(stage);
	});

	test('is not woken by the word of a callback: a clip that is still being made is asked for again', async () => {
		const answer = await callBack(stage, run, forged(fox));
		expect(answer.status).toBe(503);
		expect(answer.result?.workflowData).toBeUndefined();
	});

	test('takes nothing from a callback but the moment', async () => {
		await end(fox);
		await end(cat, 'failed');
		const answer = await callBack(stage, run, { code: 200, data: forged(cat) });
		const resumed = await woken(stage, run, answer);
		expect(jsonOf(resumed)).toMatchObject([
			{ taskId: fox, status: 'completed', cost: 0.504 },
			{ taskId: cat, status: 'failed' },
		]);
		expect(JSON.stringify(jsonOf(resumed))).not.toContain('forged');
	});

	test.each([
		['another task', endOf('task_01KV7FXR8BEYS1BWHJCT3JMCJ5')],
		['no task', {}],
		['an unfinished task', { id: 'x', status: 'processing' }],
		['nothing', ''],
		['a text', '"completed"'],
	])('hears of %s: looks, and sleeps on', async (_what, body) => {
		const answer = await callBack(stage, run, body);
		expect(answer).toMatchObject({ status: 200, body: { message: 'Noted' } });
		expect(answer.result?.workflowData).toBeUndefined();
		await end(fox);
		await end(cat);
		// The body does not matter, so it also wakes the execution when all is done.
		expect(column(await woken(stage, run, await callBack(stage, run, body)), 'taskId')).toEqual([
			fox,
			cat,
		]);
	});

	test('hears the same callback again and again: what is known to have ended is not read again', async () => {
		await end(fox);
		expect((await callBack(stage, run, endOf(fox))).status).toBe(200);
		const read = stage.sandbox.ledger.polls(fox).length;
		for (let again = 0; again < 3; again++) {
			const answer = await callBack(stage, run, endOf(fox));
			expect(answer).toMatchObject({ status: 200, body: { message: 'Noted' } });
		}
		expect(stage.sandbox.ledger.polls(fox)).toHaveLength(read);
		expect(stage.sandbox.ledger.polls(cat).length).toBeLessThanOrEqual(5);
	});

	test('of five callbacks at once exactly one wakes it, and each clip is downloaded once', async () => {
		await end(fox);
		await end(cat);
		const before = polls();
		// On the clock of the other tests, the patience of those who wait for the first would be over in 80 ms.
		const backToFast = useClock(realClock);
		const answers = await Promise.all(
			[fox, cat, fox, cat, fox].map(async (taskId) => await callBack(stage, run, endOf(taskId))),
		);
		backToFast();
		const waking = answers.filter(({ result }) => result?.workflowData);
		expect(waking).toHaveLength(1);
		expect(answers.map(({ thrown }) => thrown)).toEqual(Array(5).fill(undefined));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
		expect(polls() - before).toBe(2);
		expect(stage.sandbox.ledger.downloads()).toHaveLength(2);
		const resumed = await woken(stage, run, waking[0]);
		expect(column(resumed, 'status')).toEqual(['completed', 'completed']);
	});

	test('callbacks after the one that woke it do nothing', async () => {
		await end(fox);
		await end(cat);
		await woken(stage, run, await callBack(stage, run, endOf(fox)));
		const before = polls();
		const late = await callBack(stage, run, endOf(cat));
		expect(late).toMatchObject({ status: 200, body: { message: 'Noted' } });
		expect(late.result?.workflowData).toBeUndefined();
		expect(polls()).toBe(before);
	});

	test('callbacks during a long download are asked to come again, and wake nothing', async () => {
		await end(fox);
		await end(cat);
		stage.sandbox.faults.add({ action: 'file-slow:1', route: 'file', when: { taskId: fox } });
		const first = callBack(stage, run, endOf(fox));
		await stage.sandbox.ledger.waitFor((ledger) => ledger.downloads().length > 0);
		const meanwhile = await callBack(stage, run, endOf(cat));
		expect(meanwhile.status).toBe(503);
		expect(meanwhile.result?.workflowData).toBeUndefined();
		const resumed = await woken(stage, run, await first);
		expect(resumed.items.every(({ binary }) => binary?.data)).toBe(true);
		expect((await callBack(stage, run, endOf(cat))).result?.workflowData).toBeUndefined();
	});

	test('is woken in another process, too, which knows nothing of what this one has read', async () => {
		await end(fox);
		expect((await callBack(stage, run, endOf(fox))).status).toBe(200);
		await end(cat);
		const before = polls();
		const webhookOfThisProcess = KlingFast.prototype.webhook;
		try {
			await jest.isolateModulesAsync(async () => {
				const fresh = await import('../../../nodes/KlingFast/KlingFast.node');
				KlingFast.prototype.webhook = fresh.KlingFast.prototype.webhook;
			});
			const resumed = await woken(stage, run, await callBack(stage, run, endOf(cat)));
			expect(column(resumed, 'taskId')).toEqual([fox, cat]);
			expect(column(resumed, 'status')).toEqual(['completed', 'completed']);
		} finally {
			KlingFast.prototype.webhook = webhookOfThisProcess;
		}
		expect(polls() - before).toBe(2);
	});
});

describe('Law 5, A callback is a hint: the trigger', () => {
	async function submitted(prompt: string): Promise<string> {
		const run = await stage.engine.runNode(
			generate(stage, [prompt], { parameters: { mode: 'submitOnly' } }),
		);
		return String(run.items[0].json.taskId);
	}

	test('starts no run on the word of a callback, and asks the provider', async () => {
		const taskId = await submitted(open('A fox'));
		const trigger = triggerNode(stage);
		const answer = await callWebhook(
			stage.engine,
			trigger,
			signed(tokenFor(trigger), forged(taskId)),
		);
		expect(answer.status).toBe(200);
		expect(answer.result?.workflowData).toBeUndefined();
		expect(polls()).toBe(1);
	});

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
		expect(stage.sandbox.ledger.requests().map(({ route }) => route)).toEqual(['submit']);
	});
});
