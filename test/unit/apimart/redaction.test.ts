import fc from 'fast-check';
import { sealMetadata } from '../../../nodes/KlingFast/apimart/callback';
import { excerpt, redact } from '../../../nodes/KlingFast/apimart/answer';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const secret = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 12, maxLength: 48 });
const HELLO = 'an HTML page that says "Hello"';
/** Whatever stands in front ends with a space, as a word does. */
const before = fc.string().map((text) => `${text} `);

const TOKEN = sealMetadata(Buffer.alloc(32), 'key', { row: 1 });

describe('what must not be shown', () => {
	it.each([
		['invalid key sk-abcDEF1234', 'invalid key sk-***'],
		['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
		['{"authorization":"bearer abc"}', '{"authorization":"bearer ***"}'],
		['got https://getapib.org/v.mp4?X-Sig=abc&e=1 late', 'got https://getapib.org/v.mp4 late'],
		['"https://a.b/v.mp4#token=abc"', '"https://a.b/v.mp4"'],
		['http://user:secret@a.b/c', 'http://a.b/c'],
		['https:\\/\\/a.b\\/v.mp4?sig=abc', 'https:\\/\\/a.b\\/v.mp4'],
		["https://a.b/c?name='x'&sig=abc", 'https://a.b/c'],
		['a risk-free, ask-me text', 'a risk-free, ask-me text'],
		...[
			`https://a.b/webhook/3f1c7f5e-6f0a/${TOKEN}/callback`,
			`https://a.b/webhook/x/${TOKEN}`,
		].map((url) => [`invalid webhook: ${url}`, `invalid webhook: ${url.replace(TOKEN, '***')}`]),
		['https://a.b/webhook/3f1c7f5e-6f0a/callback', 'https://a.b/webhook/3f1c7f5e-6f0a/callback'],
		['write to me@a.b?', 'write to me@a.b?'],
	])('%s', (text, shown) => {
		expect(redact(text)).toBe(shown);
	});

	it.each(['sk-', 'Bearer '])('never shows what stands behind %s, wherever that is', (sign) => {
		fc.assert(
			fc.property(before, secret, fc.string(), (front, key, after) => {
				expect(redact(`${front}${sign}${key} ${after}`)).not.toContain(key);
			}),
		);
	});

	it('never shows the query or the password of a link, wherever it stands', () => {
		fc.assert(
			fc.property(before, fc.webUrl(), secret, secret, (front, url, signature, password) => {
				const link = url.replace('//', `//me:${password}@`);
				const shown = redact(`${front}${link}?X-Sig=${signature}`);
				expect(shown).not.toContain(signature);
				expect(shown).not.toContain(password);
			}),
		);
	});
});

describe('an excerpt of a body', () => {
	it.each([
		[' a\r\n\tb  c ', 'a b c'],
		[' \n', 'an empty answer'],
		['<html><body></body></html>', 'an HTML page without text'],
		[
			'<!DOCTYPE html><html><head><style>p{color:red}</style><script>var secret=1</script>' +
				'<title>502 Bad Gateway</title></head><body><h1>cloudflare</h1></body></html>',
			'an HTML page that says "502 Bad Gateway cloudflare"',
		],
		['<html>Hello<script>var secret = 1', HELLO],
		['<html>Hello <a href="secret', HELLO],
		[`<html>Hello${'<b>'.repeat(200_000)}`, HELLO],
	])('%# shows its visible words on one line', (body, words) => {
		expect(excerpt(body)).toBe(words);
	});

	it('reads no link to its middle only', () => {
		const front = `<html>${'<b>'.repeat(16_660)}`;
		for (let gap = 0; gap < 40; gap++) {
			const page = `${front}${' '.repeat(gap)}http://me:hunter2@a.example/`;
			expect(excerpt(page)).not.toContain('me:');
		}
	});

	it('cuts long texts after hiding what must not be shown, so that no half of a key remains', () => {
		fc.assert(
			fc.property(fc.integer({ min: 280, max: 310 }), secret, (length, key) => {
				const shown = excerpt(`${'x'.repeat(length)} sk-${key}`);
				expect(shown).not.toContain(key.slice(0, 4));
				expect(shown.length).toBeLessThanOrEqual(301);
			}),
		);
	});
});
