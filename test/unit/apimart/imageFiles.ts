/** The beginning of an image file of a given size, as far as its header goes; what follows makes files differ. */
export function png(width = 1280, height = 720, rest = ' pixels'): Buffer {
	const size = Buffer.alloc(8);
	size.writeUInt32BE(width, 0);
	size.writeUInt32BE(height, 4);
	const start = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR', 'latin1');
	return Buffer.concat([start, size, Buffer.from(rest, 'latin1')]);
}

/** With segments of an application in front of the frame header, as cameras write them. */
export function jpeg(width = 1280, height = 720, { marker = 0xc0, app = 'Exif' } = {}): Buffer {
	const segment = (type: number, content: Buffer) => {
		const head = Buffer.from([0xff, type, 0, 0]);
		head.writeUInt16BE(content.length + 2, 2);
		return Buffer.concat([head, content]);
	};
	const frame = Buffer.from([8, 0, 0, 0, 0, 3]);
	frame.writeUInt16BE(height, 1);
	frame.writeUInt16BE(width, 3);
	return Buffer.concat([
		Buffer.from([0xff, 0xd8]),
		segment(0xe1, Buffer.from(app)),
		segment(0xc4, Buffer.alloc(30)),
		Buffer.from([0xff]),
		segment(marker, frame),
		segment(0xda, Buffer.from(' pixels')),
	]);
}
