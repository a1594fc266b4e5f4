import { Client, startWithClient, type Started } from './client';

let started: Started;
beforeEach(async () => {
	started = await startWithClient();
});
afterEach(async () => await started.stop());

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

async function upload(
	bytes: Buffer,
	{ field = 'file', type = 'image/png', apiKey = started.sandbox.apiKey } = {},
) {
	const form = new FormData();
	form.append(field, new Blob([new Uint8Array(bytes)], { type }), 'mug.png');
	return await new Client(started.sandbox, apiKey).post('/v1/uploads/images', form);
}

test('an image gets an address on the file host', async () => {
	const { status, data } = await upload(PNG);
	expect(status).toBe(200);
	expect(data).toEqual({
		url: expect.stringMatching(
			new RegExp(`^${started.sandbox.filesUrl}/image/.*\\.png$`),
		) as string,
		filename: 'mug.png',
		content_type: 'image/png',
		bytes: PNG.length,
		created_at: started.clock.wallMs() / 1000,
	});
	expect(started.sandbox.ledger.uploads()).toMatchObject([
		{ filename: 'mug.png', bytes: PNG.length },
	]);
	const { url } = data as { url: string };
	const file = await started.client.file(url);
	expect(file.headers['content-type']).toBe('image/png');
	expect(file.data.equals(PNG)).toBe(true);
	started.clock.advance(72 * 3600);
	expect((await started.client.file(url)).status).toBe(403);
});

test.each([
	['ffd8ffe000104a46', 'image/jpeg'],
	['474946383961', 'image/gif'],
	['524946460000000057454250', 'image/webp'],
])('the type is read from the bytes: %s is %s', async (hex, contentType) => {
	const { data } = await upload(Buffer.from(hex, 'hex'));
	expect(data).toMatchObject({ content_type: contentType });
});

test.each([
	['no file', { field: 'image' }, PNG, 400, 'missing or invalid file field: http: no such file'],
	[
		'no image',
		{ type: 'application/pdf' },
		Buffer.from('%PDF-1.7'),
		400,
		'unsupported image type: application/pdf, allowed: jpeg, png, gif, webp',
	],
	[
		'too large',
		{},
		Buffer.concat([PNG, Buffer.alloc(20 * 1024 * 1024)]),
		413,
		'file size 20971536 exceeds maximum 20971520 bytes',
	],
])('%s is refused', async (_what, options, bytes, status, message) => {
	const answer = await upload(bytes, options);
	expect(answer.status).toBe(status);
	expect(answer.data).toEqual({ error: { message, type: 'invalid_request_error' } });
	expect(started.sandbox.ledger.uploads()).toEqual([]);
});

test('a key is needed', async () => {
	expect((await upload(PNG, { apiKey: 'sk-of-nobody' })).status).toBe(401);
});

test('[upload-failed] by control', async () => {
	started.sandbox.faults.add({ action: 'upload-failed', times: 1 });
	const { status, data } = await upload(PNG);
	expect(status).toBe(500);
	expect(data).toMatchObject({ error: { message: 'failed to upload image' } });
	expect((await upload(PNG)).status).toBe(200);
});
