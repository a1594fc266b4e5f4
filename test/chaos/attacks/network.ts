import type { AttackRun } from '../attackRun';
import { drawn, ENDED_BY_HAND, numbered, some, type Attack } from '../attack';
import { GENERATE, type BatchPlan } from '../batch';

const ROWS = 10;
/** Two faults a row may each cost a run. */
const MAX_RUNS = 3;
const KEEP_GOING: BatchPlan['node'] = { onError: 'continueRegularOutput' };

/** What a connection or a gateway does to one request, once or a few times per row. */
const FAULTS = [
	...[
		'reset-before-accept:2',
		'reset-after-accept:2',
		'half-after-accept',
		'html-502:2',
		'html-200',
	],
	...[
		'500-after-accept',
		'502-after-accept:2',
		'503-after-accept',
		'504-after-accept',
		'200-error',
	],
	...['408', '429:2', '429-retry-after:2', '503:2', 'overloaded', 'no-channel', 'slow-submit:2'],
	...['task-reset:2', 'task-half', 'task-html:2', 'task-200-error', 'task-slow:2', 'task-500'],
	...['task-unknown', 'task-429:2', 'file-reset', 'file-slow:2', 'file-503', 'truncated-mp4'],
	...['short-mp4', 'not-mp4', 'html-file', 'octet-stream'],
];

/** Whatever the network and gateways do, a clip is paid for once and delivered, at the latest in the next run. */
export const network: Attack[] = [
	{
		name: 'Network: a fault a row',
		async perform(run) {
			const faults = some(run, ROWS, FAULTS);
			const prompts = faults.map((word, index) => `[[${word}]] A paper boat ${index + 1}`);
			await runUntilDone(run, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Network: two faults a row',
		async perform(run) {
			const prompts = numbered(ROWS).map((prompt) => {
				const words = some(run, 2, FAULTS);
				return `${words.map((word) => `[[${word}]]`).join('')} ${prompt}`;
			});
			await runUntilDone(run, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Network: 30 % 429 and 503',
		async perform(run) {
			const { faults } = run.sandbox;
			for (const route of ['submit', 'task', 'file'] as const) {
				for (const action of ['429', '503']) {
					faults.add({ route, action, probability: 0.09 });
					faults.add({ route, action: limited(Number(action), 1), probability: 0.06 });
				}
			}
			await runUntilDone(run, { prompts: numbered(ROWS), node: KEEP_GOING }, () => faults.clear());
		},
	},
	{
		name: 'Network: Retry-After of a day',
		async perform(run) {
			const words = ['429-retry-after:86400', '429-retry-after:86400', '503:1'];
			const prompts = numbered(ROWS).map((prompt, index) =>
				index < words.length ? `[[${words[index]}]] ${prompt}` : prompt,
			);
			await runUntilDone(run, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Network: faults while waiting',
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			const words = ['reset-after-accept', '503:1', 'task-502', 'task-reset', 'file-reset'];
			const callbacks = ['duplicate-callback:3', 'forged-callback', 'malformed-callback'];
			const prompts = numbered(ROWS).map((prompt) => {
				const [word] = some(run, 1, words);
				const [callback] = some(run, 1, callbacks);
				return `[[${word}]][[${callback}]] ${prompt}`;
			});
			run.asked = ROWS;
			const options = { concurrency: drawn(run, ROWS / 2, ROWS) };
			const execution = await (await run.startWaiting({ prompts, options })).finishAll();
			run.expect(
				execution.jsonOf(GENERATE).length === ROWS,
				`${execution.jsonOf(GENERATE).length} items for ${ROWS} rows`,
			);
		},
	},
];

/** Runs the batch again with the same Row Keys while a row is left, as the sentences of the errors say. */
async function runUntilDone(run: AttackRun, plan: BatchPlan, between = () => {}): Promise<void> {
	const rows = plan.prompts.length;
	run.asked = rows;
	const workflowId = await run.batch(plan);
	let left: string[] = [];
	for (let count = 1; count <= MAX_RUNS; count++) {
		const items = (await run.execute(workflowId)).jsonOf(GENERATE);
		run.expect(items.length === rows, `${items.length} items for ${rows} rows`);
		left = items.flatMap(({ error }) => (error === undefined ? [] : [String(error)]));
		if (left.length === 0) return;
		between();
	}
	for (const error of left) run.expect(false, `still an error: ${error}`);
}

function limited(status: number, retryAfterSeconds: number) {
	const body = {
		error: { code: status, message: 'Please try again later', type: 'rate_limit_error' },
	};
	const headers = { 'Retry-After': String(retryAfterSeconds) };
	return { kind: 'answer', status, body, headers } as const;
}
