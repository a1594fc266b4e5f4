/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import type { AxiosResponse } from 'axios';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultWordNames } from '../../../sandbox';
import { errorOf, startWithClient, videoUrl, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient({ concurrency: 0, balanceUsd: 1000 });
});
afterEach(async () => await started.stop());

/** `429:2` becomes a prompt with that word; several words are parted by a plus. */
const prompt = (words: string) => ({ prompt: `${words.replace(/[^+]+/g, '[[$&]]')} A paper boat` });

/** Submits, lets the time pass and reads the task at its end. */
async function completed(words: string) {
	const id = await started.client.submitted(prompt(words));
	started.clock.advance(60);
	return await started.client.ended(id);
}

/** What so many requests in a row are answered. */
async function answers(count: number, ask: () => Promise<AxiosResponse>, say = said) {
	const list = [];
	for (let asked = 0; asked < count; asked++) list.push(await ask().then(say, failure));
	return list.join(', ');
}

const failure = ({ code, message }: { code?: string; message: string }) =>
	code === 'ECONNRESET' ? 'reset' : /aborted/.test(message) ? 'cut off' : message;

/** An answer of the API in words. */
function said(answer: AxiosResponse) {
	const { status, headers, data } = answer as AxiosResponse<{ code?: unknown }>;
	if (/text\/html/.test(String(headers['content-type']))) return `${status} page`;
	if (status === 307) {
		return String(headers.location).startsWith(started.sandbox.mirrorUrl) ? 'to the mirror' : '?';
	}
	if (status < 300) return data.code === 200 ? 'fine' : `${status} with ${String(data.code)}`;
	const { code, type } = errorOf(answer);
	const wait = headers['retry-after'] ? ` after ${headers['retry-after']} s` : '';
	return `${status} ${String(typeof code === 'string' ? code : type)}${wait}`;
}

describe('submits without a key', () => {
	test.each([
		['429', '429 rate_limit_error, fine', 1],
		['429:3', '429 rate_limit_error, 429 rate_limit_error, 429 rate_limit_error, fine', 1],
		['429-retry-after:7', '429 rate_limit_error after 7 s, fine', 1],
		['408', '408 timeout_error, fine', 1],
		['500', '500 server_error, fine', 1],
		['502', '502 bad_gateway, fine', 1],
		['503', '503 service_unavailable, fine', 1],
		['504', '504 gateway_timeout, fine', 1],
		['html-502', '502 page, fine', 1],
		['html-200', '200 page, fine', 1],
		['html-403', '403 page, fine', 1],
		['200-error', '200 with 402, fine', 1],
		['overloaded:2', '503 MODEL_OVERLOADED, 503 MODEL_OVERLOADED, fine', 1],
		['no-channel', '400 get_channel_failed, fine', 1],
		['reset-before-accept', 'reset, fine', 1],
		['redirect-submit', 'to the mirror, fine', 1],
		['idem-in-progress', '409 idempotency_in_progress after 1 s, fine', 1],
		['idem-unavailable', '503 idempotency_unavailable after 1 s, fine', 1],
		['slow-submit:0.01', 'fine, fine', 2],
		['moderation-400', '400 invalid_request_error, 400 invalid_request_error', 0],
		['moderation-422', '422 content_policy_violation, 422 content_policy_violation', 0],
		['build-failed', '500 server_error, 500 server_error', 0],
		['no-balance', '402 payment_required, 402 payment_required', 0],
		['idem-reused', '409 idempotency_key_reused, 409 idempotency_key_reused', 0],
		['idem-indeterminate', Array(2).fill('409 idempotency_result_indeterminate').join(', '), 0],
		['500-after-accept', '500 server_error, fine', 2],
		['502-after-accept', '502 page, fine', 2],
		['503-after-accept', '503 service_unavailable, fine', 2],
		['504-after-accept', '504 page, fine', 2],
		['indeterminate-after-accept', '409 idempotency_result_indeterminate, fine', 2],
		['reset-after-accept', 'reset, fine', 2],
		['half-after-accept', 'cut off, fine', 2],
		['explode', 'fine', 1],
	])('[[%s]]: %s, tasks: %d', async (word, expected, made) => {
		const submit = async () => await started.client.submit(prompt(word));
		expect(await answers(expected.split(',').length, submit)).toBe(expected);
		const { ledger } = started.sandbox;
		await ledger.waitFor(() => ledger.submits().every(({ ended }) => ended));
		expect(ledger.submits()[0].fault).toBe(word === 'explode' ? undefined : word);
		expect(ledger.accepted()).toHaveLength(made);
		expect(ledger.allCharges()).toHaveLength(made);
	});

	test('what is said of a parameter that Kling refused begins with its code', async () => {
		const answer = await started.client.submit(prompt('build-failed'));
		expect(errorOf(answer).message).toMatch(/^build_request_failed: /);
	});

	test('a key that follows a redirect is a violation', async () => {
		const { headers } = await started.client.submit(prompt('redirect-submit'));
		await started.client.file(String(headers.location), { Authorization: 'Bearer x' });
		expect(started.sandbox.ledger.violations()).toHaveLength(1);
	});
});

