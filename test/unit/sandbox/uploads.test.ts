import { Client, sandboxForEach } from './client';

const started = sandboxForEach();

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const HUGE = Buffer.concat([PNG, Buffer.alloc(20 * 1024 * 1024)]);

test('an image gets an address on the file host, for 72 hours', async () => {
	const { client, clock, sandbox } = started;
	const { data } = await client.upload(PNG);
	const address = new RegExp(`^${sandbox.filesUrl}/image/.*\\.png$`);
	const described = { filename: 'mug.png', bytes: PNG.length };
	expect(data).toEqual({
		...{ ...described, content_type: 'image/png', created_at: clock.wallMs() / 1000 },
		url: expect.stringMatching(address) as string,
	});
	expect(sandbox.ledger.uploads()).toMatchObject([described]);
	const { url } = data as { url: string };
	const file = await client.file(url);
	expect(file.headers['content-type']).toBe('image/png');
	expect(file.data.equals(PNG)).toBe(true);
	clock.advance(72 * 3600);
	expect((await client.file(url)).status).toBe(403);
});

test.each([
	['ffd8ffe000104a46', 'image/jpeg'],
	['474946383961', 'image/gif'],
	['524946460000000057454250', 'image/webp'],
])('the type is read from the bytes: %s is %s', async (hex, content_type) => {
	expect((await started.client.upload(Buffer.from(hex, 'hex'))).data).toMatchObject({
		content_type,
	});
});

const TYPES = 'allowed: jpeg, png, gif, webp';

test.each([
	['image', PNG, 400, 'missing or invalid file field: http: no such file'],
	['file', Buffer.from('%PDF'), 400, `unsupported image type: application/pdf, ${TYPES}`],
	['file', HUGE, 413, 'file size 20971536 exceeds maximum 20971520 bytes'],
])('refused, field %s', async (field, bytes, status, message) => {
	const answer = await started.client.upload(bytes, { field, type: 'application/pdf' });
	expect(answer.status).toBe(status);
	expect(answer.data).toEqual({ error: { message, type: 'invalid_request_error' } });
	expect(started.sandbox.ledger.uploads()).toEqual([]);
});

test('a key is needed, and [upload-failed] by control', async () => {
	const { client, sandbox } = started;
	expect((await new Client(sandbox, 'sk-of-nobody').upload(PNG)).status).toBe(401);
	sandbox.faults.add({ action: 'upload-failed', times: 1 });
	expect((await client.upload(PNG)).status).toBe(500);
	expect((await client.upload(PNG)).status).toBe(200);
});
