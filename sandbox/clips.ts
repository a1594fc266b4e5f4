/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { stat } from 'node:fs/promises';
import { clipOf, labelBox, paddingTo, type Clip } from './clip';
import { clipCacheFolder, ClipRenderer } from './render';
import { tinyClip } from './tinyClip';
import type { ClipRequest } from './validation';

export interface ClipMaker {
	/** Begins at once; settles when the file can be served. */
	make(taskId: string, request: ClipRequest, megabytes?: number): Promise<Clip>;
	stop(): Promise<void>;
}

/** A second of 64x36 for every task, made in memory. */
export class TinyClips implements ClipMaker {
	async make(taskId: string, _request: ClipRequest, megabytes?: number) {
		return tinyClip(trailer(taskId, megabytes, tinyClip([]).size));
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
		return clipOf(trailer(taskId, megabytes, size), { path, size });
	}

	async stop() {
		await this.renderer.stop();
	}
}

function trailer(taskId: string, megabytes: number | undefined, clipBytes: number) {
	const label = labelBox(taskId);
	return [label, ...(megabytes ? paddingTo(megabytes, clipBytes + label.length) : [])];
}
