/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, startWithClient, videoUrl } from './client';

let folder: string;
let started: Awaited<ReturnType<typeof startWithClient>>;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kling-clips-test-'));
	started = await startWithClient({ clips: 'real', cacheFolder: folder, concurrency: 0 });
});
afterAll(async () => {
	await started.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Has a clip made and reads what its tracks say of themselves; the picture is the first of them. */
async function made(fields: Record<string, unknown>) {
	const task = await ended(started, { duration: 3, ...fields });
	const { data } = await started.client.file(videoUrl(task));
	const index = data.subarray(data.indexOf('moov'));
	const picture = index.indexOf('avc1');
	const seconds = index
		.toString('latin1')
		.split('mdhd')
		.slice(1)
		.map((text) => Buffer.from(text.slice(12, 20), 'latin1'))
		.map((time) => Math.round(time.readUInt32BE(4) / time.readUInt32BE(0)));
	const size = [index.readUInt16BE(picture + 28), index.readUInt16BE(picture + 30)];
	return { seconds, size };
}

test.each([
	[{ duration: 3, audio: true }, [1280, 720]],
	[{ duration: 4, audio: false, aspect_ratio: '9:16', watermark: true }, [720, 1280]],
	[{ duration: 3, audio: true, aspect_ratio: '1:1' }, [960, 960]],
	[{ duration: 3, audio: false, mode: 'pro' }, [1920, 1080]],
	[{ duration: 3, audio: true, mode: '4k' }, [3840, 2160]],
])('%j is of %j pixels, with a second track for the sound', async (fields, size) => {
	const { duration } = fields;
	const seconds = fields.audio ? [duration, duration] : [duration];
	expect(await made(fields)).toMatchObject({ size, seconds });
});

test('a task does not end before its file is there', async () => {
	const id = await started.client.submitted({ prompt: 'needs rendering', mode: 'pro' });
	started.clock.advance(60);
	expect(await started.client.task(id)).toMatchObject({ status: 'processing', progress: 99 });
	expect(await started.client.ended(id)).toMatchObject({ status: 'completed' });
});
