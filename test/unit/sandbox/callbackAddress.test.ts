import { joinCallback, refusalReason } from '../../../sandbox/callbackAddress';

test.each([
	['https://n8n.example.com/webhook/x', undefined],
	['https://n8n.example.com:443/x', undefined],
	['http://8.8.8.8/x', undefined],
	['http://172.32.0.1/x', undefined],
	['https://n8n.example.com:5678/x', 'port 5678 is not 80 or 443'],
	['http://localhost/x', 'a private address'],
	['http://n8n/x', 'a private address'],
	['http://box.local/x', 'a private address'],
	['http://10.1.2.3/x', 'a private address'],
	['http://172.16.0.1/x', 'a private address'],
	['http://192.168.1.1/x', 'a private address'],
	['http://[::1]/x', 'a private address'],
	['http://[fd00::1]/x', 'a private address'],
	['https://api.apimart.ai/x', 'an address of the provider'],
])('%s: %s', (url, reason) => {
	expect(refusalReason(url)).toBe(reason);
});

test.each([
	['https://a.example', 'path', 'https://a.example/callback'],
	['https://a.example/api', 'path', 'https://a.example/api/callback'],
	['https://a.example/api/', 'path', 'https://a.example/api/callback'],
	['https://a.example/api?t=1', 'path', 'https://a.example/api/callback?t=1'],
	['https://a.example/api?t=1', 'end', 'https://a.example/api?t=1/callback'],
] as const)('%s joined (%s) is %s', (base, queryJoin, joined) => {
	expect(joinCallback(base, queryJoin)).toBe(joined);
});
