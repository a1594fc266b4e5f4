import type { ImageFile } from '../apimart/client';
import { withRetries } from '../apimart/retry';
import type { Run } from './run';

const MAX_TRIES = 8;
const TIME_LIMIT_MS = 10 * 60_000;

/** Uploads every distinct image once, however many rows of the run use it. */
export class ImageUploads {
	private readonly addresses = new Map<string, Promise<string>>();

	/** @param known addresses by hash; what is uploaded is added */
	constructor(
		private readonly run: Pick<Run, 'client' | 'clock' | 'signal' | 'logger'>,
		private readonly known: Record<string, string> = {},
	) {}

	/** The provider's address of the image whose bytes have this hash; `load` is called only for its first use. */
	async address(sha256: string, load: () => Promise<ImageFile>): Promise<string> {
		const known = this.known[sha256] ?? this.addresses.get(sha256);
		if (known) return await known;
		const upload = this.upload(load);
		this.addresses.set(sha256, upload);
		return (this.known[sha256] = await upload);
	}

	private async upload(load: () => Promise<ImageFile>): Promise<string> {
		const { client, clock, signal, logger } = this.run;
		const image = await load();
		const deadlineMs = clock.nowMs() + TIME_LIMIT_MS;
		const rules = { clock, signal, logger, deadlineMs, maxTries: MAX_TRIES };
		const { url } = await withRetries(async () => await client.uploadImage(image), rules);
		return url;
	}
}
