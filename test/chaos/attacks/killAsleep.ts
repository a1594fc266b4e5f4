/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultAction, FaultRoute } from '../../../sandbox';
import { SheetRun } from '../../e2e/sheetRun';
import type { Arena } from '../arena';
import { drawn, ENDED_BY_HAND, numbered, type DeadlyAttack, type Doomed } from '../attack';
import { GENERATE } from '../batch';

const ROWS = 12;
const CAP = 5;
const REACHED_WITHIN_MS = 150_000;
/** Until all other sheets have reached their moment, too. */
const SLOW_SECONDS = 100;

/** Kill -9 of n8n at each stage of a sheet that sleeps: the same execution delivers all rows, each clip is charged once. */
export const deadlyToSleepers: DeadlyAttack[] = [
	killed('when it has just begun to wait', {
		strike: async (arena, doomed) => {
			Object.assign(doomed, await begin(arena));
			await arena.host.waitForStatus(doomed.executionId, ['waiting'], 60);
		},
	}),
	killed('while nothing is at work', { upTo: async () => {} }),
	killed('in a submit that is not accepted', {
		upTo: standStillIn('submit', { kind: 'reset' }),
	}),
	killed('in a submit that is accepted, but not yet answered', {
		upTo: standStillIn('submit', { kind: 'slow', part: 'headers', seconds: SLOW_SECONDS }),
	}),
	killed('in a status request', {
		upTo: standStillIn('task', { kind: 'slow', part: 'headers', seconds: SLOW_SECONDS }),
	}),
	killed('in a download', {
		upTo: standStillIn('file', { kind: 'slow', part: 'body', seconds: SLOW_SECONDS }),
	}),
	killed('a moment after a callback', {
		upTo: async () => {},
		strike: async (arena, doomed) => {
			await arena.sandbox.finishTask(sheetOf(arena, doomed).openTasks()[0]);
			await delay(drawn(arena, 0, 800));
		},
	}),
	killed('while the rows are delivered', {
		upTo: async (_arena, run) => {
			while (run.openTasks().length > 1) await run.finishNext();
			await run.asleep();
		},
		strike: async (arena, doomed) => {
			const [last] = sheetOf(arena, doomed).openTasks();
			await arena.sandbox.finishTask(last);
			const { ledger } = arena.sandbox;
			const isStored = () => ledger.downloads(last).some(({ ended }) => ended);
			await ledger.waitFor(isStored, REACHED_WITHIN_MS);
			await delay(drawn(arena, 0, 300));
		},
	}),
];

interface Moment {
	/** Without it the sheet is not started before the very last moment. */
	upTo?: (arena: Arena, run: SheetRun) => Promise<void>;
	strike?: (arena: Arena, doomed: Doomed) => Promise<void>;
}

function killed(name: string, { upTo, strike }: Moment): DeadlyAttack {
	return {
		name: `Kill -9 of a sleeper: ${name}`,
		sandbox: ENDED_BY_HAND,
		async begin(arena) {
			arena.asked = ROWS;
			const doomed: Doomed = { workflowId: '', executionId: '' };
			if (upTo) {
				Object.assign(doomed, await begin(arena));
				const run = sheetOf(arena, doomed);
				await arena.host.waitForStatus(doomed.executionId, ['waiting'], 60);
				const ended = drawn(arena, 0, 6);
				for (let count = 0; count < ended; count++) await run.finishNext();
				await run.asleep();
				await upTo(arena, run);
			}
			return { ...doomed, ...(strike && { strike: async (now) => await strike(arena, now) }) };
		},
		async afterwards(arena, doomed) {
			arena.sandbox.faults.clear();
			const run = sheetOf(arena, doomed);
			// Their callbacks find no n8n.
			for (const taskId of run.openTasks().slice(0, drawn(arena, 0, CAP))) {
				await arena.sandbox.finishTask(taskId);
			}
			const end = await run.finishAll();
			const rows = end.jsonOf(GENERATE).map(({ metadata }) => (metadata as { row: number }).row);
			const wanted = Array.from({ length: ROWS }, (_, index) => index + 1);
			arena.expect(end.status === 'success', `it ended as ${end.status}: ${end.error}`);
			arena.expect(String(rows) === String(wanted), `its rows came out as ${rows.join(', ')}`);
			const { length } = arena.sandbox.ledger.accepted();
			arena.expect(length === ROWS, `${length} tasks for ${ROWS} rows`);
		},
	};
}

/** The next round stands still in a request of this kind. */
function standStillIn(route: FaultRoute, action: FaultAction): Moment['upTo'] {
	return async ({ sandbox }, run) => {
		const { ledger, faults } = sandbox;
		const begun = () => (route === 'file' ? ledger.downloads() : ledger.requests(route)).length;
		const before = begun();
		faults.add({ route, action });
		await sandbox.finishTask(run.openTasks()[0]);
		await ledger.waitFor(() => begun() > before, REACHED_WITHIN_MS);
	};
}

async function begin(arena: Arena): Promise<Doomed> {
	const plan = { prompts: numbered(ROWS), options: { concurrency: CAP } };
	const { workflowId, executionId } = await arena.sleeper(plan);
	return { workflowId, executionId };
}

function sheetOf({ host, sandbox }: Arena, { workflowId, executionId }: Doomed): SheetRun {
	return new SheetRun(host, sandbox, workflowId, executionId);
}
