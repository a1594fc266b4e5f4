/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import { errorTextOf, journalOf, type AttackRun } from '../attackRun';
import { drawn, ENDED_BY_HAND, numbered, type Attack } from '../attack';
import { GENERATE, NODES, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;
const SAVED_WITHIN_MS = 10_000;
const TRIES = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
/** Rows that only a further try, or a further run, can complete. */
const NEEDS_ANOTHER_TRY = ['500-after-accept', 'indeterminate-after-accept', '500', 'file-410'];
/** No clip ends by itself. */
const LONG = { generationSeconds: 200_000, concurrency: 0 };

/** n8n's own settings and actions that change how a batch runs. */
export const n8nSettings: Attack[] = [
	{
		name: 'Retry On Fail',
		async perform(run) {
			const plan = { prompts: withFaults(run), node: TRIES, withoutRowKey: true };
			await expectAll(run, plan);
		},
	},
	{
		name: 'Retry On Fail, continue (regular)',
		async perform(run) {
			const node = { ...TRIES, onError: 'continueRegularOutput' as const };
			const prompts = withFaults(run, true);
			await expectAll(run, { prompts, node, withoutRowKey: true });
		},
	},
	{
		name: 'Retry On Fail, continue (error output)',
		async perform(run) {
			const node = { ...TRIES, onError: 'continueErrorOutput' as const };
			const workflowId = await run.batch({ prompts: withFaults(run, true), node });
			run.asked = ROWS;
			await run.execute(workflowId);
			// n8n tries again only where the first row has failed; the others are left for the next run.
			await run.execute(workflowId);
		},
	},
	{
		name: 'On Error: stop',
		async perform(run) {
			const bad = drawn(run, 0, ROWS - 1);
			const prompts = numbered(ROWS).map((prompt, row) =>
				row === bad ? `[[fail]] ${prompt}` : prompt,
			);
			run.asked = ROWS - 1;
			const execution = await run.execute(await run.batch({ prompts, withoutRowKey: true }));
			run.expect(execution.status === 'error', `it ended as ${execution.status}`);
			await run.recover(errorTextOf(execution));
		},
	},
	{
		name: 'On Error: continue (regular)',
		async perform(run) {
			const execution = await withOneBadRow(run, 'continueRegularOutput');
			const items = execution.itemsOf(GENERATE);
			run.expect(items.length === ROWS, `${items.length} items for ${ROWS} rows`);
			const isPaired = execution.pairedInputsOf(GENERATE).every((input, index) => input === index);
			run.expect(isPaired, 'items are not paired with their rows');
		},
	},
	{
		name: 'On Error: continue (error output)',
		async perform(run) {
			const execution = await withOneBadRow(run, 'continueErrorOutput');
			const failed = execution.jsonOf(GENERATE, 1);
			run.expect(failed.length === 1, `${failed.length} items on the error output`);
			run.expect(/task_\w+/.test(String(failed[0]?.error)), 'the error names no task');
		},
	},
	{
		name: "n8n's Retry of an execution",
		async perform(run) {
			run.asked = ROWS;
			const plan = { prompts: withFaults(run), withoutRowKey: true };
			const failed = await run.execute(await run.batch(plan));
			run.expect(failed.status === 'error', `it ended as ${failed.status}`);
			const { id } = await run.host.call<{ id: string }>(
				'POST',
				`/rest/executions/${failed.id}/retry`,
				{ loadWorkflow: false },
			);
			const retried = await run.ended(String(id));
			run.expect(retried.status === 'success', `the retry ended as ${retried.status}`);
		},
	},
	{
		name: 'Stop in mid-batch',
		sandbox: LONG,
		async perform(run) {
			await interrupt(run, async (executionId) => await run.host.stop(executionId));
		},
	},
	{
		name: 'Execution timeout',
		sandbox: LONG,
		async perform(run) {
			await interrupt(run, async () => {}, { executionTimeout: drawn(run, 3, 5) });
		},
	},
	{
		name: 'Executed twice at once',
		async perform(run) {
			run.asked = ROWS;
			const workflowId = await run.batch({ prompts: withFaults(run), node: TRIES });
			const executions = await Promise.all([run.execute(workflowId), run.execute(workflowId)]);
			const states = executions.map(({ status }) => status);
			run.expect(
				states.every((status) => status === 'success'),
				`they ended as ${states.join(', ')}`,
			);
		},
	},
	{
		name: 'Execute Once',
		async perform(run) {
			run.asked = 1;
			await run.execute(await run.batch({ prompts: numbered(ROWS), node: { executeOnce: true } }));
		},
	},
	{
		name: 'Always Output Data',
		async perform(run) {
			const node = { ...TRIES, alwaysOutputData: true, onError: 'continueRegularOutput' as const };
			await expectAll(run, { prompts: withFaults(run, true), node, withoutRowKey: true });
		},
	},
	{
		name: 'Pinned rows',
		async perform(run) {
			const pinned = { [NODES.rows]: numbered(5).map((prompt, row) => ({ prompt, row: row + 1 })) };
			run.asked = 5;
			await run.execute(await run.batch({ prompts: numbered(ROWS), pinned }));
		},
	},
	{
		name: 'Pinned clips',
		async perform(run) {
			const pinned = { [NODES.generate]: [{ status: 'completed', pinned: true }] };
			run.asked = 0;
			await run.execute(await run.batch({ prompts: numbered(ROWS), pinned }));
		},
	},
	{
		name: 'A loop of batches',
		async perform(run) {
			const loopOf = drawn(run, 2, 4);
			const prompts = withFaults(run);
			await expectAll(run, { prompts, loopOf, node: TRIES, withoutRowKey: true });
		},
	},
	{
		name: 'A loop of waiting batches',
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			run.asked = ROWS;
			const loopOf = drawn(run, 3, 5);
			const execution = await (
				await run.startWaiting({ prompts: numbered(ROWS), loopOf })
			).finishAll();
			const rows = execution.runsOf(NODES.after).flatMap(({ data }) => data?.main[0] ?? []);
			run.expect(rows.length === ROWS, `${rows.length} items after the loop`);
		},
	},
];

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
	const stopped = await run.ended(executionId);
	run.expect(stopped.status === 'canceled', `it ended as ${stopped.status}`);
	const answered = ledger.accepted().filter(({ status }) => status === 200);
	const isWhole = (text: string) => answered.every(({ taskId = '' }) => text.includes(taskId));
	const kept = await journalOnce(run, executionId, isWhole);
	run.expect(isWhole(kept), `the custom data of ${answered.length} tasks is "${kept}"`);
	await run.finishTasks();
	await run.recover(kept);
	await runAgain(run, workflowId);
}

