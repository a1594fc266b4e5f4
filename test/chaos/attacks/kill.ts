/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { AttackRun } from '../attackRun';
import { drawn, numbered, type KillAttack, type StartedBatch } from '../attack';
import { GENERATE, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;
/** No clip ends by itself before n8n is dead. */
const LONG = { generationSeconds: 200_000, concurrency: 0 };

/** Kill -9 of n8n at each environment of a batch; then n8n is started again and the workflow executed again, with the same Row Keys. */
export const kills: KillAttack[] = [
	killed('before anything is accepted', {}, async (run, plan) => {
		run.sandbox.faults.add({ action: 'reset-before-accept', times: 1_000 });
		const batch = await start(run, plan);
		await run.sandbox.ledger.waitFor((ledger) => ledger.submits().length >= 3, GATE_WITHIN_MS);
		return batch;
	}),
	killed('accepted, but not yet answered', LONG, async (run, plan) => {
		const slow = { kind: 'slow', part: 'headers', seconds: 20 } as const;
		run.sandbox.faults.add({ route: 'submit', action: slow, times: ROWS });
		const batch = await start(run, { ...plan, options: { concurrency: ROWS } });
		await accepted(run, drawn(run, 1, ROWS));
		return batch;
	}),
	killed('between the submits', LONG, async (run, plan) => {
		const batch = await start(run, { ...plan, options: { concurrency: drawn(run, 1, 9) } });
		await accepted(run, 1);
		await delay(drawn(run, 0, 400));
		return batch;
	}),
	killed('all submitted', LONG, async (run, plan) => {
		const batch = await start(run, { ...plan, options: { concurrency: ROWS } });
		await accepted(run, ROWS);
		return batch;
	}),
	killed('while downloading', {}, async (run, plan) => {
		const slow = { kind: 'slow', part: 'body', seconds: 20 } as const;
		run.sandbox.faults.add({ route: 'file', action: slow, times: ROWS, probability: 0.7 });
		const batch = await start(run, { ...plan, options: { concurrency: ROWS } });
		const count = drawn(run, 1, 6);
		const isDownloading = () => run.sandbox.ledger.downloads().length >= count;
		await run.sandbox.ledger.waitFor(isDownloading, GATE_WITHIN_MS);
		return batch;
	}),
	{
		name: 'Kill -9: without a Row Key',
		sandbox: LONG,
		async start(run) {
			run.asked = ROWS;
			const plan = { prompts: numbered(ROWS), options: { concurrency: ROWS } };
			const batch = await start(run, { ...plan, withoutRowKey: true });
			await accepted(run, ROWS);
			await delay(500);
			return batch;
		},
		/** A user searches n8n's log for the lines of this execution and pastes them as they are. */
		async afterRestart(run, { executionId }) {
			await run.finishTasks();
			const lines = (await run.log()).split('\n').filter((line) => {
				return (
					line.startsWith('Kling Fast: clip submitted') &&
					line.includes(`execution ${executionId},`)
				);
			});
			await run.recover(lines.join('\n'));
		},
	},
];

function killed(
	moment: string,
	sandbox: KillAttack['sandbox'],
	untilKill: (run: AttackRun, plan: BatchPlan) => Promise<StartedBatch>,
): KillAttack {
	return {
		name: `Kill -9: ${moment}`,
		sandbox: { concurrency: 0, ...sandbox },
		async start(run) {
			run.asked = ROWS;
			const onError = 'continueRegularOutput';
			return await untilKill(run, { prompts: numbered(ROWS), node: { onError } });
		},
		async afterRestart(run, { workflowId }) {
			run.sandbox.faults.clear();
			await run.finishTasks();
			const running = await run.host.run(workflowId);
			const execution = await finishing(run, running);
			const states = execution.jsonOf(GENERATE).map(({ status }) => status);
			run.expect(
				states.length === ROWS && states.every((status) => status === 'completed'),
				`the second run gave ${states.join(', ')}`,
			);
		},
	};
}

/** Ends the clips that the second run submits, which would otherwise take as long as those of the first. */
async function finishing(run: AttackRun, executionId: string) {
	let isOver = false;
	const ended = run.ended(executionId).finally(() => (isOver = true));
	while (!isOver) {
		await run.finishTasks();
		await Promise.race([ended, delay(200)]);
	}
	return await ended;
}

async function start(run: AttackRun, plan: BatchPlan): Promise<StartedBatch> {
	const workflowId = await run.batch({ ...plan, options: { concurrency: 5, ...plan.options } });
	return { workflowId, executionId: await run.host.run(workflowId) };
}

async function accepted(run: AttackRun, count: number): Promise<void> {
	const { ledger } = run.sandbox;
	await ledger.waitFor(() => ledger.accepted().length >= count, GATE_WITHIN_MS);
}
