import axios from 'axios';
import { Client, errorOf, startWithClient, type Started } from './client';

let started: Started;
beforeAll(async () => {
	started = await startWithClient();
});
afterAll(async () => await started.stop());

const PATHS = ['/v1/balance', '/v1/models', '/v1/tasks/task_x'];

describe('keys', () => {
	test.each(PATHS)('an unknown key gets the live 401 at %s', async (path) => {
		const answer = await new Client(started.sandbox, 'sk-of-nobody').get(path);
		const requestId = String(answer.headers['x-oneapi-request-id']);
		expect(answer.status).toBe(401);
		expect(answer.data).toEqual({
			error: {
				code: '',
				message: `invalid API key (request id: ${requestId})`,
				param: '',
				type: 'apimart_error',
			},
		});
		expect(requestId).toMatch(/^\d{20}/);
	});

	test('a submit with an unknown key is refused before anything is looked at', async () => {
		const answer = await new Client(started.sandbox, 'sk-of-nobody').submit({ duration: 'x' });
		expect(answer.status).toBe(401);
	});

	test('no key', async () => {
		const answer = await axios.get(`${started.sandbox.baseUrl}/v1/balance`, {
			validateStatus: () => true,
			proxy: false,
		});
		expect(answer.status).toBe(401);
		expect(errorOf(answer)).toMatchObject({ type: 'apimart_error' });
	});

	test('a key without money gets 402 for a clip and for the list of models, and can see why', async () => {
		const client = new Client(started.sandbox, started.sandbox.noBalanceKey);
		expect((await client.submit()).status).toBe(402);
		expect((await client.get('/v1/models')).status).toBe(402);
		const { data } = await client.get('/v1/balance');
		expect(data).toMatchObject({ success: true, remain_balance: 0 });
	});

	test('a key without permission gets 403', async () => {
		const client = new Client(started.sandbox, started.sandbox.forbiddenKey);
		expect((await client.get('/v1/balance')).status).toBe(403);
		expect((await client.submit()).status).toBe(403);
	});

	test("another key's task is unknown", async () => {
		started.sandbox.addKey({ key: 'sk-of-a-neighbour' });
		const id = await started.client.submitted();
		const answer = await new Client(started.sandbox, 'sk-of-a-neighbour').get(`/v1/tasks/${id}`);
		expect(answer.status).toBe(400);
		expect(errorOf(answer).message).toBe('Invalid task ID');
	});

	test('the ledger shows no key in full', () => {
		const text = JSON.stringify(started.sandbox.ledger);
		expect(text).not.toContain(started.sandbox.apiKey);
		expect(text).not.toContain('sk-of-a-neighbour');
		expect(started.sandbox.ledger.requests('balance')[0].key).toBe('sk-o…dy');
	});
});

describe('routes', () => {
	test('an unknown route is a 404, an unknown task a 400', async () => {
		const route = await started.client.get('/v1/nothing');
		expect(route.status).toBe(404);
		expect(errorOf(route).message).toBe('Invalid URL (GET /v1/nothing)');
		expect((await started.client.get('/v1/tasks/task_unknown')).status).toBe(400);
	});

	test('models and their schema', async () => {
		const models = await started.client.get('/v1/models');
		expect(models.data).toMatchObject({
			object: 'list',
			success: true,
			data: [{ id: 'kling-v3' }],
		});
		const schema = await started.client.get('/v1/models/kling-v3/schema');
		expect(schema.data).toMatchObject({
			data: { operation: 'video_generation', idempotency: { retention_seconds: 86_400 } },
		});
		expect((await started.client.get('/v1/models/other/schema')).status).toBe(404);
	});
});

describe('the two answers of a submit', () => {
	const VERSION = { 'X-APIMart-Response-Version': '2026-07-27' };

	test('asked for by header: 202 and an object', async () => {
		const answer = await started.client.submit({}, VERSION);
		expect(answer.status).toBe(202);
		expect(answer.headers['x-apimart-response-version']).toBe('2026-07-27');
		const { id } = (answer.data as { data: { id: string } }).data;
		expect(answer.data).toEqual({
			code: 202,
			request_id: expect.stringMatching(/^req_/) as string,
			data: {
				object: 'generation.task',
				id,
				status: 'submitted',
				poll_url: `${started.sandbox.baseUrl}/v1/tasks/${id}`,
			},
		});
	});

	test('errors of that contract have four fields and a request id', async () => {
		const { status, data } = await started.client.submit({ duration: 2 }, VERSION);
		expect(status).toBe(400);
		expect(data).toEqual({
			error: {
				code: 400,
				message: expect.stringMatching(/between 3 and 15/) as string,
				param: '',
				type: 'invalid_request_error',
			},
			request_id: expect.stringMatching(/^req_/) as string,
		});
	});

	test.each([
		['legacy', VERSION, 200],
		['versioned', {}, 202],
	] as const)('forced to be %s whatever the header says', async (envelope, headers, status) => {
		const forced = await startWithClient({ envelope });
		const answer = await forced.client.submit({}, headers);
		await forced.stop();
		expect(answer.status).toBe(status);
	});
});
