import fc from 'fast-check';
import { imageMimeType, imageSize, uploadFileName } from '../../../nodes/KlingFast/apimart/images';
import { jpeg, png } from './imageFiles';

describe('the type of an image by its first bytes', () => {
	it.each<[string, Buffer, string | undefined]>([
		['JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'image/jpeg'],
		['PNG', Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1'), 'image/png'],
		['GIF 87', Buffer.from('GIF87a'), 'image/gif'],
		['GIF 89', Buffer.from('GIF89a...'), 'image/gif'],
		['WebP', Buffer.from('RIFF\x00\n\x00\x00WEBPVP8 ', 'latin1'), 'image/webp'],
		['a WAV, which is RIFF too', Buffer.from('RIFF\x00\x00\x00\x00WAVE'), undefined],
		['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), undefined],
		['PDF', Buffer.from('%PDF-1.7'), undefined],
		['half a PNG signature', Buffer.from('\x89PNG', 'latin1'), undefined],
		['an MP4', Buffer.from('\x00\x00\x00\x18ftypisom', 'latin1'), undefined],
		['nothing', Buffer.alloc(0), undefined],
	])('%s', (_, bytes, mimeType) => {
		expect(imageMimeType(bytes)).toBe(mimeType);
	});
});

describe('the size of an image by its header', () => {
	it.each<[string, Buffer, [width: number, height: number] | undefined]>([
		['PNG', png(640, 480), [640, 480]],
		['baseline JPEG', jpeg(640, 480), [640, 480]],
		['progressive JPEG', jpeg(640, 480, { marker: 0xc2 }), [640, 480]],
		['JPEG with a long text in front', jpeg(3000, 4000, { app: 'x'.repeat(60_000) }), [3000, 4000]],
		['JPEG without a frame', jpeg(640, 480, { marker: 0xc8 }), undefined],
		['half a PNG header', png().subarray(0, 20), undefined],
		['PNG without a header', Buffer.from('\x89PNG\r\n\x1a\n pixels and more', 'latin1'), undefined],
		['half a JPEG', jpeg().subarray(0, 12), undefined],
		['JPEG that is cut in its frame', jpeg().subarray(0, 51), undefined],
		['JPEG start only', Buffer.from([0xff, 0xd8, 0xff]), undefined],
		['GIF', Buffer.from('GIF89a and more than that'), undefined],
		['nothing', Buffer.alloc(0), undefined],
	])('%s', (_, bytes, size) => {
		expect(imageSize(bytes)).toEqual(size && { width: size[0], height: size[1] });
	});

	it('is a size or none, whatever the bytes', () => {
		const start = fc.constantFrom(
			'\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR',
			'\xff\xd8\xff',
			'\xff\xd8\xff\xe0',
			'',
		);
		fc.assert(
			fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
				const size = imageSize(Buffer.concat([Buffer.from(head, 'latin1'), rest]));
				expect(size === undefined || Number.isInteger(size.width * size.height)).toBe(true);
			}),
		);
	});
});

describe('the file name of an upload', () => {
	it.each([
		['product.PNG', 'image/png', 'product.png'],
		['photo.jpeg', 'image/jpeg', 'photo.jpg'],
		['my photo (1).png', 'image/webp', 'my_photo_1_.webp'],
		[undefined, 'image/gif', 'image.gif'],
		['', 'image/png', 'image.png'],
		['.png', 'image/png', 'image.png'],
		['a"; filename="b\r\nX: 1', 'image/png', 'a_filename_b_X_1.png'],
	])('%s as %s: %s', (name, mimeType, expected) => {
		expect(uploadFileName(name, mimeType)).toBe(expected);
	});

	it('never breaks out of its header and is never longer than 100 characters', () => {
		const mimeType = fc.constantFrom('image/jpeg', 'image/png', 'image/gif', 'image/webp');
		fc.assert(
			fc.property(fc.string({ maxLength: 300 }), mimeType, (name, type) => {
				expect(uploadFileName(name, type)).toMatch(/^[\w.-]{1,96}\.(jpg|png|gif|webp)$/);
			}),
		);
		expect(uploadFileName('x'.repeat(300), 'image/webp')).toHaveLength(100);
	});
});
