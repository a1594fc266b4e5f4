/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

/** The bytes of a clip. */
export interface Clip {
	size: number;
	/** From the start, up to `endBytes` or the end. */
	open(endBytes?: number): Readable;
}

/** A clip out of pieces in memory, behind a file where there is one. */
export function clipOf(pieces: Buffer[], file?: { path: string; size: number }): Clip {
	const size = pieces.reduce((total, piece) => total + piece.length, file?.size ?? 0);
	return {
		size,
		open: (endBytes = size) => Readable.from(chunks(endBytes, pieces, file), { objectMode: false }),
	};
}

/**
 * A box that players skip, naming the task: so each task's file has bytes of its own, and a mixed-up
 * download shows.
 */
export function labelBox(taskId: string) {
	const content = Buffer.from(`task ${taskId}`);
	return Buffer.concat([boxHead(content.length), content]);
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

async function* chunks(endBytes: number, pieces: Buffer[], file?: { path: string; size: number }) {
	const fileBytes = Math.min(endBytes, file?.size ?? 0);
	if (file && fileBytes > 0) yield* createReadStream(file.path, { end: fileBytes - 1 });
	let left = endBytes - fileBytes;
	for (const piece of pieces) {
		for (let start = 0; start < piece.length && left > 0; start += CHUNK_BYTES) {
			const chunk = piece.subarray(start, start + Math.min(CHUNK_BYTES, left));
			left -= chunk.length;
			yield chunk;
		}
	}
}

function boxHead(contentBytes: number) {
	const head = Buffer.alloc(BOX_HEAD_BYTES);
	head.writeUInt32BE(contentBytes + BOX_HEAD_BYTES, 0);
	head.write('free', 4, 'latin1');
	return head;
}

const CHUNK_BYTES = 65_536;

const NOTHING = Buffer.alloc(CHUNK_BYTES);

const BOX_HEAD_BYTES = 8;
