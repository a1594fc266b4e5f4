import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { claimTask } from '../../../nodes/KlingFast/trigger/seen';

const HOUR_MS = 3_600_000;
let scopes = 0;
/** As after a restart of n8n: this process remembers nothing, static data does. */
const freshScope = () => `scope ${++scopes}`;

function start(scope: string, taskId: string, nowMs: number, staticData: IDataObject): string {
	const claim = claimTask(scope, taskId, nowMs, staticData);
	if (claim.kind === 'mine') {
		claim.note();
		claim.release(true);
	}
	return claim.kind;
}

const rememberedIds = ({ startedTasks = {} }: IDataObject) => Object.keys(startedTasks as object);

describe('static data', () => {
	test('forgets what is older than 24 hours', () => {
		const staticData: IDataObject = {};
		start(freshScope(), 'task_1', 0, staticData);
		start(freshScope(), 'task_2', 23 * HOUR_MS, staticData);
		expect(rememberedIds(staticData)).toEqual(['task_1', 'task_2']);
		start(freshScope(), 'task_3', 25 * HOUR_MS, staticData);
		expect(rememberedIds(staticData)).toEqual(['task_2', 'task_3']);
	});

	test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
		'is not mistaken about a task named %s',
		(taskId) => {
			const staticData: IDataObject = { startedTasks: {} };
			expect(start(freshScope(), taskId, 0, staticData)).toBe('mine');
			const saved = JSON.parse(JSON.stringify(staticData)) as IDataObject;
			expect(claimTask(freshScope(), taskId, 1, saved).kind).toBe('repeated');
		},
	);

	test('of any shape does no harm', () => {
		fc.assert(
			fc.property(fc.anything(), (value) => {
				const staticData = { startedTasks: value } as IDataObject;
				expect(start(freshScope(), 'task_1', 5, staticData)).toBe('mine');
				expect(start(freshScope(), 'task_1', 6, staticData)).toBe('repeated');
			}),
			{ seed: 7 },
		);
	});
});

test('a process remembers at most 1,000 tasks, too', () => {
	const scope = freshScope();
	for (let n = 1; n <= 1_100; n++) start(scope, `task_${n}`, n, {});
	expect(claimTask(scope, 'task_1100', 2_000, {}).kind).toBe('repeated');
	expect(claimTask(scope, 'task_101', 2_000, {}).kind).toBe('repeated');
	expect(claimTask(scope, 'task_100', 2_000, {}).kind).toBe('mine');
});
