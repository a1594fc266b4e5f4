import type { SandboxOptions } from '../../sandbox';
import type { Arena } from './arena';

/** No clip ends by itself, and a query may stand behind what the provider appends. */
export const ENDED_BY_HAND: SandboxOptions = {
	generationSeconds: 200_000,
	concurrency: 0,
	callbackQueryJoin: 'end',
};

/** One way of trying to break a law. `run` says how many clips can be delivered (`arena.asked`) and plays it through. */
export interface Attack {
	name: string;
	sandbox?: SandboxOptions;
	run(arena: Arena): Promise<void>;
}

/** A batch that n8n is killed in the middle of. Several are killed at once, because a start of n8n takes half a minute. */
export interface DeadlyAttack {
	name: string;
	sandbox?: SandboxOptions;
	/** Resolves at the moment that n8n is to be killed in; gives what `afterwards` needs. */
	begin(arena: Arena): Promise<Doomed>;
	/** What a person does once n8n is up again. */
	afterwards(arena: Arena, doomed: Doomed): Promise<void>;
}

export interface Doomed {
	workflowId: string;
	executionId: string;
	/** What is done when all batches have reached their moment, right before the end. */
	strike?: (doomed: Doomed) => Promise<void>;
}

export function numbered(count: number, text = 'A paper boat'): string[] {
	return Array.from({ length: count }, (_, index) => `${text} ${index + 1}`);
}

/** A whole number from `from` to `to`, both included. */
export function drawn({ random }: Arena, from: number, to: number): number {
	return from + Math.floor(random.fraction() * (to - from + 1));
}

/** `count` of them, in a random order, none twice. */
export function some<Thing>({ random }: Arena, count: number, things: Thing[]): Thing[] {
	const mixed = things.map((thing) => ({ thing, rank: random.fraction() }));
	mixed.sort((left, right) => left.rank - right.rank);
	return mixed.slice(0, count).map(({ thing }) => thing);
}
