/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultAction, FaultRoute } from '../../../sandbox';
import { SheetRun } from '../../e2e/sheetRun';
import type { AttackRun } from '../attackRun';
import { drawn, ENDED_BY_HAND, numbered, type KillAttack, type StartedBatch } from '../attack';
import { GENERATE } from '../batch';

const ROWS = 12;
const CAP = 5;
const REACHED_WITHIN_MS = 150_000;
/** Until all other executions are where they should be, too. */
const SLOW_SECONDS = 100;
const SLOW_ANSWER = { kind: 'slow', part: 'headers', seconds: SLOW_SECONDS } as const;
const SLOW_FILE = { kind: 'slow', part: 'body', seconds: SLOW_SECONDS } as const;

/** Kill -9 of n8n at each stage of a waiting execution: the same execution delivers all rows, each clip is charged once. */
const moments: Record<string, KillAttack> = {
	'when it has just begun to wait': killed(undefined, async (run, batch) => {
		Object.assign(batch, await start(run));
		await run.host.waitForStatus(batch.executionId, ['waiting'], 60);
	}),
	'while no round runs': killed(async () => {}),
	'in a submit that is not accepted': killed(hangIn('submit', { kind: 'reset' })),
	'in a submit that is accepted, but not yet answered': killed(hangIn('submit', SLOW_ANSWER)),
	'in a status request': killed(hangIn('task', SLOW_ANSWER)),
	'in a download': killed(hangIn('file', SLOW_FILE)),
	'a moment after a callback': killed(
		async () => {},
		async (run, batch) => {
			await run.sandbox.finishTask(sheetOf(run, batch).openTasks()[0]);
			await delay(drawn(run, 0, 800));
		},
	),
	'while the rows are delivered': killed(
		async (_run, sheet) => {
			while (sheet.openTasks().length > 1) await sheet.finishNext();
			await sheet.asleep();
		},
		async (run, batch) => {
			const [last] = sheetOf(run, batch).openTasks();
			await run.sandbox.finishTask(last);
			const { ledger } = run.sandbox;
			const isStored = () => ledger.downloads(last).some(({ ended }) => ended);
			await ledger.waitFor(isStored, REACHED_WITHIN_MS);
			await delay(drawn(run, 0, 300));
		},
	),
};

/** By their whole names. */
export const killsWhileWaiting = Object.fromEntries(
	Object.entries(moments).map(([moment, attack]) => [`Kill -9 while waiting: ${moment}`, attack]),
);

/** @param upTo without it the workflow is started only by `beforeKill` */
function killed(
	upTo?: (run: AttackRun, sheet: SheetRun) => Promise<void>,
	beforeKill?: (run: AttackRun, batch: StartedBatch) => Promise<void>,
): KillAttack {
	return {
		sandbox: ENDED_BY_HAND,
		async start(run) {
			run.asked = ROWS;
			const batch = upTo ? await start(run) : { workflowId: '', executionId: '' };
			const sheet = sheetOf(run, batch);
			if (upTo) {
				await run.host.waitForStatus(batch.executionId, ['waiting'], 60);
				const ended = drawn(run, 0, 6);
				for (let count = 0; count < ended; count++) await sheet.finishNext();
				await sheet.asleep();
				await upTo(run, sheet);
			}
			return { ...batch, beforeKill: async (now) => await beforeKill?.(run, now) };
		},
		async afterRestart(run, batch) {
			run.sandbox.faults.clear();
			const sheet = sheetOf(run, batch);
			// Their callbacks came while n8n was down.
			for (const taskId of sheet.openTasks().slice(0, drawn(run, 0, CAP))) {
				await run.sandbox.finishTask(taskId);
			}
			const end = await sheet.finishAll();
			expect([end.status, end.error]).toEqual(['success', undefined]);
			const rows = Array.from({ length: ROWS }, (_, index) => ({ row: index + 1 }));
			expect(end.jsonOf(GENERATE).map(({ metadata }) => metadata)).toEqual(rows);
			expect(run.sandbox.ledger.accepted()).toHaveLength(ROWS);
		},
	};
}

/** The next round hangs in a request of this kind. */
function hangIn(route: FaultRoute, action: FaultAction) {
	return async ({ sandbox }: AttackRun, sheet: SheetRun) => {
		const { ledger, faults } = sandbox;
		const begun = () => (route === 'file' ? ledger.downloads() : ledger.requests(route)).length;
		const before = begun();
		faults.add({ route, action });
		await sandbox.finishTask(sheet.openTasks()[0]);
		await ledger.waitFor(() => begun() > before, REACHED_WITHIN_MS);
	};
}

async function start(run: AttackRun): Promise<StartedBatch> {
	const plan = { prompts: numbered(ROWS), options: { concurrency: CAP } };
	const { workflowId, executionId } = await run.startWaiting(plan);
	return { workflowId, executionId };
}

function sheetOf(
	{ host, sandbox }: AttackRun,
	{ workflowId, executionId }: StartedBatch,
): SheetRun {
	return new SheetRun(host, sandbox, workflowId, executionId);
}
