/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import { errorTextOf, journalOf, type Arena } from '../arena';
import { drawn, ENDED_BY_HAND, numbered, type Attack } from '../attack';
import { GENERATE, NODES, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;
const SAVED_WITHIN_MS = 10_000;
const TRIES = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
/** Rows that only a further try, or a further run, can bring home. */
const NEEDS_ANOTHER_TRY = ['500-after-accept', 'indeterminate-after-accept', '500', 'file-410'];
/** No clip ends by itself. */
const LONG = { generationSeconds: 200_000, concurrency: 0 };

/** What n8n itself can do to a node in the middle of a batch. */
export const levers: Attack[] = [
	{
		name: 'Retry On Fail',
		async run(arena) {
			const plan = { prompts: withFaults(arena), node: TRIES, withoutRowKey: true };
			await expectAll(arena, plan);
		},
	},
	{
		name: 'Retry On Fail, continue (regular)',
		async run(arena) {
			const node = { ...TRIES, onError: 'continueRegularOutput' as const };
			const prompts = withFaults(arena, true);
			await expectAll(arena, { prompts, node, withoutRowKey: true });
		},
	},
	{
		name: 'Retry On Fail, continue (error output)',
		async run(arena) {
			const node = { ...TRIES, onError: 'continueErrorOutput' as const };
			const workflowId = await arena.batch({ prompts: withFaults(arena, true), node });
			arena.asked = ROWS;
			await arena.run(workflowId);
			// n8n tries again only where the first row has failed; the others are left for the next run.
			await arena.run(workflowId);
		},
	},
	{
		name: 'On Error: stop',
		async run(arena) {
			const bad = drawn(arena, 0, ROWS - 1);
			const prompts = numbered(ROWS).map((prompt, row) =>
				row === bad ? `[[fail]] ${prompt}` : prompt,
			);
			arena.asked = ROWS - 1;
			const execution = await arena.run(await arena.batch({ prompts, withoutRowKey: true }));
			arena.expect(execution.status === 'error', `it ended as ${execution.status}`);
			await arena.recover(errorTextOf(execution));
		},
	},
	{
		name: 'On Error: continue (regular)',
		async run(arena) {
			const execution = await withOneBadRow(arena, 'continueRegularOutput');
			const items = execution.itemsOf(GENERATE);
			arena.expect(items.length === ROWS, `${items.length} items for ${ROWS} rows`);
			const isPaired = execution.pairedInputsOf(GENERATE).every((input, index) => input === index);
			arena.expect(isPaired, 'items are not paired with their rows');
		},
	},
	{
		name: 'On Error: continue (error output)',
		async run(arena) {
			const execution = await withOneBadRow(arena, 'continueErrorOutput');
			const failed = execution.jsonOf(GENERATE, 1);
			arena.expect(failed.length === 1, `${failed.length} items on the error output`);
			arena.expect(/task_\w+/.test(String(failed[0]?.error)), 'the error names no task');
		},
	},
	{
		name: "n8n's Retry of an execution",
		async run(arena) {
			arena.asked = ROWS;
			const plan = { prompts: withFaults(arena), withoutRowKey: true };
			const failed = await arena.run(await arena.batch(plan));
			arena.expect(failed.status === 'error', `it ended as ${failed.status}`);
			const { id } = await arena.host.call<{ id: string }>(
				'POST',
				`/rest/executions/${failed.id}/retry`,
				{ loadWorkflow: false },
			);
			const retried = await arena.ended(String(id));
			arena.expect(retried.status === 'success', `the retry ended as ${retried.status}`);
		},
	},
	{
		name: 'Stop in mid-batch',
		sandbox: LONG,
		async run(arena) {
			await cutShort(arena, async (executionId) => await arena.host.stop(executionId));
		},
	},
	{
		name: 'Execution timeout',
		sandbox: LONG,
		async run(arena) {
			await cutShort(arena, async () => {}, { executionTimeout: drawn(arena, 3, 5) });
		},
	},
	{
		name: 'Executed twice at once',
		async run(arena) {
			arena.asked = ROWS;
			const workflowId = await arena.batch({ prompts: withFaults(arena), node: TRIES });
			const executions = await Promise.all([arena.run(workflowId), arena.run(workflowId)]);
			const states = executions.map(({ status }) => status);
			arena.expect(
				states.every((status) => status === 'success'),
				`they ended as ${states.join(', ')}`,
			);
		},
	},
	{
		name: 'Execute Once',
		async run(arena) {
			arena.asked = 1;
			await arena.run(await arena.batch({ prompts: numbered(ROWS), node: { executeOnce: true } }));
		},
	},
	{
		name: 'Always Output Data',
		async run(arena) {
			const node = { ...TRIES, alwaysOutputData: true, onError: 'continueRegularOutput' as const };
			await expectAll(arena, { prompts: withFaults(arena, true), node, withoutRowKey: true });
		},
	},
	{
		name: 'Pinned rows',
		async run(arena) {
			const pinned = { [NODES.rows]: numbered(5).map((prompt, row) => ({ prompt, row: row + 1 })) };
			arena.asked = 5;
			await arena.run(await arena.batch({ prompts: numbered(ROWS), pinned }));
		},
	},
	{
		name: 'Pinned clips',
		async run(arena) {
			const pinned = { [NODES.generate]: [{ status: 'completed', pinned: true }] };
			arena.asked = 0;
			await arena.run(await arena.batch({ prompts: numbered(ROWS), pinned }));
		},
	},
	{
		name: 'A loop of batches',
		async run(arena) {
			const loopOf = drawn(arena, 2, 4);
			const prompts = withFaults(arena);
			await expectAll(arena, { prompts, loopOf, node: TRIES, withoutRowKey: true });
		},
	},
	{
		name: 'A loop of sleeping batches',
		sandbox: ENDED_BY_HAND,
		async run(arena) {
			arena.asked = ROWS;
			const loopOf = drawn(arena, 3, 5);
			const execution = await (
				await arena.sleeper({ prompts: numbered(ROWS), loopOf })
			).finishAll();
			const rows = execution.runsOf(NODES.after).flatMap(({ data }) => data?.main[0] ?? []);
			arena.expect(rows.length === ROWS, `${rows.length} items after the loop`);
		},
	},
];

/** A stop in the middle; then the task ids that n8n has kept are pasted into the template, and the workflow runs again. */
async function cutShort(
	arena: Arena,
	cut: (executionId: string) => Promise<void>,
	settings: BatchPlan['settings'] = {},
): Promise<void> {
	arena.asked = ROWS;
	const { ledger } = arena.sandbox;
	const concurrency = drawn(arena, 2, 9);
	const plan = { prompts: numbered(ROWS), options: { concurrency }, settings };
	const workflowId = await arena.batch(plan);
	const executionId = await arena.host.run(workflowId);
	const wanted = drawn(arena, 1, concurrency);
	await ledger.waitFor(() => ledger.accepted().length >= wanted, GATE_WITHIN_MS);
	await delay(drawn(arena, 0, 500));
	await cut(executionId);
	const stopped = await arena.ended(executionId);
	arena.expect(stopped.status === 'canceled', `it ended as ${stopped.status}`);
	const answered = ledger.accepted().filter(({ status }) => status === 200);
	const isWhole = (text: string) => answered.every(({ taskId = '' }) => text.includes(taskId));
	const kept = await journalOnce(arena, executionId, isWhole);
	arena.expect(isWhole(kept), `the custom data of ${answered.length} tasks is "${kept}"`);
	await arena.finishTasks();
	await arena.recover(kept);
	await runAgain(arena, workflowId);
}

/** n8n saves the custom data a little after the end of an execution. */
async function journalOnce(
	arena: Arena,
	executionId: string,
	isWhole: (text: string) => boolean,
): Promise<string> {
	const deadline = Date.now() + SAVED_WITHIN_MS;
	for (;;) {
		const kept = journalOf(await arena.host.execution(executionId));
		if (isWhole(kept) || Date.now() > deadline) return kept;
		await delay(200);
	}
}

/** The rest of the rows: those that were bought before are found again by their Row Keys. */
async function runAgain(arena: Arena, workflowId: string): Promise<void> {
	const { versionId } = await arena.host.getWorkflow(workflowId);
	const settings = { executionOrder: 'v1', executionTimeout: -1 };
	await arena.host.call('PATCH', `/rest/workflows/${workflowId}`, { versionId, settings });
	let isOver = false;
	const ended = arena.run(workflowId).finally(() => (isOver = true));
	while (!isOver) {
		await arena.finishTasks();
		await Promise.race([ended, delay(200)]);
	}
	const { status } = await ended;
	arena.expect(status === 'success', `the second run ended as ${status}`);
}

async function withOneBadRow(
	arena: Arena,
	onError: 'continueRegularOutput' | 'continueErrorOutput',
) {
	const bad = drawn(arena, 0, ROWS - 1);
	const prompts = numbered(ROWS).map((prompt, row) =>
		row === bad ? `[[fail]] ${prompt}` : prompt,
	);
	arena.asked = ROWS - 1;
	return await arena.run(await arena.batch({ prompts, node: { onError }, withoutRowKey: true }));
}

/** Some rows need another try. n8n tries again by itself only if the first row is one of them, or if an error is thrown. */
function withFaults(arena: Arena, isFirstBad = false): string[] {
	return numbered(ROWS).map((prompt, row) => {
		const isBad = (isFirstBad && row === 0) || arena.random.fraction() < 0.3;
		const word = NEEDS_ANOTHER_TRY[drawn(arena, 0, NEEDS_ANOTHER_TRY.length - 1)];
		return isBad || row === 3 ? `[[${word}]] ${prompt}` : prompt;
	});
}

async function expectAll(arena: Arena, plan: BatchPlan): Promise<void> {
	arena.asked = ROWS;
	const execution = await arena.run(await arena.batch(plan));
	arena.expect(
		execution.status === 'success',
		`it ended as ${execution.status}: ${errorTextOf(execution)}`,
	);
}
