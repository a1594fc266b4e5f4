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

/** Kill -9 of n8n at each stage of a waiting execution: the same execution delivers all rows, each clip is charged once. */
export const killsWhileWaiting: KillAttack[] = [
	killed('when it has just begun to wait', {
		beforeKill: async (run, batch) => {
			Object.assign(batch, await start(run));
			await run.host.waitForStatus(batch.executionId, ['waiting'], 60);
		},
	}),
	killed('while no round runs', { upTo: async () => {} }),
	killed('in a submit that is not accepted', {
		upTo: hangIn('submit', { kind: 'reset' }),
	}),
	killed('in a submit that is accepted, but not yet answered', {
		upTo: hangIn('submit', { kind: 'slow', part: 'headers', seconds: SLOW_SECONDS }),
	}),
	killed('in a status request', {
		upTo: hangIn('task', { kind: 'slow', part: 'headers', seconds: SLOW_SECONDS }),
	}),
	killed('in a download', {
		upTo: hangIn('file', { kind: 'slow', part: 'body', seconds: SLOW_SECONDS }),
	}),
	killed('a moment after a callback', {
		upTo: async () => {},
		beforeKill: async (run, batch) => {
			await run.sandbox.finishTask(sheetOf(run, batch).openTasks()[0]);
			await delay(drawn(run, 0, 800));
		},
	}),
	killed('while the rows are delivered', {
		upTo: async (_run, sheet) => {
			while (sheet.openTasks().length > 1) await sheet.finishNext();
			await sheet.asleep();
		},
		beforeKill: async (run, batch) => {
			const [last] = sheetOf(run, batch).openTasks();
			await run.sandbox.finishTask(last);
			const { ledger } = run.sandbox;
			const isStored = () => ledger.downloads(last).some(({ ended }) => ended);
			await ledger.waitFor(isStored, REACHED_WITHIN_MS);
			await delay(drawn(run, 0, 300));
		},
	}),
];

interface KillPoint {
	/** Without it the workflow is started only by `beforeKill`. */
	upTo?: (run: AttackRun, sheet: SheetRun) => Promise<void>;
	beforeKill?: (run: AttackRun, batch: StartedBatch) => Promise<void>;
}

function killed(name: string, { upTo, beforeKill }: KillPoint): KillAttack {
	return {
		name: `Kill -9 while waiting: ${name}`,
		sandbox: ENDED_BY_HAND,
		async start(run) {
			run.asked = ROWS;
			const batch: StartedBatch = { workflowId: '', executionId: '' };
			if (upTo) {
				Object.assign(batch, await start(run));
				const sheet = sheetOf(run, batch);
				await run.host.waitForStatus(batch.executionId, ['waiting'], 60);
				const ended = drawn(run, 0, 6);
				for (let count = 0; count < ended; count++) await sheet.finishNext();
				await sheet.asleep();
				await upTo(run, sheet);
			}
			return {
				...batch,
				...(beforeKill && { beforeKill: async (now) => await beforeKill(run, now) }),
			};
		},
		async afterRestart(run, batch) {
			run.sandbox.faults.clear();
			const sheet = sheetOf(run, batch);
			// Their callbacks came while n8n was down.
			for (const taskId of sheet.openTasks().slice(0, drawn(run, 0, CAP))) {
				await run.sandbox.finishTask(taskId);
			}
			const end = await sheet.finishAll();
			const rows = end.jsonOf(GENERATE).map(({ metadata }) => (metadata as { row: number }).row);
			const wanted = Array.from({ length: ROWS }, (_, index) => index + 1);
			run.expect(end.status === 'success', `it ended as ${end.status}: ${end.error}`);
			run.expect(String(rows) === String(wanted), `its rows came out as ${rows.join(', ')}`);
			const { length } = run.sandbox.ledger.accepted();
			run.expect(length === ROWS, `${length} tasks for ${ROWS} rows`);
		},
	};
}

/** The next round hangs in a request of this kind. */
function hangIn(route: FaultRoute, action: FaultAction): KillPoint['upTo'] {
	return async ({ sandbox }, sheet) => {
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
