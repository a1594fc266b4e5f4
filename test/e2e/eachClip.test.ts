/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Execution } from '../../host/executions';
import { startHost, type Host } from '../../host/host';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	generate,
	lastNode,
	line,
	manualTrigger,
	node,
	numberedRows,
	post,
	rowNodes,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { report } from './report';
import { completedRows } from './sheetRun';

const ROWS = 20;
const CAP = 5;
/** Times as fast as the real service: clips of 4.5 to 9 seconds. */
const SPEED = 10;
const WITHIN_SECONDS = 420;
/** What the workflow that is started does last. */
const SAVED = 'Saved';
const LOOK_EVERY_MS = 200;

jest.setTimeout(600_000);

/** It is killed; so it is not the n8n that other files share. */
let host: Host;
const sandboxes: Sandbox[] = [];

beforeAll(async () => {
	host = await startHost();
});
afterAll(async () => {
	await Promise.all([host?.remove(), ...sandboxes.map(async (sandbox) => await sandbox.stop())]);
});

const subTrigger = (): INode =>
	node('When called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });

/** A workflow that can be chosen. */
async function chosen(
	name: string,
	more: { nodes?: INode[]; settings?: IDataObject } = {},
): Promise<string> {
	const nodes = more.nodes ?? [subTrigger(), node(SAVED, 'n8n-nodes-base.noOp', 1)];
	return await host.importWorkflow({ ...line(name, nodes), settings: more.settings });
}

/** n8n 1 starts it as it is, and publishes nothing that only others start. */
async function publish(workflowId: string): Promise<void> {
	if (!host.isVersion1) await host.activate(workflowId);
}

async function sandbox(speed = SPEED): Promise<Sandbox> {
	const started = await startSandbox({
		apiKey: `sk-each-${sandboxes.length}`,
		concurrency: 0,
		speed,
	});
	sandboxes.push(started);
	return started;
}

async function importRows(
	provider: Sandbox,
	eachClipWorkflow: string,
	{ rows = ROWS, trigger = manualTrigger(), ...more }: RowsOptions = {},
): Promise<string> {
	const credential = await host.addKlingCredential(provider);
	const selector = { __rl: true, mode: 'list', value: eachClipWorkflow };
	const options = { concurrency: CAP, eachClipWorkflow: selector };
	const goingOn = { onError: 'continueRegularOutput' as const };
	const nodes = [
		trigger,
		...rowNodes(numberedRows(rows, more.wordsOf)),
		generate(credential, { downloadVideo: true, options, ...more.parameters }, goingOn),
		lastNode(),
	];
	return await host.importWorkflow(line('Rows', nodes));
}

interface RowsOptions {
	rows?: number;
	trigger?: INode;
	parameters?: INodeParameters;
	wordsOf?: (row: number) => string;
}

/** The executions that were started with a row, and have come to an end. */
async function startsOf(workflowId: string): Promise<Execution[]> {
	const list = (await host.executionsOf(workflowId)).filter(({ status }) => status === 'success');
	const all = await Promise.all(list.map(async ({ id }) => await host.execution(id)));
	// A check starts it without items.
	return all.filter((execution) => execution.itemsOf(SAVED).length > 0);
}

async function untilStarted(workflowId: string, count: number): Promise<Execution[]> {
	for (const deadline = Date.now() + WITHIN_SECONDS * 1000; ; await delay(LOOK_EVERY_MS)) {
		const starts = await startsOf(workflowId);
		if (starts.length >= count) return starts;
		if (Date.now() > deadline) throw new Error(`${starts.length} of ${count} were started`);
	}
}

const rowOf = (execution: Execution) =>
	Number((execution.jsonOf(SAVED)[0].metadata as IDataObject).row);

/** Each row once, with the item that comes out of the node, and a file of its own that is still there. */
async function expectOnce(end: Execution, workflowId: string, rows = ROWS): Promise<void> {
	const starts = (await startsOf(workflowId)).sort((a, b) => rowOf(a) - rowOf(b));
	expect(starts.map(rowOf)).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
	expect(starts.map((start) => start.jsonOf(SAVED)[0])).toEqual(end.jsonOf(GENERATE));
	const files = await Promise.all(
		starts.map(async (start) => await host.binary(start.filesOf(SAVED)[0])),
	);
	expect(files.map((file) => file.toString('latin1', 4, 8))).toEqual(Array(rows).fill('ftyp'));
}

/** When the first and the median clip arrived in the next workflow, beside the end of the sheet. */
async function reportTimes(what: string, end: Execution, workflowId: string): Promise<void> {
	const beganMs = Date.parse(end.facts.startedAt);
	const seconds = (await startsOf(workflowId))
		.map(({ facts }) => (Date.parse(facts.startedAt) - beganMs) / 1000)
		.sort((a, b) => a - b);
	const median = (seconds[seconds.length / 2 - 1] + seconds[seconds.length / 2]) / 2;
	report(
		`${what}, ${ROWS} rows at cap ${CAP}, clips at x${SPEED}: ${seconds.length} starts, the first after ${seconds[0].toFixed(1)} s, the median after ${median.toFixed(1)} s, the last after ${seconds.at(-1)?.toFixed(1)} s, end of the sheet after ${end.durationSeconds.toFixed(1)} s`,
	);
	expect(median).toBeLessThan(0.7 * end.durationSeconds);
}

test('awake: each row starts it once, the first long before the end', async () => {
	const provider = await sandbox();
	const saving = await chosen('Awake');
	await publish(saving);
	const end = await host.runToEnd(await importRows(provider, saving), WITHIN_SECONDS);
	expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
	await untilStarted(saving, ROWS);
	await expectOnce(end, saving);
	await reportTimes('awake', end, saving);
});

test('a started workflow that fails, or waits, changes no row, and n8n goes on', async () => {
	const provider = await sandbox(60);
	const failing = await chosen('Fails', {
		nodes: [
			subTrigger(),
			node('Fails', 'n8n-nodes-base.stopAndError', 1, { errorMessage: 'Drive is full' }),
		],
	});
	const waiting = await chosen('Waits', {
		nodes: [
			subTrigger(),
			node('Wait', 'n8n-nodes-base.wait', 1.1, { resume: 'webhook', options: {} }),
			node(SAVED, 'n8n-nodes-base.noOp', 1),
		],
	});
	for (const id of [failing, waiting]) {
		await publish(id);
		const end = await host.runToEnd(await importRows(provider, id, { rows: 3 }), WITHIN_SECONDS);
		expect(end.status).toBe('success');
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(3));
	}
	const statuses = async (id: string) =>
		(await host.startedRuns(id, 4)).map(({ status }) => status).sort();
	expect(await statuses(failing)).toEqual(['error', 'error', 'error', 'success']);
	expect(await statuses(waiting)).toEqual(['success', 'waiting', 'waiting', 'waiting']);
});

