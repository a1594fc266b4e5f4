import fc from 'fast-check';
import {
	codeOf,
	effectiveStatus,
	providerText,
	retryAfterSeconds,
	saysFailure,
} from '../../../nodes/KlingFast/apimart/answer';
import { answer } from './answers';

const NOW_MS = Date.parse('2026-09-19T12:00:00Z');

describe('Retry-After', () => {
	it.each<[string, Record<string, unknown>, number | undefined]>([
		['a number', { 'retry-after': '7' }, 7],
		['any spelling of the name', { 'Retry-After': '7' }, 7],
		['a negative number, as nothing', { 'retry-after': '-5' }, 0],
		['a date', { 'retry-after': 'Sat, 19 Sep 2026 12:00:30 GMT' }, 30],
		['a date that has passed, as nothing', { 'retry-after': 'Sat, 19 Sep 2026 11:00:00 GMT' }, 0],
		['no header', {}, undefined],
		['an empty one', { 'retry-after': '  ' }, undefined],
		['a word', { 'retry-after': 'soon' }, undefined],
		['null', { 'retry-after': null }, undefined],
	])('reads %s', (_, headers, seconds) => {
		expect(retryAfterSeconds(headers, NOW_MS)).toBe(seconds);
	});

	it('gives nothing or a finite number of seconds from now on, for any text', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const seconds = retryAfterSeconds({ 'retry-after': text }, NOW_MS);
				expect(seconds === undefined || (Number.isFinite(seconds) && seconds >= 0)).toBe(true);
			}),
		);
	});
});

describe('the status that an answer means', () => {
	it.each<[string, number, unknown, number]>([
		['a good one', 200, { code: 200, data: [] }, 200],
		['a refusal wrapped in 200', 200, { code: 402, message: 'balance' }, 402],
		['a refusal inside the error', 200, { error: { code: 429, message: 'slow' } }, 429],
		['a refusal beside a good code', 200, { code: 200, error: { code: 402 } }, 402],
		['a refusal as text', 200, { code: '503' }, 503],
		['an empty code', 200, { code: '', error: { code: '' } }, 200],
		['a code of zero', 200, { code: 0 }, 200],
		['a code that is no status', 200, { code: 1001 }, 200],
		['a real status, whatever the body says', 503, { code: 400 }, 503],
		['HTML', 200, '<html></html>', 200],
	])('%s', (_, httpStatus, body, status) => {
		expect(effectiveStatus(answer(httpStatus, body))).toBe(status);
	});
});

describe('whether a body says that it failed', () => {
	it.each<[unknown, boolean]>([
		[{ code: 200, data: [] }, false],
		[{ code: 0 }, false],
		[{ code: '' }, false],
		[{ error: null }, false],
		[{ error: '' }, false],
		[{ success: false, message: 'Failed to get token info' }, true],
		[{ error: { message: 'x' } }, true],
		[{ error: 'plain' }, true],
		[{ code: 1001 }, true],
		[{ code: 302 }, true],
		[null, false],
		['text', false],
	])('%j: %s', (json, failed) => {
		expect(saysFailure(json)).toBe(failed);
	});
});

describe("the provider's words", () => {
	it.each<[string, unknown, string]>([
		['the usual place', { error: { message: 'too long' } }, 'too long'],
		['an error in an error', { error: { error: { message: 'inner' }, message: 'outer' } }, 'inner'],
		['a plain error', { error: 'plain' }, 'plain'],
		['a message', { success: false, message: 'no token' }, 'no token'],
		['a msg', { code: 400, msg: 'bad' }, 'bad'],
		['empty places are passed over', { error: { message: '  ' }, message: 'here' }, 'here'],
		['nothing known: the body itself', { problem: 1 }, '{"problem":1}'],
		['an empty body', '', 'an empty answer'],
		['a link without its signature', { message: 'see https://a.b/c?sig=1' }, 'see https://a.b/c'],
	])('%s', (_, body, words) => {
		expect(providerText(answer(400, body))).toBe(words);
	});
});

it("joins the machine's words, of which recordings fill this one or that", () => {
	expect(codeOf({ error: { code: 'get_channel_failed', type: 'apimart_error' } })).toBe(
		'get_channel_failed apimart_error',
	);
	expect(codeOf({ code: 402 })).toBe('402');
	expect(codeOf('<html>')).toBe('');
});
