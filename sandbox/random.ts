/** Everything that looks random in the sandbox comes from here, so that a seed repeats a run. */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed >>> 0;
	}

	/** 0 <= n < 1 (mulberry32). */
	fraction() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let mixed = this.state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	between(min: number, max: number) {
		return min + this.fraction() * (max - min);
	}

	text(length: number, alphabet: string) {
		return Array.from(
			{ length },
			() => alphabet[Math.floor(this.fraction() * alphabet.length)],
		).join('');
	}

	/** As APIMart's live task ids: `task_` and a ULID of 26 characters. */
	taskId(atMs: number) {
		let time = '';
		for (let rest = atMs, place = 0; place < 10; place++, rest = Math.floor(rest / 32)) {
			time = CROCKFORD[rest % 32] + time;
		}
		return `task_${time}${this.text(16, CROCKFORD)}`;
	}

	/** The start of a file's name at the file host: 16 digits and a UUID. */
	fileStem() {
		const hex = (length: number) => this.text(length, '0123456789abcdef');
		return `${this.text(16, '0123456789')}-${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
	}
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
