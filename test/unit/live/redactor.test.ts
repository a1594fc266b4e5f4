/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readdir } from 'node:fs/promises';
import { freePort } from '../../../host/privateServers';
import { writeRecording } from '../../live/recording';
import { Redactor } from '../../live/redactor';
import { API_KEY, setStage, type Stage } from './stage';

const SIGNATURE = 'X-Amz-Signature=5d41402abc4b2a76b9719d911017c592';
let stage: Stage | undefined;
afterEach(async () => {
	await stage?.close();
	stage = undefined;
});

const BASE64 = Buffer.from(API_KEY).toString('base64');

describe('what a recording may not show', () => {
	const redactor = new Redactor(API_KEY);

	it.each([
		['the key', `invalid key ${API_KEY}`, API_KEY.slice(3, 9)],
		['the key without its prefix', `token ${API_KEY.slice(3)} not found`, API_KEY.slice(3, 9)],
		['a part of the key', `key sk-...${API_KEY.slice(-9)}`, API_KEY.slice(-6)],
		['the key in base64', BASE64, BASE64.slice(0, 12)],
		['the key in a path', `/v1/keys/${API_KEY}/usage`, API_KEY.slice(3, 9)],
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

	it('values of headers that may carry something, and what an account has', () => {
		const headers = { 'Set-Cookie': 'session=1', 'Retry-After': '7', 'X-RateLimit-Limit': 200 };
		const money = { remain_balance: 51.25, used_balance: '8.5', of: [4711], success: true };
		const exchange = { step: 'balance, before', at: '', request: '', httpStatus: 200, headers };
		expect(redactor.exchange({ ...exchange, body: { data: money } })).toMatchObject({
			headers: { 'set-cookie': '<hidden>', 'retry-after': '7', 'x-ratelimit-limit': '200' },
			body: { data: { remain_balance: 0, used_balance: '0', of: [0], success: true } },
		});
		expect(redactor.exchange({ ...exchange, body: 'balance: 51.25' }).body).toBeNull();
	});
});

it('keeps out what the provider echoes, wherever it does', async () => {
	stage = await setStage();
	const { faults, filesUrl } = stage.sandbox;
	const echo = `key ${API_KEY}, Bearer ${API_KEY.slice(3)}`;
	const link = `${filesUrl}/video/${API_KEY}.mp4?${SIGNATURE}`;
	const data = { status: 'completed', message: echo, result: { videos: [{ url: link }] } };
	const headers = { 'X-Debug': API_KEY, Server: `gate ${API_KEY}` };
	const body = { [API_KEY]: echo, data: { ...data, id: 'task-unified-1757000000-abcdefgh' } };
	faults.add({ route: 'models', action: { kind: 'redirect', status: 302, to: link } });
	faults.add({ route: 'submit', action: { kind: 'answer', status: 200, headers, body } });
	faults.add({ route: 'task', action: { kind: 'answer', status: 200, headers, body } });
	const { recording, text } = await stage.record();
	expect(recording.exchanges.map(({ step }) => step)).toContain('file');
	expect(recording.exchanges[1]).toMatchObject({ step: 'schema', httpStatus: 302 });
	for (const secret of [API_KEY.slice(3, 12), API_KEY.slice(-8), '5d41402a']) {
		expect(text).not.toContain(secret);
		expect(stage.written()).not.toContain(secret);
	}
});

it('writes nothing where a secret would stand in the recording after all', async () => {
	stage = await setStage();
	const { recording } = await stage.record();
	const written = writeRecording(`${stage.path}.new`, recording, { 'API key': 'submitted' });
	await expect(written).rejects.toThrow('API key would stand in it');
	expect(await readdir(stage.folder)).toEqual(['recording.json', 'recording.mp4']);
});

it('shows by which field a callback came, where its query went, and nothing of the address', async () => {
	stage = await setStage({ webhookContract: 'both' });
	const port = String(await freePort());
	const url = `http://127.0.0.1:${port}/hidden-path/x?token=hidden-query`;
	const { recording, text } = await stage.record(['--callback-url', url, '--callback-port', port]);
	const callbacks = recording.exchanges.filter(({ step }) => step.startsWith('callback'));
	expect(callbacks.map(({ request }) => request).sort()).toEqual([
		'POST /by-callback-url<query>',
		'POST /callback<query>',
	]);
	expect(callbacks[0].body).toMatchObject({ id: expect.stringMatching(/^<task \d>$/) });
	for (const part of ['hidden-path', 'hidden-query', port]) expect(text).not.toContain(part);
	// The sandbox follows the documentation here, where the provider of this test calls both.
	expect(stage.written()).toMatch(/^- callback, POST \/by-callback-url<query>: HTTP 200$/m);
});
