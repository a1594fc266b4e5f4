export interface ImageRules {
	bytes: number;
	mimeTypes: readonly string[];
	/** The same in words. */
	allowed: string;
}

/** What `POST /v1/uploads/images` takes (APIMart's upload page, 2026-08). */
export const IMAGE_LIMITS = {
	bytes: 20 * 1024 * 1024,
	mimeTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
	allowed: 'a JPEG, PNG, GIF or WebP of up to 20 MB',
	lifeHours: 72,
} as const;

/** What the model takes as a frame, which is less than can be uploaded (Kling's own rules, as resellers give them in 2026-11). */
export const FRAME_LIMITS = {
	bytes: 10 * 1024 * 1024,
	mimeTypes: ['image/jpeg', 'image/png'],
	allowed: 'a JPEG or PNG of up to 10 MB',
	/** Of either side. */
	pixels: 300,
	/** The longer side by the shorter. */
	ratio: 2.5,
} as const;

/** In pixels, as stored: a camera's note that the picture is to be turned does not count. */
export interface ImageSize {
	width: number;
	height: number;
}

export function pixelsOf({ width, height }: ImageSize): string {
	return `${width} x ${height} pixels`;
}

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

/**
 * The size of a JPEG or PNG by its header (PNG 1.2, section 4.1.1; JPEG, ITU T.81, section B.2.2: SOF0 to SOF15); undefined where
 * there is none.
 */
export function imageSize(bytes: Buffer): ImageSize | undefined {
	if (imageMimeType(bytes) === 'image/png') {
		if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
		return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
	}
	for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
		const marker = bytes[at + 1];
		const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
		if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
		// A marker may have further 0xff in front of it as padding.
		at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
	}
	return undefined;
}

/** A file name that cannot break out of a multipart header: at most 100 plain characters, with an ending of its type. */
export function uploadFileName(fileName: string | undefined, mimeType: string): string {
	const ending = mimeType === 'image/jpeg' ? 'jpg' : mimeType.replace('image/', '');
	const stem = (fileName ?? '').replace(/\.[A-Za-z0-9]{1,5}$/, '').replace(/[^\w.-]+/g, '_');
	return `${stem.slice(0, 95) || 'image'}.${ending}`;
}
