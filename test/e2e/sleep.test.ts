import type { IDataObject } from 'n8n-workflow';
import { NODE_TYPE, type KlingRest } from '../../host/klingRest';
import type { CredentialRef } from '../../host/rest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	lastNode,
	line,
	manualTrigger,
	node,
	numberedRows,
	rowNodes,
	sleepingGenerate,
} from './callbackWorkflows';
import { describeOnN8n2, testOnN8n1 } from './onVersion';
import { report } from './report';
import { sharedHost } from './sharedHost';
import {
	CLIPS,
	completedRows,
	fileStarts,
	LONG,
	SHEET,
	SheetRun,
	WITHIN_SECONDS,
} from './sheetRun';

const ROWS = 12;
const CAP = 5;
const FETCH = 'Get video';
/** So long a clip without a callback may take, over n8n's timer of a minute. */
const TIMED_WITHIN_SECONDS = 300;

jest.setTimeout(400_000);

let host: KlingRest;
const sandboxes: Sandbox[] = [];

/** A provider and a key for one sheet alone. */
async function provider(): Promise<{ sandbox: Sandbox; credential: CredentialRef }> {
	const apiKey = `sk-asleep-${sandboxes.length}`;
	const sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
	sandboxes.push(sandbox);
	return { sandbox, credential: await host.addKlingCredential(sandbox) };
}

beforeAll(async () => {
	host = await sharedHost();
});
afterAll(async () => {
	await Promise.all(sandboxes.map(async (sandbox) => await sandbox.stop()));
});

testOnN8n1('n8n 1: refused before any request', async () => {
	const { sandbox, credential } = await provider();
	const nodes = [manualTrigger(), ...rowNodes(numberedRows(2)), sleepingGenerate(credential)];
	const end = await host.runToEnd(await host.importWorkflow(line('Refused', nodes)));
	expect(end.error).toContain(
		"'How to Wait' is \"Sleep in n8n's Database\", which needs a later n8n 2",
	);
	expect(sandbox.ledger.requests()).toEqual([]);
});

