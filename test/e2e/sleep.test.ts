import { randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { startHost, type Host } from '../../host/host';
import type { Execution } from '../../host/executions';
import type { CredentialRef, N8nRest } from '../../host/rest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	connect,
	GENERATE,
	lastNode,
	line,
	manualTrigger,
	node,
	numberedRows,
	post,
	rowNodes,
	sleepingGenerate,
} from './callbackWorkflows';
import { counterNode, startCounter, type Counter } from './counter';
import { FETCH, neverCalledWorkflow } from './neverCalled';
import { inWords, oddBodies, throwAt } from './oddBodies';
import { report } from './report';

const ROWS = 12;
const CAP = 5;
const ODD_BODIES = 110;
const WITHIN_SECONDS = 90;
const LONG = '[[slow:86000]]';

jest.setTimeout(180_000);

/** It is killed, and asleep its executions must outlive that; so it is not the n8n that other files share. */
let host: Host;
let sandbox: Sandbox;
let credential: CredentialRef;
/** Nobody calls back to these, so n8n's own timer has to wake them, which looks once a minute: begun first, read last. */
let neverCalled: string;
/** Counts what n8n does after the node, from outside of n8n. */
let counter: Counter;

beforeAll(async () => {
	host = await startHost();
	sandbox = await startSandbox({ concurrency: 0, speed: 1, callbackQueryJoin: 'end' });
	counter = await startCounter();
	credential = await host.addKlingCredential(sandbox);
	neverCalled = await host.run(await host.importWorkflow(neverCalledWorkflow(credential)));
	await host.waitForStatus(neverCalled, ['waiting'], WITHIN_SECONDS);
});
afterAll(async () => {
	await Promise.all([host?.remove(), sandbox?.stop(), counter?.stop()]);
});

test('twelve rows at a cap of five: one execution, asleep, woken once, twelve items in their order', async () => {
	const started = await startTwelve(host);
	const { executionId, open, before } = started;
	const readsAwake = open.map((taskId) => sandbox.ledger.polls(taskId).length);
	const readsBeforeSleep = before.flatMap((taskId) => sandbox.ledger.polls(taskId)).length;

	await Promise.all(open.map(async (taskId) => await sandbox.finishTask(taskId)));
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expectTwelve(end);
	expect(await host.executionsOf(started.workflowId)).toHaveLength(1);
	expect(counter.bodies(executionId)).toHaveLength(1);
	const reads = open.map((taskId) => sandbox.ledger.polls(taskId).length);
	// Asleep, each callback reads an open task at most once.
	expect(Math.max(...reads.map((all, index) => all - readsAwake[index]))).toBeLessThanOrEqual(CAP);
	report(
		`${ROWS} rows at cap ${CAP}: 1 execution, resumed once, ${readsBeforeSleep} status requests for the ${before.length} rows above the cap, ${reads.join(' + ')} for the ${CAP} that slept; ${millisecondsToWake(open, end)} ms from the last clip's end to the end of the resumed run`,
	);
});

test('n8n killed with -9 while it sleeps and started again: the same result', async () => {
	const { executionId, open } = await startTwelve(host);
	await host.process.kill9();
	// Two clips end while nobody listens; the provider delivers them again 10 and 30 seconds later.
	await Promise.all(open.slice(0, 2).map(async (taskId) => await sandbox.finishTask(taskId)));
	await host.restart();
	expect((await host.execution(executionId)).status).toBe('waiting');
	await Promise.all(open.slice(2).map(async (taskId) => await sandbox.finishTask(taskId)));
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expectTwelve(end);
	expect(counter.bodies(executionId)).toHaveLength(1);
	const reads = open.map((taskId) => sandbox.ledger.polls(taskId).length);
	report(
		`killed with -9 while asleep and started again: ${end.itemsOf(GENERATE).length} items, resumed once, ${reads.join(' + ')} status requests for the ${CAP} that slept`,
	);
});

test('with videos: each comes as a file, downloaded when the last clip has ended', async () => {
	const { executionId, open } = await startSleeping(
		numberedRows(3, () => LONG),
		{
			downloadVideo: true,
		},
	);
	for (const taskId of open) await sandbox.finishTask(taskId);
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	const files = await Promise.all(
		end.filesOf(GENERATE).map(async (file) => await host.binary(file)),
	);
	expect(files.map((file) => file.toString('latin1', 4, 8))).toEqual(['ftyp', 'ftyp', 'ftyp']);
});

