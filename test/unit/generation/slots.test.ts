import fc from 'fast-check';
import { takeSlot, type ReleaseSlot } from '../../../nodes/KlingFast/generation/slots';
import { rejection } from '../apimart/answers';

let lanes = 0;
/** A key of its own for every test: the count lives as long as the process. */
function freshKey(): string {
	return `lane ${lanes++}`;
}

/** Lets everything happen that can. */
async function settle(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** Asks for a slot and keeps track of whether it was given. */
function ask(apiKey: string, limit: number) {
	const controller = new AbortController();
	const asked: {
		limit: number;
		release?: ReleaseSlot;
		error?: unknown;
		abort: () => void;
	} = { limit, abort: () => controller.abort(new Error('stopped')) };
	takeSlot(apiKey, limit, controller.signal).then(
		(release) => (asked.release = release),
		(error: unknown) => (asked.error = error),
	);
	return asked;
}

describe('the slots of an API key', () => {
	it('are given up to the limit, and on as others are given back, in the order of asking', async () => {
		const apiKey = freshKey();
		const clips = [1, 2, 3, 4].map(() => ask(apiKey, 2));
		await settle();
		expect(clips.map(({ release }) => release !== undefined)).toEqual([true, true, false, false]);
		clips[1].release?.();
		await settle();
		expect(clips.map(({ release }) => release !== undefined)).toEqual([true, true, true, false]);
	});

	it('are counted per key', async () => {
		const mine = ask(freshKey(), 1);
		const theirs = ask(freshKey(), 1);
		await settle();
		expect(mine.release).toBeDefined();
		expect(theirs.release).toBeDefined();
	});

	it('given back twice count once', async () => {
		const apiKey = freshKey();
		const [first, second, third] = [ask(apiKey, 1), ask(apiKey, 1), ask(apiKey, 1)];
		await settle();
		first.release?.();
		first.release?.();
		await settle();
		expect(second.release).toBeDefined();
		expect(third.release).toBeUndefined();
	});

	it('are given to a node with a higher limit although one with a lower limit waits before it', async () => {
		const apiKey = freshKey();
		const [running, low, high] = [ask(apiKey, 1), ask(apiKey, 1), ask(apiKey, 2)];
		await settle();
		expect(low.release).toBeUndefined();
		expect(high.release).toBeDefined();
		running.release?.();
		await settle();
		expect(low.release).toBeUndefined();
		high.release?.();
		await settle();
		expect(low.release).toBeDefined();
	});

	it('are not waited for by a run that was stopped', async () => {
		const apiKey = freshKey();
		const [first, second, third] = [ask(apiKey, 1), ask(apiKey, 1), ask(apiKey, 1)];
		await settle();
		second.abort();
		await settle();
		expect(second.error).toEqual(new Error('stopped'));
		first.release?.();
		await settle();
		expect(third.release).toBeDefined();
	});

	it('are not taken at all by a run that was stopped before', async () => {
		const apiKey = freshKey();
		const stop = new Error('stopped');
		expect(await rejection(takeSlot(apiKey, 1, AbortSignal.abort(stop)))).toBe(stop);
		const next = ask(apiKey, 1);
		await settle();
		expect(next.release).toBeDefined();
	});

	it('are never more than allowed, leave nobody waiting who could start, and are all given back, in any order of events', async () => {
		const event = fc.record({
			kind: fc.constantFrom('ask', 'ask', 'release', 'abort', 'releaseAndAbort'),
			limit: fc.integer({ min: 1, max: 4 }),
			which: fc.nat(),
			isQuick: fc.boolean(),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
				const apiKey = freshKey();
				const all: Array<ReturnType<typeof ask>> = [];
				const given = new Set<object>();
				const isHeld = (clip: ReturnType<typeof ask>) =>
					clip.release !== undefined && !given.has(clip);
				const giveBack = (clip: ReturnType<typeof ask> | undefined) => {
					if (!clip) return;
					given.add(clip);
					clip.release?.();
				};
				const check = () => {
					const inFlight = all.filter(isHeld).length;
					const waiting = all.filter(({ release, error }) => !release && !error);
					const highest = Math.max(0, ...all.filter(isHeld).map(({ limit }) => limit));
					expect(inFlight).toBeLessThanOrEqual(highest);
					for (const { limit } of waiting) expect(inFlight).toBeGreaterThanOrEqual(limit);
				};
				for (const { kind, limit, which, isQuick } of events) {
					const held = all.filter(isHeld);
					const waiting = all.filter(({ release, error }) => !release && !error);
					if (kind === 'ask') all.push(ask(apiKey, limit));
					if (kind.startsWith('release')) giveBack(held[which % (held.length || 1)]);
					if (kind.endsWith('bort')) waiting[which % (waiting.length || 1)]?.abort();
					if (isQuick) continue;
					await settle();
					check();
				}
				await settle();
				check();
				for (let clip = all.find(isHeld); clip; clip = all.find(isHeld)) {
					giveBack(clip);
					await settle();
					check();
				}
				expect(all.every(({ release, error }) => release ?? error)).toBe(true);
				// Nothing is counted any more: a lane of one is free.
				const last = ask(apiKey, 1);
				await settle();
				expect(last.release).toBeDefined();
			}),
			{ numRuns: 300 },
		);
	});
});
