/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import { errorTextOf, type AttackRun } from '../attackRun';
import { drawn, ENDED_BY_HAND, KEEP_GOING, numbered, type Attacks } from '../attack';
import { GENERATE, NODES, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;
const SAVED_WITHIN_MS = 10_000;
const TRIES = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
const ERROR_OUTPUT = { onError: 'continueErrorOutput' } as const;
/** Rows that only a further try, or a further run, can complete. */
const NEEDS_ANOTHER_TRY = ['500-after-accept', 'indeterminate-after-accept', '500', 'file-410'];

/** n8n's own settings and actions that change how a batch runs. */
export const n8nSettings: Attacks = {
	'Retry On Fail': async (run) => {
		await completeAll(run, { prompts: withFaults(run), node: TRIES, withoutRowKey: true });
	},
	'Retry On Fail, continue (regular)': async (run) => {
		const node = { ...TRIES, ...KEEP_GOING };
		await completeAll(run, { prompts: withFaults(run, true), node, withoutRowKey: true });
	},
	'Retry On Fail, continue (error output)': async (run) => {
		const node = { ...TRIES, ...ERROR_OUTPUT };
		const workflowId = await run.batch({ prompts: withFaults(run, true), node });
		run.asked = ROWS;
		await run.execute(workflowId);
		// n8n tries again only where the first row has failed; the others are left for the next run.
		await run.execute(workflowId);
	},
	'On Error: stop': async (run) => {
		const execution = await withOneBadRow(run, {});
		expect(execution.status).toBe('error');
		await run.recover(errorTextOf(execution));
	},
	'On Error: continue (regular)': async (run) => {
		const execution = await withOneBadRow(run, KEEP_GOING);
		expect(execution.pairedInputsOf(GENERATE)).toEqual([...Array(ROWS).keys()]);
	},
	'On Error: continue (error output)': async (run) => {
		const failed = (await withOneBadRow(run, ERROR_OUTPUT)).jsonOf(GENERATE, 1);
		expect(failed).toEqual([
			expect.objectContaining({ error: expect.stringMatching(/task_\w+/) as string }),
		]);
	},
	"n8n's Retry of an execution": async (run) => {
		run.asked = ROWS;
		const failed = await run.execute({ prompts: withFaults(run), withoutRowKey: true });
		expect(failed.status).toBe('error');
		const path = `/rest/executions/${failed.id}/retry`;
		const { id } = await run.host.call<{ id: string }>('POST', path, { loadWorkflow: false });
		expect((await run.ended(String(id))).status).toBe('success');
	},
	'Stop in mid-batch': {
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			await interrupt(run, async (executionId) => await run.host.stop(executionId));
		},
	},
	'Execution timeout': {
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			await interrupt(run, async () => {}, { executionTimeout: drawn(run, 3, 5) });
		},
	},
	'Executed twice at once': async (run) => {
		run.asked = ROWS;
		const workflowId = await run.batch({ prompts: withFaults(run), node: TRIES });
		const executions = await Promise.all([run.execute(workflowId), run.execute(workflowId)]);
		expect(executions.map(({ status }) => status)).toEqual(['success', 'success']);
	},
	'Execute Once': async (run) => {
		run.asked = 1;
		await run.execute({ prompts: numbered(ROWS), node: { executeOnce: true } });
	},
	'Always Output Data': async (run) => {
		const node = { ...TRIES, ...KEEP_GOING, alwaysOutputData: true };
		await completeAll(run, { prompts: withFaults(run, true), node, withoutRowKey: true });
	},
	'Pinned rows': async (run) => {
		const pinned = { [NODES.rows]: numbered(5).map((prompt, row) => ({ prompt, row: row + 1 })) };
		run.asked = 5;
		await run.execute({ prompts: numbered(ROWS), pinned });
	},
	'Pinned clips': async (run) => {
		const pinned = { [NODES.generate]: [{ status: 'completed', pinned: true }] };
		run.asked = 0;
		await run.execute({ prompts: numbered(ROWS), pinned });
	},
	'A loop of batches': async (run) => {
		const loopOf = drawn(run, 2, 4);
		const prompts = withFaults(run);
		await completeAll(run, { prompts, loopOf, node: TRIES, withoutRowKey: true });
	},
	'A loop of waiting batches': {
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			run.asked = ROWS;
			const loopOf = drawn(run, 3, 5);
			const sheet = await run.startWaiting({ prompts: numbered(ROWS), loopOf });
			const runs = (await sheet.finishAll()).runsOf(NODES.after);
			expect(runs.flatMap(({ data }) => data?.main[0] ?? [])).toHaveLength(ROWS);
		},
	},
};

