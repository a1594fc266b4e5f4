import fc from 'fast-check';
import { excerpt, redact } from '../../../nodes/KlingFast/apimart/answer';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const secret = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 12, maxLength: 48 });
/** Whatever stands in front ends with a space, as a word does. */
const before = fc.string().map((text) => `${text} `);

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
		['write to me@a.b?', 'write to me@a.b?'],
	])('%s', (text, shown) => {
		expect(redact(text)).toBe(shown);
	});

	it('never shows a key, wherever it stands', () => {
		fc.assert(
			fc.property(before, secret, fc.string(), (front, key, after) => {
				expect(redact(`${front}sk-${key} ${after}`)).not.toContain(key);
			}),
		);
	});

	it('never shows a bearer token, wherever it stands', () => {
		fc.assert(
			fc.property(before, secret, fc.string(), (front, token, after) => {
				expect(redact(`${front}Bearer ${token} ${after}`)).not.toContain(token);
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
	it('is one line', () => {
		expect(excerpt(' a\r\n\tb  c ')).toBe('a b c');
	});

	it('shows of HTML the visible words only', () => {
		const page =
			'<!DOCTYPE html><html><head><style>p{color:red}</style><script>var secret=1</script>' +
			'<title>502 Bad Gateway</title></head><body><h1>cloudflare</h1></body></html>';
		expect(excerpt(page)).toBe('an HTML page that says "502 Bad Gateway cloudflare"');
	});

	it('hides scripts and tags that do not end', () => {
		expect(excerpt('<html>Hello<script>var secret = 1')).toBe('an HTML page that says "Hello"');
		expect(excerpt('<html>Hello <a href="secret')).toBe('an HTML page that says "Hello"');
		expect(excerpt(`<html>Hello${'<b>'.repeat(200_000)}`)).toBe('an HTML page that says "Hello"');
	});

	it('reads no link to its middle only', () => {
		const front = `<html>${'<b>'.repeat(16_660)}`;
		for (let gap = 0; gap < 40; gap++) {
			const page = `${front}${' '.repeat(gap)}http://me:hunter2@a.example/`;
			expect(excerpt(page)).not.toContain('me:');
		}
	});

	it('says so where there is nothing to show', () => {
		expect(excerpt(' \n')).toBe('an empty answer');
		expect(excerpt('<html><body></body></html>')).toBe('an HTML page without text');
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
