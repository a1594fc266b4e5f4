import fc from 'fast-check';
import { clipTimes } from '../../../bench/clipTimes';
import { OURS } from '../../../bench/polling/schedules';
import { poll, simulate } from '../../../bench/polling/simulate';
import { TELLERS, type Teller, type Told } from '../../../bench/polling/tellers';
import { asleepDelaySeconds, pollDelaySeconds } from '../../../nodes/KlingFast/generation/polling';

const CLIPS = clipTimes(4000, 3);
const noSpread = () => 0.5;
const every = (seconds: number) => Array.from({ length: 2000 }, () => seconds);

/** Says one after the other, and then from the beginning. */
const saying = (words: Told[]): Teller => {
	let turns = 0;
	return () => (words.length > 0 ? words[turns++ % words.length] : {});
};

const told = fc.record(
	{
		progress: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100 })),
		estimatedSeconds: fc.double({ min: 0, max: 200, noNaN: true }),
	},
	{ requiredKeys: [] },
);
const words = fc.array(told, { maxLength: 30 });
/** Often all the way to one side. */
const spreads = fc.array(fc.constantFrom(0, 0.5, 0.999, 0.2, 0.8), { minLength: 1, maxLength: 30 });
const turning = (numbers: number[]) => {
	let turns = 0;
	return () => numbers[turns++ % numbers.length];
};

describe.each(Object.entries<Teller>(TELLERS))('where the provider says %s', (_, tell) => {
	it('notices the middle clip at most 3 s late, and 95 % within 5.5 s', () => {
		const { medianLagSeconds, p95LagSeconds } = simulate(CLIPS, OURS, tell, 1);
		expect(medianLagSeconds).toBeLessThanOrEqual(3);
		expect(p95LagSeconds).toBeLessThanOrEqual(5.5);
	});

	it('asks at most eight times for a clip of 60 s', () => {
		expect(simulate(every(60), OURS, tell, 2).mostReads).toBeLessThanOrEqual(8);
	});
});

describe('whatever the provider says', () => {
	it('asks at most eight times for a clip of up to 60 s', () => {
		const seconds = fc.double({ min: 0, max: 60, noNaN: true });
		fc.assert(
			fc.property(seconds, words, spreads, (clipSeconds, said, spread) => {
				const { reads } = poll(clipSeconds, OURS, saying(said), turning(spread));
				expect(reads).toBeLessThanOrEqual(8);
			}),
			{ numRuns: 3000 },
		);
	});

	it('reads at most twice more than where the provider says nothing', () => {
		const seconds = fc.double({ min: 0, max: 150, noNaN: true });
		fc.assert(
			fc.property(seconds, words, (clipSeconds, said) => {
				const { reads } = poll(clipSeconds, OURS, saying(said), noSpread);
				const inSilence = poll(clipSeconds, OURS, TELLERS.nothing, noSpread).reads;
				expect(reads - inSilence).toBeLessThanOrEqual(2);
			}),
			{ numRuns: 3000 },
		);
	});

	it('notices every clip of the usual times within two gaps, and a quicker one within half a minute', () => {
		const seconds = fc.double({ min: 0, max: 150, noNaN: true });
		fc.assert(
			fc.property(seconds, words, spreads, (clipSeconds, said, spread) => {
				const { lagSeconds } = poll(clipSeconds, OURS, saying(said), turning(spread));
				expect(lagSeconds).toBeLessThan(clipSeconds < 47 ? 27 : 10);
			}),
			{ numRuns: 3000 },
		);
	});

	it('always waits a sound time', () => {
		const number = fc.option(fc.double({ noNaN: true }), { nil: undefined });
		const elapsed = fc.double({ min: -3600, max: 86_400, noNaN: true });
		fc.assert(
			fc.property(
				elapsed,
				fc.nat(),
				number,
				number,
				(elapsedSeconds, reads, progress, estimatedSeconds) => {
					const state = { elapsedSeconds, reads, progress, estimatedSeconds };
					expect(pollDelaySeconds(state)).toBeGreaterThanOrEqual(1);
					expect(pollDelaySeconds(state)).toBeLessThanOrEqual(25);
				},
			),
			{ numRuns: 3000 },
		);
	});
});

describe('what the provider says pays where it is right', () => {
	it.each(['progress that grows evenly', 'the right estimate'] as const)('%s', (name) => {
		const silent = simulate(CLIPS, OURS, TELLERS.nothing, 1);
		const heard = simulate(CLIPS, OURS, TELLERS[name], 1);
		expect(heard.medianLagSeconds).toBeLessThan(1.3);
		expect(heard.p95LagSeconds).toBeLessThan(2.5);
		expect(heard.readsPerClip).toBeLessThan(silent.readsPerClip + 0.1);
	});
});

describe('where the provider says nothing', () => {
	const late = (seconds: number) => poll(seconds, OURS, TELLERS.nothing, noSpread);

	it('asks six times for a clip of 60 s', () => {
		expect(simulate(every(60), OURS, TELLERS.nothing, 2)).toMatchObject({
			mostReads: 6,
			readsPerClip: 6,
		});
	});

	it.each([
		[2, 3],
		[20, 5],
		[25, 0],
	])('notices a quick clip of %d s after %d s', (seconds, lagSeconds) => {
		expect(late(seconds).lagSeconds).toBe(lagSeconds);
	});

	it('asks ever less often when a clip takes very long: under a hundred times in 15 minutes', () => {
		expect(late(900).reads).toBeLessThan(100);
		expect(late(900).lagSeconds).toBeLessThanOrEqual(20);
	});
});

describe('a sleeping sheet', () => {
	it.each([
		[0, 0, undefined, 47],
		[30, 0, undefined, 17],
		[500, 0, undefined, 0],
		[47, 1, undefined, 60],
		[47, 1, 0, 60],
		[60, 1, 75, 22.5],
		[60, 2, 75, 22.5],
		[60, 3, 75, 60],
		[60, 1, 99, 5],
		[60, 1, 10, 60],
		[60, 1, 100, 60],
	])(
		'after %d s, %d reads and at %p %% reads in %d s',
		(elapsedSeconds, reads, progress, seconds) => {
			expect(asleepDelaySeconds({ elapsedSeconds, reads, progress })).toBeCloseTo(seconds);
		},
	);
});
