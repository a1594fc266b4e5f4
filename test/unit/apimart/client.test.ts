/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { getEventListeners } from 'node:events';
import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { ManualClock } from '../generation/manualClock';
import { apimartRejection, BASE_URL, clientOf } from './answers';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const PNG = Buffer.from('\x89PNG\r\n\x1a\n\x00\xff\r\n--x', 'latin1');
const LATER = /fetch it later with Get Video/;
const IMAGE = { bytes: PNG, fileName: 'cup.png', mimeType: 'image/png' };

const submitted = { code: 200, data: [{ status: 'submitted', task_id: ID }] };
const CUP = 'https://getapib.org/f/cup.png';
const OF_IMAGE = { fileName: 'cup.png', mimeType: 'image/png', bytes: PNG.length };
const named = { filename: 'cup.png', content_type: 'image/png', bytes: PNG.length };
const uploaded = { ...named, url: CUP, created_at: 1765000891 };

describe('every request', () => {
	const pending = { id: ID, status: 'pending' };
	const balance = { remain_balance: 1, used_balance: 2 };
	const calls: Array<[string, object, (client: ApimartClient) => Promise<unknown>]> = [
		['a submit', submitted, async (client) => await client.submit('{}', 'key-1')],
		['a read', pending, async (client) => await client.readTask(ID)],
		['a balance', balance, async (client) => await client.readBalance()],
		['an upload', uploaded, async (client) => await client.uploadImage(IMAGE)],
	];

	it.each(calls)('%s goes to the base URL and follows no redirect', async (_, given, call) => {
		const { client, sent } = clientOf(given);
		await call(client);
		expect(sent).toHaveLength(1);
		const [options] = sent;
		expect(new URL(options.url).origin).toBe(BASE_URL);
		expect(options).toMatchObject({ disableFollowRedirect: true, ignoreHttpStatusErrors: true });
		expect(options).toMatchObject({ returnFullResponse: true, encoding: 'text' });
		// n8n adds the key from the credential.
		expect(JSON.stringify(options)).not.toMatch(/authorization|"auth"/i);
		expect(options.timeout).toBeGreaterThanOrEqual(15_000);
		expect(options.timeout).toBeLessThanOrEqual(120_000);
	});

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
			const { client } = clientOf({ code: 200, data: [{ task_id: ID }], error });
			await expect(client.submit('{}', 'k')).resolves.toMatchObject({ taskId: ID });
		},
	);

	it('that no route takes does not speak of a task ID', async () => {
		const { client } = clientOf({ error: { message: 'Invalid URL' } }, 404);
		const { message, details } = await apimartRejection(client.submit('{}', 'k'));
		expect(message).toBe('APIMart did not accept the request (HTTP 404): Invalid URL');
		expect(details).toMatchObject({ kind: 'parameter', retryable: false, charged: 'no' });
		expect(details.advice).toMatch(/base URL/);
		expect(details.advice).not.toMatch(/task/i);
	});

	it.each(['{}', 'null', '{"status":"ok"}', '[]'])(
		'that is answered by something else may be sent again with its key: %s',
		async (body) => {
			const { client } = clientOf(body);
			const { details } = await apimartRejection(client.submit('{}', 'k'));
			expect(details).toMatchObject({ retryable: true, charged: 'unknown' });
		},
	);
});