/** A stop in the middle; then the task ids that n8n has kept are pasted into the template, and the workflow runs again. */
async function interrupt(
	run: AttackRun,
	stop: (executionId: string) => Promise<void>,
	settings: BatchPlan['settings'] = {},
): Promise<void> {
	run.asked = ROWS;
	const { ledger } = run.sandbox;
	const concurrency = drawn(run, 2, 9);
	const plan = { prompts: numbered(ROWS), options: { concurrency }, settings };
	const workflowId = await run.batch(plan);
	const executionId = await run.host.run(workflowId);
	const wanted = drawn(run, 1, concurrency);
	await ledger.waitFor(() => ledger.accepted().length >= wanted, GATE_WITHIN_MS);
	await delay(drawn(run, 0, 500));
	await stop(executionId);
	expect((await run.ended(executionId)).status).toBe('canceled');
	const answered = ledger.accepted().filter(({ status }) => status === 200);
	const kept = await journalOf(run, executionId, answered.length);
	for (const { taskId } of answered) expect(kept).toContain(taskId);
	await run.finishTasks();
	await run.recover(kept);
	// The rest of the rows; clips that were paid for before are found by their Row Keys.
	const { versionId } = await run.host.getWorkflow(workflowId);
	const change = { versionId, settings: { executionOrder: 'v1', executionTimeout: -1 } };
	await run.host.call('PATCH', `/rest/workflows/${workflowId}`, change);
	expect((await run.executeAndFinish(workflowId)).status).toBe('success');
}

/** The task ids in the custom data of a stopped execution, which n8n saves a little after its end. */
async function journalOf(run: AttackRun, executionId: string, count: number): Promise<string> {
	for (const deadline = Date.now() + SAVED_WITHIN_MS; ; await delay(200)) {
		const { customData = {} } = (await run.host.execution(executionId)).facts;
		const lists = Object.entries(customData).filter(([key]) => /^klingTasks[1-5]$/.test(key));
		const kept = lists.map(([, value]) => value).join('\n');
		if ((kept.match(/task_\w+/g) ?? []).length >= count || Date.now() > deadline) return kept;
	}
}

async function withOneBadRow(run: AttackRun, node: BatchPlan['node']) {
	const bad = drawn(run, 0, ROWS - 1);
	const words = Array.from({ length: ROWS }, (_, row) => (row === bad ? 'fail' : ''));
	run.asked = ROWS - 1;
	return await run.execute({ prompts: numbered(ROWS, words), node, withoutRowKey: true });
}

/** Some rows need another try. n8n tries again by itself only if the first row is one of them, or if an error is thrown. */
function withFaults(run: AttackRun, isFirstBad = false): string[] {
	const words = Array.from({ length: ROWS }, (_, row) => {
		const isBad = (isFirstBad && row === 0) || run.random.fraction() < 0.3;
		const word = NEEDS_ANOTHER_TRY[drawn(run, 0, NEEDS_ANOTHER_TRY.length - 1)];
		return isBad || row === 3 ? word : '';
	});
	return numbered(ROWS, words);
}

async function completeAll(run: AttackRun, plan: BatchPlan): Promise<void> {
	run.asked = ROWS;
	const execution = await run.execute(plan);
	const { status } = execution;
	expect({ status, error: errorTextOf(execution) }).toEqual({ status: 'success', error: '' });
}
