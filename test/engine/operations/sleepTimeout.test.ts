import type { RunOptions } from '../harness';
import { column, get, jsonOf, setTheStage } from '../laws/setup';
import { open, sleepy, taskIds } from './sleepStage';

const stage = setTheStage();

async function end(taskId: string, ending: 'completed' | 'failed' | 'cancelled' = 'completed') {
	await stage.sandbox.finishTask(taskId, { ending });
}

describe('when no callback comes', () => {
	test('the stamped items come out, and Get Video makes clips of them', async () => {
		const { engine, sandbox } = stage;
		const before = Date.now();
		const run = await engine.runNode(
			sleepy(stage, ['[[slow:0]] early', open('A fox'), open('A cat')], {
				parameters: { metadata: '={{ { row: $json.row } }}' },
				nodeOptions: { maxWait: 600 },
			}),
		);
		const [early, fox, cat] = taskIds(stage);
		const waitSeconds = ((run.waitTill?.getTime() ?? 0) - before) / 1000;
		expect(waitSeconds).toBeGreaterThan(595);
		const expired = await engine.resume(run);
		expect(expired.status).toBe('success');
		expect(column(expired, 'taskId')).toEqual([early, fox, cat]);
		expect(column(expired, 'status')).toEqual(['completed', 'timedOut', 'timedOut']);
		expect(column(expired, 'metadata')).toEqual([{ row: 0 }, { row: 1 }, { row: 2 }]);
		expect(expired.items[0].binary?.data).toBeDefined();
		for (const [index, taskId] of [fox, cat].entries()) {
			const { error } = jsonOf(expired)[index + 1];
			expect(error).toMatch(/not finished after 600 seconds/);
			expect(error).toContain(taskId);
			expect(error).toContain('Get Video');
		}
		await end(fox);
		await end(cat);
		const fetched = await engine.runNode(
			get(stage, [], {
				items: expired.items.map(({ json }) => ({ json })),
				parameters: { waitUntilFinished: true, metadata: '={{ $json.metadata }}' },
			}),
		);
		expect(column(fetched, 'status')).toEqual(['completed', 'completed', 'completed']);
		expect(column(fetched, 'metadata')).toEqual([{ row: 0 }, { row: 1 }, { row: 2 }]);
		expect(fetched.items.every(({ binary }) => binary?.data)).toBe(true);
		expect(sandbox.ledger.charges()).toHaveLength(3);
	});

	test.each<RunOptions>([
		{ onError: 'continueErrorOutput' },
		{ onError: 'continueRegularOutput', retryOnFail: true, maxTries: 3 },
	])('timed-out items stay on output 0 and are bought once with %p', async (settings) => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox')], settings));
		const expired = await stage.engine.resume(run);
		expect(column(expired, 'status')).toEqual(['timedOut']);
		expect(expired.errorItems).toEqual([]);
		expect(stage.sandbox.ledger.submits()).toHaveLength(1);
	});
});