describe('a read', () => {
	it('cannot leave its path by a strange id', async () => {
		const { client, sent } = clientOf({ id: 'x', status: 'pending' });
		await apimartRejection(client.readTask('../balance?x=1#'));
		expect(sent[0].url).toBe(`${BASE_URL}/v1/tasks/..%2Fbalance%3Fx%3D1%23?language=en`);
	});

	const inside = { id: 'req_1', status: 'error', error: { code: 401, message: 'invalid' } };

	it.each<[kind: string, status: number, body: object, advice: RegExp]>([
		['credential', 200, inside, LATER],
		['parameter', 200, { code: 400, error: { message: 'busy' } }, LATER],
		['parameter', 400, { error: { message: 'busy' } }, LATER],
		['credential', 401, { error: { message: 'invalid API key' } }, LATER],
		['balance', 402, { error: { message: 'balance' } }, LATER],
		['credential', 403, { error: { message: 'forbidden' } }, LATER],
		['unreachable', 407, {}, LATER],
		['server', 500, { error: { message: 'internal' } }, LATER],
		['unknownTask', 400, { error: { message: 'Invalid task ID' } }, /Check the task ID/],
	])(
		'that is refused, %s, does not speak of charges: %d %j',
		async (kind, status, body, advice) => {
			const { client } = clientOf(body, status);
			const { details } = await apimartRejection(client.readTask(ID));
			expect(details.kind).toBe(kind);
			expect(details.advice).not.toMatch(/charged|dashboard/);
			expect(details.advice).toMatch(advice);
		},
	);

	it.each<[string, unknown]>([
		['no task', { code: 200, data: [] }],
		['another task', { code: 200, data: { id: 'task_other', status: 'completed' } }],
		['a task with half of its id', { id: ID.slice(0, -1), status: 'failed' }],
	])('may be repeated where the answer is %s', async (_, body) => {
		const { client } = clientOf(body);
		const { details, message } = await apimartRejection(client.readTask(ID));
		expect(details).toMatchObject({ kind: 'unreadable', retryable: true });
		expect(message).toBe(`APIMart's answer is not about this task: ${JSON.stringify(body)}`);
	});

	it('finds the task by any of its ids', async () => {
		const body = { id: 4711, task_id: ID, status: 'processing' };
		const { client } = clientOf(body);
		await expect(client.readTask(ID)).resolves.toMatchObject({ taskId: ID, state: 'processing' });
	});
});

describe.each([
	['a balance', async ({ client }: ReturnType<typeof clientOf>) => await client.readBalance()],
	[
		'an upload',
		async ({ client }: ReturnType<typeof clientOf>) =>
			await client.uploadImage({
				bytes: Buffer.from('x'),
				fileName: 'x.png',
				mimeType: 'image/png',
			}),
	],
])('%s', (_, ask) => {
	it.each([
		[500, { error: { message: 'internal' } }, /usually passes/],
		[200, { error: { message: 'busy' } }, /API key and the base URL/],
	])(
		'that goes wrong at APIMart was not charged, and is in no dashboard: %d',
		async (status, body, advice) => {
			const { details } = await apimartRejection(ask(clientOf(body, status)));
			expect(details.charged).toBe('no');
			expect(details.advice).toMatch(advice);
			expect(details.advice).toMatch(/Nothing was charged/);
			expect(details.advice).not.toMatch(/dashboard/);
		},
	);
});

describe('a balance', () => {
	it('is found in an envelope, too', async () => {
		const { client } = clientOf({ data: { remain_balance: 1, used_balance: 2 } });
		const balance = { balance: 1, used: 2, unlimited: false };
		await expect(client.readBalance()).resolves.toEqual(balance);
	});

	it.each<[string, unknown]>([
		['a failure inside a 200', { success: false, message: 'Failed to get token info' }],
		['no numbers', { success: true }],
		['null', { remain_balance: null, used_balance: null }],
		['a word', { remain_balance: 'much', used_balance: 1 }],
	])('is never invented: %s', async (_, body) => {
		await apimartRejection(clientOf(body).client.readBalance());
	});
});

describe('an upload', () => {
	it('is a form with the file in it, byte for byte', async () => {
		const { client, sent } = clientOf(uploaded);
		const createdMs = 1765000891000;
		await expect(client.uploadImage(IMAGE)).resolves.toEqual({ ...OF_IMAGE, url: CUP, createdMs });
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
		const { client } = clientOf({ data: { url: CUP } });
		await expect(client.uploadImage(IMAGE)).resolves.toMatchObject(OF_IMAGE);
	});

	it.each([{}, { url: '' }, { url: 'data:image/png;base64,AA' }, { url: 5 }])(
		'without an address is an error: %j',
		async (body) => {
			const error = await apimartRejection(clientOf(body).client.uploadImage(IMAGE));
			expect(error.details.kind).toBe('unreadable');
		},
	);
});
