import fc from 'fast-check';
import { pollDelaySeconds, type PollState } from '../../../nodes/KlingFast/generation/pollSchedule';
import { seededRandom } from './manualClock';

type Told = Pick<PollState, 'progress' | 'estimatedSeconds'>;
type Teller = (elapsedSeconds: number, clipSeconds: number) => Told;

const share = (elapsed: number, clip: number) => Math.floor((100 * elapsed) / clip);

/** What a provider may tell while it works. */
const TELLERS: Record<string, Teller> = {
	'nothing at all': () => ({}),
	'no progress': () => ({ progress: 0 }),
	'linear progress': (elapsed, clip) => ({ progress: share(elapsed, clip) }),
	'linear progress after a wait': (elapsed, clip) => {
		const progress = share(elapsed, clip);
		return { progress: progress < 10 ? 0 : progress };
	},
	'progress that lags behind': (elapsed, clip) => ({ progress: share(elapsed ** 2, clip ** 2) }),
	'an estimate of 60 s': () => ({ estimatedSeconds: 60 }),
	'an estimate of 90 s and linear progress': (elapsed, clip) => ({
		estimatedSeconds: 90,
		progress: share(elapsed, clip),
	}),
	'an estimate of 120 s': () => ({ estimatedSeconds: 120, progress: 0 }),
	'an estimate of 600 s and linear progress': (elapsed, clip) => ({
		estimatedSeconds: 600,
		progress: share(elapsed, clip),
	}),
};

/** Reads and lag of one clip; every delay is spread by a tenth, as the polling does it. */
function poll(clipSeconds: number, tell: Teller, random: () => number) {
	let elapsedSeconds = 0;
	let told: Told = {};
	for (let reads = 1; ; reads++) {
		const delay = pollDelaySeconds({ elapsedSeconds, ...told });
		elapsedSeconds += delay * (0.9 + 0.2 * random());
		if (elapsedSeconds >= clipSeconds) return { reads, lagSeconds: elapsedSeconds - clipSeconds };
		told = tell(elapsedSeconds, clipSeconds);
	}
}

function median(numbers: number[]): number {
	return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

describe('asking for a clip that takes 45 to 90 s', () => {
	it.each(Object.entries(TELLERS))(
		'notices it at most 3 s late in the middle, told %s',
		(_, tell) => {
			const random = seededRandom(1);
			const lags = Array.from({ length: 2000 }, () => {
				return poll(45 + 45 * random(), tell, random).lagSeconds;
			});
			expect(median(lags)).toBeLessThanOrEqual(3);
			expect(Math.max(...lags)).toBeLessThan(7);
		},
	);

	it.each(Object.entries(TELLERS))('asks at most 8 times for one of 60 s, told %s', (_, tell) => {
		const random = seededRandom(2);
		const reads = Array.from({ length: 2000 }, () => poll(60, tell, random).reads);
		expect(Math.max(...reads)).toBeLessThanOrEqual(8);
	});

	it.each([30, 50, 91, 95, 99])(
		'is not led astray by a progress that stands at %d %%',
		(progress) => {
			const random = seededRandom(3);
			const clips = Array.from({ length: 2000 }, () => {
				return poll(45 + 45 * random(), () => ({ progress }), random);
			});
			expect(median(clips.map(({ lagSeconds }) => lagSeconds))).toBeLessThanOrEqual(3);
			expect(Math.max(...clips.map(({ reads }) => reads))).toBeLessThanOrEqual(22);
		},
	);
});

describe('asking for any clip', () => {
	it('notices a quick one within a few seconds', () => {
		const quick = poll(
			2,
			() => ({}),
			() => 0.5,
		);
		expect(quick).toEqual({ reads: 1, lagSeconds: 3 });
	});

	it('notices the longest that the article tells of, 150 s, within 10 s', () => {
		expect(
			poll(
				150,
				() => ({ progress: 99 }),
				() => 0.5,
			).lagSeconds,
		).toBeLessThan(10);
	});

	it('asks ever less often when a clip takes very long: under a hundred times in 15 minutes', () => {
		expect(
			poll(
				900,
				() => ({ progress: 99 }),
				() => 0.5,
			).reads,
		).toBeLessThan(100);
	});

	it('always waits a sound time, whatever the provider tells', () => {
		const number = fc.option(fc.double({ noNaN: true }), { nil: undefined });
		const elapsed = fc.double({ min: -3600, max: 86_400, noNaN: true });
		fc.assert(
			fc.property(elapsed, number, number, (elapsedSeconds, progress, estimatedSeconds) => {
				const delay = pollDelaySeconds({ elapsedSeconds, progress, estimatedSeconds });
				expect(delay).toBeGreaterThan(0.9);
				expect(delay).toBeLessThanOrEqual(20);
			}),
			{ numRuns: 1000 },
		);
	});
});
