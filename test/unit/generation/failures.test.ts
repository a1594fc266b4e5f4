import { NodeApiError, type IExecuteFunctions } from 'n8n-workflow';
import { nodeError } from '../../../nodes/KlingFast/actions/failures';
import { networkError } from '../../../nodes/KlingFast/apimart/errors';
import { faultOf } from '../../../nodes/KlingFast/generation/outcome';
import { refusal } from '../apimart/answers';

const running = {
	getNode: () => ({ name: 'Kling Fast', type: 'n8n-nodes-kling-fast.klingFast' }),
} as IExecuteFunctions;

describe("n8n's error of a fault", () => {
	it('keeps the sentence as it is, also where n8n has one of its own for such a code', () => {
		const cause = networkError({ code: 'ECONNRESET' });
		const fault = { ...faultOf(cause), message: 'Task task_1: ECONNRESET' };
		const error = nodeError(running, fault, 3);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error.message).toBe('Task task_1: ECONNRESET [item 3]');
		expect(error.description).toBe(cause.details.advice);
		expect(error.context.itemIndex).toBe(3);
	});

	it('has the status of a refusal', () => {
		const error = nodeError(running, faultOf(refusal(402, { error: { message: 'top up' } })), 0);
		expect(error).toMatchObject({
			httpCode: '402',
			message: 'The APIMart balance is too low: top up [item 0]',
		});
	});
});
