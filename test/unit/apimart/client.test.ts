/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { getEventListeners } from 'node:events';
import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { ManualClock } from '../generation/manualClock';
import { apimartRejection, response } from './answers';

const BASE_URL = 'https://api.apimart.ai';
const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const PNG = Buffer.from('\x89PNG\r\n\x1a\n\x00\xff\r\n--x', 'latin1');
const IMAGE = { bytes: PNG, fileName: 'cup.png', mimeType: 'image/png' };

/** A client whose requests are kept, and answered by this answer (or not at all, by an error). */
function clientOf(given: IN8nHttpFullResponse | Error) {
	const sent: IHttpRequestOptions[] = [];
	const client = new ApimartClient(async (options) => {
		sent.push(options);
		if (given instanceof Error) throw given;
		return given;
	}, BASE_URL);
	return { client, sent };
}

const submitted = response(200, { code: 200, data: [{ status: 'submitted', task_id: ID }] });
const uploaded = response(200, {
	url: 'https://getapib.org/f/cup.png',
	filename: 'cup.png',
	content_type: 'image/png',
	bytes: PNG.length,
	created_at: 1765000891,
});

describe('every request', () => {
	const calls: Array<[string, IN8nHttpFullResponse, (client: ApimartClient) => Promise<unknown>]> =
		[
			['a submit', submitted, async (client) => await client.submit('{}', 'key-1')],
			[
				'a read',
				response(200, { id: ID, status: 'pending' }),
				async (client) => await client.readTask(ID),
			],
			[
				'a balance',
				response(200, { remain_balance: 1, used_balance: 2 }),
				async (client) => await client.readBalance(),
			],
			['an upload', uploaded, async (client) => await client.uploadImage(IMAGE)],
		];
	it.each(calls)(
		'%s goes to the base URL, follows no redirect and has a time limit',
		async (_, given, call) => {
			const { client, sent } = clientOf(given);
			await call(client);
			expect(sent).toHaveLength(1);
			const [options] = sent;
			expect(new URL(options.url).origin).toBe(BASE_URL);
			expect(options).toMatchObject({
				disableFollowRedirect: true,
				ignoreHttpStatusErrors: true,
				returnFullResponse: true,
				encoding: 'text',
			});
			// n8n adds the key from the credential.
			expect(JSON.stringify(options)).not.toMatch(/authorization|"auth"/i);
			expect(options.timeout).toBeGreaterThanOrEqual(15_000);
			expect(options.timeout).toBeLessThanOrEqual(120_000);
		},
	);

	it.each(calls)('%s whose answer trickles is given up, the body included', async (_, __, call) => {
		const clock = new ManualClock();
		const stop = new AbortController();
		let given: AbortSignal | undefined;
		const send = async ({ abortSignal }: IHttpRequestOptions) => {
			given = abortSignal as AbortSignal;
			return await new Promise<IN8nHttpFullResponse>(() => {});
		};
		const client = new ApimartClient(send, BASE_URL, '', clock, stop.signal);
		const error = await apimartRejection(clock.run(call(client)));
		expect(error.message).toMatch(/^No answer from APIMart \(no end after \d+ s\)$/);
		expect(error.details).toMatchObject({ kind: 'network', retryable: true, charged: 'unknown' });
		expect(clock.nowMs()).toBeGreaterThanOrEqual(60_000);
		expect(clock.nowMs()).toBeLessThanOrEqual(480_000);
		expect(given?.aborted).toBe(true);
		expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
	});
});

describe('a submit', () => {
	it('sends the text byte for byte, with its key', async () => {
		const { client, sent } = clientOf(submitted);
		const body = '{ "prompt":"caf\u00e9 \u2603",\n"duration":5 }';
		await client.submit(body, 'kling-fast-1');
		expect(sent[0].body).toBe(body);
		expect(sent[0]).toMatchObject({
			method: 'POST',
			url: `${BASE_URL}/v1/videos/generations`,
			headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'kling-fast-1' },
		});
	});

	it.each([{}, [], { message: '', code: 0 }, { error: {} }, 'a warning', { message: 'a warning' }])(
		'keeps its task id whatever stands beside it as an error: %j',
		async (error) => {
			const { client } = clientOf(response(200, { code: 200, data: [{ task_id: ID }], error }));
			await expect(client.submit('{}', 'k')).resolves.toMatchObject({ taskId: ID });
		},
	);

	it('that no route takes does not speak of a task ID', async () => {
		const { client } = clientOf(response(404, { error: { message: 'Invalid URL' } }));
		const { message, details } = await apimartRejection(client.submit('{}', 'k'));
		expect(message).toBe('APIMart did not accept the request (HTTP 404): Invalid URL');
		expect(details).toMatchObject({ kind: 'parameter', retryable: false, charged: 'no' });
		expect(details.advice).toMatch(/Base URL/);
		expect(details.advice).not.toMatch(/task/i);
	});

	it.each(['{}', 'null', '{"status":"ok"}', '[]'])(
		'that is answered by something else may be sent again with its key: %s',
		async (body) => {
			const { client } = clientOf(response(200, body));
			const { details } = await apimartRejection(client.submit('{}', 'k'));
			expect(details).toMatchObject({ retryable: true, charged: 'unknown' });
		},
	);
});

