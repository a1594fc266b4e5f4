import { startWithClient, videoUrl, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient({ concurrency: 0, balanceUsd: 1000 });
});
afterEach(async () => await started.stop());

const prompt = (words: string) => ({ prompt: `${words} A paper boat` });

/** Submits, lets the time pass and reads the task at its end. */
async function completed(words: string) {
	const id = await started.client.submitted(prompt(words));
	started.clock.advance(60);
	return await started.client.ended(id);
}

describe('a file that is not what it should be', () => {
	const download = async (words: string) =>
		await started.client.file(videoUrl(await completed(words)));

	test('[[expired-link]] always, [[expired-once]] once', async () => {
		expect((await download('[[expired-link]]')).status).toBe(403);
		const url = videoUrl(await completed('[[expired-once]]'));
		expect((await started.client.file(url)).headers['content-type']).toBe('application/xml');
		expect((await started.client.file(url)).status).toBe(200);
	});

	test('[[truncated-mp4]] announces more than it sends, [[short-mp4]] does not', async () => {
		await expect(download('[[truncated-mp4]]')).rejects.toThrow(/aborted/);
		const whole = await download('');
		const short = await download('[[short-mp4]]');
		expect(short.status).toBe(200);
		expect(short.data.length).toBe(Math.floor(whole.data.length / 2));
		expect(short.headers['content-length']).toBe(String(short.data.length));
	});

	test('[[not-mp4]], [[html-file]] and [[octet-stream]]', async () => {
		const page = await download('[[not-mp4]]');
		expect(page.headers['content-type']).toBe('video/mp4');
		expect(page.data.toString()).toMatch(/^<!DOCTYPE/);
		expect((await download('[[html-file]]')).headers['content-type']).toMatch(/text\/html/);
		const plain = await download('[[octet-stream]]');
		expect(plain.headers['content-type']).toBe('application/octet-stream');
		expect(plain.data.toString('latin1', 4, 8)).toBe('ftyp');
	});

	test('[[file-redirect]] leads to another origin that has the file', async () => {
		const file = await download('[[file-redirect]]');
		expect(file.data.toString('latin1', 4, 8)).toBe('ftyp');
		expect(
			started.sandbox.ledger.downloads().map(({ origin, status }) => ({ origin, status })),
		).toEqual([
			{ origin: 'files', status: 307 },
			{ origin: 'mirror', status: 200 },
		]);
	});

	test('[[file-503:2]], [[file-reset]] and [[file-slow:0.05]]', async () => {
		const url = videoUrl(await completed('[[file-503:2]]'));
		expect((await started.client.file(url)).status).toBe(503);
		expect((await started.client.file(url)).status).toBe(503);
		expect((await started.client.file(url)).status).toBe(200);
		await expect(download('[[file-reset]]')).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect((await download('[[file-slow:0.05]]')).data.toString('latin1', 4, 8)).toBe('ftyp');
	});

	test('[[big-clip:30]] has 30 MB and is an MP4 to its end', async () => {
		const { data } = await download('[[big-clip:30]]');
		expect(data.length).toBe(30_000_000);
		let at = 0;
		while (at < data.length) at += data.readUInt32BE(at);
		expect(at).toBe(data.length);
	});
});