/** n8n saves the custom data a little after the end of an execution. */
async function journalOnce(
	run: AttackRun,
	executionId: string,
	isWhole: (text: string) => boolean,
): Promise<string> {
	const deadline = Date.now() + SAVED_WITHIN_MS;
	for (;;) {
		const kept = journalOf(await run.host.execution(executionId));
		if (isWhole(kept) || Date.now() > deadline) return kept;
		await delay(200);
	}
}

/** The rest of the rows; clips that were paid for before are found by their Row Keys. */
async function runAgain(run: AttackRun, workflowId: string): Promise<void> {
	const { versionId } = await run.host.getWorkflow(workflowId);
	const settings = { executionOrder: 'v1', executionTimeout: -1 };
	await run.host.call('PATCH', `/rest/workflows/${workflowId}`, { versionId, settings });
	let isOver = false;
	const ended = run.execute(workflowId).finally(() => (isOver = true));
	while (!isOver) {
		await run.finishTasks();
		await Promise.race([ended, delay(200)]);
	}
	const { status } = await ended;
	run.expect(status === 'success', `the second run ended as ${status}`);
}

async function withOneBadRow(
	run: AttackRun,
	onError: 'continueRegularOutput' | 'continueErrorOutput',
) {
	const bad = drawn(run, 0, ROWS - 1);
	const prompts = numbered(ROWS).map((prompt, row) =>
		row === bad ? `[[fail]] ${prompt}` : prompt,
	);
	run.asked = ROWS - 1;
	return await run.execute(await run.batch({ prompts, node: { onError }, withoutRowKey: true }));
}

/** Some rows need another try. n8n tries again by itself only if the first row is one of them, or if an error is thrown. */
function withFaults(run: AttackRun, isFirstBad = false): string[] {
	return numbered(ROWS).map((prompt, row) => {
		const isBad = (isFirstBad && row === 0) || run.random.fraction() < 0.3;
		const word = NEEDS_ANOTHER_TRY[drawn(run, 0, NEEDS_ANOTHER_TRY.length - 1)];
		return isBad || row === 3 ? `[[${word}]] ${prompt}` : prompt;
	});
}

async function expectAll(run: AttackRun, plan: BatchPlan): Promise<void> {
	run.asked = ROWS;
	const execution = await run.execute(await run.batch(plan));
	run.expect(
		execution.status === 'success',
		`it ended as ${execution.status}: ${errorTextOf(execution)}`,
	);
}