describe('a read', () => {
	it('cannot leave its path by a strange id', async () => {
		const { client, sent } = clientOf(response(200, { id: 'x', status: 'pending' }));
		await apimartRejection(client.readTask('../balance?x=1#'));
		expect(sent[0].url).toBe(`${BASE_URL}/v1/tasks/..%2Fbalance%3Fx%3D1%23?language=en`);
	});

	it('takes a refusal inside a 200 for one, even if it has an id and a status', async () => {
		const refused = {
			id: 'req_1',
			status: 'error',
			error: { code: 401, message: 'invalid API key' },
		};
		const { client } = clientOf(response(200, refused));
		const { details } = await apimartRejection(client.readTask(ID));
		expect(details.kind).toBe('credential');
	});

	it.each<[string, unknown]>([
		['no task', { code: 200, data: [] }],
		['another task', { code: 200, data: { id: 'task_other', status: 'completed' } }],
		['a task with half of its id', { id: ID.slice(0, -1), status: 'failed' }],
	])('may be repeated where the answer is %s', async (_, body) => {
		const { client } = clientOf(response(200, body));
		const { details, message } = await apimartRejection(client.readTask(ID));
		expect(details).toMatchObject({ kind: 'unreadable', retryable: true });
		expect(message).toBe(`APIMart's answer is not about this task: ${JSON.stringify(body)}`);
	});

	it('finds the task by any of its ids', async () => {
		const body = { id: 4711, task_id: ID, status: 'processing' };
		const { client } = clientOf(response(200, body));
		await expect(client.readTask(ID)).resolves.toMatchObject({ taskId: ID, state: 'processing' });
	});
});

describe('a balance', () => {
	it('is found in an envelope, too', async () => {
		const { client } = clientOf(response(200, { data: { remain_balance: 1, used_balance: 2 } }));
		const balance = { balance: 1, used: 2, unlimited: false };
		await expect(client.readBalance()).resolves.toEqual(balance);
	});

	it.each<[string, unknown]>([
		['a failure inside a 200', { success: false, message: 'Failed to get token info' }],
		['no numbers', { success: true }],
		['null', { remain_balance: null, used_balance: null }],
		['a word', { remain_balance: 'much', used_balance: 1 }],
	])('is never invented: %s', async (_, body) => {
		await apimartRejection(clientOf(response(200, body)).client.readBalance());
	});
});

describe('an upload', () => {
	it('is a form with the file in it, byte for byte', async () => {
		const { client, sent } = clientOf(uploaded);
		await expect(client.uploadImage(IMAGE)).resolves.toEqual({
			url: 'https://getapib.org/f/cup.png',
			fileName: 'cup.png',
			mimeType: 'image/png',
			bytes: PNG.length,
			createdMs: 1765000891000,
		});
		const [{ body, headers, url }] = sent;
		expect(url).toBe(`${BASE_URL}/v1/uploads/images`);
		if (!Buffer.isBuffer(body)) throw new Error('Expected bytes');
		const form = await new Response(new Uint8Array(body), {
			headers: { 'content-type': String(headers?.['Content-Type']) },
		}).formData();
		const file = form.get('file');
		if (!(file instanceof File)) throw new Error('Expected a file');
		expect(file).toMatchObject({ name: 'cup.png', type: 'image/png' });
		expect(Buffer.from(await file.arrayBuffer()).equals(PNG)).toBe(true);
	});

	it('falls back on what was sent where the answer gives the address only', async () => {
		const { client } = clientOf(response(200, { data: { url: 'https://getapib.org/f/1.png' } }));
		await expect(client.uploadImage(IMAGE)).resolves.toMatchObject({
			fileName: 'cup.png',
			mimeType: 'image/png',
			bytes: PNG.length,
		});
	});

	it.each([{}, { url: '' }, { url: 'data:image/png;base64,AA' }, { url: 5 }])(
		'without an address is an error: %j',
		async (body) => {
			const error = await apimartRejection(clientOf(response(200, body)).client.uploadImage(IMAGE));
			expect(error.details.kind).toBe('unreadable');
		},
	);
});
