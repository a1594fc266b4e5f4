/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import express from 'express';
import { WAIT_INDEFINITELY } from 'n8n-workflow';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { userFolder } from './environment';
import { createEngine, type Engine, type RunOptions } from './harness';
import { Probe, probeType, type ProbeAction } from './probe';
import { callWebhook, hookContext } from './webhooks';

const probe = new Probe();
let engine: Engine;
let server: Server;
let baseUrl: string;

beforeAll(async () => {
	engine = await createEngine({ [probeType]: probe });
	const app = express();
	app.get('/echo', (request, response) => {
		response.json({ authorization: request.headers.authorization });
	});
	server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
	server.close();
	await engine.close();
	expect(existsSync(userFolder)).toBe(false);
});

beforeEach(() => {
	probe.executions = 0;
});

function ask(action: ProbeAction, options: RunOptions = {}): RunOptions {
	const items = options.items ?? [{ json: {} }];
	const told = items.map((item) => ({ ...item, json: { ...item.json, do: action } }));
	return { nodeType: probeType, nodeName: 'Probe', ...options, items: told };
}

test('an expression is evaluated for each item', async () => {
	const run = await engine.runNode(
		ask('texts', {
			parameters: { text: "={{ $json.row + '/' + $('Rows').item.json.row }}" },
			items: [{ json: { row: 'a' } }, { json: { row: 'b' } }],
		}),
	);
	expect(run.status).toBe('success');
	expect(run.items.map(({ json }) => json.text)).toEqual(['a/a', 'b/b']);
	expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
});

test('a parameter hidden from tools is dropped when the node runs as a tool', async () => {
	const parameters = { text: 'shown' };
	const asNode = await engine.runNode(ask('texts', { parameters }));
	const asTool = await engine.runNode(ask('texts', { parameters, asTool: true }));
	expect(asNode.items[0].json.text).toBe('shown');
	expect(asTool.items[0].json.text).toBe('hidden');
});

test('requests go over HTTP with the credential', async () => {
	const run = await engine.runNode(ask('request', { credentials: { apiKey: 'k-1', baseUrl } }));
	expect(run.items[0].json).toEqual({ authorization: 'Bearer k-1' });
});

test('the credential refuses to put the key on a request to another host', async () => {
	const run = await engine.runNode(ask('elsewhere', { credentials: { apiKey: 'k-1', baseUrl } }));
	expect(run.status).toBe('error');
	expect(run.error?.message).toMatch(/sent only to the 'Base URL'.*not to 127\.0\.0\.2:9/);
});

test('binary data is read from and written to disk', async () => {
	const image = await engine.binary(Buffer.from('pixels'), 'cat.png', 'image/png');
	const run = await engine.runNode(ask('binary', { items: [{ json: {}, binary: { image } }] }));
	const copy = run.items[0].binary?.copy;
	expect(copy).toMatchObject({ fileName: 'twice.png', mimeType: 'image/png', bytes: 12 });
	expect(copy?.id).toMatch(/^filesystem-v2:/);
	expect(copy && (await engine.bytesOf(copy)).toString()).toBe('pixelspixels');
});

test('an error stops the run and can be looked at', async () => {
	const run = await engine.runNode(ask('refuse'));
	expect(run.status).toBe('error');
	expect(run.error).toMatchObject({ message: 'No balance [Item 0]', description: 'Top it up' });
	expect(run.items).toEqual([]);
});

test('continue-on-fail forwards the input of a node that throws', async () => {
	const run = await engine.runNode(ask('refuse', { onError: 'continueRegularOutput' }));
	expect(run.status).toBe('success');
	expect(run.items[0].json).toMatchObject({ do: 'refuse' });
});

test('the error output takes bad rows, with their own fields added', async () => {
	const run = await engine.runNode(
		ask('oneBadRow', {
			onError: 'continueErrorOutput',
			items: [{ json: { bad: true, row: 7 } }, { json: { row: 8 } }],
		}),
	);
	expect(run.items.map(({ json }) => json)).toEqual([{ fine: true }]);
	expect(run.errorItems[0].json).toEqual({
		do: 'oneBadRow',
		bad: true,
		row: 7,
		error: 'bad, see 0',
	});
});

test('Retry On Fail runs the node again with what the first try remembered', async () => {
	const run = await engine.runNode(ask('refuseOnce', { retryOnFail: true, maxTries: 3 }));
	expect(run.status).toBe('success');
	expect(run.context).toEqual({ tries: 2 });
	expect(probe.executions).toBe(2);
});

