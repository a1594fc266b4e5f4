import type { PollState } from '../../nodes/KlingFast/generation/pollSchedule';

export type Told = Pick<PollState, 'progress' | 'estimatedSeconds'>;

/** What a provider tells of a clip that is not ready yet. */
export type Teller = (elapsedSeconds: number, clipSeconds: number) => Told;

const RECORDED_ESTIMATE_SECONDS = 600;

export const TELLERS = {
	nothing: () => ({}),
	'progress that grows evenly': (elapsed, clip) => ({ progress: percent(elapsed / clip) }),
	'that, after 0 % for a tenth of the time': (elapsed, clip) => ({
		progress: elapsed < clip / 10 ? 0 : percent(elapsed / clip),
	}),
	'that, in steps of 10 %': (elapsed, clip) => ({
		progress: Math.floor(percent(elapsed / clip) / 10) * 10,
	}),
	'that, but 99 % three seconds too early': (elapsed, clip) => ({
		progress: percent(elapsed / (clip - 3)),
	}),
	'progress that is slow at first': (elapsed, clip) => ({
		progress: percent((elapsed / clip) ** 2),
	}),
	'progress that is slow at last': (elapsed, clip) => ({
		progress: percent(1 - (1 - Math.min(1, elapsed / clip)) ** 2),
	}),
	'progress that runs ahead by a third': (elapsed, clip) => ({
		progress: percent((4 * elapsed) / (3 * clip)),
	}),
	'progress of half the truth': (elapsed, clip) => ({ progress: percent(elapsed / clip / 2) }),
	'0 % all the time': () => ({ progress: 0 }),
	'50 % all the time': () => ({ progress: 50 }),
	'99 % all the time': () => ({ progress: 99 }),
	'the right estimate': (_, clip) => ({ estimatedSeconds: Math.ceil(clip) }),
	'an estimate a tenth too short': (_, clip) => ({ estimatedSeconds: Math.ceil(0.9 * clip) }),
	'60 s for every clip': () => ({ estimatedSeconds: 60 }),
	'600 s for every clip': () => ({ estimatedSeconds: RECORDED_ESTIMATE_SECONDS }),
	'ready in a moment, again and again': (elapsed) => ({ estimatedSeconds: elapsed + 0.1 }),
} satisfies Record<string, Teller>;

/** As providers write it: whole, and 100 only at the end. */
function percent(share: number): number {
	return Math.min(99, Math.floor(100 * share));
}
