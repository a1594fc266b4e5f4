import { stringify } from 'flatted';
import { decodeExecution } from '../../../host/executions';

const item = (row: number, pairedItem: unknown) => ({ json: { row }, pairedItem });
const run = (...outputs: unknown[][]) => ({ data: { main: outputs } });

const execution = decodeExecution({
	id: '7',
	status: 'success',
	mode: 'manual',
	workflowId: 'w',
	startedAt: '2026-11-22T10:00:00.000Z',
	stoppedAt: '2026-11-22T10:00:42.500Z',
	data: stringify({
		resultData: {
			runData: {
				Loop: [run([item(1, { item: 0 })]), run([item(2, { item: 0 }), item(3, [{ item: 1 }])])],
				Branch: [run([], [item(4, 5)])],
				Broken: [{ error: { message: 'No balance left' } }],
			},
		},
	}),
});

test("a node's items are those of its last run, on its first output", () => {
	expect(execution.jsonOf('Loop')).toEqual([{ row: 2 }, { row: 3 }]);
});

test('any run and any output can be asked for', () => {
	expect(execution.jsonOf('Loop', 0, 0)).toEqual([{ row: 1 }]);
	expect(execution.jsonOf('Branch')).toEqual([]);
	expect(execution.jsonOf('Branch', 1)).toEqual([{ row: 4 }]);
});

test('pairing is read in each of the forms that n8n stores', () => {
	expect(execution.pairedInputsOf('Loop')).toEqual([0, 1]);
	expect(execution.pairedInputsOf('Branch', 1)).toEqual([5]);
});

test('a node that threw has its sentence and no items; one that did not run has neither', () => {
	expect(execution.errorOf('Broken')).toBe('No balance left');
	expect(execution.itemsOf('Broken')).toEqual([]);
	expect(execution.errorOf('Never ran')).toBeUndefined();
	expect(execution.runsOf('Never ran')).toEqual([]);
});

test('time runs from start to end', () => {
	expect(execution.durationSeconds).toBe(42.5);
});

test('an execution that has not saved anything yet is empty, not broken', () => {
	const empty = decodeExecution({ ...execution.facts, status: 'running', data: '' });
	expect(empty.jsonOf('Loop')).toEqual([]);
	expect(empty.error).toBeUndefined();
});
