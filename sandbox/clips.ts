/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { stat } from 'node:fs/promises';
import { clipOf, labelBox, paddingTo, type Clip } from './clip';
import type { Background, ClipRenderer } from './render';
import { tinyClip } from './tinyClip';
import type { ClipRequest } from './validation';

/**
 * Makes the clips: as asked for, rendered by ffmpeg and kept in a cache folder by content, or without a
 * renderer a second of 64x36 for every task.
 */
export class ClipMaker {
	constructor(
		private readonly renderer: ClipRenderer | undefined,
		private readonly uploadedFile: (url: string) => Background | undefined,
	) {}

	/** Begins at once; settles when the file can be served. */
	async make(taskId: string, request: ClipRequest, megabytes?: number): Promise<Clip> {
		if (!this.renderer) return tinyClip(trailer(taskId, megabytes, tinyClip([]).size));
		const image = request.imageUrls[0] ? this.uploadedFile(request.imageUrls[0]) : undefined;
		const path = await this.renderer.render(request, image);
		const { size } = await stat(path);
		return clipOf(trailer(taskId, megabytes, size), { path, size });
	}

	async stop() {
		await this.renderer?.stop();
	}
}

function trailer(taskId: string, megabytes: number | undefined, clipBytes: number) {
	const label = labelBox(taskId);
	return [label, ...(megabytes ? paddingTo(megabytes, clipBytes + label.length) : [])];
}
