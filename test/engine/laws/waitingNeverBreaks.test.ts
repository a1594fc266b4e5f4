import fc from 'fast-check';
import type { NodeRun } from '../harness';
import {
	callBack,
	endOf,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';
import { signed, tokenFor, triggerNode } from '../operations/triggerHost';
import { callWebhook, type WebhookAnswer, type WebhookRequest } from '../webhooks';
import { column } from './setup';

const stage = setTheSleepStage({ concurrency: 0 });

/** In n8n an exception ends the suspended execution, and a stack trace would tell strangers about the host. */
function expectUnharmed({ thrown, body, status }: WebhookAnswer) {
	expect(thrown).toBeUndefined();
	expect([200, 400, 401, 404, 422, 503]).toContain(status);
	const text = JSON.stringify(body);
	expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.ts\b|[A-Z]\w*Error\b/);
	expect(text.length).toBeLessThan(200);
}

const OTHER_TYPES = [
	'text/plain',
	'application/x-www-form-urlencoded',
	'multipart/form-data; boundary=x',
	'application/xml',
	'a/b',
];
const headerValue = fc.stringMatching(/^[!-~]{0,60}$/);

/** Bodies of every kind, some of them near to what is genuine. */
function deliveryBody(taskId: string): fc.Arbitrary<unknown> {
	const word = fc.oneof(
		fc.constantFrom('completed', 'failed', 'processing', '', 'COMPLETED', null, 7, {}),
		fc.string(),
	);
	const id = fc.oneof(
		{ weight: 2, arbitrary: fc.constant(taskId) },
		{ weight: 1, arbitrary: fc.constantFrom(`${taskId}x`, '__proto__', '../balance') },
		{ weight: 1, arbitrary: fc.jsonValue() },
	);
	const anything = fc.jsonValue();
	const fields = { id, task_id: id, status: word, result: anything, error: anything };
	const task = fc.record({ ...fields, completed: anything }, { requiredKeys: [] });
	return fc.oneof(
		fc.jsonValue(),
		task,
		task.map((data) => ({ code: 200, data })),
		fc.array(task, { maxLength: 2 }).map((data) => ({ data })),
		fc.string(),
		fc.constantFrom('', '{', '[]', '""', 'null', '{"__proto__":{"x":1}}', '{"id":1e999}'),
	);
}

/** Such bodies with headers and parameters of every kind. */
function deliveries(taskId: string, tokens: string[]): fc.Arbitrary<WebhookRequest> {
	return fc.record({
		body: deliveryBody(taskId).map((value) =>
			typeof value === 'string' ? value : JSON.stringify(value),
		),
		headers: fc.record({
			'Content-Type': fc.oneof(
				{ weight: 3, arbitrary: fc.constant('application/json') },
				{ weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES) },
			),
			'X-APIMart-Signature': headerValue,
			'User-Agent': headerValue,
		}),
		query: fc.dictionary(fc.stringMatching(/^\w{1,8}$/), fc.string(), { maxKeys: 3 }),
		params: fc.oneof(
			fc.constantFrom(...tokens).map((token): Record<string, string> => ({ token })),
			fc.dictionary(fc.constantFrom('token', 'token-1', 'end', '__proto__', 'x'), fc.string()),
		),
	});
}

describe('Law 6, Waiting never breaks', () => {
	let run: NodeRun;
	let taskId: string;

	beforeEach(async () => {
		const prompts = ['A fox', 'A cat', 'A dog'].map(open);
		run = await stage.sleep(prompts, { nodeOptions: { concurrency: 2 } });
		expect(run.status).toBe('waiting');
		[taskId] = stage.taskIds();
	});

	/** A task that no sheet waits for: it has no address of its own. */
	async function taskOfNobody(): Promise<string> {
		return (await stage.submit([open('A horse')]))[0];
	}

	async function expectStillWakable() {
		for (let rows = 2; rows <= 3; rows++) {
			await stage.finish();
			await callBack(stage, taskId);
			expect(stage.taskIds()).toHaveLength(3);
		}
		const final = await toTheEnd(stage, run, 3);
		expect(column(final, 'status')).toEqual(['completed', 'completed', 'completed']);
	}

	test('whatever 100 callbacks bring to a sleeping sheet, it sleeps on unharmed', async () => {
		const { id } = partOf(stage, run, 'worker');
		await fc.assert(
			fc.asyncProperty(fc.oneof(fc.jsonValue(), deliveryBody(taskId)), async (body) => {
				const answer = await callBack(stage, taskId, body);
				expect(answer.status).toBe(200);
				expect(partOf(stage, run, 'worker')).toMatchObject({ id, status: 'waiting' });
			}),
			{ seed: 20261122, numRuns: 100 },
		);
		expect(stage.taskIds()).toHaveLength(2);
		await expectStillWakable();
	});

	test('whatever 500 callbacks bring to the trigger, none breaks it, and none starts a run', async () => {
		const trigger = triggerNode(stage, { triggerOn: ['completed', 'failed'] });
		const tokens = [tokenFor(trigger), tokenFor(trigger, { row: 7 }), 'A'.repeat(60)];
		const statuses = new Set<number>();
		const names = fc.constantFrom('default' as const, 'setup' as const);
		const requests = deliveries(await taskOfNobody(), tokens);
		await fc.assert(
			fc.asyncProperty(names, requests, async (webhook, request) => {
				const answer = await callWebhook(stage.engine, trigger, { ...request, webhook });
				expectUnharmed(answer);
				expect(answer.result?.workflowData).toBeUndefined();
				statuses.add(answer.status);
			}),
			{ seed: 20261122, numRuns: 500 },
		);
		expect([...statuses].sort()).toEqual([200, 400, 401, 422, 503]);
	});

	test('a body of 5 MB is read like any other, and is not kept', async () => {
		const filling = 'x'.repeat(5_000_000);
		const body = { ...endOf(taskId, 'processing'), filling };
		expect((await callBack(stage, taskId, body)).status).toBe(200);
		await nextRound(stage, run);
		await nextRound(stage, run);
		await expectStillWakable();
		const trigger = triggerNode(stage);
		const other = { ...endOf(await taskOfNobody(), 'processing'), filling };
		const atTrigger = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), other));
		expectUnharmed(atTrigger);
		expect(atTrigger.status).toBe(200);
	});

	test('with a provider that is away for a quarter of an hour nothing is lost', async () => {
		const fault = stage.faults.add({ action: { kind: 'reset' }, route: 'any' });
		for (let minute = 0; minute < 14; minute++) await roundAfter(stage, run, 60);
		stage.faults.remove(fault);
		await stage.finish();
		await expectStillWakable();
	});
});
