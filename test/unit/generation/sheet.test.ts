import fc from 'fast-check';
import type { Sheet } from '../../../nodes/KlingFast/generation/sheet';
import { SheetSimulation, type SheetPlan } from './sheetSimulation';

const plans = fc.record<SheetPlan>({
	seed: fc.integer({ min: 1, max: 1_000_000 }),
	rows: fc.integer({ min: 1, max: 40 }),
	concurrency: fc.integer({ min: 1, max: 8 }),
	isCalledBack: fc.boolean(),
	faults: fc.constantFrom(0, 0.1, 0.3),
	crashes: fc.constantFrom(0, 0.01, 0.03),
	failures: fc.constantFrom(0, 0.2, 0.6),
	retryFailed: fc.constantFrom(0, 1, 3),
});

const promptOf = (body: unknown) => String(JSON.parse(String(body)).prompt);

/** Each row is charged once at most, and each key has one body. A clip that has failed costs nothing. */
function expectChargedOnce(simulation: SheetSimulation): void {
	const { api } = simulation;
	const charged = api.tasks
		.filter((_, number) => !simulation.fails(number))
		.map(({ body }) => promptOf(body));
	expect(new Set(charged).size).toBe(charged.length);
	const bytes = new Map<string, unknown>();
	for (const { key = '', body } of api.submits) {
		expect(bytes.get(key) ?? body).toBe(body);
		bytes.set(key, body);
	}
}

/** N rows in order, each of them over, with all that the provider knows of it. */
function expectDelivered({ api }: SheetSimulation, { rows }: Sheet, count: number): void {
	expect(rows.map(({ outcome }) => outcome.itemIndex)).toEqual(
		Array.from({ length: count }, (_, index) => index),
	);
	const bought = new Map(api.tasks.map(({ id, body }) => [promptOf(body), id]));
	for (const { phase, outcome } of rows) {
		expect(phase).toBe('ended');
		const { status, taskId, binary, fault, request, isPerhapsSent } = outcome;
		const lastBought = bought.get(String(request?.prompt));
		if (status === 'completed') {
			expect(taskId).toBe(lastBought);
			expect(binary?.id).toBe(`stored:${taskId}`);
			expect(fault).toBeUndefined();
			continue;
		}
		expect(fault?.message).toBeTruthy();
		if (isPerhapsSent || (lastBought && taskId === undefined))
			expect(fault?.advice).toMatch(/is not known/);
		else expect(taskId).toBe(lastBought);
	}
}

async function through(plan: SheetPlan): Promise<SheetSimulation> {
	const simulation = new SheetSimulation(plan);
	const sheet = await simulation.run();
	expect([...new Set(simulation.violations)]).toEqual([]);
	expectChargedOnce(simulation);
	expectDelivered(simulation, sheet, plan.rows);
	return simulation;
}

const CALM = {
	concurrency: 5,
	isCalledBack: true,
	faults: 0,
	crashes: 0,
	failures: 0,
	retryFailed: 0,
};

describe('a sleeping sheet', () => {
	it('brings every row to its end once, in whatever order clips end, requests fail and processes die', async () => {
		let crashes = 0;
		await fc.assert(
			fc.asyncProperty(plans, async (plan) => {
				crashes += (await through(plan)).crashes;
			}),
			{ seed: 20261126, numRuns: 60 },
		);
		expect(crashes).toBeGreaterThan(100);
	});

	it('submits nothing once it knows of Stop, and names what is known', async () => {
		const stopped = fc.record({ plan: plans, after: fc.nat(12) });
		await fc.assert(
			fc.asyncProperty(stopped, async ({ plan, after }) => {
				const simulation = new SheetSimulation({ ...plan, stopAfterRounds: after });
				const { rows } = await simulation.run();
				expect([...new Set(simulation.violations)]).toEqual([]);
				expectChargedOnce(simulation);
				for (const { phase, outcome } of rows) {
					expect(phase).toBe('ended');
					if (outcome.status !== 'completed') expect(outcome.fault?.message).toBeTruthy();
				}
			}),
			{ seed: 20261126, numRuns: 40 },
		);
	});

	it.each([0, 1, 3])(
		'makes a clip that fails again, %i times at most, with a key of its own each time',
		async (retryFailed) => {
			const simulation = new SheetSimulation({
				...CALM,
				seed: 7,
				rows: 60,
				failures: 0.9,
				retryFailed,
			});
			const { rows } = await simulation.run();
			const { tasks } = simulation.api;
			for (const { outcome } of rows) {
				const own = tasks.filter(({ body }) => promptOf(body) === outcome.request?.prompt);
				expect(own.length).toBeLessThanOrEqual(retryFailed + 1);
				if (outcome.status === 'failed') expect(own).toHaveLength(retryFailed + 1);
				expect(outcome.attempts ?? 1).toBe(own.length);
				expect(outcome.taskId).toBe(own.at(-1)?.id);
			}
			expect(rows.some(({ outcome }) => outcome.status === 'failed')).toBe(true);
			expect(new Set(tasks.map(({ key }) => key)).size).toBe(tasks.length);
		},
	);

	it('of five hundred rows needs no more rounds than clips, and few reads', async () => {
		const simulation = await through({ ...CALM, seed: 7, rows: 500, concurrency: 50 });
		expect(simulation.api.tasks).toHaveLength(500);
		expect(simulation.rounds).toBeLessThan(800);
		expect(simulation.api.reads.length).toBeLessThan(1500);
	});

	it('without callbacks reads each clip about once a minute', async () => {
		const simulation = await through({ ...CALM, seed: 7, rows: 60, isCalledBack: false });
		expect(simulation.api.reads.length).toBeLessThan(60 * 6);
	});
});
