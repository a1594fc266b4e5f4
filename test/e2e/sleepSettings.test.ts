import { randomUUID } from 'node:crypto';
import type { KlingRest } from '../../host/klingRest';
import type { CredentialRef } from '../../host/rest';
import type { WorkflowJson } from '../../host/workflow';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	CALL,
	connect,
	GENERATE,
	LAST,
	lastNode,
	line,
	manualTrigger,
	node,
	numberedRows,
	post,
	ROWS,
	rowNodes,
	sleepingGenerate,
	startCaller,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { sharedHost } from './sharedHost';
import { completedRows, fileStarts, LONG, SHEET, SheetRun, WITHIN_SECONDS } from './sheetRun';

const FAILED = 'Failed';
/** A clip that fails is not made again. */
const ONCE = { options: { retryFailed: 0 } };

jest.setTimeout(300_000);

describeOnN8n2("a sheet that sleeps, and n8n's settings", () => {
	let host: KlingRest;
	let sandbox: Sandbox;
	let credential: CredentialRef;

	beforeAll(async () => {
		host = await sharedHost();
	});
	beforeEach(async () => {
		const apiKey = `sk-settings-${randomUUID()}`;
		sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
		credential = await host.addKlingCredential(sandbox);
	});
	afterEach(async () => await sandbox.stop());

	/** Rows through Generate Video, by hand. */
	function sheet(count: number, settings: Parameters<typeof sleepingGenerate>[2] = {}) {
		const generate = sleepingGenerate(credential, { downloadVideo: true, ...ONCE }, settings);
		return line('Settings', [
			manualTrigger(),
			...rowNodes(numberedRows(count, () => LONG)),
			generate,
			lastNode(),
		]);
	}

	/** Of three rows the second one fails. */
	async function secondFails(workflow: WorkflowJson) {
		const run = await SheetRun.start(host, sandbox, workflow);
		const second = sandbox.ledger
			.accepted()
			.find(({ body }) => (body as { prompt: string }).prompt.includes('take 2 '))?.taskId;
		await run.finish(String(second), 'failed');
		return { run, second, end: await run.finishAll() };
	}

	test('On Error: Stop Workflow, one error that names all rows, and the clips are charged once', async () => {
		const { run, second, end } = await secondFails(sheet(3));
		expect(end.status).toBe('error');
		expect(end.error).toContain(`(task ${second}) [item 1]`);
		const text = String(end.data.resultData?.error?.description);
		for (const { taskId } of sandbox.ledger.accepted()) expect(text).toContain(taskId);
		expect(sandbox.ledger.charges()).toHaveLength(2);
		// The sheet's own execution stays, with the same error.
		expect((await run.executionsOf(SHEET)).map(({ error }) => error)).toEqual([end.error]);
	});

	test('On Error: Continue, the failure is an item in its place; Retry On Fail charges nothing twice', async () => {
		const { end } = await secondFails(
			sheet(3, {
				onError: 'continueRegularOutput',
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 100,
			}),
		);
		expect(end.jsonOf(GENERATE)).toMatchObject([
			{ status: 'completed', metadata: { row: 1 } },
			{ status: 'failed', metadata: { row: 2 }, error: expect.any(String) },
			{ status: 'completed', metadata: { row: 3 } },
		]);
		expect(end.pairedInputsOf(GENERATE)).toEqual([0, 1, 2]);
		expect(end.jsonOf(LAST)).toHaveLength(3);
		expect(sandbox.ledger.submits()).toHaveLength(3);
	});

	test('On Error: Continue (using error output), the failure goes there with its row', async () => {
		const workflow = sheet(3, { onError: 'continueErrorOutput' });
		workflow.nodes.push(node(FAILED, 'n8n-nodes-base.noOp', 1));
		connect(workflow.connections, GENERATE, FAILED, 1);
		const { second, end } = await secondFails(workflow);
		expect(end.jsonOf(GENERATE)).toMatchObject([
			{ metadata: { row: 1 } },
			{ metadata: { row: 3 } },
		]);
		expect(end.pairedInputsOf(GENERATE)).toEqual([0, 2]);
		expect(end.jsonOf(FAILED)).toMatchObject([
			{ row: 2, error: expect.stringContaining(second ?? '') },
		]);
	});

	test('Retry On Fail without Continue: n8n does not try again after the wait, so nothing is charged twice', async () => {
		const { end } = await secondFails(
			sheet(3, { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 }),
		);
		expect(end.status).toBe('error');
		expect(sandbox.ledger.submits()).toHaveLength(3);
	});

	test('Execute Once: one clip', async () => {
		const run = await SheetRun.start(host, sandbox, sheet(3, { executeOnce: true }));
		const end = await run.finishAll();
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(1));
		expect(sandbox.ledger.submits()).toHaveLength(1);
	});

	test('in a loop: it sleeps once a round, and all rows come out', async () => {
		const loop = node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 2, options: {} });
		const rows = numberedRows(4, () => LONG);
		const workflow = line('Loop', [manualTrigger(), ...rowNodes(rows), loop]);
		workflow.nodes.push(sleepingGenerate(credential, { downloadVideo: true }), lastNode());
		connect(workflow.connections, 'Loop', LAST, 0);
		connect(workflow.connections, 'Loop', GENERATE, 1);
		connect(workflow.connections, GENERATE, 'Loop');
		const run = await SheetRun.start(host, sandbox, workflow);
		expect(sandbox.ledger.accepted()).toHaveLength(2);
		const end = await run.finishAll();
		expect(end.status).toBe('success');
		expect(end.runsOf(GENERATE)).toHaveLength(2);
		expect(end.jsonOf('Loop', 0)).toMatchObject(completedRows(4));
		expect(await fileStarts(host, end, 'Loop')).toHaveLength(4);
	});

	test('two branches, each with a node that sleeps: both deliver', async () => {
		const workflow = sheet(2);
		workflow.nodes.push({
			...sleepingGenerate(credential, { downloadVideo: true }),
			id: randomUUID(),
			name: 'Second',
		});
		connect(workflow.connections, ROWS, 'Second');
		const run = await SheetRun.start(host, sandbox, workflow);
		const end = await run.finishAll();
		expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(2));
		expect(end.jsonOf('Second')).toMatchObject(completedRows(2));
		expect(sandbox.ledger.charges()).toHaveLength(4);
	});

	test('in a sub-workflow: the calling workflow waits, too, and gets clips and files', async () => {
		const generate = sleepingGenerate(credential, { downloadVideo: true });
		const rows = numberedRows(2, () => LONG);
		const { callerId, calledId: childId } = await startCaller(host, generate, rows);
		await host.waitForStatus(callerId, ['waiting'], WITHIN_SECONDS);
		const run = await SheetRun.of(host, sandbox, childId, await oldestOf(childId));
		expect((await run.finishAll()).jsonOf(GENERATE)).toMatchObject(completedRows(2));
		const end = await host.waitForEnd(callerId, WITHIN_SECONDS);
		expect(end.jsonOf(CALL)).toMatchObject(completedRows(2));
		expect(await fileStarts(host, end, CALL)).toEqual(['ftyp', 'ftyp']);
	});

	test('a published workflow with an error workflow, changed meanwhile: that runs once, for the execution that waited', async () => {
		const onError = line('On error', [node('Error', 'n8n-nodes-base.errorTrigger', 1), lastNode()]);
		const errorWorkflow = await host.importWorkflow(onError);
		await host.activate(errorWorkflow);
		const path = randomUUID();
		const start = node(
			'Start',
			'n8n-nodes-base.webhook',
			2,
			{ httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
			{ webhookId: path },
		);
		const rows = rowNodes(numberedRows(3, () => LONG));
		const generate = sleepingGenerate(credential, ONCE);
		const published = line('Published', [start, ...rows, generate, lastNode()]);
		const settings = { errorWorkflow };
		const workflowId = await host.importWorkflow({ ...published, settings });
		await host.activate(workflowId);
		while ((await post(`${host.baseUrl}/webhook/${path}`, '{}')).status === 404);
		await sandbox.ledger.waitFor((ledger) => ledger.accepted().length === 3, 60_000);
		const executionId = await oldestOf(workflowId);
		const run = await SheetRun.of(host, sandbox, workflowId, executionId);
		await host.deactivate(workflowId);
		const { versionId } = await host.getWorkflow(workflowId);
		const changed = { name: 'Emptied', nodes: [start], connections: {}, versionId };
		await host.call('PATCH', `/rest/workflows/${workflowId}`, changed);

		await run.finishNext('failed');
		const end = await run.finishAll();
		expect(end.status).toBe('error');
		const told = await host.startedRuns(errorWorkflow, 1);
		expect(told.flatMap((one) => one.jsonOf('Error'))).toMatchObject([
			{ execution: { id: executionId, error: { message: end.error } } },
		]);
	});

	async function oldestOf(workflowId: string): Promise<string> {
		const ids = (await host.executionsOf(workflowId)).map(({ id }) => Number(id));
		return String(Math.min(...ids));
	}
});