const failed = (message: string) => ({
	code: 'task_failed',
	message,
	param: '',
	type: 'task_failed',
});
const ADDRESS = expect.stringMatching(/^http.*mp4$/) as string;
const UPSTREAM = 'Generation failed upstream';
const EXPIRY = expect.any(Number) as number;

describe('a task at its end', () => {
	test.each<[string, Record<string, unknown>]>([
		['fail', { status: 'failed', error: failed('Generation failed'), cost: undefined }],
		['fail:content', { status: 'failed', error: failed('内容未通过平台风控，请修改提示词。') }],
		['fail:no real people', { status: 'failed', error: failed('no real people') }],
		['fail:empty', { status: 'failed', error: { code: '', message: 'Generation failed' } }],
		['fail:int', { error: { code: 500, message: UPSTREAM, type: 'server_error' } }],
		['fail:string', { error: UPSTREAM }],
		['fail:nested', { error: { error: { code: 'upstream_error', message: UPSTREAM } } }],
		['fail:none', { status: 'failed', error: undefined }],
		['cancelled', { status: 'cancelled', cost: undefined }],
		['status:odd+end-status:succeed', { status: 'succeed' }],
		['cost:1.5', { cost: 1.5, credits_cost: 15 }],
		['no-videos', { result: { videos: [] } }],
		['no-result', { result: undefined, status: 'completed' }],
		['url-string', { result: { videos: [{ url: ADDRESS, expires_at: EXPIRY }] } }],
		['no-expiry', { result: { videos: [{ url: [ADDRESS] }] } }],
		['output-url', { output_url: ADDRESS, result: undefined }],
		['no-cost', { cost: undefined, credits_cost: undefined }],
		['number-strings', { cost: '0.336', credits_cost: '3.3600000000000003', progress: '100' }],
	])('[[%s]]', async (words, shown) => {
		const task = await completed(words);
		const named = Object.fromEntries(Object.keys(shown).map((name) => [name, task[name]]));
		expect(named).toEqual(shown);
		const isFree = /^(fail|cancelled)/.test(words);
		expect(started.sandbox.ledger.charges()).toHaveLength(isFree ? 0 : 1);
	});

	test.each([
		['slow:120', 119, { status: 'processing' }],
		['slow:120', 120, { status: 'completed', actual_time: 120 }],
		['stuck:42', 86_400, { status: 'processing', progress: 42 }],
		['status:odd', 30, { status: 'odd' }],
		['fail-then-complete:10', 60, { status: 'failed' }],
		['fail-then-complete:10', 70, { status: 'completed', cost: 0.336 }],
	])('[[%s]] after %d s', async (word, seconds, shown) => {
		const { client, clock, sandbox } = started;
		const id = await client.submitted(prompt(word));
		for (let passed = 0; passed < seconds; passed += 60) {
			clock.advance(Math.min(60, seconds - passed));
			if (word.startsWith('fail')) await client.ended(id);
		}
		if (shown.status === 'completed') await client.ended(id);
		expect(await client.task(id)).toMatchObject(shown);
		const billed = shown.status === 'completed' ? 0.336 : 0;
		const free = shown.status === 'failed' ? 1000 : 999.664;
		const balance = { used_balance: billed, remain_balance: free };
		expect((await client.get('/v1/balance')).data).toMatchObject(balance);
		expect(sandbox.ledger.allCharges()).toHaveLength(1);
	});

	test('[[fail-once]] in every third prompt: those fail, uncharged, and their next attempts succeed', async () => {
		const { client, clock, sandbox } = started;
		const attempt = async (row: number, tries: number) => {
			const fields = { prompt: `Boat ${row} ${row % 3 ? '' : '[[fail-once]]'}` };
			const key = { 'Idempotency-Key': `row-${row}-attempt-${tries}` };
			// A repetition under the same key is no further attempt.
			const ids = [await client.submitted(fields, key), await client.submitted(fields, key)];
			expect(ids[0]).toBe(ids[1]);
			return ids[0];
		};
		const ended = async (ids: string[]) => {
			clock.advance(60);
			return await Promise.all(ids.map(async (id) => (await client.ended(id)).status));
		};
		const first = [];
		for (const row of [1, 2, 3, 4, 5, 6]) first.push(await attempt(row, 1));
		const [good, bad] = ['completed', 'failed'];
		expect(await ended(first)).toEqual([good, good, bad, good, good, bad]);
		expect(sandbox.ledger.charges()).toHaveLength(4);
		expect(await ended([await attempt(3, 2), await attempt(6, 2)])).toEqual([good, good]);
		expect(sandbox.ledger.charges()).toHaveLength(6);
	});
});

