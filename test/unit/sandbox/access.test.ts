import { Client, ended, errorOf, said, sandboxForEach, videoUrl } from './client';

const started = sandboxForEach();

const VERSION = { 'X-APIMart-Response-Version': '2026-07-27' };
const REQUEST_ID = expect.stringMatching(/^req_/) as string;

test.each([
	['', '/v1/balance', '401 apimart_error'],
	['sk-of-nobody', '/v1/balance', '401 apimart_error'],
	['sk-of-nobody', '/v1/models', '401 apimart_error'],
	['sk-of-nobody', '/v1/tasks/task_x', '401 apimart_error'],
	['sk-of-nobody', 'wrong submit', '401 apimart_error'],
	['sk-sandbox-no-balance', 'submit', '402 payment_required'],
	['sk-sandbox-no-balance', '/v1/models', '402 payment_required'],
	['sk-sandbox-no-balance', '/v1/balance', 'fine'],
	['sk-sandbox-forbidden', '/v1/balance', '403 permission_error'],
	['sk-sandbox-forbidden', 'submit', '403 permission_error'],
	['sk-of-a-neighbour', '/v1/tasks/task_x', '400 invalid_request_error'],
	['sk-of-a-neighbour', "another's task", '400 invalid_request_error'],
	['sk-of-a-neighbour', '/v1/nothing', '404 invalid_request_error'],
	['sk-of-a-neighbour', '/v1/models/other/schema', '404 not_found_error'],
])('%j asks for %s: %s', async (key, what, expected) => {
	const { client, sandbox } = started;
	sandbox.addKey({ key: 'sk-of-a-neighbour' });
	const asking = new Client(sandbox, key);
	const path = what.startsWith('/') ? what : `/v1/tasks/${await client.submitted()}`;
	const fields = what === 'submit' ? {} : { duration: 'x' };
	const answer = what.endsWith('submit') ? asking.submit(fields) : asking.get(path);
	expect(said(await answer)).toBe(expected);
});

test('an unknown key gets the live 401', async () => {
	const answer = await new Client(started.sandbox, 'sk-of-nobody').get('/v1/balance');
	const id = String(answer.headers['x-oneapi-request-id']);
	expect(id).toMatch(/^\d{20}/);
	const message = `invalid API key (request id: ${id})`;
	expect(errorOf(answer)).toEqual({ code: '', message, param: '', type: 'apimart_error' });
});

test('a key that reaches the file host is a violation, and the ledger shows none in full', async () => {
	const { client, sandbox } = started;
	const url = videoUrl(await ended(started));
	const { headers } = await client.submit({ prompt: '[[redirect-submit]]' });
	await client.file(url);
	expect(sandbox.ledger.violations()).toEqual([]);
	await client.file(url, { Authorization: 'Bearer leaked-key' });
	await client.file(String(headers.location), { Authorization: 'Bearer leaked-key' });
	expect(sandbox.ledger.violations()).toHaveLength(2);
	expect(sandbox.ledger.downloads()[1].authorization).toBe(true);
	expect(sandbox.ledger.requests('submit')[0].key).toBe('sk-s…ox');
	expect(JSON.stringify(sandbox.ledger)).not.toMatch(/leaked-key|sk-sandbox/);
});

describe('the versioned answer of a submit', () => {
	test('asked for by header: 202 and an object', async () => {
		const { status, headers, data } = await started.client.submit({}, VERSION);
		expect(status).toBe(202);
		expect(headers['x-apimart-response-version']).toBe('2026-07-27');
		const { id } = (data as { data: { id: string } }).data;
		const poll_url = `${started.sandbox.baseUrl}/v1/tasks/${id}`;
		const task = { object: 'generation.task', id, status: 'submitted', poll_url };
		expect(data).toEqual({ code: 202, request_id: REQUEST_ID, data: task });
	});
});
