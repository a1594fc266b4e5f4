/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmTextFiles } from '../../../sandbox/filmScript';
import { readClipRequest } from '../../../sandbox/validation';
import { CLIP, startWithClient, videoUrl, type Started } from './client';

let folder: string;
let started: Started;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kling-clips-test-'));
	started = await startWithClient({
		clips: 'real',
		cacheFolder: join(folder, 'cache'),
		concurrency: 0,
	});
});
afterAll(async () => {
	await started.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Has a clip made and reads what its tracks say of themselves. */
async function probed(fields: Record<string, unknown>) {
	const id = await started.client.submitted(fields);
	started.clock.advance(60);
	const { data } = await started.client.file(videoUrl(await started.client.ended(id)));
	const tracks = boxes(data, 'moov', 'trak').map((track) => {
		const [head] = boxes(track, 'tkhd');
		const [time] = boxes(track, 'mdia', 'mdhd');
		const [samples] = boxes(track, 'mdia', 'minf', 'stbl', 'stsd');
		return {
			codec: samples.toString('latin1', 12, 16),
			seconds: time.readUInt32BE(16) / time.readUInt32BE(12),
			// The last two numbers, of which the lower half is a fraction.
			width: head.readUInt16BE(head.length - 8),
			height: head.readUInt16BE(head.length - 4),
		};
	});
	return {
		video: tracks.find(({ codec }) => codec === 'avc1'),
		audio: tracks.find(({ codec }) => codec === 'mp4a'),
	};
}

/** The contents of the boxes of an MP4 that lie at this path. */
function boxes(bytes: Buffer, name: string, ...inner: string[]): Buffer[] {
	const found = [];
	for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
		if (bytes.toString('latin1', at + 4, at + 8) !== name) continue;
		found.push(bytes.subarray(at + 8, at + bytes.readUInt32BE(at)));
	}
	const [next, ...rest] = inner;
	return next === undefined ? found : found.flatMap((box) => boxes(box, next, ...rest));
}

test.each([
	[{ duration: 3, audio: true }, 1280, 720],
	[{ duration: 4, audio: false, aspect_ratio: '9:16', watermark: true }, 720, 1280],
	[{ duration: 3, audio: true, aspect_ratio: '1:1' }, 960, 960],
	[{ duration: 3, audio: false, mode: 'pro' }, 1920, 1080],
	[{ duration: 3, audio: true, mode: '4k' }, 3840, 2160],
])('%j is %d x %d', async (fields, width, height) => {
	const { video, audio } = await probed(fields);
	expect(video).toMatchObject({ width, height });
	expect(video?.seconds).toBeCloseTo(fields.duration, 1);
	if (fields.audio) expect(audio?.seconds).toBeCloseTo(fields.duration, 1);
	else expect(audio).toBeUndefined();
});

test('any character may stand in a prompt', async () => {
	const prompt = `it's 100% "quoted", %{pts} \\ : ; [in] = 'x' 中文 🙂 ${'long'.repeat(100)}`;
	const { video } = await probed({ prompt, duration: 3 });
	expect(video?.seconds).toBeCloseTo(3, 1);
});

test('an uploaded image becomes the background, one that cannot be read does not hurt', async () => {
	const plain = await upload(Buffer.from(ONE_PIXEL_PNG, 'base64'));
	const broken = await upload(Buffer.from('89504e470d0a1a0a00', 'hex'));
	for (const url of [plain, broken]) {
		const { video } = await probed({ image_urls: [url], duration: 3 });
		expect(video).toMatchObject({ width: 1280, height: 720 });
	}
});

test('the same content is rendered once, and still each task has a file of its own', async () => {
	const cached = async () => (await readdir(join(folder, 'cache'))).length;
	const fields = { prompt: 'rendered once', duration: 3 };
	const first = await started.client.submitted(fields);
	const second = await started.client.submitted({ ...fields, webhook: 'https://a.example' });
	const before = await cached();
	started.clock.advance(60);
	const files = [];
	for (const id of [first, second]) {
		const { data } = await started.client.file(videoUrl(await started.client.ended(id)));
		expect(data.includes(id)).toBe(true);
		files.push(data.toString('base64'));
	}
	expect(files[0]).not.toBe(files[1]);
	expect((await cached()) - before).toBeLessThanOrEqual(1);
	await probed(fields);
	expect((await cached()) - before).toBeLessThanOrEqual(1);
});

test('a task does not end before its file is there', async () => {
	const id = await started.client.submitted({
		prompt: 'needs rendering',
		duration: 3,
		mode: 'pro',
	});
	started.clock.advance(60);
	expect(await started.client.task(id)).toMatchObject({ status: 'processing', progress: 99 });
	expect(await started.client.ended(id)).toMatchObject({ status: 'completed' });
});

test('the film names its length, shape and quality, and the elements that the prompt uses', () => {
	const element_input_urls = ['https://a.example/1.png', 'https://a.example/2.png'];
	const element_list = ['ann', 'unused', 'old boat'].map((name) => ({
		...{ name, description: 'x', element_input_urls },
	}));
	const prompt = '@ann rows the @old boat';
	expect(filmTextFiles(readClipRequest({ ...CLIP, prompt, element_list }))['facts.txt']).toBe(
		'5 s  ·  16:9  ·  std  ·  silent\n@ann · @old boat',
	);
});

test('each shot is to be read in its own time', () => {
	const files = filmTextFiles(
		readClipRequest({
			...CLIP,
			multi_shot: true,
			shot_type: 'customize',
			multi_prompt: [
				{ index: 1, prompt: 'the door opens', duration: 2 },
				{ index: 2, prompt: 'the cat leaves', duration: 3 },
			],
		}),
	);
	expect(files['scene0.txt']).toMatch(/^Shot 1 of 2\n\nthe door opens$/);
	expect(files['scene1.txt']).toMatch(/^Shot 2 of 2\n\nthe cat leaves$/);
});

async function upload(bytes: Buffer) {
	const form = new FormData();
	form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'start.png');
	const { data } = await started.client.post('/v1/uploads/images', form);
	return (data as { url: string }).url;
}

const ONE_PIXEL_PNG =
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