test('Retry On Fail with continue-on-fail repeats the node while the first row is bad', async () => {
	await engine.runNode(
		ask('oneBadRow', {
			items: [{ json: { bad: true } }],
			onError: 'continueRegularOutput',
			retryOnFail: true,
			maxTries: 3,
		}),
	);
	expect(probe.executions).toBe(3);
});

test('Stop aborts the running node, and custom data set before is saved', async () => {
	const running = engine.start(ask('hang'));
	await probe.hanging;
	running.cancel();
	const run = await running.finished;
	expect(run.status).toBe('canceled');
	expect(run.customData).toEqual({ task: 'task_1' });
	expect(run.error?.message).toBe('stopped');
});

test('context, run index and execution id can be brought along', async () => {
	const first = await engine.runNode(ask('remember', { executionId: 'e1' }));
	const again = await engine.runNode(
		ask('remember', { executionId: 'e2', runIndex: 1, context: first.context }),
	);
	expect(again.context).toEqual({ runs: ['e1', 'e2'] });
	expect([first, again].map(({ items }) => items[0].json.runIndex)).toEqual([0, 1]);
	expect(again.hints).toEqual([{ message: 'a hint', location: 'outputPane' }]);
});

describe('a sleeping run', () => {
	test('waits, with what it returned left aside', async () => {
		const run = await engine.runNode(ask('sleep', { executionId: '55' }));
		expect(run.status).toBe('waiting');
		expect(run.waitTill).toEqual(WAIT_INDEFINITELY);
		expect(run.resumeUrl).toMatch(/\/webhook-waiting\/55\?signature=[0-9a-f]{64}$/);
		expect(run.items[0].json.url).toBe(run.resumeUrl);
		expect(run.log).toContainEqual({
			level: 'info',
			message: 'going to sleep',
			metadata: { url: 2 },
		});
	});

	test('is not resumed by a webhook that returns no data', async () => {
		const run = await engine.runNode(ask('sleep'));
		const answer = await callWebhook(engine, run, { body: { a: 1 }, query: { signature: 's' } });
		expect(answer.status).toBe(200);
		expect(answer.body).toEqual({
			body: { a: 1 },
			remembered: { tasks: ['task_1'] },
			query: { signature: 's' },
			params: {},
		});
		expect(answer.result?.workflowData).toBeUndefined();
	});

	test('goes on with what the webhook returns, without running the node again', async () => {
		const run = await engine.runNode(ask('sleep'));
		const answer = await callWebhook(engine, run, { body: { resume: 'task_1' } });
		const resumed = await engine.resume(run, answer.result?.workflowData);
		expect(resumed.status).toBe('success');
		expect(resumed.items).toEqual([{ json: { resumedWith: 'task_1' }, pairedItem: { item: 0 } }]);
		expect(probe.executions).toBe(1);
	});

	test('gives its stamped input when the timer runs out', async () => {
		const run = await engine.runNode(ask('sleep', { items: [{ json: { row: 1 } }] }));
		const resumed = await engine.resume(run);
		expect(resumed.items[0].json).toEqual({ do: 'sleep', row: 1, status: 'timedOut' });
	});

	test('shows an exception inside webhook()', async () => {
		const run = await engine.runNode(ask('sleep'));
		const answer = await callWebhook(engine, run, { body: { throw: true } });
		expect(answer.status).toBe(500);
		expect(answer.thrown).toEqual(new Error('thrown in webhook()'));
	});
});

test('n8n refuses malformed JSON before the node sees it', async () => {
	const answer = await callWebhook(engine, ask('texts'), { body: '{"a":' });
	expect(answer).toEqual({ status: 422, body: { message: 'Failed to parse request body' } });
	expect(answer).not.toHaveProperty('result');
});

test('a trigger learns the URL that its callbacks come in at', async () => {
	const context = hookContext(engine, ask('texts', { webhookId: 'hook-1' }));
	expect(context.getNodeWebhookUrl('default')).toMatch(/^http:\/\/127\.0\.0\.1:5678\/webhook\//);
});

test('static data is kept from one call of a webhook to the next', async () => {
	const options = ask('texts', { staticData: {} });
	await callWebhook(engine, options);
	await callWebhook(engine, options);
	expect(options.staticData).toEqual({ 'node:Probe': { calls: 2 } });
});
