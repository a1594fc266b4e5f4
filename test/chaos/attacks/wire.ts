import type { Arena } from '../arena';
import { drawn, ENDED_BY_HAND, numbered, some, type Attack } from '../attack';
import { GENERATE, type BatchPlan } from '../batch';

const ROWS = 10;
/** Two faults a row may each cost a run. */
const MAX_RUNS = 3;
const KEEP_GOING: BatchPlan['node'] = { onError: 'continueRegularOutput' };

/** What a connection or a gateway does to one request, each of it once or a few times a row. */
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

/** The network and the gateways: whatever they do, a clip is bought once and arrives, at the latest in the next run. */
export const wire: Attack[] = [
	{
		name: 'Wire: a fault a row',
		async run(arena) {
			const faults = some(arena, ROWS, FAULTS);
			const prompts = faults.map((word, index) => `[[${word}]] A paper boat ${index + 1}`);
			await runUntilDone(arena, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Wire: two faults a row',
		async run(arena) {
			const prompts = numbered(ROWS).map((prompt) => {
				const words = some(arena, 2, FAULTS);
				return `${words.map((word) => `[[${word}]]`).join('')} ${prompt}`;
			});
			await runUntilDone(arena, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Wire: 30 % 429 and 503',
		async run(arena) {
			const { faults } = arena.sandbox;
			for (const route of ['submit', 'task', 'file'] as const) {
				for (const action of ['429', '503']) {
					faults.add({ route, action, probability: 0.09 });
					faults.add({ route, action: limited(Number(action), 1), probability: 0.06 });
				}
			}
			await runUntilDone(arena, { prompts: numbered(ROWS), node: KEEP_GOING }, () =>
				faults.clear(),
			);
		},
	},
	{
		name: 'Wire: Retry-After of a day',
		async run(arena) {
			const words = ['429-retry-after:86400', '429-retry-after:86400', '503:1'];
			const prompts = numbered(ROWS).map((prompt, index) =>
				index < words.length ? `[[${words[index]}]] ${prompt}` : prompt,
			);
			await runUntilDone(arena, { prompts, node: KEEP_GOING });
		},
	},
	{
		name: 'Wire: asleep under faults',
		sandbox: ENDED_BY_HAND,
		async run(arena) {
			const words = ['reset-after-accept', '503:1', 'task-502', 'task-reset', 'file-reset'];
			const callbacks = ['duplicate-callback:3', 'forged-callback', 'malformed-callback'];
			const prompts = numbered(ROWS).map((prompt) => {
				const [word] = some(arena, 1, words);
				const [callback] = some(arena, 1, callbacks);
				return `[[${word}]][[${callback}]] ${prompt}`;
			});
			arena.asked = ROWS;
			const options = { concurrency: drawn(arena, ROWS / 2, ROWS) };
			const execution = await (await arena.sleeper({ prompts, options })).finishAll();
			arena.expect(
				execution.jsonOf(GENERATE).length === ROWS,
				`${execution.jsonOf(GENERATE).length} items for ${ROWS} rows`,
			);
		},
	},
];

/** Runs the batch again with the same Row Keys while a row is left, as the sentences of the errors say. */
async function runUntilDone(arena: Arena, plan: BatchPlan, between = () => {}): Promise<void> {
	const rows = plan.prompts.length;
	arena.asked = rows;
	const workflowId = await arena.batch(plan);
	let left: string[] = [];
	for (let runs = 1; runs <= MAX_RUNS; runs++) {
		const items = (await arena.run(workflowId)).jsonOf(GENERATE);
		arena.expect(items.length === rows, `${items.length} items for ${rows} rows`);
		left = items.flatMap(({ error }) => (error === undefined ? [] : [String(error)]));
		if (left.length === 0) return;
		between();
	}
	for (const error of left) arena.expect(false, `still an error: ${error}`);
}

function limited(status: number, retryAfterSeconds: number) {
	const body = {
		error: { code: status, message: 'Please try again later', type: 'rate_limit_error' },
	};
	const headers = { 'Retry-After': String(retryAfterSeconds) };
	return { kind: 'answer', status, body, headers } as const;
}
