/* eslint-disable @n8n/community-nodes/no-restricted-globals */

/**
 * The one source of time in the sandbox. Two notions of it:
 * - wall time: the time of day, as clients see it (`created`, link expiry, idempotency retention);
 * - provider time: how long the pretended provider works. It runs `speed` times as fast, so that a
 *   generation of 60 seconds takes one second at speed 60.
 */
export interface Clock {
	wallMs(): number;
	providerMs(): number;
	/** Runs `task` after so many provider seconds. */
	after(providerSeconds: number, task: () => void): void;
	/** Cancels whatever is still to come. */
	stop(): void;
}

/** Wall time as it is, provider time `speed` times as fast. */
export class ScaledClock implements Clock {
	private readonly startMs = Date.now();

	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(readonly speed: number) {}

	wallMs() {
		return Date.now();
	}

	providerMs() {
		return this.startMs + (Date.now() - this.startMs) * this.speed;
	}

	after(providerSeconds: number, task: () => void) {
		const delayMs = (providerSeconds * 1000) / this.speed;
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			task();
		}, delayMs);
		this.timers.add(timer);
	}

	stop() {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}
}

/** Stands still until a test moves it; wall and provider time are the same. */
export class ManualClock implements Clock {
	private waiting: Array<{ atMs: number; task: () => void }> = [];

	constructor(private nowMs = Date.UTC(2026, 8, 1)) {}

	wallMs() {
		return this.nowMs;
	}

	providerMs() {
		return this.nowMs;
	}

	after(providerSeconds: number, task: () => void) {
		this.waiting.push({ atMs: this.nowMs + providerSeconds * 1000, task });
	}

	/** Moves time on and runs, in order, everything that falls due on the way. */
	advance(seconds: number) {
		const targetMs = this.nowMs + seconds * 1000;
		for (let next = this.nextDue(targetMs); next; next = this.nextDue(targetMs)) {
			this.waiting = this.waiting.filter((other) => other !== next);
			this.nowMs = Math.max(this.nowMs, next.atMs);
			next.task();
		}
		this.nowMs = targetMs;
	}

	stop() {
		this.waiting = [];
	}

	private nextDue(untilMs: number) {
		return this.waiting
			.filter(({ atMs }) => atMs <= untilMs)
			.sort((left, right) => left.atMs - right.atMs)[0];
	}
}
