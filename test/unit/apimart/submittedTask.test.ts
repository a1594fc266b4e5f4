import fc from 'fast-check';
import { parseSubmittedTaskId } from '../../../nodes/KlingFast/apimart/task';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';

describe('the task id of a submit', () => {
	it.each<[string, unknown]>([
		['the array envelope', { code: 200, data: [{ status: 'submitted', task_id: ID }] }],
		[
			'the object envelope of the versioned contract',
			{ code: 202, request_id: 'req_1', data: { object: 'generation.task', id: ID } },
		],
		['a list with id', { data: [{ id: ID }] }],
		['an object with task_id', { data: { task_id: ID } }],
		['an object with taskId', { data: { taskId: ID } }],
		['no envelope, task_id', { task_id: ID }],
		['no envelope, taskId', { taskId: ID }],
		['no envelope, id', { id: ID }],
		['the data before the envelope', { id: 'req_1', data: [{ task_id: ID }] }],
		['stray spaces', { data: [{ task_id: ` ${ID}\n` }] }],
	])('is found in %s', (_, json) => {
		expect(parseSubmittedTaskId(json)).toBe(ID);
	});

	it.each<[unknown]>([
		[undefined],
		[null],
		['x'],
		[[]],
		[{}],
		[{ data: [] }],
		[{ data: { id: '' } }],
	])('is not found in %j', (json) => {
		expect(parseSubmittedTaskId(json)).toBeUndefined();
	});

	it('is a text or nothing, whatever the answer', () => {
		fc.assert(
			fc.property(fc.jsonValue(), (json) => {
				expect(['string', 'undefined']).toContain(typeof parseSubmittedTaskId(json));
			}),
		);
	});
});
