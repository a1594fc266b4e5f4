import type { INode } from 'n8n-workflow';
import { drawn, numbered, type Attack } from '../attack';
import { GENERATE } from '../batch';

const ROWS = 10;
const KEEP_GOING: Partial<INode> = { onError: 'continueRegularOutput' };
const PRICE_USD = 3 * 0.0672;

/** How the provider may end a clip. Clips that it refuses or fails are not among those that can be delivered. */
export const providerOutcomes: Attack[] = [
	{
		name: 'Stuck at 99 %, finished later',
		sandbox: { concurrency: 0 },
		async perform(run) {
			const words = ['stuck:99', 'stuck:0', '', 'stuck:99'];
			const prompts = rowsWith(words);
			run.asked = ROWS;
			const plan = { prompts, node: KEEP_GOING, options: { maxWait: 3, concurrency: ROWS } };
			const execution = await run.execute(await run.batch({ ...plan, withoutRowKey: true }));
			const late = execution.jsonOf(GENERATE).filter(({ status }) => status === 'timedOut');
			run.expect(late.length >= 7, `${late.length} rows timed out`);
			run.expect(
				late.every(({ error }) => String(error).includes('task_')),
				'a timeout without id',
			);
			await run.finishTasks();
			await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
		},
	},
	{
		name: 'Unknown statuses and answer shapes',
		async perform(run) {
			const words = [
				...['status:in_progress', 'status:warming-up', 'status:queued', 'end-status:succeeded'],
				...['url-string', 'output-url', 'task-array', 'task-bare', 'no-cost', 'number-strings'],
				...['no-expiry', 'end-status:SUCCESS'],
			];
			run.asked = words.length;
			const prompts = words.map((word, row) => `[[${word}]] A paper boat ${row + 1}`);
			await run.execute(await run.batch({ prompts }));
		},
	},
	{
		name: 'Failed, cancelled, moderated',
		async perform(run) {
			const words = [
				...[
					'fail',
					'fail:content',
					'fail:empty',
					'fail:int',
					'fail:nested',
					'fail:none',
					'cancelled',
				],
				...['moderation-400', 'moderation-422', 'build-failed', '', '', ''],
			];
			run.asked = 3;
			const prompts = words.map((word, row) => `[[${word}]] A paper boat ${row + 1}`);
			const execution = await run.execute(await run.batch({ prompts, node: KEEP_GOING }));
			const errors = execution.jsonOf(GENERATE).filter(({ error }) => error !== undefined);
			run.expect(errors.length === words.length - 3, `${errors.length} rows with an error`);
		},
	},
	{
		name: 'Failed, then completed',
		async perform(run) {
			run.asked = ROWS;
			const prompts = rowsWith(['fail-then-complete:400', '']);
			// Made again, such a clip would be bought twice: that a failure is final is the provider's word.
			const plan = { prompts, node: KEEP_GOING, options: { retryFailed: 0 } };
			const execution = await run.execute(await run.batch(plan));
			const { ledger } = run.sandbox;
			await ledger.waitFor(() => ledger.charges().length === ROWS, 20_000);
			await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
		},
	},
	{
		name: 'Completed, but no video yet',
		async perform(run) {
			run.asked = ROWS;
			const workflowId = await run.batch({
				prompts: rowsWith(['', 'slow:400']),
				node: KEEP_GOING,
			});
			const executionId = await run.host.run(workflowId);
			const { ledger, faults } = run.sandbox;
			await ledger.waitFor(() => ledger.accepted().length >= 3, 30_000);
			const empty = ledger.accepted().map(({ taskId = '' }) => {
				const data = { id: taskId, status: 'completed', result: { videos: [] } };
				const body = { code: 200, data: { ...data, progress: 100 } };
				const action = { kind: 'answer', status: 200, body } as const;
				return faults.add({ route: 'task', action, when: { taskId } });
			});
			const execution = await run.ended(executionId);
			for (const id of empty) faults.remove(id);
			await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
		},
	},
	{
		name: 'Expired links',
		async perform(run) {
			run.asked = ROWS;
			const prompts = rowsWith(['file-410', '', 'file-410:2']);
			const plan = { prompts, node: KEEP_GOING, withoutRowKey: true };
			const execution = await run.execute(await run.batch(plan));
			const errors = execution.jsonOf(GENERATE).map(({ error }) => String(error ?? ''));
			const expired = errors.filter((error) => error.includes('expired'));
			run.expect(expired.length === 7, `${expired.length} rows say that the link has expired`);
			const again = await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
			const still = again.jsonOf('Not recovered').map(({ taskId }) => String(taskId));
			await run.recover(still.join('\n'));
		},
	},
	{
		name: 'Files cut off, redirected, 30 MB',
		async perform(run) {
			const words = ['truncated-mp4:2', 'short-mp4', 'file-redirect', 'big-clip:30', 'not-mp4:2'];
			run.asked = ROWS;
			await run.execute(await run.batch({ prompts: rowsWith(words), node: KEEP_GOING }));
		},
	},
	{
		name: 'The balance runs out',
		async perform(run) {
			run.asked = ROWS;
			const enoughFor = drawn(run, 1, ROWS - 1);
			const { apiKey: key } = run.sandbox;
			run.sandbox.addKey({ key, balanceUsd: (enoughFor + 0.5) * PRICE_USD });
			const workflowId = await run.batch({ prompts: numbered(ROWS), node: KEEP_GOING });
			const first = (await run.execute(workflowId)).jsonOf(GENERATE);
			const made = first.filter(({ status }) => status === 'completed').length;
			run.expect(made === enoughFor, `${made} clips for the money of ${enoughFor}`);
			run.sandbox.addKey({ key, balanceUsd: 100 });
			await run.execute(workflowId);
		},
	},
	{
		name: 'Answers around the Idempotency-Key',
		async perform(run) {
			const words = [
				...[
					'idem-in-progress:2',
					'idem-unavailable:2',
					'indeterminate-after-accept',
					'slow-submit:3',
				],
				...['idem-reused', 'idem-indeterminate', ''],
			];
			run.asked = 5;
			const prompts = words.map((word, row) => `[[${word}]] A paper boat ${row + 1}`);
			const workflowId = await run.batch({ prompts, node: KEEP_GOING });
			await run.execute(workflowId);
			const second = (await run.execute(workflowId)).jsonOf(GENERATE);
			const errors = second.filter(({ error }) => error !== undefined);
			run.expect(errors.length === 2, `${errors.length} rows with an error in the second run`);
		},
	},
];

/** Ten rows, the words in turn. */
function rowsWith(words: string[]): string[] {
	return numbered(ROWS).map((prompt, row) => {
		const word = words[row % words.length];
		return word === '' ? prompt : `[[${word}]] ${prompt}`;
	});
}
