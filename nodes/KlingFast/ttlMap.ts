/** A map that does not give what is older than `ttlMs`, and drops beyond `maxEntries` what was set the longest ago. */
export class TtlMap<Value> {
	private readonly entries = new Map<string, { value: Value; atMs: number }>();

	constructor(
		private readonly ttlMs: number,
		private readonly maxEntries: number,
	) {}

	get(key: string, nowMs: number): Value | undefined {
		const entry = this.entries.get(key);
		return entry && nowMs < entry.atMs + this.ttlMs ? entry.value : undefined;
	}

	set(key: string, value: Value, nowMs: number): void {
		this.entries.delete(key);
		this.entries.set(key, { value, atMs: nowMs });
		const [oldest] = this.entries.keys();
		if (this.entries.size > this.maxEntries) this.entries.delete(oldest);
	}
}
