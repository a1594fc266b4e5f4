import type { IExecuteFunctions } from 'n8n-workflow';
import { connect } from '../../../nodes/KlingFast/apimart/client';
import { apimartRejection, clientOf, response } from './answers';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
/** Keys of a mirror may look like anything: no pattern would find this one. */
const quoted = 'mirror.7f3a9c55/zz';

test('the reason of a failed task does not show the key', async () => {
	const data = { id: ID, status: 'failed', error: { message: `no channel for ${quoted}` } };
	const task = await clientOf({ code: 200, data }, 200, quoted).client.readTask(ID);
	expect(task).toMatchObject({ taskId: ID, state: 'failed', failure: 'no channel for ***' });
});

test.each([`${quoted}\n`, ` ${quoted}`, `\t${quoted} \r\n`, `${quoted}\u200b`, `\ufeff${quoted}`])(
	'a key that was pasted with blanks or invisible characters is the key without them: %j',
	async (pasted) => {
		const opened = async (apiKey: string, answer = pasted) =>
			await connect({
				getCredentials: async () => ({ apiKey, baseUrl: 'https://api.apimart.ai' }),
				getExecutionCancelSignal: () => undefined,
				helpers: {
					httpRequestWithAuthentication: async () =>
						response(401, { error: { message: `invalid key [${answer}]` } }),
				},
			} as unknown as IExecuteFunctions);
		const { client, apiKey, secret } = await opened(pasted);
		expect(apiKey).toBe(quoted);
		expect(secret).toEqual((await opened(quoted)).secret);
		for (const { client: asked } of [{ client }, await opened(pasted, quoted)]) {
			const { message } = await apimartRejection(asked.readBalance());
			expect(message).toMatch(/invalid key \[.*\*\*\*/);
			expect(message).not.toContain(quoted);
		}
	},
);
