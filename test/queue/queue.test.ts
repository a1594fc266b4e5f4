import { randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import type { CredentialRef } from '../../host/rest';
import { startQueue, type Queue } from '../../host/queue';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	generate,
	klingTrigger,
	lastNode,
	line,
	node,
	numberedRows,
	post,
	productionUrl,
	publish,
	rowNodes,
	sleepingGenerate,
	TRIGGER,
} from '../e2e/callbackWorkflows';
import { report } from '../e2e/report';

const LONG = '[[slow:86000]]';
const WITHIN_SECONDS = 120;

jest.setTimeout(300_000);

let queue: Queue;
let sandbox: Sandbox;
let credential: CredentialRef;

beforeAll(async () => {
	sandbox = await startSandbox({ concurrency: 0 });
	queue = await startQueue({
		// A worker that is gone is noticed after seconds in place of a minute.
		QUEUE_WORKER_LOCK_DURATION: '6000',
		QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
		QUEUE_WORKER_STALLED_INTERVAL: '3000',
	});
	credential = await queue.rest.addKlingCredential(sandbox);
});
afterAll(async () => {
	await queue?.stop();
	await sandbox?.stop();
});

test('asleep in one process, called back in another, woken in a third: the clips and their files arrive', async () => {
	const marks = await logMarks();
	const rows = numberedRows(3, () => LONG);
	const { executionId } = await startPublished('Asleep', rows, { waitBy: 'callback' });
	await queue.rest.waitForStatus(executionId, ['waiting'], WITHIN_SECONDS);
	for (const taskId of tasks().slice(-3)) await sandbox.finishTask(taskId);
	const end = await queue.rest.waitForEnd(executionId, WITHIN_SECONDS);
	expect(end.status).toBe('success');
	expect(end.jsonOf(GENERATE)).toMatchObject(
		[1, 2, 3].map((row) => ({ status: 'completed', metadata: { row } })),
	);
	const files = await Promise.all(
		end.filesOf(GENERATE).map(async (file) => await queue.rest.binary(file)),
	);
	expect(files.map((file) => file.toString('latin1', 4, 8))).toEqual(['ftyp', 'ftyp', 'ftyp']);

	const did = await doneBy(marks);
	for (const line_ of did) report(line_);
	const by = (what: string) => did.filter((line_) => line_.includes(what)).map(processOf);
	expect(by('clip submitted').every((name) => name.startsWith('worker'))).toBe(true);
	expect(by('the execution sleeps').every((name) => name.startsWith('worker'))).toBe(true);
	expect(new Set(by('clip completed'))).toEqual(new Set(['webhook']));
	report(
		`binary data kept as: ${end.itemsOf(GENERATE).map(({ binary }) => binary?.data.id?.split(':')[0])}`,
	);
});

test('each called-back clip starts one run, also where two deliveries come at once', async () => {
	const trigger = klingTrigger(credential);
	const url = productionUrl(queue.rest.baseUrl, trigger);
	const secondId = await publish(queue.rest, line('Second', [trigger, lastNode()]), url);
	const rows = numberedRows(4, () => '[[slow:1]] [[duplicate-callback:2]]');
	const settings = { mode: 'submitOnly', callbackUrl: url };
	const { executionId } = await startPublished('First', rows, settings);
	expect((await queue.rest.waitForEnd(executionId, WITHIN_SECONDS)).error).toBeUndefined();
	const own = new Set(tasks().slice(-4));
	const isOver = () =>
		sandbox.ledger
			.callbacks()
			.filter(({ taskId, outcome }) => own.has(taskId) && outcome === 'delivered').length === 8;
	await sandbox.ledger.waitFor(isOver, 60_000);
	const runs = await queue.rest.executionsOf(secondId);
	const ended = await Promise.all(runs.map(async ({ id }) => await queue.rest.waitForEnd(id)));
	const started = ended.flatMap((run) => run.jsonOf(TRIGGER)).map(({ taskId }) => taskId);
	expect(started.sort()).toEqual([...own].sort());
});

test('a worker killed with -9 while it checks on a batch: nothing is bought twice, its log names the tasks', async () => {
	const rows = numberedRows(3, () => '[[slow:40]]');
	const settings = { downloadVideo: false, options: { pollInterval: 1 } };
	const { executionId } = await startPublished('Polled', rows, settings);
	await sandbox.ledger.waitFor((ledger) => ledger.polls(tasks().at(-1)).length > 0, 60_000);
	const own = tasks().slice(-rows.length);
	const [name, worker] = await holderOf(own[0]);
	await worker.kill9();
	const log = await worker.readLog();
	for (const taskId of own) expect(log).toContain(taskId);

	const end = await queue.rest.waitForEnd(executionId, WITHIN_SECONDS);
	const submits = sandbox.ledger.submits().filter(({ taskId }) => own.includes(taskId ?? ''));
	report(
		`${name} killed while it checked on ${rows.length} clips: the execution ended as ${end.status}, ${submits.length} submits (${submits.filter(({ replayed }) => replayed).length} of them answered from the idempotency key), ${own.length} tasks`,
	);
	for (const line_ of (await doneBy(new Map())).filter((text) => text.includes(own[0])))
		report(line_);
	expect(tasks().filter((taskId) => !own.includes(taskId))).toHaveLength(
		tasks().length - own.length,
	);
	expect(tasks().slice(-rows.length)).toEqual(own);
	// n8n takes the job of a dead worker for failed and does not run it again: what is left is the log, and Get Video.
	expect(['error', 'crashed']).toContain(end.status);
	await worker.start();
});

/** A published workflow, started by its webhook, so that workers run it. */
async function startPublished(name: string, rows: INodeParameters[], parameters: INodeParameters) {
	const path = randomUUID();
	const start = node('Start', 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path,
		responseMode: 'onReceived',
		options: {},
	});
	const make = parameters.waitBy === 'callback' ? sleepingGenerate : generate;
	const workflow = line(name, [
		{ ...start, webhookId: path },
		...rowNodes(rows),
		make(credential, { downloadVideo: true, ...parameters }),
		lastNode(),
	]);
	const before = tasks().length;
	const workflowId = await queue.rest.importWorkflow(workflow);
	await queue.rest.activate(workflowId);
	while ((await post(`${queue.rest.baseUrl}/webhook/${path}`, '{}')).status === 404);
	await sandbox.ledger.waitFor(() => tasks().length === before + rows.length, 60_000);
	const [{ id: executionId }] = await queue.rest.executionsOf(workflowId);
	return { workflowId, executionId };
}

function tasks(): string[] {
	return sandbox.ledger.accepted().flatMap(({ taskId }) => (taskId ? [taskId] : []));
}

async function holderOf(taskId: string) {
	for (const [name, process_] of queue.processes) {
		if ((await process_.readLog()).includes(taskId)) return [name, process_] as const;
	}
	throw new Error(`No process has logged ${taskId}`);
}

async function logMarks(): Promise<Map<string, number>> {
	const marks = new Map<string, number>();
	for (const [name, process_] of queue.processes) {
		marks.set(name, (await process_.readLog()).length);
	}
	return marks;
}

/** What each process has logged about executions and clips since then: `worker 1: ...` */
async function doneBy(marks: Map<string, number>): Promise<string[]> {
	const told: string[] = [];
	for (const [name, process_] of queue.processes) {
		const log = (await process_.readLog()).slice(marks.get(name) ?? 0);
		const lines = log.split('\n').filter((text) => /Kling Fast|execution \d+/i.test(text));
		told.push(...lines.map((text) => `${name}: ${text}`));
	}
	return told;
}

function processOf(told: string): string {
	return told.split(':')[0];
}
