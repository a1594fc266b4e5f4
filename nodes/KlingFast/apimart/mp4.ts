/**
 * Follows the top-level boxes of an MP4 while its bytes pass by, without keeping them (ISO/IEC 14496-12, section 4.2: a box
 * is a 32-bit size, a four-letter type, and a 64-bit size where the first is 1; size 0 reaches to the end of the file).
 */
export class Mp4Inspector {
	bytes = 0;
	private head = Buffer.alloc(0);
	private nextBoxAt = 0;
	private reachesEnd = false;
	private readonly types: string[] = [];
	/** Whether the bytes so far cannot be the beginning of an MP4. */
	isNotMp4 = false;

	take(chunk: Buffer): void {
		let used = 0;
		while (used < chunk.length && !this.isNotMp4 && !this.reachesEnd) {
			const position = this.bytes + used;
			if (this.head.length === 0 && position < this.nextBoxAt) {
				used = Math.min(chunk.length, used + this.nextBoxAt - position);
				continue;
			}
			const part = chunk.subarray(used, used + this.missingHeadBytes());
			this.head = Buffer.concat([this.head, part]);
			used += part.length;
			if (this.missingHeadBytes() === 0) this.readHead();
		}
		this.bytes += chunk.length;
	}

	/** What is wrong with the file now that it has ended, or undefined where it is whole. */
	verdict(): string | undefined {
		if (this.bytes === 0) return 'the file is empty';
		if (this.isNotMp4 || this.types[0] !== 'ftyp') return 'the file is not an MP4';
		const isWhole = this.reachesEnd || (this.head.length === 0 && this.bytes === this.nextBoxAt);
		if (!isWhole) return `the file was cut off after ${this.bytes} bytes`;
		const isClip = this.types.includes('moov') && this.types.includes('mdat');
		return isClip ? undefined : 'the file has no video in it';
	}

	private missingHeadBytes(): number {
		const wanted = this.head.length >= 8 && this.head.readUInt32BE(0) === 1 ? 16 : 8;
		return wanted - this.head.length;
	}

	private readHead(): void {
		const boxAt = this.nextBoxAt;
		const shortSize = this.head.readUInt32BE(0);
		const type = this.head.toString('latin1', 4, 8);
		const size = shortSize === 1 ? Number(this.head.readBigUInt64BE(8)) : shortSize;
		const isFirst = this.types.length === 0;
		if ((isFirst && type !== 'ftyp') || (size !== 0 && size < this.head.length)) {
			this.isNotMp4 = true;
			return;
		}
		if (this.types.length < 64) this.types.push(type);
		this.reachesEnd = size === 0;
		this.nextBoxAt = boxAt + size;
		this.head = Buffer.alloc(0);
	}
}
