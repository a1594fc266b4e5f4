import fc from 'fast-check';
import { clipTimes } from '../../../bench/clipTimes';
import { OURS } from '../../../bench/polling/schedules';
import { poll, simulate } from '../../../bench/polling/simulate';
import { TELLERS, type Teller } from '../../../bench/polling/tellers';
import { asleepDelaySeconds, pollDelaySeconds } from '../../../nodes/KlingFast/generation/polling';

const CLIPS = clipTimes(4000, 3);
const noSpread = () => 0.5;

/** Gives one after the other, and then from the beginning. */
const turning = <T>(values: T[]) => {
	let turns = 0;
	return () => values[turns++ % values.length];
};

const told = fc.record(
	{
		progress: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100 })),
		estimatedSeconds: fc.double({ min: 0, max: 200, noNaN: true }),
	},
	{ requiredKeys: [] },
);
const words = fc.array(told, { minLength: 1, maxLength: 30 });
/** Often all the way to one side. */
const spreads = fc.array(fc.constantFrom(0, 0.5, 0.999, 0.2, 0.8), { minLength: 1, maxLength: 30 });

describe.each(Object.entries<Teller>(TELLERS))('where the provider says %s', (_, tell) => {
	it('notices the middle clip at most 3 s late, and 95 % within 5.5 s', () => {
		const { medianLagSeconds, p95LagSeconds } = simulate(CLIPS, OURS, tell, 1);
		expect(medianLagSeconds).toBeLessThanOrEqual(3);
		expect(p95LagSeconds).toBeLessThanOrEqual(5.5);
	});
});

describe('whatever the provider says', () => {
	const seconds = fc.double({ min: 0, max: 150, noNaN: true });
	const RUNS = { numRuns: 3000 };

	it('reads at most eight times for a clip of up to 60 s, and at most twice more than unheard', () => {
		fc.assert(
			fc.property(seconds, words, spreads, (clipSeconds, said, spread) => {
				const { reads } = poll(clipSeconds, OURS, turning(said), turning(spread));
				if (clipSeconds <= 60) expect(reads).toBeLessThanOrEqual(8);
				const heard = poll(clipSeconds, OURS, turning(said), noSpread).reads;
				const unheard = poll(clipSeconds, OURS, TELLERS.nothing, noSpread).reads;
				expect(heard - unheard).toBeLessThanOrEqual(2);
			}),
			RUNS,
		);
	});

	it('notices every clip of the usual times within two gaps, and a quicker one within half a minute', () => {
		fc.assert(
			fc.property(seconds, words, spreads, (clipSeconds, said, spread) => {
				const { lagSeconds } = poll(clipSeconds, OURS, turning(said), turning(spread));
				expect(lagSeconds).toBeLessThan(clipSeconds < 47 ? 27 : 10);
			}),
			RUNS,
		);
	});

	it('always waits a sound time', () => {
		const number = fc.double({ noNaN: true });
		const state = fc.record(
			{
				elapsedSeconds: fc.double({ min: -3600, max: 86_400, noNaN: true }),
				...{ reads: fc.nat(), progress: number, estimatedSeconds: number },
			},
			{ requiredKeys: ['elapsedSeconds', 'reads'] },
		);
		fc.assert(
			fc.property(state, (said) => {
				expect(pollDelaySeconds(said)).toBeGreaterThanOrEqual(1);
				expect(pollDelaySeconds(said)).toBeLessThanOrEqual(25);
			}),
			RUNS,
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
	it.each([
		[2, 1, 3],
		[20, 2, 5],
		[25, 2, 0],
		[60, 6, 2],
	])('a clip of %d s is read %d times, and noticed after %d s', (seconds, reads, lagSeconds) => {
		expect(poll(seconds, OURS, TELLERS.nothing, noSpread)).toEqual({ reads, lagSeconds });
	});

	it('asks ever less often when a clip takes very long: under a hundred times in 15 minutes', () => {
		const { reads, lagSeconds } = poll(900, OURS, TELLERS.nothing, noSpread);
		expect(reads).toBeLessThan(100);
		expect(lagSeconds).toBeLessThanOrEqual(20);
	});
});

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
	'a sleeping sheet, after %d s, %d reads and at %p %%, reads in %d s',
	(elapsedSeconds, reads, progress, seconds) => {
		expect(asleepDelaySeconds({ elapsedSeconds, reads, progress })).toBeCloseTo(seconds);
	},
);
