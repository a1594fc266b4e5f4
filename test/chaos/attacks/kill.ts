/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena } from '../arena';
import { drawn, numbered, type DeadlyAttack, type Doomed } from '../attack';
import { GENERATE, type BatchPlan } from '../batch';

const ROWS = 10;
const GATE_WITHIN_MS = 60_000;
/** No clip ends by itself before n8n is dead. */
const LONG = { generationSeconds: 200_000, concurrency: 0 };

/** Kill -9 of n8n at each stage of a batch; then n8n is started again and the workflow executed again, with the same Row Keys. */
export const deadlyAttacks: DeadlyAttack[] = [
	killed('before anything is accepted', {}, async (arena, plan) => {
		arena.sandbox.faults.add({ action: 'reset-before-accept', times: 1_000 });
		const doomed = await begin(arena, plan);
		await arena.sandbox.ledger.waitFor((ledger) => ledger.submits().length >= 3, GATE_WITHIN_MS);
		return doomed;
	}),
	killed('accepted, but not yet answered', LONG, async (arena, plan) => {
		const slow = { kind: 'slow', part: 'headers', seconds: 20 } as const;
		arena.sandbox.faults.add({ route: 'submit', action: slow, times: ROWS });
		const doomed = await begin(arena, { ...plan, options: { concurrency: ROWS } });
		await accepted(arena, drawn(arena, 1, ROWS));
		return doomed;
	}),
	killed('between the submits', LONG, async (arena, plan) => {
		const doomed = await begin(arena, { ...plan, options: { concurrency: drawn(arena, 1, 9) } });
		await accepted(arena, 1);
		await delay(drawn(arena, 0, 400));
		return doomed;
	}),
	killed('all submitted', LONG, async (arena, plan) => {
		const doomed = await begin(arena, { ...plan, options: { concurrency: ROWS } });
		await accepted(arena, ROWS);
		return doomed;
	}),
	killed('while downloading', {}, async (arena, plan) => {
		const slow = { kind: 'slow', part: 'body', seconds: 20 } as const;
		arena.sandbox.faults.add({ route: 'file', action: slow, times: ROWS, probability: 0.7 });
		const doomed = await begin(arena, { ...plan, options: { concurrency: ROWS } });
		const begun = drawn(arena, 1, 6);
		const isDownloading = () => arena.sandbox.ledger.downloads().length >= begun;
		await arena.sandbox.ledger.waitFor(isDownloading, GATE_WITHIN_MS);
		return doomed;
	}),
	{
		name: 'Kill -9: without a Row Key',
		sandbox: LONG,
		async begin(arena) {
			arena.asked = ROWS;
			const plan = { prompts: numbered(ROWS), options: { concurrency: ROWS } };
			const doomed = await begin(arena, { ...plan, withoutRowKey: true });
			await accepted(arena, ROWS);
			await delay(500);
			return doomed;
		},
		/** A person searches n8n's log for the lines of this execution and pastes them as they are. */
		async afterwards(arena, { executionId }) {
			await arena.finishTasks();
			const lines = (await arena.log()).split('\n').filter((line) => {
				return (
					line.startsWith('Kling Fast: clip submitted') &&
					line.includes(`execution ${executionId},`)
				);
			});
			await arena.recover(lines.join('\n'));
		},
	},
];

function killed(
	moment: string,
	sandbox: DeadlyAttack['sandbox'],
	upToTheMoment: (arena: Arena, plan: BatchPlan) => Promise<Doomed>,
): DeadlyAttack {
	return {
		name: `Kill -9: ${moment}`,
		sandbox: { concurrency: 0, ...sandbox },
		async begin(arena) {
			arena.asked = ROWS;
			const onError = 'continueRegularOutput';
			return await upToTheMoment(arena, { prompts: numbered(ROWS), node: { onError } });
		},
		async afterwards(arena, { workflowId }) {
			arena.sandbox.faults.clear();
			await arena.finishTasks();
			const running = await arena.host.run(workflowId);
			const execution = await finishing(arena, running);
			const states = execution.jsonOf(GENERATE).map(({ status }) => status);
			arena.expect(
				states.length === ROWS && states.every((status) => status === 'completed'),
				`the second run gave ${states.join(', ')}`,
			);
		},
	};
}

/** Rows that the second run has to buy would take as long as those of the first: they are ended as they come. */
async function finishing(arena: Arena, executionId: string) {
	let isOver = false;
	const ended = arena.ended(executionId).finally(() => (isOver = true));
	while (!isOver) {
		await arena.finishTasks();
		await Promise.race([ended, delay(200)]);
	}
	return await ended;
}

async function begin(arena: Arena, plan: BatchPlan): Promise<Doomed> {
	const workflowId = await arena.batch({ ...plan, options: { concurrency: 5, ...plan.options } });
	return { workflowId, executionId: await arena.host.run(workflowId) };
}

async function accepted(arena: Arena, count: number): Promise<void> {
	const { ledger } = arena.sandbox;
	await ledger.waitFor(() => ledger.accepted().length >= count, GATE_WITHIN_MS);
}
