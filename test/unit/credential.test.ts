import type { IHttpRequestOptions } from 'n8n-workflow';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';

const BASE = 'https://api.apimart.ai/mirror';
const home = `${BASE}/v1/balance`;
type AnyRequest = Record<string, unknown>;

async function authenticate(request: AnyRequest): Promise<AnyRequest> {
	const { authenticate: put } = new KlingFastApi();
	const credentials = { apiKey: ' key-1\n', baseUrl: `${BASE}/v1/` };
	if (typeof put !== 'function') throw new Error('Expected an authenticate function');
	return { ...(await put(credentials, request as unknown as IHttpRequestOptions)) };
}

test.each<[string, AnyRequest]>([
	['url', { url: home }],
	['url and baseURL', { url: '/v1/balance', baseURL: BASE }],
	['url and a baseURL with a slash', { url: 'v1/balance', baseURL: `${BASE}/` }],
	['a whole url that wins over the baseURL', { url: home, baseURL: 'https://evil.example' }],
	['uri', { uri: home }],
	['uri as an object', { uri: new URL(home) }],
	['uri and baseURL', { uri: '/v1/balance', baseURL: BASE }],
	['url that wins over uri', { url: home, uri: 'https://evil.example/' }],
	['redirects that are asked for', { uri: home, followRedirect: true, followAllRedirects: true }],
])('%s: the key goes to the one address that was checked', async (_, request) => {
	const asked = { ...request };
	const sent = await authenticate(request);
	expect(sent).toMatchObject({
		url: home,
		headers: { Authorization: 'Bearer key-1' },
		disableFollowRedirect: true,
		followRedirect: false,
		followAllRedirects: false,
	});
	expect([sent.uri, sent.baseURL]).toEqual([undefined, undefined]);
	expect(request).toEqual(asked);
});

test.each<[AnyRequest, string]>([
	[{ url: 'https://evil.example/v1' }, 'evil.example'],
	[{ uri: 'https://evil.example/v1' }, 'evil.example'],
	[{ uri: new URL('https://evil.example/v1') }, 'evil.example'],
	[{ url: 'https://evil.example/v1', uri: home }, 'evil.example'],
	[{ url: '/v1/balance', baseURL: 'https://evil.example' }, 'evil.example'],
	[{ uri: '/v1/balance', baseURL: 'https://evil.example' }, 'evil.example'],
	[{ url: 'https://evil.example', baseURL: BASE }, 'evil.example'],
	[{ uri: 'https://evil.example', baseURL: BASE }, 'evil.example'],
	[{ url: 'http://api.apimart.ai/v1' }, 'api.apimart.ai'],
	[{ url: 'https://api.apimart.ai:8443/v1' }, 'api.apimart.ai:8443'],
	[{ url: 'https://api.apimart.ai@evil.example/v1' }, 'evil.example'],
	// Without slashes an address is whole for axios, and not for a parser that has a base.
	[{ url: 'https:evil.example' }, 'evil.example'],
	[{ url: '//evil.example', baseURL: BASE }, 'an incomplete address'],
	[{ url: '/v1/balance' }, 'an incomplete address'],
	[{ url: '', baseURL: BASE }, 'an incomplete address'],
	[{ baseURL: BASE }, 'an incomplete address'],
	[{ url: 'file:///etc/passwd' }, 'an incomplete address'],
	[{}, 'an incomplete address'],
])('%j is refused', async (request, where) => {
	await expect(authenticate(request)).rejects.toThrow(
		`The API key is sent only to the 'Base URL' of its credential (api.apimart.ai), not to ${where}`,
	);
	expect(JSON.stringify(request)).not.toContain('key-1');
});
