/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxOptions } from '../../../sandbox';
import { startWithClient, type Started } from './client';

let receiver: Receiver;
let started: Started;
beforeEach(async () => {
	receiver = await Receiver.listen();
});
afterEach(async () => {
	await started.stop();
	await receiver.close();
});

/** Submits with both addresses, lets the clip end, and waits for so many entries of the callback list. */
async function pushed(words = '', entries = 1, options: SandboxOptions = {}, fields = {}) {
	started = await startWithClient(options);
	const id = await started.client.submitted({
		prompt: `${words} boat`,
		webhook: `${receiver.url}/base/`,
		callback_url: `${receiver.url}/exact`,
		...fields,
	});
	started.clock.advance(60);
	await callbacks(entries);
	return id;
}

const callbacks = async (count: number) =>
	await started.sandbox.ledger.waitFor((ledger) => {
		const list = ledger.callbacks();
		return list.length >= count && list;
	});

describe('what is pushed where', () => {
	test('docs: to webhook and /callback, the task as a status read shows it, no signature, no key', async () => {
		const id = await pushed();
		expect(receiver.requests.map(({ path }) => path)).toEqual(['/base/callback']);
		const [{ headers, method, body }] = receiver.requests;
		expect(method).toBe('POST');
		expect(headers['content-type']).toBe('application/json');
		expect(headers.authorization).toBeUndefined();
		expect(Object.keys(headers).filter((name) => name.includes('sign'))).toEqual([]);
		expect(JSON.parse(body)).toEqual(await started.client.task(id));
	});

	test('article: to callback_url as it stands', async () => {
		await pushed('', 1, { webhookContract: 'article' });
		expect(receiver.requests.map(({ path }) => path)).toEqual(['/exact']);
	});

	test('both: to both', async () => {
		await pushed('', 2, { webhookContract: 'both' });
		expect(receiver.requests.map(({ path }) => path).sort()).toEqual(['/base/callback', '/exact']);
	});

	test('a failure is pushed, in the language asked for; a cancellation is not', async () => {
		await pushed('[[fail:content]]', 1, {}, { language: 'en' });
		expect(JSON.parse(receiver.requests[0].body)).toMatchObject({
			status: 'failed',
			error: { message: 'Failure to pass the risk control system' },
		});
		const id = await started.client.submitted({
			prompt: '[[cancelled]]',
			webhook: receiver.url,
		});
		started.clock.advance(60);
		expect(await started.client.ended(id)).toMatchObject({ status: 'cancelled' });
		expect(started.sandbox.ledger.callbacks(id)).toEqual([]);
	});

	test('where no one asked, nothing is sent', async () => {
		started = await startWithClient({ webhookContract: 'both' });
		const id = await started.client.submitted({ webhook: 'nonsense', callback_url: 'ftp://x' });
		started.clock.advance(60);
		await started.client.ended(id);
		expect(started.sandbox.ledger.callbacks()).toEqual([]);
	});
});

describe('who does not answer with 2xx', () => {
	test('5xx: again after 10, 30 and 60 seconds, then never more', async () => {
		receiver.statuses = [500, 502, 503, 500];
		await pushed();
		for (const [position, waitSeconds] of [10, 30, 60].entries()) {
			started.clock.advance(waitSeconds - 1);
			expect(receiver.requests).toHaveLength(position + 1);
			started.clock.advance(1);
			await callbacks(position + 2);
		}
		expect(
			started.sandbox.ledger
				.callbacks()
				.map(({ attempt, outcome, status, retryInSeconds }) => [
					attempt,
					outcome,
					status,
					retryInSeconds,
				]),
		).toEqual([
			[1, 'failed', 500, 10],
			[2, 'failed', 502, 30],
			[3, 'failed', 503, 60],
			[4, 'given-up', 500, undefined],
		]);
		started.clock.advance(3600);
		expect(receiver.requests).toHaveLength(4);
	});

	test('a later try that works ends it', async () => {
		receiver.statuses = [503, 204];
		await pushed();
		started.clock.advance(10);
		expect((await callbacks(2))[1]).toMatchObject({
			outcome: 'delivered',
			status: 204,
			attempt: 2,
		});
	});

	test.each([400, 404, 409, 302])('%d: given up at once', async (status) => {
		receiver.statuses = [status];
		await pushed();
		expect(started.sandbox.ledger.callbacks()).toMatchObject([{ outcome: 'given-up', status }]);
		started.clock.advance(3600);
		expect(receiver.requests).toHaveLength(1);
	});

	test('silence and refusal count like 5xx', async () => {
		receiver.statuses = ['silence'];
		await pushed('', 1, { callbackTimeoutSeconds: 0.1 });
		await receiver.close();
		started.clock.advance(10);
		expect(await callbacks(2)).toMatchObject([
			{ outcome: 'failed', retryInSeconds: 10 },
			{ outcome: 'failed', retryInSeconds: 30, reason: 'ECONNREFUSED' },
		]);
	});
});

