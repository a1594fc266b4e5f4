/*
 * What must stay true:
 * - A callback is only a knock on the door: which tasks have ended is read from the provider.
 * - Of all callbacks of one sleep exactly one gets `resume` in this process, however close they come. n8n 1.x has no such
 *   guard of its own and loses the execution when two callbacks resume it at once (engine fact 3).
 * - In a loop, for the moment in which n8n 1 has saved that the execution sleeps again but not yet how, the sleep before is read in
 *   its place: a callback that names none of its clips must not resume that one again.
 * - Nothing here throws for what the provider or the network does: the answer is then `again`.
 */
import { CALLBACK_PATIENCE_MS } from '../apimart/callback';
import { withPatience } from '../clock';
import { isOpen, lookAgain, withVideo } from './clip';
import type { Outcome } from './outcome';
import type { Run, WaitSettings } from './run';

/** How long n8n may take to act on the word to resume. */
const RESUMING_MS = 30_000;
const MEMORY_MS = 2 * 24 * 60 * 60 * 1000;
const MAX_MEMORIES = 1_000;

/** One open clip of a sleeping run, as it is saved with the execution. */
export interface OpenClip {
	outcome: Outcome;
	settings: WaitSettings;
}

export type WakeResult =
	/** All clips have ended: these are the outcomes of the open ones. */
	| { kind: 'resume'; outcomes: Outcome[] }
	/** Some clip is still being made, or another callback resumes. */
	| { kind: 'asleep' }
	/** Could not be decided: the provider should deliver again. */
	| { kind: 'again' };

export interface Callback {
	/** The task that the callback names, if any: it is read first. */
	taskId?: string;
	/** Whether it says that this task has ended. */
	claimsEnd: boolean;
}

/** What this process has learnt about one sleep. */
interface Memory {
	bornAtMs: number;
	ended: Map<string, Outcome>;
	/** Clips that are fetched, or were, while others are still made. */
	fetched: Map<string, Promise<Outcome>>;
	turn: Promise<void>;
	/** When this process last gave a callback the word to resume. */
	resumedAtMs?: number;
}

const memories = new Map<string, Memory>();

/** Decides what a callback does to a sleeping run. `sleepId` is unique to one sleep of one execution. */
export async function wake(
	sleepId: string,
	clips: OpenClip[],
	callback: Callback,
	run: Run,
): Promise<WakeResult> {
	const memory = memoryOf(sleepId, run.clock.nowMs());
	const before = memory.turn;
	let endTurn: () => void = () => undefined;
	memory.turn = new Promise((resolve) => (endTurn = resolve));
	const patience = { patienceMs: CALLBACK_PATIENCE_MS, otherwise: false };
	const isMyTurn = await withPatience(
		before.then(() => true),
		patience,
		run.clock,
	);
	if (!isMyTurn) {
		void before.then(endTurn);
		return isBeingResumed(memory, run) ? { kind: 'asleep' } : { kind: 'again' };
	}
	const [decided] = await Promise.allSettled([decide(memory, clips, callback, run)]);
	endTurn();
	return decided.status === 'fulfilled' ? decided.value : { kind: 'again' };
}

async function decide(
	memory: Memory,
	clips: OpenClip[],
	callback: Callback,
	run: Run,
): Promise<WakeResult> {
	const isNamed = ({ outcome }: OpenClip) => outcome.taskId === callback.taskId;
	const namesAnother = callback.taskId !== undefined && !clips.some(isNamed);
	if (memory.resumedAtMs !== undefined && namesAnother) return { kind: 'again' };
	if (isBeingResumed(memory, run)) return { kind: 'asleep' };
	const unknown = clips.filter(({ outcome }) => !memory.ended.has(outcome.taskId ?? ''));
	// The named task first: where it is not the last one, the next read already ends the search.
	const inOrder = [...unknown.filter(isNamed), ...unknown.filter((clip) => !isNamed(clip))];
	for (const clip of inOrder) {
		// The answer does not wait for the video: the provider gives a callback ten seconds.
		const looked = await lookAgain(clip.outcome, { ...clip.settings, download: false }, run);
		if (!isOpen(looked)) {
			memory.ended.set(looked.taskId ?? '', looked);
			continue;
		}
		fetchEnded(memory, clips, run);
		const couldNotBeRead = looked === clip.outcome;
		const isContradicted = isNamed(clip) && callback.claimsEnd;
		return { kind: couldNotBeRead || isContradicted ? 'again' : 'asleep' };
	}
	const outcomes = await Promise.all(
		clips.map(async ({ outcome, settings }) => {
			const taskId = outcome.taskId ?? '';
			const ended = (await memory.fetched.get(taskId)) ?? memory.ended.get(taskId) ?? outcome;
			return ended.binary ? ended : await withVideo(ended, settings, run);
		}),
	);
	memory.fetched.clear();
	memory.resumedAtMs = run.clock.nowMs();
	return { kind: 'resume', outcomes };
}

/** Begins to download what has ended while other clips are still made. */
function fetchEnded({ ended, fetched }: Memory, clips: OpenClip[], run: Run): void {
	for (const { outcome, settings } of clips) {
		const taskId = outcome.taskId ?? '';
		const looked = ended.get(taskId);
		if (!looked || !settings.download || fetched.has(taskId)) continue;
		fetched.set(taskId, fetchEarly(looked, settings, run));
	}
}

/**
 * The clip with its video in n8n's store. Where n8n keeps files in memory it is not kept, as a sleeping run takes none; then, and
 * where this goes wrong, it is done again at the end.
 */
async function fetchEarly(ended: Outcome, settings: WaitSettings, run: Run): Promise<Outcome> {
	const [fetched] = await Promise.allSettled([withVideo(ended, settings, run)]);
	const isStored = fetched.status === 'fulfilled' && fetched.value.binary?.id !== undefined;
	return isStored ? fetched.value : ended;
}

/** n8n lets no callback through to an execution that has resumed, so one that comes later means that resuming went wrong. */
function isBeingResumed({ resumedAtMs }: Memory, { clock }: Run): boolean {
	return resumedAtMs !== undefined && clock.nowMs() - resumedAtMs < RESUMING_MS;
}

function memoryOf(sleepId: string, nowMs: number): Memory {
	const known = memories.get(sleepId);
	if (known) return known;
	for (const [oldest, { bornAtMs }] of memories) {
		if (bornAtMs > nowMs - MEMORY_MS && memories.size < MAX_MEMORIES) break;
		memories.delete(oldest);
	}
	const fresh: Memory = {
		bornAtMs: nowMs,
		ended: new Map(),
		fetched: new Map(),
		turn: Promise.resolve(),
	};
	memories.set(sleepId, fresh);
	return fresh;
}
