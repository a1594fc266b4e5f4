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

/** The bodies that arrived, in words. */
const arrived = () =>
	receiver.requests.map(({ path, body }) => `${path} ${saidBy(body)}`).join(', ');

function saidBy(body: string): string {
	if (!body.endsWith('}')) return 'no JSON';
	const { code, data, status } = JSON.parse(body) as Record<string, unknown>;
	if (code === 200) return `enveloped ${saidBy(JSON.stringify(data))}`;
	return `${body.includes('forged') ? 'forged ' : ''}${String(status)}`;
}

describe('what is pushed where', () => {
	const [BASE, EXACT] = ['/base/callback completed', '/exact completed'];

	test.each<[string, SandboxOptions, string, string]>([
		['docs: webhook and /callback', {}, '', BASE],
		['article: callback_url as it stands', { webhookContract: 'article' }, '', EXACT],
		['both', { webhookContract: 'both' }, '', `${BASE}, ${EXACT}`],
		['a failure too', {}, 'fail:content', '/base/callback failed'],
		['so often', {}, 'duplicate-callback:3', `${BASE}, ${BASE}, ${BASE}`],
		[
			'a lie first',
			{},
			'forged-callback+fail',
			'/base/callback forged completed, /base/callback failed',
		],
		['half a JSON first', {}, 'malformed-callback', `/base/callback no JSON, ${BASE}`],
		['in an envelope', {}, 'enveloped-callback', '/base/callback enveloped completed'],
		['to a private address', { strictCallbacks: true }, '', ''],
		['never', {}, 'no-callback', ''],
	])('%s: %j [[%s]] %s', async (_what, options, words, expected) => {
		await pushed(words.replace(/[^+]+/g, '[[$&]]'), expected.split(',').length, options);
		// Which of two receivers is reached first is a matter of luck.
		const isOrdered = options.webhookContract !== 'both';
		const seen = isOrdered ? arrived() : arrived().split(', ').sort().join(', ');
		expect(seen).toBe(expected);
		const outcomes = started.sandbox.ledger.callbacks().map(({ outcome }) => outcome);
		expect(new Set(outcomes)).toEqual(new Set([expected ? 'delivered' : 'dropped']));
		expect(started.sandbox.ledger.charges()).toHaveLength(words.includes('fail') ? 0 : 1);
	});

	test('the body is the task as a status read shows it, without signature and key', async () => {
		const id = await pushed();
		const [{ headers, method, body }] = receiver.requests;
		expect(method).toBe('POST');
		expect(headers['content-type']).toBe('application/json');
		expect(Object.keys(headers).filter((name) => /sign|authorization/.test(name))).toEqual([]);
		expect(JSON.parse(body)).toEqual(await started.client.task(id));
	});

	test('a failure is told in the language asked for', async () => {
		await pushed('[[fail:content]]', 1, {}, { language: 'en' });
		const { error } = JSON.parse(receiver.requests[0].body) as { error: object };
		expect(error).toMatchObject({ message: 'Failure to pass the risk control system' });
	});

	test.each([
		['a cancelled task', { prompt: '[[cancelled]]', webhook: 'http://127.0.0.1:9' }],
		['addresses that are none', { webhook: 'nonsense', callback_url: 'ftp://x' }],
	])('of %s nothing is pushed', async (_what, fields) => {
		started = await startWithClient({ webhookContract: 'both' });
		const id = await started.client.submitted(fields);
		started.clock.advance(60);
		await started.client.ended(id);
		expect(started.sandbox.ledger.callbacks()).toEqual([]);
	});

	test.each([
		['early-callback', 30, 'processing'],
		['late-callback:60', 120, 'completed'],
	])('[[%s]] comes after %d s: %s', async (word, seconds, status) => {
		started = await startWithClient();
		const fields = { prompt: `[[${word}]]`, webhook: receiver.url };
		const id = await started.client.submitted(fields);
		started.clock.advance(Math.min(60, seconds - 1));
		if (seconds > 60) {
			await started.client.ended(id);
			started.clock.advance(seconds - 61);
		}
		expect(started.sandbox.ledger.callbacks()).toEqual([]);
		started.clock.advance(1);
		await callbacks(1);
		expect(arrived()).toBe(`/callback ${status}`);
	});
});

describe('who does not answer with 2xx', () => {
	test.each<[Array<number | 'silence'>, string]>([
		[
			[500, 502, 503, 500],
			'failed 500 again in 10, failed 502 again in 30, failed 503 again in 60, given-up 500',
		],
		[[503, 204], 'failed 503 again in 10, delivered 204'],
		[['silence', 200], 'failed ERR_CANCELED again in 10, delivered 200'],
		[[400], 'given-up 400'],
		[[404], 'given-up 404'],
		[[409], 'given-up 409'],
		[[302], 'given-up 302'],
	])('%j: %s', async (statuses, expected) => {
		receiver.statuses = [...statuses];
		await pushed('', 1, { callbackTimeoutSeconds: statuses.includes('silence') ? 0.5 : 10 });
		for (const [position, waitSeconds] of [10, 30, 60].slice(0, statuses.length - 1).entries()) {
			started.clock.advance(waitSeconds - 1);
			expect(receiver.requests).toHaveLength(position + 1);
			started.clock.advance(1);
			await callbacks(position + 2);
		}
		started.clock.advance(3600);
		const entries = started.sandbox.ledger.callbacks();
		const said = entries.map(({ outcome, status, reason, retryInSeconds }) =>
			[outcome, status ?? reason, retryInSeconds && `again in ${retryInSeconds}`]
				.filter(Boolean)
				.join(' '),
		);
		expect(said.join(', ')).toBe(expected);
		expect(receiver.requests).toHaveLength(statuses.length);
	});

	test('who refuses the connection is like 5xx', async () => {
		await receiver.close();
		await pushed();
		expect(started.sandbox.ledger.callbacks()).toMatchObject([
			{ outcome: 'failed', retryInSeconds: 10, reason: 'ECONNREFUSED' },
		]);
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
