import type { PollState } from '../../nodes/KlingFast/generation/polling';

export type Told = Pick<PollState, 'progress' | 'estimatedSeconds'>;

/** What a provider tells of a clip that is not ready yet. */
export type Teller = (elapsedSeconds: number, clipSeconds: number) => Told;

/** Progress by the share of the time that has gone by; as providers write it: whole, and 100 only at the end. */
const progress =
	(by: (share: number) => number): Teller =>
	(elapsed, clip) => ({ progress: Math.min(99, Math.floor(100 * by(elapsed / clip))) });

/** By the time that the clip takes. */
const estimate =
	(by: (clipSeconds: number) => number): Teller =>
	(_, clip) => ({ estimatedSeconds: Math.ceil(by(clip)) });

export const TELLERS = {
	nothing: () => ({}),
	'progress that grows evenly': progress((share) => share),
	'that, after 0 % for a tenth of the time': progress((share) => (share < 0.1 ? 0 : share)),
	'that, in steps of 10 %': progress((share) => Math.floor(10 * share) / 10),
	'that, but 99 % three seconds too early': (elapsed, clip) =>
		progress((share) => share)(elapsed, clip - 3),
	'progress that is slow at first': progress((share) => share ** 2),
	'progress that is slow at last': progress((share) => 1 - (1 - Math.min(1, share)) ** 2),
	'progress that runs ahead by a third': progress((share) => (4 * share) / 3),
	'progress of half the truth': progress((share) => share / 2),
	'0 % all the time': progress(() => 0),
	'50 % all the time': progress(() => 0.5),
	'99 % all the time': progress(() => 0.99),
	'the right estimate': estimate((clip) => clip),
	'an estimate a tenth too short': estimate((clip) => 0.9 * clip),
	'60 s for every clip': estimate(() => 60),
	// As in a recorded answer.
	'600 s for every clip': estimate(() => 600),
	'ready in a moment, again and again': (elapsed) => ({ estimatedSeconds: elapsed + 0.1 }),
} satisfies Record<string, Teller>;
