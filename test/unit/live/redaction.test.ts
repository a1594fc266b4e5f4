/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findingsOf } from '../../live/findings';
import { writeRecording, type Recording } from '../../live/recording';
import { Redactor } from '../../live/redactor';
import { API_KEY, setStage } from './stage';

const SIGNATURE = 'X-Amz-Signature=5d41402abc4b2a76b9719d911017c592';

describe('what a recording may not show', () => {
	const redactor = new Redactor([API_KEY]);

	it.each([
		['the key', `invalid key ${API_KEY}`],
		['the key without its prefix, as the backend stores it', `token ${API_KEY.slice(3)} not found`],
		['a part of the key', `key sk-...${API_KEY.slice(-9)}`],
		['the key in base64', Buffer.from(API_KEY).toString('base64')],
		['the key in a path', `/v1/keys/${API_KEY}/usage`],
		['the key in a bearer header', `Authorization: Bearer ${API_KEY}`],
	])('%s', (_, text) => {
		const shown = redactor.text(text);
		for (let at = 0; at + 6 <= API_KEY.length - 3; at++) {
			expect(shown).not.toContain(API_KEY.slice(3).slice(at, at + 6));
		}
		expect(shown).not.toContain(Buffer.from(API_KEY).toString('base64').slice(0, 12));
	});

	it.each([
		['another key', 'use sk-9f8e7d6c5b4a instead', '9f8e7d6c5b4a'],
		['a bearer token', 'sent Bearer abc.def', 'abc.def'],
		['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'eyJhbGci'],
		['a signature', `https://files.example/video/a.mp4?${SIGNATURE}`, '5d41402a'],
		['a password in a link', 'https://me:secret@files.example/a.mp4', 'secret'],
		['an opaque id', 'request id: 20260919182056471923385yBRUUrTx', '20260919'],
		['a uuid', 'file 123e4567-e89b-42d3-a456-426614174000', '426614174000'],
	])('%s', (_, text, hidden) => {
		expect(redactor.text(text)).not.toContain(hidden);
		expect(JSON.stringify(redactor.json({ [text]: [{ deep: text }] }))).not.toContain(hidden);
	});

	it('the values of headers that may carry something', () => {
		const headers = { 'Set-Cookie': 'session=1', 'CF-Ray': '8c1', 'Retry-After': '7' };
		expect(redactor.headers({ ...headers, 'X-RateLimit-Limit': 200 })).toEqual({
			'cf-ray': '<hidden>',
			'retry-after': '7',
			'set-cookie': '<hidden>',
			'x-ratelimit-limit': '200',
		});
	});

	it('what an account has: only how it changes', () => {
		const money = { remain_balance: 51.25, used_balance: '8.5', success: true, user_id: 4711 };
		redactor.balance(money);
		const after = { ...money, remain_balance: 51.0484, used_balance: '8.7016' };
		expect(redactor.balance({ ...after, data: { more: 3 } })).toEqual({
			data: { more: 0 },
			remain_balance: -0.2016,
			success: true,
			used_balance: '0.2016',
			user_id: 0,
		});
	});
});

it('shows the same id by the same name, and words as they are', () => {
	const redactor = new Redactor([API_KEY]);
	const id = redactor.learn('task', 'task-unified-1757000000-abcdefgh');
	expect(id).toBe('<task 1>');
	expect(redactor.text('GET /v1/tasks/task-unified-1757000000-abcdefgh')).toBe(
		'GET /v1/tasks/<task 1>',
	);
	expect(
		redactor.text('task_01KV7FXR8BEYS1BWHJCT3JMCJ5 is not task-unified-1757000000-abcdefgh'),
	).toBe('<task 2> is not <task 1>');
	const words = 'build_request_failed: idempotency_result_indeterminate, kling-v3, 2026-07-27';
	expect(redactor.text(words)).toBe(words);
	expect(redactor.learn('task', '7')).toBe('7');
});

it('keeps out what the provider echoes, wherever it does', async () => {
	const stage = await setStage();
	const { faults, filesUrl } = stage.sandbox;
	const echo = `key ${API_KEY}, Bearer ${API_KEY.slice(3)}`;
	const taskId = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';
	const submitted = { code: 200, data: [{ status: 'submitted', task_id: taskId }] };
	faults.add({ route: 'submit', action: { kind: 'answer', status: 200, body: submitted } });
	faults.add({
		route: 'task',
		action: {
			kind: 'answer',
			status: 200,
			headers: { 'X-Debug': API_KEY, Server: `gate ${API_KEY}` },
			body: {
				[API_KEY]: echo,
				code: 200,
				data: {
					id: taskId,
					status: 'completed',
					progress: 100,
					message: echo,
					result: { videos: [{ url: [`${filesUrl}/video/${API_KEY}.mp4?${SIGNATURE}`] }] },
				},
			},
		},
	});
	faults.add({
		route: 'models',
		action: { kind: 'answer', status: 500, body: `<h1>${echo}</h1>` },
	});
	const { recording, text } = await stage.record();
	await stage.close();
	expect(text).not.toContain(API_KEY.slice(3, 12));
	expect(text).not.toContain(API_KEY.slice(-8));
	expect(text).not.toContain('5d41402a');
	expect(recording.file?.linkParameters).toEqual(['X-Amz-Signature']);
	expect(stage.written()).not.toContain(API_KEY.slice(-8));
});

it('does not write a recording in which a secret was overlooked', async () => {
	const stage = await setStage();
	const { recording } = await stage.record();
	const path = join(stage.folder, 'other.json');
	const leaking: Recording = { ...recording, provider: `host-of-${API_KEY}` };
	const secrets = [{ what: 'API key', value: API_KEY }];
	await expect(writeRecording(path, leaking, secrets)).rejects.toThrow('API key in the recording');
	expect(existsSync(path)).toBe(false);
	await writeRecording(path, recording, secrets);
	const { findings, ...seen } = JSON.parse(await readFile(path, 'utf8')) as Recording;
	expect(findingsOf(seen)).toEqual(findings);
	await stage.close();
});