test('Retry On Fail with a first row that fails: nothing is bought twice, the failure is an item', async () => {
	const rows = numberedRows(3, (row) => (row === 1 ? '[[slow:1]] [[fail:content]]' : LONG));
	const accepted = sandbox.ledger.accepted().length;
	const { executionId, open } = await startSleeping(
		rows,
		{ options: { pollInterval: 0.2, concurrency: 2 } },
		{ retryOnFail: true, maxTries: 3, waitBetweenTries: 100, onError: 'continueRegularOutput' },
	);
	for (const taskId of open) await sandbox.finishTask(taskId);
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expect(end.status).toBe('success');
	expect(end.jsonOf(GENERATE)).toMatchObject([
		{ status: 'failed', metadata: { row: 1 }, error: expect.any(String) },
		{ status: 'completed', metadata: { row: 2 } },
		{ status: 'completed', metadata: { row: 3 } },
	]);
	expect(sandbox.ledger.accepted()).toHaveLength(accepted + rows.length);
});

test('in a loop: it sleeps once a round, and all rows come out', async () => {
	const rows = numberedRows(4, () => LONG);
	const loop = node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 2, options: {} });
	const workflow = line('Loop', [manualTrigger(), ...rowNodes(rows), loop]);
	workflow.nodes.push(sleepingGenerate(credential), lastNode());
	connect(workflow.connections, 'Loop', lastNode().name, 0);
	connect(workflow.connections, 'Loop', GENERATE, 1);
	connect(workflow.connections, GENERATE, 'Loop');

	const known = new Set(tasks());
	const executionId = await host.run(await host.importWorkflow(workflow));
	for (const round of [1, 2]) {
		await sandbox.ledger.waitFor(() => fresh(known).length === 2 * round, 60_000);
		await host.waitForStatus(executionId, ['waiting'], WITHIN_SECONDS);
		for (const taskId of fresh(known).slice(-2)) await sandbox.finishTask(taskId);
	}
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expect(end.status).toBe('success');
	expect(end.runsOf(GENERATE)).toHaveLength(2);
	expect(end.jsonOf('Loop', 0)).toMatchObject(completedRows(4));
});

test('in a sub-workflow: the calling workflow waits too, and gets the clips (n8n 1: its own rows)', async () => {
	const called = node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
		inputSource: 'passthrough',
	});
	const childId = await host.importWorkflow(
		line('Child', [called, sleepingGenerate(credential), lastNode()]),
	);
	await host.activate(childId);
	const call = node('Call', 'n8n-nodes-base.executeWorkflow', 1.2, {
		source: 'database',
		workflowId: { __rl: true, mode: 'id', value: childId },
		mode: 'once',
		options: { waitForSubWorkflow: true },
	});
	const known = new Set(tasks());
	const executionId = await host.run(
		await host.importWorkflow(
			line('Parent', [manualTrigger(), ...rowNodes(numberedRows(2, () => LONG)), call, lastNode()]),
		),
	);
	await host.waitForStatus(executionId, ['waiting'], WITHIN_SECONDS);
	const [child] = await host.executionsOf(childId);
	await host.waitForStatus(child.id, ['waiting'], WITHIN_SECONDS);
	for (const taskId of fresh(known)) await sandbox.finishTask(taskId);
	expect((await host.waitForEnd(child.id, WITHIN_SECONDS)).jsonOf(GENERATE)).toMatchObject(
		completedRows(2),
	);
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expect(end.status).toBe('success');
	// n8n 1 gives a calling workflow that had to wait its own rows back, whatever the called one made of them.
	const rows = [1, 2].map((row) => ({ row }));
	expect(end.jsonOf('Call')).toMatchObject(host.isVersion1 ? rows : completedRows(2));
});

test(`${ODD_BODIES} odd bodies at a sleeping execution: it sleeps on, and wakes with its clips`, async () => {
	const { executionId, open } = await startSleeping(numberedRows(2, () => LONG));
	const [{ body }] = sandbox.ledger.accepted().filter(({ taskId }) => taskId === open[0]);
	const { callback_url: address } = body as { callback_url: string };
	const forged = address.replace(/signature=\w{8}/, 'signature=00000000');
	const answer = await post(forged, JSON.stringify({ id: open[0], status: 'completed' }));
	// n8n 1 signs no resume address, so the node itself asks the provider, hears otherwise and goes on sleeping.
	expect(answer.status).toBe(host.isVersion1 ? 503 : 401);
	const thrown = await throwAt([address], oddBodies(ODD_BODIES, open[0]));
	report(
		`${ODD_BODIES} odd bodies at a sleeping execution, by answer: ${inWords(thrown.statuses)}`,
	);
	expect((await host.execution(executionId)).status).toBe('waiting');
	for (const taskId of open) await sandbox.finishTask(taskId);
	const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
	expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(2));
});

