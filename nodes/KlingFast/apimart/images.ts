/** What `POST /v1/uploads/images` takes (APIMart's upload page, 2026-08). */
export const IMAGE_LIMITS = { bytes: 20 * 1024 * 1024, lifeHours: 72 } as const;

/**
 * The image type by its first bytes, whatever the item claims; undefined for anything that the provider does not take.
 * Signatures: JPEG SOI, PNG 1.2 section 3.1, GIF87a/GIF89a, RIFF/WEBP.
 */
export function imageMimeType(bytes: Buffer): string | undefined {
	if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg';
	if (bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
	const text = bytes.toString('latin1', 0, 12);
	if (/^GIF8[79]a/.test(text)) return 'image/gif';
	return /^RIFF[\s\S]{4}WEBP/.test(text) ? 'image/webp' : undefined;
}

/** A file name that cannot break out of a multipart header: at most 100 plain characters, with an ending of its type. */
export function uploadFileName(fileName: string | undefined, mimeType: string): string {
	const ending = mimeType === 'image/jpeg' ? 'jpg' : mimeType.replace('image/', '');
	const stem = (fileName ?? '').replace(/\.[A-Za-z0-9]{1,5}$/, '').replace(/[^\w.-]+/g, '_');
	return `${stem.slice(0, 95) || 'image'}.${ending}`;
}
