import type { IExecuteFunctions, INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { failedItem, inputFault, nodeError } from '../../../nodes/KlingFast/actions/failures';
import { networkError } from '../../../nodes/KlingFast/apimart/errors';
import { faultOf } from '../../../nodes/KlingFast/generation/outcome';
import { InvalidField } from '../../../nodes/KlingFast/invalidField';
import { refusal } from '../apimart/answers';

/** The running node, with this setting of On Error. */
function running(onError?: INode['onError']): IExecuteFunctions {
	const node: INode = {
		id: '1',
		name: 'Kling Fast',
		type: 'n8n-nodes-kling-fast.klingFast',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		onError,
	};
	return { getNode: () => node, continueOnFail: () => onError !== undefined } as IExecuteFunctions;
}

describe('the item of a failed row', () => {
	const json = { error: 'It failed (task task_1)', taskId: 'task_1', status: 'failed' };

	it('has all that is known on the regular output', () => {
		const item = failedItem(running('continueRegularOutput'), 2, json);
		expect(item).toStrictEqual({ json, pairedItem: { item: 2 } });
	});

	it('is as another node asks for that it is made for', () => {
		const item = failedItem(running(), 2, json, 'errorOutput');
		expect(item).toStrictEqual({ json: { error: json.error }, pairedItem: { item: 2 } });
	});

	it('has nothing but the error on the error output, because n8n would not route it there', () => {
		const item = failedItem(running('continueErrorOutput'), 2, json);
		expect(item).toStrictEqual({ json: { error: json.error }, pairedItem: { item: 2 } });
	});
});

describe("n8n's error of a fault", () => {
	it('keeps the sentence as it is, also where n8n has one of its own for such a code', () => {
		const cause = networkError({ code: 'ECONNRESET' });
		const fault = { ...faultOf(cause), message: 'Task task_1: ECONNRESET' };
		const error = nodeError(running(), fault, 3);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error.message).toBe('Task task_1: ECONNRESET [item 3]');
		expect(error.description).toBe(cause.details.advice);
		expect(error.context.itemIndex).toBe(3);
	});

	it('has the status of a refusal', () => {
		const error = nodeError(running(), faultOf(refusal(402, { error: { message: 'top up' } })), 0);
		expect(error).toMatchObject({
			httpCode: '402',
			message: 'The APIMart balance is too low: top up [item 0]',
		});
	});

	it('is an error of the operation where the provider has no part in it', () => {
		const error = nodeError(running(), { message: 'Too much', advice: 'Take less.' });
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error).toMatchObject({ message: 'Too much', description: 'Take less.' });
	});
});

describe('a row that cannot be read', () => {
	it('is told as it is, and that nothing was charged', () => {
		const invalid = new InvalidField('Duration', '"2"', '3 to 15');
		expect(inputFault(invalid)).toEqual({
			message: `'Duration' is "2", allowed is 3 to 15`,
			advice: 'Nothing was charged.',
		});
		expect(inputFault(new Error('no binary data')).advice).toMatch(/could not be read.*charged/);
		expect(inputFault('odd').message).toBe('odd');
	});
});
