import { drawn, KEEP_GOING, numbered, type Attacks } from '../attack';
import { GENERATE } from '../batch';

const ROWS = 10;
const PRICE_USD = 3 * 0.0672;

/** How the provider may end a clip. Clips that it refuses or fails are not among those that can be delivered. */
export const providerOutcomes: Attacks = {
	'Stuck at 99 %, finished later': {
		sandbox: { concurrency: 0 },
		async perform(run) {
			run.asked = ROWS;
			const prompts = numbered(ROWS, ['stuck:99', 'stuck:0', '', 'stuck:99']);
			const options = { maxWait: 3, concurrency: ROWS };
			const plan = { prompts, node: KEEP_GOING, options, withoutRowKey: true };
			const execution = await run.execute(plan);
			const late = execution.jsonOf(GENERATE).filter(({ status }) => status === 'timedOut');
			expect(late.length).toBeGreaterThanOrEqual(7);
			for (const { error } of late) expect(error).toContain('task_');
			await run.finishTasks();
			await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
		},
	},
	'Unknown statuses and answer shapes': async (run) => {
		const words = [
			'status:in_progress status:warming-up status:queued end-status:succeeded end-status:SUCCESS',
			'url-string output-url task-array task-bare no-cost number-strings no-expiry',
		].flatMap((line) => line.split(' '));
		run.asked = words.length;
		await run.execute({ prompts: numbered(words.length, words) });
	},
	'Failed, cancelled, moderated': async (run) => {
		const failures = [
			'fail',
			...'content empty int nested none'.split(' ').map((how) => `fail:${how}`),
		];
		const words = [...failures, 'cancelled', 'moderation-400', 'moderation-422', 'build-failed'];
		run.asked = 3;
		const prompts = numbered(words.length + 3, [...words, '', '', '']);
		const execution = await run.execute({ prompts, node: KEEP_GOING });
		const errors = execution.jsonOf(GENERATE).filter(({ error }) => error !== undefined);
		expect(errors).toHaveLength(words.length);
	},
	'Failed, then completed': async (run) => {
		run.asked = ROWS;
		const prompts = numbered(ROWS, ['fail-then-complete:400', '']);
		// Made again, such a clip would be bought twice: that a failure is final is the provider's word.
		const execution = await run.execute({ prompts, node: KEEP_GOING, options: { retryFailed: 0 } });
		const { ledger } = run.sandbox;
		await ledger.waitFor(() => ledger.charges().length === ROWS, 20_000);
		await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
	},
	'Completed, but no video yet': async (run) => {
		run.asked = ROWS;
		const prompts = numbered(ROWS, ['', 'slow:400']);
		const executionId = await run.host.run(await run.batch({ prompts, node: KEEP_GOING }));
		const { ledger } = run.sandbox;
		await ledger.waitFor(() => ledger.accepted().length >= 3, 30_000);
		const seeAgain = run.showAs(() => ({ videos: [] }));
		const execution = await run.ended(executionId);
		seeAgain();
		await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
	},
	'Expired links': async (run) => {
		run.asked = ROWS;
		const prompts = numbered(ROWS, ['file-410', '', 'file-410:2']);
		const execution = await run.execute({ prompts, node: KEEP_GOING, withoutRowKey: true });
		const errors = execution.jsonOf(GENERATE).map(({ error }) => String(error ?? ''));
		expect(errors.filter((error) => error.includes('expired'))).toHaveLength(7);
		const again = await run.recover(JSON.stringify(execution.itemsOf(GENERATE)));
		const still = again.jsonOf('Not recovered').map(({ taskId }) => String(taskId));
		await run.recover(still.join('\n'));
	},
	'Files cut off, redirected, 30 MB': async (run) => {
		const words = ['truncated-mp4:2', 'short-mp4', 'file-redirect', 'big-clip:30', 'not-mp4:2'];
		run.asked = ROWS;
		await run.execute({ prompts: numbered(ROWS, words), node: KEEP_GOING });
	},
	'The balance runs out': async (run) => {
		run.asked = ROWS;
		const enoughFor = drawn(run, 1, ROWS - 1);
		const { apiKey: key } = run.sandbox;
		run.sandbox.addKey({ key, balanceUsd: (enoughFor + 0.5) * PRICE_USD });
		const workflowId = await run.batch({ prompts: numbered(ROWS), node: KEEP_GOING });
		const first = (await run.execute(workflowId)).jsonOf(GENERATE);
		const made = first.filter(({ status }) => status === 'completed');
		expect(made).toHaveLength(enoughFor);
		run.sandbox.addKey({ key, balanceUsd: 100 });
		await run.execute(workflowId);
	},
	'Answers around the Idempotency-Key': async (run) => {
		const words = [
			...['idem-in-progress:2', 'idem-unavailable:2', 'indeterminate-after-accept'],
			...['slow-submit:3', 'idem-reused', 'idem-indeterminate', ''],
		];
		run.asked = 5;
		const plan = { prompts: numbered(words.length, words), node: KEEP_GOING };
		const workflowId = await run.batch(plan);
		await run.execute(workflowId);
		const second = (await run.execute(workflowId)).jsonOf(GENERATE);
		expect(second.filter(({ error }) => error !== undefined)).toHaveLength(2);
	},
};
