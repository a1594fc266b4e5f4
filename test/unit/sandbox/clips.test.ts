/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmTextFiles } from '../../../sandbox/filmScript';
import { readClipRequest } from '../../../sandbox/validation';
import { clip, ended, startWithClient, videoUrl } from './client';

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
	return { id: String(task.id), data, seconds, size };
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

test('any character may stand in a prompt', async () => {
	const prompt = `it's 100% "quoted", %{pts} \\ : ; [in] = 'x' 中文 🙂 ${'long'.repeat(100)}`;
	expect(await made({ prompt })).toMatchObject({ seconds: [3] });
});

test.each([
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'iVBORw0KGgoA',
])('an uploaded image is the background, one that cannot be read does not hurt', async (image) => {
	const { data } = await started.client.upload(Buffer.from(image, 'base64'));
	const image_urls = [(data as { url: string }).url];
	expect(await made({ image_urls })).toMatchObject({ size: [1280, 720] });
});

test('the same content is rendered once, and still each task has a file of its own', async () => {
	const cached = async () => (await readdir(folder)).length;
	const before = await cached();
	const fields = { prompt: 'rendered once' };
	const clips = [made(fields), made({ ...fields, webhook: 'https://a.example' })];
	const [first, second] = await Promise.all(clips);
	for (const { id, data } of [first, second, await made(fields)])
		expect(data.includes(id)).toBe(true);
	expect(first.data.equals(second.data)).toBe(false);
	expect((await cached()) - before).toBe(1);
});

test('a task does not end before its file is there', async () => {
	const id = await started.client.submitted({ prompt: 'needs rendering', mode: 'pro' });
	started.clock.advance(60);
	expect(await started.client.task(id)).toMatchObject({ status: 'processing', progress: 99 });
	expect(await started.client.ended(id)).toMatchObject({ status: 'completed' });
});

const textsOf = (fields: Record<string, unknown>) => filmTextFiles(readClipRequest(clip(fields)));

test('the film names its length, shape and quality, and the elements that the prompt uses', () => {
	const urls = ['https://a.example/1.png', 'https://a.example/2.png'];
	const element = (name: string) => ({ name, description: 'x', element_input_urls: urls });
	const element_list = ['ann', 'unused', 'old boat'].map(element);
	const texts = textsOf({ prompt: '@ann rows the @old boat', element_list });
	expect(texts['facts.txt']).toBe('5 s  ·  16:9  ·  std  ·  silent\n@ann · @old boat');
});

test('each shot is to be read in its own time', () => {
	const multi_prompt = [
		{ index: 1, prompt: 'the door opens', duration: 2 },
		{ index: 2, prompt: 'the cat leaves', duration: 3 },
	];
	expect(textsOf({ multi_shot: true, shot_type: 'customize', multi_prompt })).toMatchObject({
		'scene0.txt': 'Shot 1 of 2\n\nthe door opens',
		'scene1.txt': 'Shot 2 of 2\n\nthe cat leaves',
	});
});
