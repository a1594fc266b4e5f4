import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import {
	callbackSecret,
	openToken,
	sealProbe,
	sealMetadata,
} from '../../../nodes/KlingFast/apimart/callback';

const KEY = `kling-fast-${'5f'.repeat(32)}`;
const secret = callbackSecret('sk-one', undefined);

const metadata = fc
	.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 8 })
	.map((value) => JSON.parse(JSON.stringify(value)) as IDataObject)
	.filter((value) => Buffer.byteLength(JSON.stringify(value)) <= 1000);

describe('a token', () => {
	it('brings any metadata back as it was, in a text that is safe in a path and short', () => {
		fc.assert(
			fc.property(metadata, fc.string(), (value, key) => {
				const token = sealMetadata(secret, key, value);
				expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
				expect(token.length).toBeLessThan(1500);
				expect(openToken(secret, token)).toEqual({ kind: 'callback', metadata: value });
			}),
			{ seed: 7, numRuns: 300 },
		);
	});

	it.each([
		['letters', 'x'],
		['umlauts', 'ü'],
		['emoji', '🦊'],
		['quotes, which JSON makes longer', '"'],
	])('stays under 1,500 characters with 1,000 bytes of %s', (_what, character) => {
		const bytesOf = (text: string) => Buffer.byteLength(JSON.stringify({ row: text }));
		let text = character;
		while (bytesOf(text + character) <= 1000) text += character;
		const token = sealMetadata(secret, KEY, { row: text });
		expect(bytesOf(text)).toBeGreaterThan(990);
		expect(token.length).toBeLessThan(1500);
		expect(openToken(secret, token)).toEqual({ kind: 'callback', metadata: { row: text } });
	});

	it('is the same for the same idempotency key, and another one for another key', () => {
		const token = sealMetadata(secret, KEY, { row: 7 });
		expect(sealMetadata(secret, KEY, { row: 7 })).toBe(token);
		expect(sealMetadata(secret, `${KEY}1`, { row: 7 })).not.toBe(token);
	});

	it('shows neither the key nor the secret', () => {
		const token = sealMetadata(secret, KEY, { row: 7 });
		const bytes = Buffer.from(token, 'base64url');
		expect(bytes.includes(Buffer.from(KEY))).toBe(false);
		expect(bytes.includes(secret)).toBe(false);
	});

	it('of another secret says nothing', () => {
		const others = [
			callbackSecret('sk-two', undefined),
			callbackSecret('sk-one', 'own'),
			callbackSecret('', undefined),
		];
		for (const other of others) {
			expect(openToken(other, sealMetadata(secret, KEY, { row: 7 }))).toBeUndefined();
			expect(openToken(secret, sealProbe(other))).toBeUndefined();
		}
	});

	it('says nothing with any other text in the place of a character, nor with one more or fewer', () => {
		// Of 1, 2 and 3 bytes in the last group of base64: two of them leave bits that mean nothing.
		for (const row of [1, 12, 123]) {
			const token = sealMetadata(secret, KEY, { row });
			const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
			for (let place = 0; place < token.length; place++) {
				for (const character of alphabet) {
					if (character === token[place]) continue;
					const forged = token.slice(0, place) + character + token.slice(place + 1);
					expect(openToken(secret, forged)).toBeUndefined();
				}
				expect(openToken(secret, token.slice(0, place))).toBeUndefined();
				expect(openToken(secret, token.slice(place + 1))).toBeUndefined();
			}
			for (const more of alphabet) {
				expect(openToken(secret, token + more)).toBeUndefined();
				expect(openToken(secret, more + token)).toBeUndefined();
			}
		}
	});

	it('says nothing when it is made up', () => {
		const values = [undefined, null, 7, true, {}, [], '', '=', 'callback', 'A'.repeat(40)];
		for (const value of values) expect(openToken(secret, value)).toBeUndefined();
		fc.assert(
			fc.property(fc.anything(), fc.stringMatching(/^[\w-]{20,4200}$/), (value, text) => {
				expect(openToken(secret, value)).toBeUndefined();
				expect(openToken(secret, text)).toBeUndefined();
			}),
			{ seed: 7, numRuns: 200 },
		);
	});
});

describe('a probe', () => {
	it('is not a callback, and can be used for no other purpose', () => {
		expect(openToken(secret, sealProbe(secret))).toEqual({ kind: 'probe' });
		expect(sealProbe(secret)).toMatch(/^[A-Za-z0-9_-]{20,60}$/);
		const turned = Buffer.from(sealProbe(secret), 'base64url');
		turned[0] = 1;
		expect(openToken(secret, turned.toString('base64url'))).toBeUndefined();
	});
});

describe('the secret', () => {
	it('comes from the API key where none was typed', () => {
		const derived = callbackSecret('sk-one', undefined);
		expect(derived).toHaveLength(32);
		expect(callbackSecret('sk-one', '')).toEqual(derived);
		expect(callbackSecret('sk-one', '  ')).toEqual(derived);
		expect(callbackSecret('sk-two', undefined)).not.toEqual(derived);
		expect(derived.includes(Buffer.from('sk-one'))).toBe(false);
	});

	it('is the one that was typed, whatever the API key', () => {
		expect(callbackSecret('sk-one', ' shared ')).toEqual(callbackSecret('sk-two', 'shared'));
		const token = sealMetadata(callbackSecret('sk-one', 'shared'), KEY, { row: 7 });
		expect(openToken(callbackSecret('sk-two', 'shared'), token)).toBeDefined();
		expect(openToken(callbackSecret('sk-one', undefined), token)).toBeUndefined();
	});
});
