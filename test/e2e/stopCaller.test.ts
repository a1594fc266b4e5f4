import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	generate,
	GENERATE,
	numberedRows,
	sleepingGenerate,
	startCaller,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { sharedHost } from './sharedHost';
import { LONG, SheetRun, WITHIN_SECONDS } from './sheetRun';

const ONE_BY_ONE = { concurrency: 1, pollInterval: 1 };
const NOTICED_WITHIN_MS = 60_000;
const rows = numberedRows(4, () => LONG);

jest.setTimeout(300_000);

let host: KlingRest;
const sandboxes: Sandbox[] = [];

beforeAll(async () => (host = await sharedHost()));
afterAll(async () => {
	await Promise.all(sandboxes.map(async (sandbox) => await sandbox.stop()));
});

async function sandboxOf(apiKey: string): Promise<Sandbox> {
	const sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
	sandboxes.push(sandbox);
	return sandbox;
}

describeOnN8n2('Stop on the workflow that calls the one with the node', () => {
	test('polling: the row in the works is named, and no other is submitted', async () => {
		const { ledger, finishTask } = await sandboxOf('sk-stop-caller');
		const credential = await host.addKlingCredential(sandboxes[0]);
		const options = { downloadVideo: false, options: ONE_BY_ONE };
		const make = generate(credential, options, { onError: 'continueRegularOutput' });
		const { callerId, calledId } = await startCaller(host, make, rows);
		await ledger.waitFor(() => ledger.accepted().length === 1, NOTICED_WITHIN_MS);

		await host.stop(callerId);
		const [{ taskId }] = ledger.accepted();
		await finishTask(String(taskId));
		const [run] = await host.startedRuns(calledId, 1);

		const why = `Execution ${callerId}, which called this workflow, was stopped`;
		const notSent = { status: 'failed', error: expect.stringContaining(why) };
		expect(run.jsonOf(GENERATE)).toMatchObject([
			{ status: 'completed', taskId },
			notSent,
			notSent,
			notSent,
		]);
		expect(ledger.submits()).toHaveLength(1);
	});

	test("polling: n8n's Retry of the execution that ended so goes on with the next row", async () => {
		const sandbox = await sandboxOf('sk-retry-stopped-caller');
		const { ledger, finishTask } = sandbox;
		const credential = await host.addKlingCredential(sandbox);
		const make = generate(credential, { downloadVideo: false, options: ONE_BY_ONE });
		const { callerId, calledId } = await startCaller(host, make, rows);
		await ledger.waitFor(() => ledger.accepted().length === 1, NOTICED_WITHIN_MS);
		await host.stop(callerId);
		await finishTask(String(ledger.accepted()[0].taskId));
		const [run] = await host.startedRuns(calledId, 1);
		expect(run.error).toContain('which called this workflow, was stopped');

		// It answers at the end of the Retry, which is stopped here.
		const retry = host.call('POST', `/rest/executions/${run.id}/retry`, {}).catch(() => undefined);
		await ledger.waitFor(() => ledger.accepted().length === 2, NOTICED_WITHIN_MS);
		const [{ id }] = await host.executionsOf(calledId);
		await host.stop(id);
		await retry;
		const prompts = ledger.accepted().map(({ body }) => (body as { prompt: string }).prompt);
		expect(prompts).toEqual([rows[0].prompt, rows[1].prompt]);
	});

	test('asleep: the row in the works is read, and no other is submitted', async () => {
		const sandbox = await sandboxOf('sk-stop-sleeping-caller');
		const credential = await host.addKlingCredential(sandbox);
		const make = sleepingGenerate(credential, { options: { concurrency: 2 } });
		const { callerId, calledId } = await startCaller(host, make, rows);
		await host.waitForStatus(callerId, ['waiting'], WITHIN_SECONDS);
		const ids = (await host.executionsOf(calledId)).map(({ id }) => Number(id));
		const run = await SheetRun.of(host, sandbox, calledId, String(Math.min(...ids)));

		await host.stop(callerId);
		const [done, open] = sandbox.ledger.accepted().map(({ taskId }) => String(taskId));
		await run.finish(done);
		const end = await host.waitForEnd(run.executionId, WITHIN_SECONDS);

		const why = `Execution ${callerId}, which called this workflow, was stopped`;
		expect(end.error).toContain(why);
		const told = String(end.data.resultData?.error?.description);
		for (const taskId of [done, open]) expect(told).toContain(taskId);
		expect(sandbox.ledger.submits()).toHaveLength(2);
		expect((await host.execution(callerId)).status).toBe('canceled');
		await run.isAlone();
	});
});