describe('a workflow that cannot be started is one warning, and costs no row', () => {
	const hintsOf = (end: Execution) =>
		(end.runsOf(GENERATE)[0].hints ?? []).map(({ message }) => message);

	async function expectWarning(why: RegExp, eachClipWorkflow: string, more: RowsOptions = {}) {
		const provider = await sandbox(60);
		const id = await importRows(provider, eachClipWorkflow, { rows: 2, ...more });
		const end = more.trigger ? await runByWebhook(id, more.trigger) : await host.runToEnd(id);
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(2));
		expect(hintsOf(end)).toEqual([expect.stringMatching(why)]);
		return end;
	}

	async function runByWebhook(id: string, { webhookId }: INode): Promise<Execution> {
		await host.activate(id);
		const url = `${host.baseUrl}/webhook/${webhookId}`;
		for (let tries = 0; (await post(url, '{}')).status === 404 && tries < 100; tries++) {
			await delay(LOOK_EVERY_MS);
		}
		const [run] = await host.startedRuns(id, 1);
		return run;
	}

	function webhook(): INode {
		const id = randomUUID();
		const parameters = { httpMethod: 'POST', path: id, options: {} };
		return node('Webhook', 'n8n-nodes-base.webhook', 2, parameters, { webhookId: id });
	}

	test('because it is not there', async () => {
		const end = await expectWarning(/Workflow does not exist/, 'abcdefghij123456');
		const log = await host.process.readLog();
		for (const { taskId } of end.jsonOf(GENERATE)) {
			expect(log).toMatch(new RegExp(`was not started for task ${String(taskId)}`));
		}
	});

	test('because it has no trigger for it', async () => {
		await expectWarning(/Missing node/, await chosen('No trigger', { nodes: [lastNode()] }));
	});

	test('because its settings forbid it', async () => {
		const id = await chosen('Forbidden', { settings: { callerPolicy: 'none' } });
		await publish(id);
		await expectWarning(/cannot be started \(\w+ \w+/, id);
	});

	describeOnN8n2('and of production runs', () => {
		test('because it is not published', async () => {
			await expectWarning(/is not active/, await chosen('Draft'), { trigger: webhook() });
		});
	});
});

describeOnN8n2('asleep', () => {
	const asleep = { parameters: { waitBy: 'sleep' } };

	test('each row starts it once, the first long before the end', async () => {
		const provider = await sandbox();
		const saving = await chosen('Asleep');
		await publish(saving);
		const end = await host.runToEnd(await importRows(provider, saving, asleep), WITHIN_SECONDS);
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
		await untilStarted(saving, ROWS);
		await expectOnce(end, saving);
		await reportTimes('asleep with callbacks', end, saving);
	});

	test('after kill -9 in the middle of the sheet, too', async () => {
		const provider = await sandbox();
		const saving = await chosen('Killed');
		await publish(saving);
		const executionId = await host.run(await importRows(provider, saving, asleep));
		const before = await untilStarted(saving, 6);
		await host.process.kill9();
		await host.restart();
		const end = await host.waitForEnd(executionId, WITHIN_SECONDS);
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
		await untilStarted(saving, ROWS);
		await expectOnce(end, saving);
		expect(provider.ledger.charges()).toHaveLength(ROWS);
		report(`killed after ${before.length} starts: ${ROWS} of ${ROWS}, each once`);
	});
});
