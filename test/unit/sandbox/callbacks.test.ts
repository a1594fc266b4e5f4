/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SandboxOptions } from '../../../sandbox';
import { joinCallback } from '../../../sandbox/callbackAddress';
import { prompt, startWithClient } from './client';

type Received = IncomingMessage & { body: string };

/** Someone who is called back; answers 200, or what stands in `statuses`. */
async function listen(statuses: Array<number | string>) {
	const requests: Received[] = [];
	const server = createServer(async (request, response) => {
		requests.push(Object.assign(request, { body: await text(request) }));
		const status = statuses.shift() ?? 200;
		if (typeof status === 'number') response.writeHead(status, { Location: '/' }).end();
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const close = () => server.close().closeAllConnections();
	return { requests, url: `http://127.0.0.1:${port}`, close };
}

let stop: () => Promise<void>;
afterEach(async () => await stop());

/** Submits with both addresses. */
async function submitted(
	fields = {},
	options: SandboxOptions = {},
	statuses: Array<number | string> = [],
) {
	const { requests, url, close } = await listen([...statuses]);
	const started = await startWithClient(options);
	stop = async () => {
		await started.stop();
		close();
	};
	const { ledger } = started.sandbox;
	const addresses = { webhook: `${url}/base/`, callback_url: `${url}/exact` };
	const id = await started.client.submitted({ ...addresses, ...fields });
	const entries = async (count: number) =>
		await ledger.waitFor(() => ledger.callbacks().length >= count);
	return { ...started, ledger, id, entries, requests };
}

function saidBy({ url, body }: Pick<Received, 'url' | 'body'>): string {
	if (!body.endsWith('}')) return `${url} no JSON`;
	const { code, data, status } = JSON.parse(body) as Record<string, unknown>;
	if (code === 200) return saidBy({ url: `${url} enveloped`, body: JSON.stringify(data) });
	return `${url}${body.includes('forged') ? ' forged' : ''} ${String(status)}`;
}

const [BASE, EXACT] = ['/base/callback completed', '/exact completed'];

test.each<[object, SandboxOptions, string]>([
	[{}, {}, BASE],
	[{}, { webhookContract: 'article' }, EXACT],
	[{}, { webhookContract: 'both' }, `${BASE}, ${EXACT}`],
	[{}, { strictCallbacks: true }, 'dropped'],
	[prompt('no-callback'), {}, 'dropped'],
	[prompt('fail:content'), {}, '/base/callback failed'],
	[prompt('duplicate-callback:3'), {}, `${BASE}, ${BASE}, ${BASE}`],
	[prompt('forged-callback+fail'), {}, '/base/callback forged completed, /base/callback failed'],
	[prompt('malformed-callback'), {}, `/base/callback no JSON, ${BASE}`],
	[prompt('enveloped-callback'), {}, '/base/callback enveloped completed'],
	[prompt('cancelled'), { webhookContract: 'both' }, ''],
	[{ webhook: 'nonsense', callback_url: 'ftp://x' }, { webhookContract: 'both' }, ''],
])('%j, %j: %s', async (fields, options, expected) => {
	const { client, clock, ledger, id, entries, requests } = await submitted(fields, options);
	clock.advance(60);
	await client.ended(id);
	await entries(expected.split(', ').filter(Boolean).length);
	const outcomes = [...new Set(ledger.callbacks().map(({ outcome }) => outcome))].join(', ');
	// Which of two receivers is reached first is a matter of luck.
	const list = options.webhookContract ? requests.map(saidBy).sort() : requests.map(saidBy);
	expect(outcomes === 'delivered' ? list.join(', ') : outcomes).toBe(expected);
});

test('the body is the task as a status read shows it, without signature and key', async () => {
	const { client, clock, id, entries, requests } = await submitted();
	clock.advance(60);
	await entries(1);
	const [{ headers, method, body }] = requests;
	expect([method, headers['content-type']]).toEqual(['POST', 'application/json']);
	expect(Object.keys(headers).filter((name) => /sign|authorization/.test(name))).toEqual([]);
	expect(JSON.parse(body)).toEqual(await client.task(id));
});

test.each([
	['early-callback', 30, { status: 'processing' }],
	['late-callback:60', 120, { status: 'completed' }],
	['fail:content', 60, { error: { message: 'Failure to pass the risk control system' } }],
])('[[%s]] comes after %d s: %j, in the language asked for', async (word, seconds, body) => {
	const fields = { ...prompt(word), language: 'en' };
	const { client, clock, ledger, id, entries, requests } = await submitted(fields);
	clock.advance(Math.min(60, seconds - 1));
	if (seconds > 60) {
		await client.ended(id);
		clock.advance(seconds - 61);
	}
	expect(ledger.callbacks()).toEqual([]);
	clock.advance(1);
	await entries(1);
	expect(JSON.parse(requests[0].body)).toMatchObject(body);
});

test.each([
	[[500, 502, 503, 500], 'failed 500 10, failed 502 30, failed 503 60, given-up 500'],
	[[503, 204], 'failed 503 10, delivered 204'],
	[['silence', 200], 'failed ERR_CANCELED 10, delivered 200'],
	[[400], 'given-up 400'],
	[[404], 'given-up 404'],
	[[409], 'given-up 409'],
	[[302], 'given-up 302'],
])('who answers %j is called again so many seconds later: %s', async (statuses, expected) => {
	const options = { callbackTimeoutSeconds: statuses.includes('silence') ? 0.5 : 10 };
	const { clock, ledger, entries, requests } = await submitted({}, options, statuses);
	clock.advance(60);
	await entries(1);
	for (const [position, waitSeconds] of [10, 30, 60].slice(0, statuses.length - 1).entries()) {
		clock.advance(waitSeconds - 1);
		expect(requests).toHaveLength(position + 1);
		clock.advance(1);
		await entries(position + 2);
	}
	clock.advance(3600);
	const tries = ledger
		.callbacks()
		.map(({ outcome, status, reason, retryInSeconds }) =>
			[outcome, status ?? reason, retryInSeconds].filter(Boolean).join(' '),
		);
	expect(tries.join(', ')).toBe(expected);
	expect(requests).toHaveLength(statuses.length);
});

test.each([
	['', 'path', '/callback'],
	['/api/', 'path', '/api/callback'],
	['/api?t=1', 'path', '/api/callback?t=1'],
	['/api?t=1', 'end', '/api?t=1/callback'],
] as const)('webhook %s joined (%s) is %s', (base, queryJoin, joined) => {
	const host = 'https://a.example';
	expect(joinCallback(host + base, queryJoin)).toBe(host + joined);
});
