/** An uploaded image's address lives for 72 hours (upload page). */
const LIFETIME_SECONDS = 72 * 3600;

export interface UploadedImage {
	bytes: Buffer;
	contentType: string;
	atMs: number;
}

/** What was uploaded, by its name at the file host. */
export class UploadStore {
	private readonly images = new Map<string, UploadedImage>();

	add(name: string, image: UploadedImage) {
		this.images.set(name, image);
	}

	/** @returns undefined where it is unknown, or older than 72 hours */
	find(name: string, nowMs: number): UploadedImage | undefined {
		const image = this.images.get(name);
		return image && nowMs - image.atMs < LIFETIME_SECONDS * 1000 ? image : undefined;
	}

	clear() {
		this.images.clear();
	}
}
