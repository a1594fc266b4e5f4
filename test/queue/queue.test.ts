import type { INodeParameters } from 'n8n-workflow';
import type { CredentialRef } from '../../host/rest';
import { startQueue, type Queue } from '../../host/queue';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	generate,
	GENERATE,
	klingTrigger,
	lastNode,
	line,
	numberedRows,
	productionUrl,
	publish,
	startCaller,
	TRIGGER,
} from '../e2e/callbackWorkflows';
import { report } from '../e2e/report';
import { QUICK_TO_NOTICE, startPublished, tasksOf } from './stage';

const WITHIN_SECONDS = 120;

jest.setTimeout(300_000);

let queue: Queue;
let sandbox: Sandbox;
let credential: CredentialRef;

beforeAll(async () => {
	sandbox = await startSandbox({ concurrency: 0 });
	queue = await startQueue(QUICK_TO_NOTICE);
	credential = await queue.rest.addKlingCredential(sandbox);
});
afterAll(async () => {
	await queue?.stop();
	await sandbox?.stop();
});

test('each called-back clip starts one run, also where two deliveries come at once', async () => {
	const trigger = klingTrigger(credential);
	const url = productionUrl(queue.rest.baseUrl, trigger);
	const secondId = await publish(queue.rest, line('Second', [trigger, lastNode()]), url);
	const rows = numberedRows(4, () => '[[slow:1]] [[duplicate-callback:2]]');
	const settings = { mode: 'submitOnly', callbackUrl: url };
	const { executionId } = await start('First', rows, settings);
	expect((await queue.rest.waitForEnd(executionId, WITHIN_SECONDS)).error).toBeUndefined();
	const own = new Set(tasks().slice(-4));
	const isOver = () =>
		sandbox.ledger
			.callbacks()
			.filter(({ taskId, outcome }) => own.has(taskId) && outcome === 'delivered').length === 8;
	await sandbox.ledger.waitFor(isOver, 60_000);
	const ended = await queue.rest.startedRuns(secondId, rows.length);
	const started = ended.flatMap((run) => run.jsonOf(TRIGGER)).map(({ taskId }) => taskId);
	expect(started.sort()).toEqual([...own].sort());
});

test('a worker killed with -9 while it checks on a batch: nothing is bought twice, its log names the tasks', async () => {
	const rows = numberedRows(3, () => '[[slow:40]]');
	const settings = { downloadVideo: false, options: { pollInterval: 1 } };
	const { executionId } = await start('Polled', rows, settings);
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
	for (const line_ of (await told()).filter((text) => text.includes(own[0]))) report(line_);
	expect(tasks().filter((taskId) => !own.includes(taskId))).toHaveLength(
		tasks().length - own.length,
	);
	expect(tasks().slice(-rows.length)).toEqual(own);
	// n8n takes the job of a dead worker for failed and does not run it again: what is left is the log, and Get Video.
	expect(['error', 'crashed']).toContain(end.status);
	await worker.start();
});

test('Stop on a workflow that calls one with the node: no further row is submitted', async () => {
	const parameters = { options: { concurrency: 1, pollInterval: 1 } };
	const make = generate(credential, parameters, { onError: 'continueRegularOutput' });
	const before = tasks().length;
	const rows = numberedRows(3, () => '[[slow:86000]]');
	const { callerId, calledId } = await startCaller(queue.rest, make, rows);
	await sandbox.ledger.waitFor(() => tasks().length === before + 1, 60_000);
	await queue.rest.stop(callerId);
	await sandbox.finishTask(String(tasks().at(-1)));
	const [run] = await queue.rest.startedRuns(calledId, 1);
	const statuses = run.jsonOf(GENERATE).map(({ status }) => status);
	expect(statuses).toEqual(['completed', 'failed', 'failed']);
	expect(tasks()).toHaveLength(before + 1);
});

async function start(name: string, rows: INodeParameters[], parameters: INodeParameters) {
	return await startPublished({ queue, sandbox, credential }, name, rows, parameters);
}

function tasks(): string[] {
	return tasksOf(sandbox);
}

async function holderOf(taskId: string) {
	for (const [name, process_] of queue.processes) {
		if ((await process_.readLog()).includes(taskId)) return [name, process_] as const;
	}
	throw new Error(`No process has logged ${taskId}`);
}

/** What each process has logged about executions and clips: `worker 1: ...` */
async function told(): Promise<string[]> {
	const lines: string[] = [];
	for (const [name, process_] of queue.processes) {
		const log = (await process_.readLog()).split('\n');
		const own = log.filter((text) => /Kling Fast|execution \d+/i.test(text));
		lines.push(...own.map((text) => `${name}: ${text}`));
	}
	return lines;
}
