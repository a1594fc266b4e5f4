import { earliestAttempt, noteAttempt } from '../../../nodes/KlingFast/generation/processMemory';
import { response } from '../apimart/answers';
import { seededRandom } from './manualClock';
import { completed, failed, type RequestFault } from './provider';
import { row, stage } from './run';

const HOUR_SECONDS = 60 * 60;

/** A provider whose tasks are good or fail as it is told, and a row that is run again and again. */
function repeated(
	dedupeKey: string,
	isGood: (task: number) => boolean,
	submitFault: RequestFault = () => undefined,
) {
	const good: boolean[] = [];
	const { api, clock, makeOne } = stage((request, count) => {
		const { method, path } = request;
		if (method === 'POST') return submitFault(request, count);
		const id = path.replace('/v1/tasks/', '');
		const number = Number(id.replace('task_', ''));
		good[number] ??= isGood(number);
		return good[number] ? completed(id) : failed(id);
	});
	/** `context`: of the execution that this one is n8n's Retry of. */
	const runAfter = async (hours: number, context = {}, maxWaitSeconds = 900) => {
		await clock.run(clock.sleep(hours * HOUR_SECONDS * 1000));
		const again = row(0, { dedupeKey, maxWaitSeconds });
		return await makeOne(again, { executionId: `${clock.nowMs()}`, context });
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

describe("n8n's Retry, a day later, of a row that other runs have made meanwhile, finds their clip", () => {
	it('where its own request was refused for a while, so that it is only prepared', async () => {
		const busy = response(429, { error: { message: 'slow down' } });
		const refuseFirst: RequestFault = (_, submit) => (submit === 1 ? busy : undefined);
		const { api, runAfter } = repeated('busy', (task) => task > 0, refuseFirst);
		const context = {};
		expect(await runAfter(0, context, 0.1)).toMatchObject({ fault: { api: { httpStatus: 429 } } });
		expect(await runAfter(0)).toMatchObject({ status: 'failed', taskId: 'task_0' });
		expect(await runAfter(20)).toMatchObject({ status: 'completed', taskId: 'task_1' });
		expect(await runAfter(5, context)).toMatchObject({ status: 'completed', taskId: 'task_1' });
		expect(api.tasks).toHaveLength(2);
	});

	it('where the answer to its own request was lost', async () => {
		const loseSecond: RequestFault = (_, submit) => (submit === 2 ? 'lose' : undefined);
		const { api, runAfter } = repeated('lost', (task) => task > 0, loseSecond);
		const context = {};
		expect(await runAfter(0)).toMatchObject({ status: 'failed', taskId: 'task_0' });
		expect(await runAfter(10, context, 0.1)).toMatchObject({ isPerhapsSent: true });
		expect(await runAfter(10)).toMatchObject({ status: 'completed', taskId: 'task_1' });
		expect(await runAfter(5, context)).toMatchObject({ status: 'completed', taskId: 'task_1' });
		expect(api.tasks).toHaveLength(2);
	});
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
