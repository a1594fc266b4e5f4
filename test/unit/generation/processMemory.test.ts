import { earliestAttempt, noteAttempt } from '../../../nodes/KlingFast/generation/processMemory';
import { seededRandom } from './manualClock';
import { completed, failed } from './provider';
import { row, stage } from './run';

const HOUR_SECONDS = 60 * 60;

/** A provider whose tasks are good or fail as it is told, and a row that is run again and again. */
function repeated(dedupeKey: string, isGood: (task: number) => boolean) {
	const good: boolean[] = [];
	const { api, clock, makeOne } = stage(({ method, path }) => {
		if (method === 'POST') return undefined;
		const id = path.replace('/v1/tasks/', '');
		const number = Number(id.replace('task_', ''));
		good[number] ??= isGood(number);
		return good[number] ? completed(id) : failed(id);
	});
	const runAfter = async (hours: number) => {
		await clock.run(clock.sleep(hours * HOUR_SECONDS * 1000));
		return await makeOne(row(0, { dedupeKey }), { executionId: `${clock.nowMs()}`, context: {} });
	};
	return { api, good, runAfter };
}

it('a row whose first attempt is forgotten is found by its second', async () => {
	const { api, runAfter } = repeated('forgotten', (task) => task > 0);
	expect(await runAfter(0)).toMatchObject({ status: 'failed', taskId: 'task_0' });
	expect(await runAfter(20)).toMatchObject({ status: 'completed', taskId: 'task_1' });
	expect(await runAfter(5)).toMatchObject({ status: 'completed', taskId: 'task_1' });
	expect(await runAfter(25)).toMatchObject({ status: 'completed', taskId: 'task_2' });
	expect(api.tasks).toHaveLength(3);
});

it.each([1, 2, 3, 4, 5])(
	'a row is never charged twice within 24 hours, whenever it is run again (seed %d)',
	async (seed) => {
		const random = seededRandom(seed);
		const { api, good, runAfter } = repeated(`seed ${seed}`, () => random() < 0.4);
		for (let run = 0; run < 200; run++) await runAfter(random() * 16);
		const born = api.tasks.filter((_, task) => good[task]).map((task) => task.bornAtSeconds);
		expect(born.length).toBeGreaterThan(20);
		expect(born.length).toBeLessThan(api.tasks.length);
		for (const [index, at] of born.slice(1).entries()) {
			expect(at - born[index]).toBeGreaterThanOrEqual(24 * HOUR_SECONDS);
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

it('an attempt counts for 25 hours: another process, which knows nothing of it, then asks for the same one', () => {
	const endMs = 25 * HOUR_SECONDS * 1000;
	noteAttempt('of yesterday', 2, 0);
	expect(earliestAttempt('of yesterday', endMs - 1)).toBe(2);
	expect(earliestAttempt('of yesterday', endMs)).toBe(1);
});
