import fc from 'fast-check';
import {
	parseWebUrl,
	isLoopbackOrPrivate,
	mayUseAddress,
	normalizeBaseUrl,
} from '../../nodes/KlingFast/apimart/address';
import { InvalidField } from '../../nodes/KlingFast/invalidField';

const PUBLIC_BASE = 'https://api.apimart.ai';
const SANDBOX_BASE = 'http://127.0.0.1:4010';

test('an address with an umlaut stays one, however often it is read', () => {
	for (let times = 0; times < 20_000; times++) {
		if (!parseWebUrl('https://exämple.com/a')) throw new Error(`refused after ${times} times`);
	}
	expect(parseWebUrl('https://exämple.com/a')?.hostname).toBe('xn--exmple-cua.com');
});

describe('loopback or private', () => {
	it.each([
		...words(`
			localhost LOCALHOST localhost. app.localhost n8n n8n. printer.local printer.LOCAL.
			metadata.google.internal 127.0.0.1 127.1 127.255.255.254 0x7f.0.0.1 2130706433
			0177.0.0.1 0.0.0.0 0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
			100.64.0.1 100.127.255.255 ::1 [::1] :: fc00::1 fd12:3456::1 fe80::1 febf::1
			::ffff:127.0.0.1 [::ffff:7f00:1] ::ffff:192.168.0.1 64:ff9b::10.0.0.1
			[::ffff:0:127.0.0.1] [2002:7f00:1::] 2002:a00:1::1 [64:ff9b:1::7f00:1] [fec0::1]
			ff02::1 4000::1 198.18.0.1 198.19.255.255 192.0.0.8 224.0.0.1 239.255.255.250
			240.0.0.1 255.255.255.255 nas.lan nas.HOME. nas.home.arpa git.corp
			sandbox.default.svc sandbox.default.svc.cluster.local \uff11\uff12\uff17.0.0.1
		`),
		'',
		'not a host',
	])('%s is', (hostname) => {
		expect(isLoopbackOrPrivate(hostname)).toBe(true);
	});

	it.each([
		...words(`
			api.apimart.ai api.apimart.ai. localhost.example.com local.example.com mylocal.org
			8.8.8.8 9.255.255.255 11.0.0.1 172.15.0.1 172.32.0.1 192.167.1.1 169.253.1.1
			100.63.0.1 100.128.0.1 126.0.0.1 128.0.0.1 2001:4860:4860::8888 [2606:4700::1111]
			::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 192.0.1.1
			198.17.255.255 198.20.0.1 223.255.255.255 lan.example.com svc.example
			arpa.home.example
		`),
	])('%s is not', (hostname) => {
		expect(isLoopbackOrPrivate(hostname)).toBe(false);
	});

	it('is true for every spelling of an address in 127/8', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0xffffff }), (rest) => {
				const number = 127 * 2 ** 24 + rest;
				const dotted = [24, 16, 8, 0]
					.map((shift) => Math.floor(number / 2 ** shift) % 256)
					.join('.');
				for (const spelling of [dotted, String(number), `0x${number.toString(16)}`]) {
					expect(isLoopbackOrPrivate(spelling)).toBe(true);
				}
				expect(isLoopbackOrPrivate(`::ffff:${dotted}`)).toBe(true);
			}),
		);
	});
});

describe('the rule for addresses', () => {
	it.each([
		['https://cdn.getapib.org/video/1.mp4', PUBLIC_BASE, true],
		['https://cdn.getapib.org/video/1.mp4', SANDBOX_BASE, true],
		['http://127.0.0.1:4011/video/1.mp4', PUBLIC_BASE, false],
		['http://127.0.0.1:4011/video/1.mp4', SANDBOX_BASE, true],
		['http://files:4011/video/1.mp4', 'http://sandbox:4010', true],
		['http://169.254.169.254/latest/meta-data', PUBLIC_BASE, false],
		['https://[::1]/x', PUBLIC_BASE, false],
		['ftp://example.com/x', PUBLIC_BASE, false],
		['file:///etc/passwd', SANDBOX_BASE, false],
		['javascript:alert(1)', SANDBOX_BASE, false],
		['/video/1.mp4', SANDBOX_BASE, false],
		['http://127.0.0.1/x', 'nonsense', false],
	])('%s with base URL %s: %s', (address, baseUrl, allowed) => {
		expect(mayUseAddress(address, baseUrl)).toBe(allowed);
	});
});

describe('base URL', () => {
	it.each([
		['https://api.apimart.ai', 'https://api.apimart.ai'],
		['https://api.apimart.ai/', 'https://api.apimart.ai'],
		['https://api.apimart.ai/v1', 'https://api.apimart.ai'],
		['https://api.apimart.ai/v1/', 'https://api.apimart.ai'],
		['  https://API.apimart.ai//v1//  ', 'https://api.apimart.ai'],
		['https://proxy.example/apimart/v1/', 'https://proxy.example/apimart'],
		['https://proxy.example/apiv1', 'https://proxy.example/apiv1'],
		['https://api.apib.ai:8443/v1', 'https://api.apib.ai:8443'],
		['http://localhost:4010/v1', 'http://localhost:4010'],
		['http://sandbox:4010', 'http://sandbox:4010'],
		['http://[::1]:4010/', 'http://[::1]:4010'],
		['http://192.168.0.7/v1', 'http://192.168.0.7'],
	])('%s is used as %s', (typed, used) => {
		expect(normalizeBaseUrl(typed)).toBe(used);
	});

	it.each([
		['', "'Base URL' is empty, but must be a web address such as https://api.apimart.ai"],
		['api.apimart.ai', /is "api\.apimart\.ai", but must be a web address/],
		['https:///v1', /must be a web address/],
		['https://api apimart.ai', /must be a web address/],
		['ftp://api.apimart.ai', /must be a web address/],
		['http://api.apimart.ai', /must be https, or http on this computer or in a private network/],
		['https://api.apimart.ai?key=1', /must be an address without \? and #/],
		['https://api.apimart.ai/#', /must be an address without \? and #/],
	])('%s is refused', (typed, sentence) => {
		expect(() => normalizeBaseUrl(typed)).toThrow(InvalidField);
		expect(() => normalizeBaseUrl(typed)).toThrow(sentence);
	});

	it.each(['https://me:hunter2@api.apimart.ai', 'http://me:hunter2@:x', 'https://a/?hunter2'])(
		'does not repeat a password: %s',
		(typed) => {
			const message = expect.not.stringContaining('hunter2');
			expect(() => normalizeBaseUrl(typed)).toThrow(expect.objectContaining({ message }));
		},
	);

	it('is stable: what comes out goes through unchanged', () => {
		fc.assert(
			fc.property(
				fc.webUrl({ validSchemes: ['https'] }),
				fc.constantFrom('', '/', '/v1', '/v1/'),
				(url, end) => {
					const once = normalizeBaseUrl(`${url}${end}`);
					expect(once).not.toMatch(/\/$/);
					fc.pre(!once.endsWith('/v1'));
					expect(normalizeBaseUrl(once)).toBe(once);
				},
			),
		);
	});
});

function words(text: string): string[] {
	return text.trim().split(/\s+/);
}
