import fc from 'fast-check';
import { Mp4Inspector } from '../../../nodes/KlingFast/apimart/mp4';

interface Box {
	type: string;
	content: number;
	form?: 'large' | 'toTheEnd';
}

/** A box of ISO/IEC 14496-12: size and type, then zeros. */
function box({ type, content, form }: Box): Buffer {
	const head = Buffer.alloc(form === 'large' ? 16 : 8);
	head.write(type, 4, 'latin1');
	if (form === 'large') {
		head.writeUInt32BE(1, 0);
		head.writeBigUInt64BE(BigInt(16 + content), 8);
	} else {
		head.writeUInt32BE(form === 'toTheEnd' ? 0 : 8 + content, 0);
	}
	return Buffer.concat([head, Buffer.alloc(content)]);
}

function file(...boxes: Box[]): Buffer {
	return Buffer.concat(boxes.map(box));
}

function inspect(bytes: Buffer, chunkSizes: number[] = [bytes.length]): Mp4Inspector {
	const inspector = new Mp4Inspector();
	let at = 0;
	for (const size of [...chunkSizes, bytes.length]) {
		inspector.take(bytes.subarray(at, at + size));
		at = Math.min(bytes.length, at + size);
	}
	return inspector;
}

const FTYP: Box = { type: 'ftyp', content: 16 };
const MOOV: Box = { type: 'moov', content: 40 };
const MDAT: Box = { type: 'mdat', content: 100 };

const form = fc.constantFrom(undefined, 'large' as const);
const content = fc.integer({ min: 0, max: 60 });
const extra: fc.Arbitrary<Box> = fc.record({
	type: fc.constantFrom('free', 'udta', 'uuid'),
	content,
	form,
});
const media = fc.tuple(content, form).map(([size, kind]): Box[] => [
	{ type: 'moov', content: size },
	{ type: 'mdat', content: size + 1, form: kind },
]);
/** Whole files: `ftyp`, then picture data and directory in any order, with other boxes in front of the last. */
const wholeBoxes = fc
	.tuple(media, fc.boolean(), fc.array(extra, { maxLength: 4 }))
	.map(([[moov, mdat], isFastStart, extras]) =>
		isFastStart ? [FTYP, moov, ...extras, mdat] : [FTYP, mdat, ...extras, moov],
	);

const EMPTY = 'the file is empty';
const NO_MP4 = 'the file is not an MP4';
const NO_VIDEO = 'the file has no video in it';
const cutAfter = (bytes: number) => `the file was cut off after ${bytes} bytes`;
const WHOLE = file(FTYP, MOOV, MDAT);

describe('following an MP4 while it passes by', () => {
	it.each<[string, Buffer, string | undefined]>([
		['index first', WHOLE, undefined],
		['index last', file(FTYP, MDAT, MOOV), undefined],
		['a 64-bit size', file(FTYP, MOOV, { ...MDAT, form: 'large' }), undefined],
		['a last box to the end', file(FTYP, MOOV, { ...MDAT, form: 'toTheEnd' }), undefined],
		['nothing', Buffer.alloc(0), EMPTY],
		['an XML page', Buffer.from('<?xml version="1.0"?><Error/>'), NO_MP4],
		['a few bytes', Buffer.from('<?xm'), NO_MP4],
		['a box that is shorter than its head', Buffer.from('\0\0\0\x04ftyp', 'latin1'), NO_MP4],
		['no index', file(FTYP, MDAT), NO_VIDEO],
		['no picture data', file(FTYP, MOOV), NO_VIDEO],
		['only a beginning', file(FTYP), NO_VIDEO],
		['a cut', WHOLE.subarray(0, 150), cutAfter(150)],
		['a cut inside a head', WHOLE.subarray(0, 76), cutAfter(76)],
		['something behind the end', Buffer.concat([WHOLE, Buffer.from('<!--')]), cutAfter(184)],
	])('%s', (_, bytes, verdict) => {
		expect(inspect(bytes).verdict()).toBe(verdict);
	});

	it('knows with the first eight bytes that a page is no MP4, so that the rest need not be read', () => {
		expect(inspect(Buffer.from('<!DOCTYPE html>')).isNotMp4).toBe(true);
		expect(inspect(Buffer.from('<!DOCTY')).isNotMp4).toBe(false);
		expect(inspect(file(FTYP)).isNotMp4).toBe(false);
	});

	it('finds a file whole whatever boxes it has', () => {
		fc.assert(
			fc.property(wholeBoxes, (boxes) => {
				expect(inspect(file(...boxes)).verdict()).toBeUndefined();
			}),
		);
	});

	it('gives the same verdict however the bytes are cut into chunks', () => {
		const anything = fc.oneof(
			wholeBoxes.map((boxes) => file(...boxes)),
			fc
				.array(fc.oneof(extra, fc.constant(MOOV)), { maxLength: 4 })
				.map((boxes) => file(FTYP, ...boxes)),
			fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.concat([file(FTYP), bytes])),
			fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
		);
		const chunkSizes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });
		fc.assert(
			fc.property(anything, chunkSizes, (bytes, sizes) => {
				const whole = inspect(bytes);
				const pieces = inspect(bytes, sizes);
				expect(pieces.verdict()).toBe(whole.verdict());
				expect(pieces.isNotMp4).toBe(whole.isNotMp4);
				expect(pieces.bytes).toBe(bytes.length);
			}),
		);
	});

	it('never takes a strict prefix of a file for the file', () => {
		fc.assert(
			fc.property(wholeBoxes, fc.nat(), (boxes, seed) => {
				const bytes = file(...boxes);
				const length = seed % bytes.length;
				const ends = new Set<number>();
				boxes.reduce((at, one) => (ends.add(at + box(one).length), at + box(one).length), 0);
				const verdict = inspect(bytes.subarray(0, length)).verdict();
				if (length === 0) expect(verdict).toBe(EMPTY);
				else if (length < 8) expect(verdict).toBe(NO_MP4);
				else if (ends.has(length)) expect(verdict).toBe(NO_VIDEO);
				else expect(verdict).toBe(cutAfter(length));
			}),
			{ numRuns: 500 },
		);
	});
});
