import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import type { ApimartError } from '../../../nodes/KlingFast/apimart/errors';
import { apimartRejection, response } from './answers';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';

async function refusedRead(status: number, body: object): Promise<ApimartError> {
	const client = new ApimartClient(async () => response(status, body), 'https://api.apimart.ai');
	return await apimartRejection(client.readTask(ID));
}

test.each([
	['200 with an error inside', 200, { code: 400, error: { message: 'busy' } }],
	['400', 400, { error: { message: 'busy' } }],
	['401', 401, { error: { message: 'invalid API key' } }],
	['402', 402, { error: { message: 'balance' } }],
	['403', 403, { error: { message: 'forbidden' } }],
	['407', 407, {}],
])(
	'a read that is refused with %s does not say that nothing was charged',
	async (_, status, body) => {
		const { details } = await refusedRead(status, body);
		expect(details.advice).not.toMatch(/charged/);
		expect(details.advice).toMatch(/fetch it later with Get Video/);
	},
);

test('an unknown task asks to check the task ID', async () => {
	const { details } = await refusedRead(400, { error: { message: 'Invalid task ID' } });
	expect(details.kind).toBe('unknownTask');
	expect(details.advice).toMatch(/Check the task ID/);
});
