import { sandboxForEach } from './client';

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