describe('reads of a task', () => {
	test.each([
		['task-502:2', '502 bad_gateway, 502 bad_gateway, fine'],
		['task-502:2+task-unknown', '502 bad_gateway, 502 bad_gateway, fine'],
		['task-unknown', '400 invalid_request_error, fine'],
		['task-html', '502 page, fine'],
		['task-html-403', '403 page, fine'],
		['task-200-error', '200 with 400, fine'],
		['task-reset', 'reset, fine'],
		['task-half', 'cut off, fine'],
		['task-slow:0.01', 'fine, fine'],
		['redirect-task', 'to the mirror, fine'],
	])('[[%s]]: %s', async (words, expected) => {
		const id = await started.client.submitted(prompt(words));
		const read = async () => await started.client.get(`/v1/tasks/${id}`);
		expect(await answers(expected.split(',').length, read)).toBe(expected);
	});

	test.each([
		['task-array', (id: string) => ({ code: 200, data: [{ id }] })],
		['task-bare', (id: string) => ({ id })],
	])('[[%s]]', async (word, body) => {
		const id = await started.client.submitted(prompt(word));
		expect((await started.client.get(`/v1/tasks/${id}`)).data).toMatchObject(body(id));
	});
});

describe('downloads', () => {
	test.each([
		['slow:60', '200 mp4 as video/mp4'],
		['expired-link', '403 xml as application/xml, 403 xml as application/xml'],
		['expired-once', '403 xml as application/xml, 200 mp4 as video/mp4'],
		['file-503:2', `${'503 json as application/json, '.repeat(2)}200 mp4 as video/mp4`],
		['truncated-mp4', 'cut off, 200 mp4 as video/mp4'],
		['short-mp4', '200 half an mp4 as video/mp4, 200 mp4 as video/mp4'],
		['not-mp4', '200 page as video/mp4, 200 mp4 as video/mp4'],
		['html-file', '200 page as text/html, 200 mp4 as video/mp4'],
		['octet-stream', '200 mp4 as application/octet-stream, 200 mp4 as application/octet-stream'],
		['file-reset', 'reset, 200 mp4 as video/mp4'],
		['file-slow:0.05', '200 mp4 as video/mp4'],
		['file-redirect', '200 mp4 as video/mp4'],
		['big-clip:30', '200 mp4 as video/mp4'],
	])('[[%s]]: %s', async (word, expected) => {
		const url = videoUrl(await completed(word));
		const lengths: number[] = [];
		const said = ({ status, headers, data }: AxiosResponse<Buffer>) => {
			lengths.push(data.length);
			return `${status} ${kindOf(data)} as ${String(headers['content-type']).split(';')[0]}`;
		};
		const download = async () => await started.client.file(url);
		expect(await answers(expected.split(',').length, download, said)).toBe(expected);
		if (word === 'big-clip:30') expect(lengths).toEqual([30_000_000]);
		const [{ origin, status }, ...others] = started.sandbox.ledger.downloads();
		if (word === 'file-redirect') {
			expect([origin, status]).toEqual(['files', 307]);
			expect(others).toMatchObject([{ origin: 'mirror', status: 200 }]);
		}
	});
});

function kindOf(bytes: Buffer) {
	const start = bytes.toString('latin1', 0, 9);
	if (start === '<!DOCTYPE') return 'page';
	if (start.startsWith('<?xml')) return 'xml';
	if (start.startsWith('{')) return 'json';
	if (start.slice(4, 8) !== 'ftyp') return '?';
	let at = 0;
	while (at + 4 <= bytes.length) at += bytes.readUInt32BE(at);
	return at === bytes.length ? 'mp4' : 'half an mp4';
}

test('the README has every word', () => {
	const readme = readFileSync(join(__dirname, '../../../sandbox/README.md'), 'utf8');
	const missing = faultWordNames().filter(
		(word) => !new RegExp(`\\[\\[${word}[\\]:]`).test(readme),
	);
	expect(missing).toEqual([]);
});
