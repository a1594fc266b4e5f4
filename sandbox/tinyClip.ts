/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { Readable } from 'node:stream';
import type { Clip } from './clips';

/** A playable clip without ffmpeg: one second, 64x36, H.264, no sound, whatever was asked for. */
export function tinyClip(trailer: Buffer[]): Clip {
	return clipOf([TINY_MP4, ...trailer]);
}

/**
 * A box that players skip, naming the task: so each task's file has bytes of its own, and a mixed-up
 * download shows.
 */
export function labelBox(taskId: string) {
	return freeBox(Buffer.from(`task ${taskId}`));
}

/** A box of nothing that fills the file up to a size; the clip stays playable. Takes no memory to speak of. */
export function paddingTo(megabytes: number, sizeSoFarBytes: number): Buffer[] {
	const contentBytes = megabytes * 1_000_000 - sizeSoFarBytes - BOX_HEAD_BYTES;
	if (contentBytes < 0) return [];
	const wholeChunks = Math.floor(contentBytes / CHUNK_BYTES);
	return [
		boxHead(contentBytes),
		...Array.from({ length: wholeChunks }, () => NOTHING),
		NOTHING.subarray(0, contentBytes % CHUNK_BYTES),
	];
}

/** A clip out of pieces in memory. */
export function clipOf(pieces: Buffer[]): Clip {
	const size = pieces.reduce((total, piece) => total + piece.length, 0);
	return {
		size,
		open: (endBytes = size) => Readable.from(slices(pieces, endBytes), { objectMode: false }),
	};
}

/** The pieces in chunks, up to a length. */
export function* slices(pieces: Buffer[], endBytes: number) {
	let left = endBytes;
	for (const piece of pieces) {
		for (let start = 0; start < piece.length && left > 0; start += CHUNK_BYTES) {
			const chunk = piece.subarray(
				start,
				Math.min(start + CHUNK_BYTES, piece.length, start + left),
			);
			left -= chunk.length;
			yield chunk;
		}
	}
}

const CHUNK_BYTES = 65_536;

const NOTHING = Buffer.alloc(CHUNK_BYTES);

const BOX_HEAD_BYTES = 8;

const freeBox = (content: Buffer) => Buffer.concat([boxHead(content.length), content]);

function boxHead(contentBytes: number) {
	const head = Buffer.alloc(BOX_HEAD_BYTES);
	head.writeUInt32BE(contentBytes + BOX_HEAD_BYTES, 0);
	head.write('free', 4, 'latin1');
	return head;
}

/**
 * Rendered once: `ffmpeg -f lavfi -i color=c=0x1e293b:s=64x36:r=2:d=1 -c:v libx264 -preset veryslow
 * -pix_fmt yuv420p -movflags +faststart -fflags +bitexact`.
 */
const TINY_MP4 = Buffer.from(
	[
		'AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAAL3bW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAA+',
		'gAAQAAAQAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAA',
		'AAAAAAAAAAAAAAAAAgAAAkZ0cmFrAAAAXHRraGQAAAADAAAAAAAAAAAAAAABAAAAAAAAA+gAAAAAAAAAAAAAAAAAAA',
		'AAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAEAAAAAkAAAAAAAkZWR0cwAAABxlbHN0AAAAAAAA',
		'AAEAAAPoAAAAAAABAAAAAAG+bWRpYQAAACBtZGhkAAAAAAAAAAAAAAAAAABAAAAAQABVxAAAAAAALWhkbHIAAAAAAA',
		'AAAHZpZGUAAAAAAAAAAAAAAABWaWRlb0hhbmRsZXIAAAABaW1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5m',
		'AAAAHGRyZWYAAAAAAAAAAQAAAAx1cmwgAAAAAQAAASlzdGJsAAAAqXN0c2QAAAAAAAAAAQAAAJlhdmMxAAAAAAAAAA',
		'EAAAAAAAAAAAAAAAAAAAAAAEAAJABIAAAASAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
		'GP//AAAAM2F2Y0MBZAAK/+EAGmdkAAqscgREf58BEAAAAwAQAAADAEDxIlhGAQAGaOhDjyyLAAAAEHBhc3AAAAABAA',
		'AAAQAAABhzdHRzAAAAAAAAAAEAAAACAAAgAAAAABRzdHNzAAAAAAAAAAEAAAABAAAAHHN0c2MAAAAAAAAAAQAAAAEA',
		'AAACAAAAAQAAABxzdHN6AAAAAAAAAAAAAAACAAAAKAAAAA8AAAAUc3RjbwAAAAAAAAABAAADJwAAAD11ZHRhAAAANW',
		'1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAG1kaXJhcHBsAAAAAAAAAAAAAAAACGlsc3QAAAAIZnJlZQAAAD9tZGF0AAAA',
		'JGWIgQACn/7s2n4FNvFuOdqKeuVrcrqaemJWAE7ZghquJQK6wQAAAAtBmggtiCX//rU5WA==',
	].join(''),
	'base64',
);
