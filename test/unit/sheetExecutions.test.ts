import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import {
	callersOf,
	isWaitedFor,
	whyStopped,
} from '../../nodes/KlingFast/actions/video/sheetExecutions';

import { ManualClock } from './generation/manualClock';
import { idleRun, rows, sheetOf } from './generation/run';

const CALLER = '5';
const WAITING = '7';
const SHEET = '8';
const WORKER = '9';
const STOPPED = { resultData: { error: { name: 'ManualExecutionCancelledError' } } };
const RUNS = { resultData: {} };

/** What n8n has saved of an execution that waits for these. */
const waitsFor = (...ids: string[]) => ({
	...RUNS,
	waitTill: new Date(),
	executionData: { nodeExecutionStack: [{ metadata: { waitingChildExecutionIds: ids } }] },
});
/** Of an n8n that does not save for whom. */
const waits = { ...RUNS, waitTill: new Date() };

type Saved = Record<string, IDataObject | undefined>;

function workerOf(saved: Saved): IExecuteFunctions {
	return {
		getExecutionId: () => WORKER,
		getExecutionDataById: async (id: string) => saved[id],
	} as unknown as IExecuteFunctions;
}

/** A sheet that has been asleep for an hour. */
async function asleep(saved: Saved) {
	const clock = new ManualClock();
	const sheet = {
		...sheetOf(rows(1), idleRun(clock)),
		callerIds: [CALLER],
		waitingExecutionIds: [WAITING, SHEET],
		firstSleepAtMs: clock.nowMs() - 3_600_000,
	};
	const context = workerOf(saved);
	const stopped = await whyStopped(context, sheet, clock);
	return { why: stopped?.message, isWaitedFor: await isWaitedFor(context, sheet) };
}

const asItShould: Saved = {
	[CALLER]: waitsFor(WAITING),
	[WAITING]: waitsFor(SHEET, 'guard'),
	[SHEET]: waitsFor(WORKER),
};
const called = `Execution ${CALLER}, which called this workflow, was stopped`;
const of = (id: string, what: string) => `Execution ${id}, which waits for this row, ${what}`;

test.each<[string, Saved, string | undefined]>([
	['all wait, each for the next one', {}, undefined],
	['n8n does not save for whom', { [WAITING]: waits, [SHEET]: waits }, undefined],
	['Stop was pressed', { [WAITING]: { ...waits, ...STOPPED } }, of(WAITING, 'was stopped')],
	['it was deleted', { [WAITING]: undefined }, of(WAITING, 'was deleted')],
	['it has gone on', { [WAITING]: RUNS }, of(WAITING, 'does not wait any more')],
	[
		'it waits in another node by now, or for the sheet of the next loop',
		{ [WAITING]: waitsFor('12') },
		of(WAITING, 'does not wait any more'),
	],
	[
		'another execution works on the sheet',
		{ [SHEET]: waitsFor('13') },
		of(SHEET, 'does not wait any more'),
	],
	['Stop was pressed at the caller', { [CALLER]: STOPPED }, called],
	['nothing is saved of the caller, which was started by hand', { [CALLER]: undefined }, undefined],
	[
		'the caller did not wait and has failed',
		{ [CALLER]: { resultData: { error: {} } } },
		undefined,
	],
])('a sheet of which %s', async (_, changes, expected) => {
	const saved = { ...asItShould, ...changes };
	const { why, isWaitedFor: isTaken } = await asleep(saved);
	expect(why).toBe(expected);
	expect(isTaken).toBe(expected === undefined || expected === called);
});

test('of the callers only those count that wait for the end', async () => {
	const parentOf = (executionId: string, shouldResume?: boolean) => ({
		parentExecution: { executionId, workflowId: 'w', shouldResume },
	});
	const saved: Saved = {
		[WORKER]: parentOf('4', true),
		4: parentOf('3'),
		3: parentOf('2', false),
		2: parentOf('1', true),
	};
	const readers = jest.fn(async (id: string) => saved[id]);
	const context = (parentExecutionId?: string, mode = 'integrated') =>
		({
			...workerOf(saved),
			getExecutionDataById: readers,
			getExecutionContext: () => ({ parentExecutionId }),
			getMode: () => mode,
		}) as unknown as IExecuteFunctions;
	expect(await callersOf(context())).toEqual([]);
	expect(readers).not.toHaveBeenCalled();
	expect(await callersOf(context('4'))).toEqual(['4', '3']);
	// n8n's Retry of an execution whose caller was stopped goes on.
	expect(await callersOf(context('4', 'retry'))).toEqual([]);
});
