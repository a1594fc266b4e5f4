import fc from 'fast-check';
import type { NodeRun } from '../harness';
import { callBack, endOf, open, sleepy, taskIds, woken } from '../operations/sleepStage';
import { signed, tokenFor, triggerNode } from '../operations/triggerHost';
import { callWebhook, type WebhookAnswer, type WebhookRequest } from '../webhooks';
import { column, setTheStage } from './setup';

const stage = setTheStage();

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

/** Bodies, headers and parameters of every kind, some of them near to what is genuine. */
function deliveries(taskId: string, tokens: string[]): fc.Arbitrary<WebhookRequest> {
	const word = fc.oneof(
		fc.constantFrom('completed', 'failed', 'processing', '', 'COMPLETED', null, 7, {}),
		fc.string(),
	);
	const id = fc.oneof(
		{ weight: 2, arbitrary: fc.constant(taskId) },
		{ weight: 1, arbitrary: fc.constantFrom(`${taskId}x`, '__proto__', '../balance') },
		{ weight: 1, arbitrary: fc.jsonValue() },
	);
	const task = fc.record(
		{
			id,
			task_id: id,
			status: word,
			result: fc.jsonValue(),
			error: fc.jsonValue(),
			completed: fc.jsonValue(),
		},
		{ requiredKeys: [] },
	);
	const body = fc.oneof(
		fc.jsonValue(),
		task,
		task.map((data) => ({ code: 200, data })),
		fc.array(task, { maxLength: 2 }).map((data) => ({ data })),
		fc.string(),
		fc.constantFrom('', '{', '[]', '""', 'null', '{"__proto__":{"x":1}}', '{"id":1e999}'),
	);
	return fc.record({
		body: body.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
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
		run = await stage.engine.runNode(sleepy(stage, [open('A fox'), open('A cat')]));
		expect(run.status).toBe('waiting');
		[taskId] = taskIds(stage);
	});

	async function expectStillWakable() {
		for (const id of taskIds(stage)) await stage.sandbox.finishTask(id, { ending: 'completed' });
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
		expect(column(resumed, 'status')).toEqual(['completed', 'completed']);
	}

	test('whatever 500 callbacks bring to a sleeping execution, it sleeps on unharmed', async () => {
		const statuses = new Set<number>();
		await fc.assert(
			fc.asyncProperty(deliveries(taskId, ['x']), async (request) => {
				const answer = await callWebhook(stage.engine, run, request);
				expectUnharmed(answer);
				expect(answer.result?.workflowData).toBeUndefined();
				statuses.add(answer.status);
			}),
			{ seed: 20261122, numRuns: 500 },
		);
		expect([...statuses].sort()).toEqual([200, 422, 503]);
		await expectStillWakable();
	});

	test('whatever 500 callbacks bring to the trigger, none breaks it, and none starts a run', async () => {
		const trigger = triggerNode(stage, { triggerOn: ['completed', 'failed'] });
		const tokens = [tokenFor(trigger), tokenFor(trigger, { row: 7 }), 'A'.repeat(60)];
		const statuses = new Set<number>();
		const names = fc.constantFrom('default' as const, 'setup' as const);
		await fc.assert(
			fc.asyncProperty(names, deliveries(taskId, tokens), async (webhook, request) => {
				const answer = await callWebhook(stage.engine, trigger, { ...request, webhook });
				expectUnharmed(answer);
				expect(answer.result?.workflowData).toBeUndefined();
				statuses.add(answer.status);
			}),
			{ seed: 20261122, numRuns: 500 },
		);
		expect([...statuses].sort()).toEqual([200, 400, 401, 404, 422]);
	});

	test('a body of 5 MB is read like any other', async () => {
		const body = { ...endOf(taskId, 'processing'), filling: 'x'.repeat(5_000_000) };
		const asleep = await callBack(stage, run, body);
		expectUnharmed(asleep);
		expect(asleep).toMatchObject({ status: 200, body: { message: 'Noted' } });
		const trigger = triggerNode(stage);
		const atTrigger = await callWebhook(stage.engine, trigger, signed(tokenFor(trigger), body));
		expectUnharmed(atTrigger);
		expect(atTrigger.status).toBe(200);
		await expectStillWakable();
	});

	test.each([
		'task-401:1',
		'task-500:1',
		'task-html:1',
		'task-reset:1',
		'task-half:1',
		'task-unknown:1',
	])(
		'a provider that answers with %s: 503, asleep, and the next delivery wakes it',
		async (action) => {
			for (const id of taskIds(stage)) await stage.sandbox.finishTask(id, { ending: 'completed' });
			stage.sandbox.faults.add({ action, route: 'task' });
			const answer = await callBack(stage, run, endOf(taskId));
			expectUnharmed(answer);
			expect(answer.status).toBe(503);
			expect(answer.result?.workflowData).toBeUndefined();
			await expectStillWakable();
		},
	);

	test.each([
		['gone', { apiKey: '', baseUrl: 'not an address' }],
		['for another account', { apiKey: 'sk-unknown' }],
	])('with the credential %s: 503, asleep', async (_what, credentials) => {
		await stage.sandbox.finishTask(taskId, { ending: 'completed' });
		const broken: NodeRun = {
			...run,
			options: { ...run.options, credentials: { ...run.options.credentials, ...credentials } },
		};
		const answer = await callBack(stage, broken, endOf(taskId));
		expectUnharmed(answer);
		expect(answer.status).toBe(503);
		await expectStillWakable();
	});

	test('with a saved state that nobody can read: 503, no exception', async () => {
		for (const state of [
			undefined,
			null,
			'text',
			{},
			{ sleepId: 'x', rows: [7] },
			{ sleepId: 'x', rows: [null] },
		]) {
			const execution = structuredClone(run.execution);
			const context = execution.executionData?.contextData['node:Kling Fast'] ?? {};
			context.klingFastSleep = state as object;
			const answer = await callBack(stage, { ...run, execution }, endOf(taskId));
			expectUnharmed(answer);
			expect(answer.status).toBe(503);
		}
	});

	test('at an execution that the node never put to sleep: 503, no exception', async () => {
		const { executionData } = run.execution;
		const execution = {
			...run.execution,
			executionData: executionData && { ...executionData, contextData: {} },
		};
		const answer = await callBack(stage, { ...run, execution }, endOf(taskId));
		expectUnharmed(answer);
		expect(answer.status).toBe(503);
	});
});