test('never called back: after the limit each row comes out with its task, and Get Video makes clips of them', async () => {
	const end = await host.waitForEnd(neverCalled, 120);
	expect(end.status).toBe('success');
	expect(end.jsonOf(GENERATE)).toMatchObject(
		[1, 2, 3].map((row) => ({
			taskId: expect.stringMatching(/^task_/),
			status: 'timedOut',
			error: expect.stringContaining('fetch it with Get Video'),
			metadata: { row },
		})),
	);
	expect(end.jsonOf(FETCH)).toMatchObject(completedRows(3));
	expect(end.itemsOf(FETCH).map(({ binary }) => binary?.data.mimeType)).toEqual(
		[1, 2, 3].map(() => 'video/mp4'),
	);
	const milliseconds = end.runsOf(FETCH)[0].startTime - Date.parse(end.facts.startedAt);
	report(
		`never called back, limit 5 s: n8n woke the execution after ${Math.round(milliseconds / 1000)} s, 3 items timedOut, Get Video made ${end.itemsOf(FETCH).length} clips of them`,
	);
});

/** Twelve rows in a published workflow, started by a webhook: seven are worked off, five sleep. */
async function startTwelve(rest: N8nRest) {
	const rows = numberedRows(ROWS, (row) => (row > ROWS - CAP ? LONG : '[[slow:1]]'));
	const start = node('Start', 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path: randomUUID(),
		responseMode: 'onReceived',
		options: {},
	});
	const options = { concurrency: CAP, pollInterval: 0.2 };
	const workflow = line('Twelve', [
		{ ...start, webhookId: randomUUID() },
		...rowNodes(rows),
		sleepingGenerate(credential, { options }),
		counterNode(counter),
	]);
	const known = new Set(tasks());
	const workflowId = await rest.importWorkflow(workflow);
	await rest.activate(workflowId);
	const url = `${rest.baseUrl}/webhook/${String(start.parameters.path)}`;
	while ((await post(url, '{}')).status === 404);
	await sandbox.ledger.waitFor(() => fresh(known).length === ROWS, 60_000);
	const [{ id: executionId }] = await rest.executionsOf(workflowId);
	await rest.waitForStatus(executionId, ['waiting'], WITHIN_SECONDS);
	const all = fresh(known);
	return { workflowId, executionId, before: all.slice(0, -CAP), open: all.slice(-CAP) };
}

/** A manual run that sleeps; `open` are the tasks that it waits for. */
async function startSleeping(
	rows: INodeParameters[],
	parameters: INodeParameters = {},
	settings: Parameters<typeof sleepingGenerate>[2] = {},
) {
	const known = new Set(tasks());
	const workflow = line('Asleep', [
		manualTrigger(),
		...rowNodes(rows),
		sleepingGenerate(credential, parameters, settings),
		lastNode(),
	]);
	const executionId = await host.run(await host.importWorkflow(workflow));
	const asleep = await host.waitForStatus(executionId, ['waiting', 'error'], WITHIN_SECONDS);
	expect(asleep.error).toBeUndefined();
	return { executionId, open: fresh(known) };
}

function tasks(): string[] {
	return sandbox.ledger.accepted().flatMap(({ taskId }) => (taskId ? [taskId] : []));
}

function fresh(known: Set<string>): string[] {
	return tasks().filter((taskId) => !known.has(taskId));
}

function completedRows(count: number): object[] {
	return Array.from({ length: count }, (_, index) => ({
		status: 'completed',
		metadata: { row: index + 1 },
	}));
}

function expectTwelve(execution: Execution): void {
	expect(execution.error).toBeUndefined();
	expect(execution.status).toBe('success');
	expect(execution.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
	expect(execution.pairedInputsOf(GENERATE)).toEqual(
		Array.from({ length: ROWS }, (_, index) => index),
	);
	expect(execution.runsOf(GENERATE)).toHaveLength(1);
}

/** The provider charges a clip at its end and calls back at once. */
function millisecondsToWake(open: string[], end: Execution): number {
	const ends = sandbox.ledger.charges().filter(({ taskId }) => open.includes(taskId));
	const last = Math.max(...ends.map(({ at }) => Date.parse(at)));
	return Date.parse(end.facts.stoppedAt ?? '') - last;
}
