import express, { type Request, type RequestHandler } from 'express';
import type { Context } from './context';
import { ok, RefusalError, uploadError } from './errors';
import { route, sha256 } from './route';

/** Largest image, in bytes (upload page, 2026-08). */
const MAX_BYTES = 20 * 1024 * 1024;

/** `POST /v1/uploads/images`, multipart field `file`. The type is read from the bytes, not from the name. */
export function uploadRoute(context: Context): RequestHandler[] {
	const { random, uploads, urls, clock, ledger } = context;
	return [
		express.raw({ type: () => true, limit: 4 * MAX_BYTES }),
		route(context, {
			name: 'upload',
			work: async ({ request, account }) => {
				const file = await fileOf(request);
				if (!file) refuse(400, 'missing or invalid file field: http: no such file');
				const buffer = Buffer.from(await file.arrayBuffer());
				const contentType = imageType(buffer);
				if (!contentType) {
					refuse(400, `unsupported image type: ${file.type}, allowed: jpeg, png, gif, webp`);
				}
				if (file.size > MAX_BYTES) {
					refuse(413, `file size ${file.size} exceeds maximum ${MAX_BYTES} bytes`);
				}
				const extension = contentType.slice('image/'.length);
				const name = `${random.fileStem()}-image.${extension}`;
				uploads.add(name, { bytes: buffer, contentType, atMs: clock.wallMs() });
				const url = `${urls.files}/image/${name}`;
				const filename = file.name;
				const bytes = file.size;
				const about = { url, filename, contentType, bytes };
				ledger.addUpload({ key: account.masked, ...about, sha256: sha256(buffer) });
				const createdAt = Math.floor(clock.wallMs() / 1000);
				return ok({ url, filename, content_type: contentType, bytes, created_at: createdAt });
			},
		}),
	];
}

/** The form's field `file`, if it is a form and has one. */
async function fileOf({ headers, body }: Request): Promise<File | undefined> {
	const form = new Response(body as Buffer, {
		headers: { 'content-type': headers['content-type'] ?? '' },
	});
	const file = (await form.formData().catch(() => undefined))?.get('file');
	return file instanceof File ? file : undefined;
}

function refuse(status: number, message: string): never {
	throw new RefusalError(uploadError(status, message));
}

function imageType(bytes: Buffer): string | undefined {
	const start = bytes.toString('latin1', 0, 12);
	if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
	if (/^GIF8[79]a/.test(start)) return 'image/gif';
	if (/^RIFF....WEBP/s.test(start)) return 'image/webp';
	return undefined;
}