describeOnN8n2('a sheet that sleeps', () => {
	/** Nobody calls back to these, so n8n's own timer resumes them, which looks once a minute: begun first, read last. */
	let neverCalled: { sandbox: Sandbox; executionId: string; startedMs: number };
	let timedOut: { sandbox: Sandbox; executionId: string };

	beforeAll(async () => {
		const quiet = await provider();
		const rows = numberedRows(6, () => '[[slow:50]] [[no-callback]]');
		const startedMs = Date.now();
		const calm = await start(quiet, rows, { downloadVideo: true });
		neverCalled = { ...quiet, executionId: calm.executionId, startedMs };

		const late = await provider();
		const generate = sleepingGenerate(
			late.credential,
			{ options: { maxWait: 5 } },
			{ onError: 'continueRegularOutput' },
		);
		const get = node(
			FETCH,
			NODE_TYPE,
			1,
			{
				resource: 'video',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitUntilFinished: true,
				waitBy: 'sleep',
				metadata: '={{ $json.metadata }}',
			},
			{ credentials: generate.credentials },
		);
		const nodes = [manualTrigger(), ...rowNodes(numberedRows(3, () => LONG)), generate, get];
		const { executionId } = await SheetRun.start(host, late.sandbox, line('Late', nodes));
		timedOut = { ...late, executionId };
	});

	test('twelve rows at a cap of five with videos: waiting at once, twelve items in their order, one status request each', async () => {
		const { sandbox, credential } = await provider();
		const { ledger } = sandbox;
		const rows = numberedRows(ROWS, () => LONG);
		const parameters = { downloadVideo: true, options: { concurrency: CAP } };
		const nodes = [
			manualTrigger(),
			...rowNodes(rows),
			sleepingGenerate(credential, parameters),
			lastNode(),
		];
		const workflowId = await host.importWorkflow(line('Twelve', nodes));
		const executionId = await host.run(workflowId);
		await host.waitForStatus(executionId, ['waiting'], WITHIN_SECONDS);
		const asleepMs = Date.now() - Date.parse(ledger.accepted().at(-1)?.at ?? '');
		expect(ledger.accepted()).toHaveLength(CAP);
		expect(asleepMs).toBeLessThan(10_000);

		const run = await SheetRun.of(host, sandbox, workflowId, executionId);
		const end = await run.finishAll();
		expect(end.error).toBeUndefined();
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
		expect(end.pairedInputsOf(GENERATE)).toEqual([...rows.keys()]);
		expect(end.runsOf(GENERATE)).toHaveLength(1);
		expect(await fileStarts(host, end)).toEqual(rows.map(() => 'ftyp'));
		const folder = new RegExp(`executions/${executionId}/`);
		for (const { id } of end.filesOf(GENERATE)) expect(id).toMatch(folder);
		expect(ledger.maxInFlight()).toBe(CAP);
		expect(ledger.charges()).toHaveLength(ROWS);
		expect(ledger.submits()).toHaveLength(ROWS);
		const reads = ledger.accepted().map(({ taskId }) => ledger.polls(taskId).length);
		expect(Math.max(...reads)).toBeLessThanOrEqual(3);
		await run.isAlone();
		expect(await run.executionsOf(SHEET)).toEqual([]);
		expect(await run.executionsOf(CLIPS)).toEqual([]);
		report(
			`${ROWS} rows at cap ${CAP}: waiting ${asleepMs} ms after submit ${CAP}, ${reads.reduce((sum, count) => sum + count)} status requests, ${end.durationSeconds} s from start to end`,
		);
	});

	test('Get Video sleeps, too, and keeps no slot of Generate Video', async () => {
		const { sandbox, credential } = await provider();
		const submit = sleepingGenerate(credential, { mode: 'submitOnly' });
		const get = node(
			FETCH,
			NODE_TYPE,
			1,
			{
				resource: 'video',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitUntilFinished: true,
				waitBy: 'sleep',
				downloadVideo: true,
				metadata: '={{ $json.metadata }}',
			},
			{ credentials: submit.credentials },
		);
		const nodes = [manualTrigger(), ...rowNodes(numberedRows(3, () => LONG)), submit, get];
		const run = await SheetRun.start(host, sandbox, line('Fetched', nodes));
		for (const taskId of run.openTasks()) await sandbox.finishTask(taskId);
		// Nobody calls Get Video back: it looks by itself.
		const end = await host.waitForEnd(run.executionId, TIMED_WITHIN_SECONDS);
		expect(end.jsonOf(FETCH)).toMatchObject(completedRows(3));
		expect(await fileStarts(host, end, FETCH)).toEqual(['ftyp', 'ftyp', 'ftyp']);
	});

	test('without callbacks the sheet reads once a minute and delivers all rows', async () => {
		const { sandbox, executionId, startedMs } = neverCalled;
		const end = await host.waitForEnd(executionId, TIMED_WITHIN_SECONDS);
		expect(end.error).toBeUndefined();
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(6));
		expect(await fileStarts(host, end)).toHaveLength(6);
		const late = end.jsonOf(GENERATE).map((json) => secondsLate(sandbox, json));
		report(
			`never called back: 6 rows at cap ${CAP} within ${Math.round((Date.now() - startedMs) / 1000)} s; seconds from a clip's end to its download: ${late.join(', ')}`,
		);
	});

	test('after Maximum Wait each row comes out with its task, and Get Video waits on', async () => {
		const { sandbox, executionId } = timedOut;
		const { ledger } = sandbox;
		const isFetching = () =>
			ledger.accepted().every(({ taskId }) => ledger.polls(taskId).length > 1);
		await ledger.waitFor(isFetching, TIMED_WITHIN_SECONDS * 1000);
		for (const { taskId } of ledger.accepted()) await sandbox.finishTask(taskId ?? '');
		const end = await host.waitForEnd(executionId, TIMED_WITHIN_SECONDS);
		expect(end.jsonOf(GENERATE)).toMatchObject(
			[1, 2, 3].map((row) => ({
				taskId: expect.stringMatching(/^task_/),
				status: 'timedOut',
				error: expect.stringContaining('etch it with Get Video'),
				metadata: { row },
			})),
		);
		expect(end.jsonOf(FETCH)).toMatchObject(completedRows(3));
	});
});

async function start(
	{ sandbox, credential }: { sandbox: Sandbox; credential: CredentialRef },
	rows: ReturnType<typeof numberedRows>,
	parameters: Parameters<typeof sleepingGenerate>[1] = {},
): Promise<SheetRun> {
	const generate = sleepingGenerate(credential, parameters);
	const nodes = [manualTrigger(), ...rowNodes(rows), generate, lastNode()];
	return await SheetRun.start(host, sandbox, line('Asleep', nodes));
}

/** The provider's end of a clip, by its own answer, to the request for the file. */
function secondsLate(sandbox: Sandbox, { taskId, completedAt }: IDataObject): number {
	const [download] = sandbox.ledger.downloads(String(taskId));
	return Math.round((Date.parse(download.at) - Date.parse(String(completedAt))) / 1000);
}
