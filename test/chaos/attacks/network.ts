import type { AttackRun } from '../attackRun';
import { drawn, ENDED_BY_HAND, KEEP_GOING, numbered, some, type Attacks } from '../attack';
import { GENERATE } from '../batch';

const ROWS = 10;
/** Two faults a row may each cost a run. */
const MAX_RUNS = 3;

/** What a connection or a gateway does to one request, once or a few times per row. */
const FAULTS = [
	'reset-before-accept:2 reset-after-accept:2 half-after-accept html-502:2 html-200 500-after-accept',
	'502-after-accept:2 503-after-accept 504-after-accept 200-error 408 429:2 429-retry-after:2 503:2',
	'overloaded no-channel slow-submit:2 task-reset:2 task-half task-html:2 task-200-error task-slow:2',
	'task-500 task-unknown task-429:2 file-reset file-slow:2 file-503 truncated-mp4 short-mp4 not-mp4',
	'html-file octet-stream',
].flatMap((words) => words.split(' '));

/** Whatever the network and gateways do, a clip is paid for once and delivered, at the latest in the next run. */
export const network: Attacks = {
	'Network: a fault a row': async (run) => {
		await runUntilDone(run, some(run, ROWS, FAULTS));
	},
	'Network: two faults a row': async (run) => {
		const pair = () => some(run, 2, FAULTS).join(']][[');
		await runUntilDone(run, Array.from({ length: ROWS }, pair));
	},
	'Network: 30 % 429 and 503': async (run) => {
		const { faults } = run.sandbox;
		for (const route of ['submit', 'task', 'file'] as const) {
			for (const action of ['429', '503']) {
				faults.add({ route, action, probability: 0.09 });
				faults.add({ route, action: limited(Number(action), 1), probability: 0.06 });
			}
		}
		await runUntilDone(run, [''], () => faults.clear());
	},
	'Network: Retry-After of a day': async (run) => {
		const words = ['429-retry-after:86400', '429-retry-after:86400', '503:1'];
		await runUntilDone(run, [...words, ...Array<string>(ROWS - words.length).fill('')]);
	},
	'Network: faults while waiting': {
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			const words = ['reset-after-accept', '503:1', 'task-502', 'task-reset', 'file-reset'];
			const callbacks = ['duplicate-callback:3', 'forged-callback', 'malformed-callback'];
			const pair = () => [...some(run, 1, words), ...some(run, 1, callbacks)].join(']][[');
			const prompts = numbered(ROWS, Array.from({ length: ROWS }, pair));
			run.asked = ROWS;
			const options = { concurrency: drawn(run, ROWS / 2, ROWS) };
			const execution = await (await run.startWaiting({ prompts, options })).finishAll();
			expect(execution.jsonOf(GENERATE)).toHaveLength(ROWS);
		},
	},
};

/** Runs the batch again with the same Row Keys while a row is left, as the sentences of the errors say. */
async function runUntilDone(run: AttackRun, words: string[], between = () => {}): Promise<void> {
	run.asked = ROWS;
	const workflowId = await run.batch({ prompts: numbered(ROWS, words), node: KEEP_GOING });
	let left: unknown[] = [];
	for (let count = 1; count <= MAX_RUNS; count++) {
		const items = (await run.execute(workflowId)).jsonOf(GENERATE);
		expect(items).toHaveLength(ROWS);
		left = items.flatMap(({ error }) => (error === undefined ? [] : [error]));
		if (left.length === 0) return;
		between();
	}
	expect(left).toEqual([]);
}

function limited(status: number, retryAfterSeconds: number) {
	const error = { code: status, message: 'Please try again later', type: 'rate_limit_error' };
	const headers = { 'Retry-After': String(retryAfterSeconds) };
	return { kind: 'answer', status, body: { error }, headers } as const;
}
