/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { AttackRun } from '../attackRun';
import {
	drawn,
	ENDED_BY_HAND,
	KEEP_GOING,
	numbered,
	type KillAttack,
	type StartedBatch,
} from '../attack';
import { GENERATE, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;

/** Kill -9 of n8n at each stage of a batch; then n8n is started again and the workflow executed again, with the same Row Keys. */
export const kills: Record<string, KillAttack> = {
	'Kill -9: before anything is accepted': killed({ concurrency: 0 }, async (run, plan) => {
		run.sandbox.faults.add({ action: 'reset-before-accept', times: 1_000 });
		const batch = await start(run, { ...plan, options: { concurrency: 5 } });
		await run.sandbox.ledger.waitFor((ledger) => ledger.submits().length >= 3, GATE_WITHIN_MS);
		return batch;
	}),
	'Kill -9: accepted, but not yet answered': killed(ENDED_BY_HAND, async (run, plan) => {
		const slow = { kind: 'slow', part: 'headers', seconds: 20 } as const;
		run.sandbox.faults.add({ route: 'submit', action: slow, times: ROWS });
		return await started(run, plan, drawn(run, 1, ROWS));
	}),
	'Kill -9: between the submits': killed(ENDED_BY_HAND, async (run, plan) => {
		const options = { concurrency: drawn(run, 1, 9) };
		const batch = await started(run, { ...plan, options }, 1);
		await delay(drawn(run, 0, 400));
		return batch;
	}),
	'Kill -9: all submitted': killed(ENDED_BY_HAND, async (run, plan) => {
		return await started(run, plan, ROWS);
	}),
	'Kill -9: while downloading': killed({ concurrency: 0 }, async (run, plan) => {
		const slow = { kind: 'slow', part: 'body', seconds: 20 } as const;
		run.sandbox.faults.add({ route: 'file', action: slow, times: ROWS, probability: 0.7 });
		const batch = await start(run, plan);
		const count = drawn(run, 1, 6);
		const isDownloading = () => run.sandbox.ledger.downloads().length >= count;
		await run.sandbox.ledger.waitFor(isDownloading, GATE_WITHIN_MS);
		return batch;
	}),
	'Kill -9: without a Row Key': {
		sandbox: ENDED_BY_HAND,
		async start(run) {
			run.asked = ROWS;
			const batch = await started(run, { prompts: numbered(ROWS), withoutRowKey: true }, ROWS);
			await delay(500);
			return batch;
		},
		/** A user searches n8n's log for the lines of this execution and pastes them as they are. */
		async afterRestart(run, { executionId }) {
			await run.finishTasks();
			const line = new RegExp(`^Kling Fast: clip submitted.*execution ${executionId},.*$`, 'gm');
			await run.recover(((await run.log()).match(line) ?? []).join('\n'));
		},
	},
};

function killed(
	sandbox: KillAttack['sandbox'],
	untilKill: (run: AttackRun, plan: BatchPlan) => Promise<StartedBatch>,
): KillAttack {
	return {
		sandbox,
		async start(run) {
			run.asked = ROWS;
			return await untilKill(run, { prompts: numbered(ROWS), node: KEEP_GOING });
		},
		async afterRestart(run, { workflowId }) {
			run.sandbox.faults.clear();
			await run.finishTasks();
			const execution = await run.executeAndFinish(workflowId);
			const states = execution.jsonOf(GENERATE).map(({ status }) => status);
			expect(states).toEqual(Array(ROWS).fill('completed'));
		},
	};
}

async function start(run: AttackRun, plan: BatchPlan): Promise<StartedBatch> {
	const workflowId = await run.batch({ options: { concurrency: ROWS }, ...plan });
	return { workflowId, executionId: await run.host.run(workflowId) };
}

/** Resolves when so many submits are accepted. */
async function started(run: AttackRun, plan: BatchPlan, count: number): Promise<StartedBatch> {
	const batch = await start(run, plan);
	const { ledger } = run.sandbox;
	await ledger.waitFor(() => ledger.accepted().length >= count, GATE_WITHIN_MS);
	return batch;
}