describe('callbacks that go their own way', () => {
	test('[[no-callback]]', async () => {
		await pushed('[[no-callback]]');
		expect(started.sandbox.ledger.callbacks()).toMatchObject([{ outcome: 'dropped' }]);
		expect(receiver.requests).toEqual([]);
	});

	test('[[duplicate-callback:3]]', async () => {
		await pushed('[[duplicate-callback:3]]', 3);
		const bodies = receiver.requests.map(({ body }) => body);
		expect(bodies).toHaveLength(3);
		expect(new Set(bodies).size).toBe(1);
	});

	test('[[forged-callback]] lies before the truth comes', async () => {
		await pushed('[[forged-callback]] [[fail:content]]', 2);
		const statuses = receiver.requests.map(
			({ body }) => (JSON.parse(body) as { status: string }).status,
		);
		expect(statuses).toEqual(['completed', 'failed']);
		expect(receiver.requests[0].body).toContain('forged');
	});

	test('[[malformed-callback]], [[enveloped-callback]]', async () => {
		const id = await pushed('[[malformed-callback]] [[enveloped-callback]]', 2);
		expect(() => JSON.parse(receiver.requests[0].body) as unknown).toThrow();
		expect(JSON.parse(receiver.requests[1].body)).toMatchObject({ code: 200, data: { id } });
	});

	test('[[early-callback]] comes while the clip is made', async () => {
		started = await startWithClient();
		await started.client.submitted({ prompt: '[[early-callback]]', webhook: receiver.url });
		started.clock.advance(30);
		await callbacks(1);
		expect(JSON.parse(receiver.requests[0].body)).toMatchObject({
			status: 'processing',
			progress: 50,
		});
	});

	test('[[late-callback:60]]', async () => {
		const id = await pushed('[[late-callback:60]]', 0);
		await started.client.ended(id);
		started.clock.advance(59);
		expect(started.sandbox.ledger.callbacks()).toEqual([]);
		started.clock.advance(1);
		await callbacks(1);
		expect(receiver.requests).toHaveLength(1);
	});
});

describe('addresses', () => {
	test('strict: a private one is dropped without a word, the clip is made and billed', async () => {
		await pushed('', 1, { strictCallbacks: true });
		expect(started.sandbox.ledger.callbacks()).toMatchObject([{ outcome: 'dropped' }]);
		expect(receiver.requests).toEqual([]);
		expect(started.sandbox.ledger.charges()).toHaveLength(1);
	});
});

interface Received {
	method: string;
	path: string;
	headers: IncomingMessage['headers'];
	body: string;
}

/** Someone who is called back; answers 200, or what stands in `statuses`. */
class Receiver {
	readonly requests: Received[] = [];

	statuses: Array<number | 'silence'> = [];

	private constructor(
		private readonly server: Server,
		readonly url: string,
	) {}

	static async listen() {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const self = new Receiver(server, `http://127.0.0.1:${port}`);
		server.on('request', (request, response) => {
			let body = '';
			request.on('data', (chunk: Buffer) => (body += chunk.toString()));
			request.on('end', () => {
				const { method = '', url: path = '', headers } = request;
				self.requests.push({ method, path, headers, body });
				const status = self.statuses.shift() ?? 200;
				if (status !== 'silence') response.writeHead(status, { Location: '/' }).end();
			});
		});
		return self;
	}

	async close() {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}
