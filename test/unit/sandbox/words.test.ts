import type { AxiosResponse } from 'axios';
import { ended, errorOf, prompt, said, sandboxForEach, videoUrl } from './client';

const started = sandboxForEach({ concurrency: 0, balanceUsd: 1000 });

/** Asks until as many answers are there as are expected. */
async function answers<Body>(
	expected: string,
	ask: () => Promise<AxiosResponse<Body>>,
	say: (answer: AxiosResponse<Body>) => string = said,
) {
	const list: string[] = [];
	while (list.length < expected.split(', ').length) list.push(await ask().then(say, failure));
	return list.join(', ').replaceAll(started.sandbox.mirrorUrl, 'mirror');
}

const failure = ({ code, message }: { code?: string; message: string }) =>
	code === 'ECONNRESET' ? 'reset' : /aborted/.test(message) ? 'cut off' : message;

const twice = (answer: string) => `${answer}, ${answer}`;
const SUBMIT = 'to mirror/v1/videos/generations';

describe('submits without a key', () => {
	test.each([
		['429:2', `${twice('429 rate_limit_error')}, fine`, 1],
		['429-retry-after:7', '429 rate_limit_error after 7 s, fine', 1],
		['500', '500 server_error, fine', 1],
		['502', '502 bad_gateway, fine', 1],
		['503', '503 service_unavailable, fine', 1],
		['504', '504 gateway_timeout, fine', 1],
		['html-502', '502 page, fine', 1],
		['html-200', '200 page, fine', 1],
		['html-403', '403 page, fine', 1],
		['200-error', '200 with 402, fine', 1],
		['overloaded:2', `${twice('503 MODEL_OVERLOADED')}, fine`, 1],
		['no-channel', '400 get_channel_failed, fine', 1],
		['reset-before-accept', 'reset, fine', 1],
		['redirect-submit', `${SUBMIT}, fine`, 1],
		['idem-in-progress', '409 idempotency_in_progress after 1 s, fine', 1],
		['idem-unavailable', '503 idempotency_unavailable after 1 s, fine', 1],
		['slow-submit:0.01', 'fine, fine', 2],
		['moderation-400', twice('400 invalid_request_error'), 0],
		['moderation-422', twice('422 content_policy_violation'), 0],
		['build-failed', twice('500 server_error'), 0],
		['no-balance', twice('402 payment_required'), 0],
		['idem-reused', twice('409 idempotency_key_reused'), 0],
		['idem-indeterminate', twice('409 idempotency_result_indeterminate'), 0],
		['500-after-accept', '500 server_error, fine', 2],
		['502-after-accept', '502 page, fine', 2],
		['503-after-accept', '503 service_unavailable, fine', 2],
		['504-after-accept', '504 page, fine', 2],
		['indeterminate-after-accept', '409 idempotency_result_indeterminate, fine', 2],
		['reset-after-accept', 'reset, fine', 2],
		['half-after-accept', 'cut off, fine', 2],
	])('[[%s]]: %s, tasks: %d', async (word, expected, made) => {
		const submit = async () => await started.client.submit(prompt(word));
		expect(await answers(expected, submit)).toBe(expected);
		const { ledger } = started.sandbox;
		await ledger.waitFor(() => ledger.submits().every(({ ended: isEnded }) => isEnded));
		expect(ledger.submits()[0].fault).toBe(word);
		expect(ledger.accepted()).toHaveLength(made);
		expect(ledger.allCharges()).toHaveLength(made);
	});

	test('what is said of a parameter that Kling refused begins with its code', async () => {
		const answer = await started.client.submit(prompt('build-failed'));
		expect(errorOf(answer).message).toMatch(/^build_request_failed: /);
	});
});

const failed = (message: string) => ({
	...{ status: 'failed', cost: undefined },
	error: { code: 'task_failed', message, param: '', type: 'task_failed' },
});
const ADDRESS = expect.stringMatching(/^http.*mp4$/) as string;
const UPSTREAM = 'Generation failed upstream';
const EXPIRY = expect.any(Number) as number;

