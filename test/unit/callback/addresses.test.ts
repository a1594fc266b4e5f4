import fc from 'fast-check';
import {
	resumeAddresses,
	taskIdOfCallback,
	triggerBase,
} from '../../../nodes/KlingFast/apimart/callback';

const ID = '3f1c7f5e-6f0a-4f0e-9a55-4d0c7b0f9a11';

describe('the trigger address, as people paste it', () => {
	it.each([
		`https://n8n.example.com/webhook/${ID}/callback`,
		`https://n8n.example.com/webhook/${ID}/callback/`,
		`https://n8n.example.com/webhook/${ID}`,
		`https://n8n.example.com/webhook/${ID}//`,
		`  https://n8n.example.com/webhook/${ID}/callback\n`,
		`https://n8n.example.com/webhook/${ID}/callback?source=sheet`,
		`https://n8n.example.com/webhook/${ID}?x=1#top`,
		`https://n8n.example.com/webhook/${ID}/:token/callback`,
		`https://n8n.example.com/webhook/${ID}/:token`,
		`https://n8n.example.com/webhook/${ID}/%3Atoken/callback`,
		`HTTPS://N8N.example.com/webhook/${ID}/callback`,
		`https://n8n.example.com:443/webhook/${ID}/callback`,
	])('%p leads to the same base', (pasted) => {
		expect(triggerBase(pasted)).toBe(`https://n8n.example.com/webhook/${ID}`);
	});

	it.each([
		`http://localhost:5678/webhook-test/${ID}`,
		`https://example.com/n8n/webhook/${ID}`,
		'https://callback.example.com',
	])('keeps the port, the path before it and the test route: %s', (base) => {
		expect(triggerBase(`${base}/callback`)).toBe(base);
		expect(triggerBase(base)).toBe(base);
	});

	it.each(['', 'n8n.example.com/webhook/1', 'ftp://n8n.example.com/x', 'https://', 'hello', '/x'])(
		'%p is none',
		(pasted) => {
			expect(triggerBase(pasted)).toBeUndefined();
		},
	);

	it('is found again in the address that was made of it', () => {
		fc.assert(
			fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (url) => {
				const base = triggerBase(url) ?? '';
				expect(triggerBase(`${base}/callback`)).toBe(base);
				expect(triggerBase(`${base}/callback/?a=b`)).toBe(base);
			}),
			{ seed: 7, examples: [['https://example.com/callback']] },
		);
	});
});

describe('the address that resumes an execution', () => {
	const resumeUrl = `https://n8n.example.com/webhook-waiting/55?signature=${'0a'.repeat(32)}`;

	it('is exact with `/callback` in the path, the signature unharmed', () => {
		const { callbackUrl } = resumeAddresses(resumeUrl);
		expect(callbackUrl).toBe(
			`https://n8n.example.com/webhook-waiting/55/callback?signature=${'0a'.repeat(32)}`,
		);
	});

	it('also arrives at n8n by either way of appending `/callback` to the base', () => {
		const { webhook, callbackUrl } = resumeAddresses(resumeUrl);
		const [path, query] = webhook.split('?');
		expect(`${path}/callback?${query}`).toBe(callbackUrl);
		// The other way: n8n takes a trailing `/callback` off the signature.
		expect(`${webhook}/callback`).toBe(`${resumeUrl}/callback`);
	});

	it('has no double slash where n8n stands behind a path', () => {
		const { callbackUrl } = resumeAddresses('http://h/n8n/webhook-waiting/55/?signature=ab');
		expect(callbackUrl).toBe('http://h/n8n/webhook-waiting/55/callback?signature=ab');
	});
});

describe('the body of a callback', () => {
	const taskId = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';

	it.each([
		['bare', { id: taskId, status: 'completed' }],
		['enveloped', { code: 200, data: { id: taskId, status: 'completed' } }],
		['enveloped as a list', { code: 200, data: [{ task_id: taskId, status: 'completed' }] }],
		['without a state', { id: taskId }],
		['enveloped, without a state', { code: 200, data: { task_id: taskId } }],
		['as a list', [{ id: taskId, status: 'failed' }]],
	])('names its task: %s', (_what, body) => {
		expect(taskIdOfCallback(body)).toBe(taskId);
	});

	it.each<[body: unknown]>([
		...[undefined, null, '', taskId, [], {}, { id: '' }].map((body): [unknown] => [body]),
		...['../balance', 'a b', 'x'.repeat(129), { $ne: null }].map((id): [unknown] => [
			{ id, status: 'completed' },
		]),
		[{ id: [taskId] }],
		[{ data: 'text' }],
	])('%p names none', (body) => {
		expect(taskIdOfCallback(body)).toBeUndefined();
	});

	it('is read or ignored, whatever it is', () => {
		fc.assert(
			fc.property(fc.anything(), (body) => {
				const found = taskIdOfCallback(body);
				expect(found === undefined || /^[\w-]{1,128}$/.test(found)).toBe(true);
			}),
			{ seed: 7, numRuns: 1000 },
		);
	});
});
