import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { response } from './answers';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
/** Keys of a mirror may look like anything: no pattern would find this one. */
const quoted = 'mirror.7f3a9c55/zz';

function clientThatIsTold(body: object, status = 200) {
	const send = async () => response(status, body);
	return new ApimartClient(send, 'https://api.apimart.ai', quoted);
}

test('an error that quotes the key does not show it', async () => {
	const body = {
		error: { message: `invalid key ${quoted} (Bearer ${quoted})`, type: 'apimart_error' },
	};
	const [refused] = await Promise.allSettled([clientThatIsTold(body, 401).readBalance()]);
	expect(refused).toMatchObject({ status: 'rejected' });
	expect(JSON.stringify(refused)).not.toContain(quoted);
	expect(String((refused as PromiseRejectedResult).reason)).toMatch(/invalid key \*\*\*/);
});

test('nor does the reason of a failed task', async () => {
	const data = { id: ID, status: 'failed', error: { message: `no channel for ${quoted}` } };
	const task = await clientThatIsTold({ code: 200, data }).readTask(ID);
	expect(task).toMatchObject({ taskId: ID, state: 'failed', failure: 'no channel for ***' });
});
