import { earliestAttempt, noteAttempt } from '../../../nodes/KlingFast/generation/processMemory';
import { ManualClock, seededRandom } from './manualClock';
import { accepted, completed, failed, Provider } from './provider';
import { row, makeClip, paidRun } from './run';

const HOUR_MS = 60 * 60 * 1000;

interface Bought {
	key: string;
	taskId: string;
	atMs: number;
	isGood: boolean;
}

/** A provider that forgets a key after 24 hours, and lets tasks fail as it is told. */
function forgetful(clock: ManualClock, isGood: () => boolean) {
	const bought: Bought[] = [];
	const { client } = new Provider(clock, ({ method, path, key = '' }) => {
		const nowMs = clock.nowMs();
		if (method === 'POST') {
			const known = bought.find((task) => task.key === key && nowMs < task.atMs + 24 * HOUR_MS);
			if (known) return accepted(known.taskId, { 'Idempotency-Replayed': 'true' });
			const taskId = `task_${bought.length}`;
			bought.push({ key, taskId, atMs: nowMs, isGood: isGood() });
			return accepted(taskId);
		}
		const task = bought.find(({ taskId }) => path.endsWith(`/${taskId}`));
		const id = task?.taskId ?? '';
		return task?.isGood ? completed(id) : failed(id);
	});
	return { client, bought };
}

async function runAfter(
	hours: number,
	dedupeKey: string,
	clock: ManualClock,
	client: Provider['client'],
) {
	await clock.run(clock.sleep(hours * HOUR_MS));
	const executionId = String(clock.nowMs());
	return await clock.run(makeClip(row(0, { dedupeKey }), paidRun(client, clock, { executionId })));
}

it('a row whose first attempt is forgotten is found by its second', async () => {
	const clock = new ManualClock();
	const { client, bought } = forgetful(clock, () => bought.length > 0);
	const run = async (hours: number) => await runAfter(hours, 'forgotten', clock, client);
	expect(await run(0)).toMatchObject({ status: 'failed', taskId: 'task_0' });
	expect(await run(20)).toMatchObject({ status: 'completed', taskId: 'task_1' });
	expect(await run(5)).toMatchObject({ status: 'completed', taskId: 'task_1' });
	expect(await run(25)).toMatchObject({ status: 'completed', taskId: 'task_2' });
	expect(bought).toHaveLength(3);
});

it.each([1, 2, 3, 4, 5])(
	'a row is never charged twice within 24 hours, whenever it is run again (seed %d)',
	async (seed) => {
		const random = seededRandom(seed);
		const clock = new ManualClock();
		const { client, bought } = forgetful(clock, () => random() < 0.4);
		for (let run = 0; run < 200; run++) {
			await runAfter(random() * 16, `seed ${seed}`, clock, client);
		}
		const good = bought.filter(({ isGood }) => isGood);
		expect(good.length).toBeGreaterThan(20);
		expect(good.length).toBeLessThan(bought.length);
		for (const [index, { atMs }] of good.slice(1).entries()) {
			expect(atMs - good[index].atMs).toBeGreaterThanOrEqual(24 * HOUR_MS);
		}
	},
);

it('the row that was sent last is not forgotten first', () => {
	noteAttempt('often', 2, 0);
	for (let count = 1; count < 10_000; count++) noteAttempt(`row ${count}`, 2, count);
	noteAttempt('often', 3, 10_000);
	noteAttempt('one more', 2, 10_000);
	expect(earliestAttempt('often', 10_000)).toBe(3);
	expect(earliestAttempt('row 1', 10_000)).toBe(1);
});

it('an earlier attempt that is asked for again does not hide a later one', () => {
	noteAttempt('two attempts', 2, 0);
	noteAttempt('two attempts', 1, 1);
	expect(earliestAttempt('two attempts', 2)).toBe(2);
});
