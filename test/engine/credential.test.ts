/**
 * The credential's own test, sent by n8n's routing node to a real server, its rules read as n8n's credential tester does; and the
 * credential in nodes that are not ours, through both request helpers of n8n-core.
 */
import express, { type Response } from 'express';
import type {
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeType,
} from 'n8n-workflow';
import { credentialTestNodes, testCredential } from './credentialTest';
import { createEngine, type Engine } from './harness';
import { serve, type LocalServer } from './localServer';
import { described } from './nodeDescription';

const balance = { success: true, remain_balance: 10.5, used_balance: 2.3, unlimited_quota: false };
const wrongKey = /did not accept this API key/;
const wrongAddress = /did not come from the APIMart API/;

let engine: Engine;
let servers: LocalServer[];
let origin: string;
let otherOrigin: string;
let answer: (response: Response) => void;
let seen: Array<{ path: string; authorization?: string }>;
let seenElsewhere: typeof seen;

beforeAll(async () => {
	engine = await createEngine({ ...credentialTestNodes, [foreignType]: new ForeignNode() });
	const home = express().use((request, response) => {
		seen.push({ path: request.path, authorization: request.headers.authorization });
		answer(response);
	});
	const elsewhere = express().use((request, response) => {
		seenElsewhere.push({ path: request.path, authorization: request.headers.authorization });
		response.json({});
	});
	servers = [await serve(home), await serve(elsewhere)];
	[origin, otherOrigin] = servers.map((server) => server.origin);
});

afterAll(async () => {
	for (const server of servers) await server.stop();
	await engine.close();
});

beforeEach(() => {
	seen = [];
	seenElsewhere = [];
	answer = (response) => response.json(balance);
});

test('a body that says success: true is good, and the key was in the header', async () => {
	const result = await testCredential(engine, { apiKey: ' key-1\n', baseUrl: origin });
	expect(result).toEqual({ status: 'OK', message: 'Connection successful!' });
	expect(seen).toEqual([{ path: '/v1/balance', authorization: 'Bearer key-1' }]);
});

test.each(['/', '/v1', '/v1/', '//'])(
	'a base URL that ends in %s is understood',
	async (ending) => {
		const baseUrl = ` ${origin}${ending} `;
		const result = await testCredential(engine, { apiKey: 'key-1', baseUrl });
		expect(result.status).toBe('OK');
		expect(seen.map(({ path }) => path)).toEqual(['/v1/balance']);
	},
);

test('a mirror under a path is asked under that path', async () => {
	await testCredential(engine, { apiKey: 'key-1', baseUrl: `${origin}/kling/v1` });
	expect(seen.map(({ path }) => path)).toEqual(['/kling/v1/balance']);
});

test.each<[string, (response: Response) => void, RegExp]>([
	['success: false', (r) => r.json({ success: false, message: 'no token' }), wrongKey],
	['no success at all', (r) => r.json({ remain_balance: 1 }), wrongAddress],
	['a web page', (r) => r.send('<!doctype html><title>Kling</title>'), wrongAddress],
	['an empty body', (r) => r.end(), wrongAddress],
	['401', (r) => r.status(401).json({ error: { message: 'bad key' } }), wrongKey],
	['402', (r) => r.status(402).json({ error: {} }), /no balance left/],
	['404', (r) => r.status(404).send('nothing here'), wrongAddress],
	['a redirect', (r) => r.redirect(302, `${origin}/elsewhere`), /forwards to another address/],
])('%s is not good, and the message says what to do', async (_, reply, message) => {
	answer = reply;
	const result = await testCredential(engine, { apiKey: 'key-1', baseUrl: origin });
	expect(result.status).toBe('Error');
	expect(result.message).toMatch(message);
	expect(seen.map(({ path }) => path)).not.toContain('/elsewhere');
});

test.each([
	['http on a public host', 'http://api.example.com', /must be https/],
	['no address', 'api.apimart.ai', /must be a web address/],
	['an empty field', '', /'Base URL' is empty/],
	['a password in the address', 'https://me:secret@api.example.com', /user name or password/],
])('%s is told before anything is sent', async (_, baseUrl, message) => {
	const result = await testCredential(engine, { apiKey: 'key-1', baseUrl });
	expect(result.status).toBe('Error');
	expect(result.message).toMatch(message);
	expect(result.message).not.toMatch(/key-1|secret/);
});

const requestHelpers = ['requestWithAuthentication', 'httpRequestWithAuthentication'] as const;

describe.each(requestHelpers)('in another node, by %s', (helper) => {
	async function run(options: IDataObject) {
		return await engine.runNode({
			nodeType: foreignType,
			credentials: { apiKey: 'key-1', baseUrl: origin },
			items: [{ json: { helper, options } }],
		});
	}

	test.each(['url', 'uri'])(
		'a request whose address is its %s arrives with the key',
		async (name) => {
			const done = await run({ [name]: `${origin}/v1/models` });
			expect(done.status).toBe('success');
			expect(seen).toEqual([{ path: '/v1/models', authorization: 'Bearer key-1' }]);
		},
	);

	test.each(['url', 'uri', 'baseURL'])('another host in %s is refused', async (name) => {
		const path = name === 'baseURL' && { url: '/v1/models' };
		const done = await run({ [name]: `${otherOrigin}/v1/models`, ...path });
		expect(done.status).toBe('error');
		expect(done.error?.message).toContain("sent only to the 'Base URL' of its credential");
		expect([...seen, ...seenElsewhere]).toEqual([]);
	});

	test.each<[string, string, IDataObject]>([
		['url', 'GET', {}],
		['uri', 'GET', {}],
		['uri', 'GET', { followRedirect: true, followAllRedirects: true, maxRedirects: 5 }],
		['uri', 'POST', { followAllRedirects: true }],
		['url', 'POST', { disableFollowRedirect: false, maxRedirects: 5 }],
	])('a redirect is not followed: %s, %s, %j', async (name, method, options) => {
		for (const target of [otherOrigin, `${origin}/again`]) {
			answer = (response) => response.redirect(307, target);
			const done = await run({ [name]: `${origin}/v1/models`, method, ...options });
			expect(done.status).toBe('error');
			expect(JSON.stringify(done.execution)).not.toContain('key-1');
		}
		expect(seen.map(({ path }) => path)).toEqual(['/v1/models', '/v1/models']);
		expect(seenElsewhere).toEqual([]);
	});
});

const foreignType = 'test.foreign';

/** Sends what its item says, as n8n's HTTP Request node does with a credential that is chosen there. */
class ForeignNode implements INodeType {
	description = described('Foreign', {
		usableAsTool: true,
		credentials: [{ name: 'klingFastApi', required: true }],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { helper, options } = this.getInputData()[0].json;
		const send = this.helpers[helper as (typeof requestHelpers)[number]];
		await send.call(this, 'klingFastApi', options as unknown as IHttpRequestOptions);
		return [[{ json: {} }]];
	}
}
