import type { SandboxOptions } from '../../sandbox';
import type { AttackRun } from './attackRun';

/** No clip ends by itself, and the provider appends to a callback address behind its query. */
export const ENDED_BY_HAND: SandboxOptions = {
	generationSeconds: 200_000,
	concurrency: 0,
	callbackQueryJoin: 'end',
};
export const KEEP_GOING = { onError: 'continueRegularOutput' } as const;

/** One way of trying to break a law: says how many clips can be delivered (`run.asked`), and does it. */
type Perform = (run: AttackRun) => Promise<unknown>;
export type Attacks = Record<string, Perform | { sandbox: SandboxOptions; perform: Perform }>;

/** A batch in the middle of which n8n is killed. One kill serves several of them, because a start of n8n takes half a minute. */
export interface KillAttack {
	sandbox: SandboxOptions;
	/** Resolves when n8n is to be killed. */
	start(run: AttackRun): Promise<StartedBatch>;
	/** What a user does once n8n is up again. */
	afterRestart(run: AttackRun, batch: StartedBatch): Promise<unknown>;
}

export interface StartedBatch {
	workflowId: string;
	executionId: string;
	/** Runs right before the kill, when all batches are where they should be. */
	beforeKill?: (batch: StartedBatch) => Promise<void>;
}

/** So many prompts; the words, if any, in turn. */
export function numbered(count: number, words: string[] = ['']): string[] {
	return Array.from({ length: count }, (_, index) => {
		const word = words[index % words.length];
		return `${word && `[[${word}]] `}A paper boat ${index + 1}`;
	});
}

/** A whole number from `from` to `to`, both included. */
export function drawn({ random }: AttackRun, from: number, to: number): number {
	return from + Math.floor(random.fraction() * (to - from + 1));
}

/** `count` of them, in a random order, none twice. */
export function some<Thing>({ random }: AttackRun, count: number, things: Thing[]): Thing[] {
	const mixed = things.map((thing) => ({ thing, rank: random.fraction() }));
	mixed.sort((left, right) => left.rank - right.rank);
	return mixed.slice(0, count).map(({ thing }) => thing);
}
