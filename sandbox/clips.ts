/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { clipCacheFolder, ClipRenderer } from './render';
import { labelBox, paddingTo, slices, tinyClip } from './tinyClip';
import type { ClipRequest } from './validation';

/** The bytes of a clip. */
export interface Clip {
	size: number;
	/** From the start, up to `endBytes` or the end. */
	open(endBytes?: number): Readable;
}

export interface ClipMaker {
	/** Begins at once; settles when the file can be served. */
	make(taskId: string, request: ClipRequest, megabytes?: number): Promise<Clip>;
	stop(): Promise<void>;
}

/** A second of 64x36 for every task, made in memory. */
export class TinyClips implements ClipMaker {
	async make(taskId: string, _request: ClipRequest, megabytes?: number) {
		const label = labelBox(taskId);
		const sizeSoFar = tinyClip([label]).size;
		return tinyClip([label, ...(megabytes ? paddingTo(megabytes, sizeSoFar) : [])]);
	}

	async stop() {}
}

/** Clips as asked for, rendered by ffmpeg and kept in a cache folder by content. */
export class RealClips implements ClipMaker {
	private readonly renderer: ClipRenderer;

	constructor(
		cacheFolder: string | undefined,
		private readonly uploadedFile: (
			url: string,
		) => { bytes: Buffer; extension: string } | undefined,
	) {
		this.renderer = new ClipRenderer(cacheFolder ?? clipCacheFolder());
	}

	async make(taskId: string, request: ClipRequest, megabytes?: number) {
		const image = request.imageUrls[0] ? this.uploadedFile(request.imageUrls[0]) : undefined;
		const path = await this.renderer.render(request, image);
		const { size } = await stat(path);
		const label = labelBox(taskId);
		const trailer = [label, ...(megabytes ? paddingTo(megabytes, size + label.length) : [])];
		return fileClip(path, size, trailer);
	}

	async stop() {
		await this.renderer.stop();
	}
}

/** A file with something after it. */
function fileClip(path: string, fileBytes: number, trailer: Buffer[]): Clip {
	const size = trailer.reduce((total, piece) => total + piece.length, fileBytes);
	return {
		size,
		open: (endBytes = size) =>
			Readable.from(fileThenTrailer(path, fileBytes, trailer, endBytes), { objectMode: false }),
	};
}

async function* fileThenTrailer(
	path: string,
	fileBytes: number,
	trailer: Buffer[],
	endBytes: number,
) {
	if (endBytes > 0) yield* createReadStream(path, { end: Math.min(endBytes, fileBytes) - 1 });
	yield* slices(trailer, endBytes - fileBytes);
}