describe('a task at its end', () => {
	test.each<[string | object, object]>([
		['fail', failed('Generation failed')],
		['fail:content', failed('内容未通过平台风控，请修改提示词。')],
		['fail:no real people', failed('no real people')],
		['fail:empty', { status: 'failed', error: { code: '', message: 'Generation failed' } }],
		['fail:int', { error: { code: 500, message: UPSTREAM, type: 'server_error' } }],
		['fail:string', { error: UPSTREAM }],
		['fail:nested', { error: { error: { code: 'upstream_error', message: UPSTREAM } } }],
		['fail:none', { status: 'failed', error: undefined }],
		[{ mode: 'fast' }, failed("mode value 'fast' is invalid")],
		['cancelled', { status: 'cancelled', cost: undefined }],
		['slow:120', { status: 'completed', actual_time: 120 }],
		['status:odd+end-status:succeed', { status: 'succeed' }],
		['cost:1.5', { cost: 1.5, credits_cost: 15 }],
		['no-videos', { result: { videos: [] } }],
		['no-result', { result: undefined, status: 'completed' }],
		['url-string', { result: { videos: [{ url: ADDRESS, expires_at: EXPIRY }] } }],
		['no-expiry', { result: { videos: [{ url: [ADDRESS] }] } }],
		['output-url', { output_url: ADDRESS, result: undefined }],
		['no-cost', { cost: undefined, credits_cost: undefined }],
		['number-strings', { cost: '0.336', credits_cost: '3.3600000000000003', progress: '100' }],
		[{ mode: 'std', audio: true }, { cost: 0.504 }],
		[{ mode: 'pro', audio: false }, { cost: 0.448 }],
		[{ mode: 'pro', audio: true }, { cost: 0.672 }],
		[{ mode: '4k', audio: false }, { cost: 2.1428 }],
		[{ mode: '4k', audio: true }, { cost: 2.1428 }],
	])('%j', async (asked, shown) => {
		const fields = typeof asked === 'string' ? prompt(asked) : { ...asked };
		const task = await ended(started, fields, 120);
		const named = Object.fromEntries(Object.keys(shown).map((name) => [name, task[name]]));
		expect(named).toEqual(shown);
		const isFree = ['failed', 'cancelled'].includes(String(task.status));
		expect(started.sandbox.ledger.charges()).toHaveLength(isFree ? 0 : 1);
	});

	test.each([
		['slow:120', 119, { status: 'processing' }],
		['stuck:42', 86_400, { status: 'processing', progress: 42 }],
		['status:odd', 30, { status: 'odd' }],
	])('is not there yet: [[%s]] after %d s', async (word, seconds, shown) => {
		const id = await started.client.submitted(prompt(word));
		started.clock.advance(seconds);
		expect(await started.client.task(id)).toMatchObject(shown);
	});

	test('[[fail-then-complete:10]] is given back, and charged after all', async () => {
		const { client, clock } = started;
		const balance = async () => (await client.get('/v1/balance')).data;
		const { id, status } = await ended(started, prompt('fail-then-complete:10'));
		expect(status).toBe('failed');
		expect(await balance()).toMatchObject({ used_balance: 0, remain_balance: 1000 });
		clock.advance(10);
		expect(await client.task(String(id))).toMatchObject({ status: 'completed', cost: 0.336 });
		expect(await balance()).toMatchObject({ used_balance: 0.336, remain_balance: 999.664 });
	});
});

test.each([
	['task-502:2', `${twice('502 bad_gateway')}, fine`],
	['task-502+task-unknown', '502 bad_gateway, fine'],
	['task-unknown', '400 invalid_request_error, fine'],
	['task-html', '502 page, fine'],
	['task-html-403', '403 page, fine'],
	['task-200-error', '200 with 400, fine'],
	['task-reset', 'reset, fine'],
	['task-half', 'cut off, fine'],
	['task-slow:0.01', 'fine, fine'],
	['redirect-task', 'to mirror/v1/tasks/<id>, fine'],
])('reads of a task with [[%s]]: %s', async (words, expected) => {
	const id = await started.client.submitted(prompt(words));
	const read = async () => await started.client.get(`/v1/tasks/${id}`);
	expect((await answers(expected, read)).replace(id, '<id>')).toBe(expected);
});

test.each([
	['task-array', (id: string) => ({ code: 200, data: [{ id }] })],
	['task-bare', (id: string) => ({ id })],
])('reads of a task with [[%s]]', async (word, body) => {
	const id = await started.client.submitted(prompt(word));
	expect((await started.client.get(`/v1/tasks/${id}`)).data).toMatchObject(body(id));
});

test.each([
	['expired-link', twice('403 xml as application/xml')],
	['expired-once', '403 xml as application/xml, 200 mp4 as video/mp4'],
	['file-503', '503 json as application/json, 200 mp4 as video/mp4'],
	['truncated-mp4', 'cut off, 200 mp4 as video/mp4'],
	['short-mp4', '200 half an mp4 as video/mp4, 200 mp4 as video/mp4'],
	['not-mp4', '200 page as video/mp4, 200 mp4 as video/mp4'],
	['html-file', '200 page as text/html, 200 mp4 as video/mp4'],
	['octet-stream', twice('200 mp4 as application/octet-stream')],
	['file-reset', 'reset, 200 mp4 as video/mp4'],
	['file-slow:0.05', '200 mp4 as video/mp4'],
	['file-redirect', '200 mp4 as video/mp4'],
	['big-clip:30', '200 mp4 of 30 MB as video/mp4'],
])('downloads with [[%s]]: %s', async (word, expected) => {
	const url = videoUrl(await ended(started, prompt(word)));
	const download = async () => await started.client.file(url);
	const say = ({ status, headers, data }: AxiosResponse<Buffer>) =>
		`${status} ${kindOf(data)} as ${String(headers['content-type']).split(';')[0]}`;
	expect(await answers(expected, download, say)).toBe(expected);
	const way = started.sandbox.ledger.downloads().map(({ origin, status }) => `${origin} ${status}`);
	if (word === 'file-redirect') expect(way).toEqual(['files 307', 'mirror 200']);
});

function kindOf(bytes: Buffer) {
	const start = bytes.toString('latin1', 0, 9);
	if (start === '<!DOCTYPE') return 'page';
	if (start.startsWith('<?xml')) return 'xml';
	if (start.startsWith('{')) return 'json';
	if (start.slice(4, 8) !== 'ftyp') return '?';
	let at = 0;
	while (at + 4 <= bytes.length) at += bytes.readUInt32BE(at);
	if (at !== bytes.length) return 'half an mp4';
	return at === 30_000_000 ? 'mp4 of 30 MB' : 'mp4';
}
