import type { Execution } from '../../host/executions';
import { jpeg, png } from '../unit/apimart/imageFiles';
import { setStage, type Stage } from './stage';

const TO_DO = 'folder-of-photos';
const DONE = 'folder-of-done-photos';

let stage: Stage;
let workflowId: string;
let first: Execution;

beforeAll(async () => {
	stage = await setStage('sk-product-photos');
	const { drive, s3 } = stage.fakes;
	s3.buckets.add('videos');
	const put = (name: string, mimeType: string, start: Buffer) => {
		const bytes = Buffer.concat([start, Buffer.from(name.repeat(500))]);
		drive.add({ name, mimeType, parents: [TO_DO], bytes });
	};
	put('red mug.png', 'image/png', png());
	put('blue.lamp.jpg', 'image/jpeg', jpeg());
	put('price list.txt', 'text/plain', Buffer.alloc(0));
	put('not really a photo.png', 'image/png', Buffer.from('hello'));
	workflowId = await stage.importTemplate('product-photos', {
		photoFolder: `https://drive.google.com/drive/folders/${TO_DO}`,
		doneFolder: `https://drive.google.com/drive/folders/${DONE}`,
		bucket: 'videos',
		publicAddress: 'https://videos.example.com',
	});
	first = await stage.host.runToEnd(workflowId);
});
afterAll(async () => await stage.stop());

const namesIn = (folder: string) =>
	stage.fakes.drive
		.inFolder(folder)
		.map(({ name }) => name)
		.sort();

test('each photo is uploaded byte by byte and starts its clip', async () => {
	expect(first.error).toBeUndefined();
	expect(first.status).toBe('success');
	const uploaded = await Promise.all(
		stage.sandbox.ledger.uploads().map(async ({ url }) => {
			return Buffer.from(await (await fetch(url)).arrayBuffer());
		}),
	);
	const photos = stage.fakes.drive.inFolder(DONE).map(({ bytes }) => bytes);
	expect(uploaded).toHaveLength(2);
	for (const photo of photos) expect(uploaded.some((bytes) => bytes.equals(photo))).toBe(true);
	const urls = stage.sandbox.ledger.uploads().map(({ url }) => url);
	const submits = stage.sandbox.ledger
		.submits()
		.map(({ body }) => body as { image_urls: string[] });
	expect(submits.flatMap((body) => body.image_urls).sort()).toEqual([...urls].sort());
});

test('each clip lies in the store under the name of its photo, byte by byte', async () => {
	const clips = first.jsonOf('Generate clip').filter(({ status }) => status === 'completed');
	expect(clips).toHaveLength(2);
	expect([...stage.fakes.s3.objects.keys()].sort()).toEqual([
		'videos/products/blue.lamp.mp4',
		'videos/products/red mug.mp4',
	]);
	for (const { taskId, metadata } of clips) {
		const { photo } = metadata as { photo: string };
		const key = `videos/products/${photo.replace(/\.\w+$/, '')}.mp4`;
		const stored = stage.fakes.s3.objects.get(key);
		expect(stored?.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	}
	expect(first.jsonOf('List of clips')).toEqual(
		expect.arrayContaining([
			{
				photo: 'red mug.png',
				link: 'https://videos.example.com/products/red%20mug.mp4',
				cost: 0.336,
			},
		]),
	);
});

test('a photo that is done moves; one that cannot be used stays, with the reason in the run', () => {
	expect(namesIn(DONE)).toEqual(['blue.lamp.jpg', 'red mug.png']);
	expect(namesIn(TO_DO)).toEqual(['not really a photo.png', 'price list.txt']);
	expect(first.jsonOf('Photos to look at')).toEqual([
		expect.objectContaining({ error: expect.stringMatching(/JPEG|PNG|image/i) }),
	]);
});

test('the next run buys nothing', async () => {
	const second = await stage.host.runToEnd(workflowId);
	expect(second.status).toBe('success');
	expect(second.itemsOf('Find photos')).toHaveLength(1);
	expect(stage.sandbox.ledger.charges()).toHaveLength(2);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
