/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { Readable, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { downloadVideo } from '../../../nodes/KlingFast/apimart/download';
import { realClock } from '../../../nodes/KlingFast/clock';
import { tinyClip } from '../../../sandbox/tinyClip';

/** How n8n's binary stores take a stream: on the disk, in its database or memory, in an object store. */
const STORES: Record<string, (stream: Readable) => Promise<Buffer>> = {
	pipes: async (stream) => await buffer(stream.pipe(new PassThrough())),
	listens: async (stream) =>
		await new Promise((resolve) => {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.once('end', () => resolve(Buffer.concat(chunks)));
		}),
	iterates: async (stream) => await buffer(stream),
};

test.each(Object.keys(STORES))(
	'a store that %s gets every byte of the clip',
	async (kind) => {
		const clip = await buffer(tinyClip([]).open());
		let stored: Buffer | undefined;
		const helpers: Partial<IExecuteFunctions['helpers']> = {
			httpRequest: async () => ({
				statusCode: 200,
				headers: {},
				body: Readable.from(halves(clip)),
			}),
			prepareBinaryData: async (stream): Promise<IBinaryData> => {
				await Promise.resolve();
				stored = await STORES[kind](stream as Readable);
				return { data: '', mimeType: 'video/mp4' };
			},
		};
		const context = { helpers } as IExecuteFunctions;
		const url = 'https://files.example.com/clip.mp4';
		const baseUrl = 'https://api.example.com';
		await downloadVideo(context, { url, fileName: 'clip.mp4', baseUrl, clock: realClock });
		expect(stored?.equals(clip)).toBe(true);
	},
	5_000,
);

function halves(bytes: Buffer): Buffer[] {
	const middle = Math.floor(bytes.length / 2);
	return [bytes.subarray(0, middle), bytes.subarray(middle)];
}
