import { documentedError, type Reply } from './errors';
import type { FaultAction, FaultRoute } from './faultAction';
import { actionFromWord, wordsIn } from './faultWords';
import { Random } from './random';

export interface FaultRule {
	/** Default: the route that the word is meant for, else `any`. */
	route?: FaultRoute;
	/** An action, or a word such as `reset-after-accept` or `fail:content`. */
	action: FaultAction | string;
	/** Which of the matching requests, counted from 1. */
	nth?: number | number[];
	/** How often at most. Without `nth`, `times` and `probability`: always. */
	times?: number;
	/** 0..1, drawn from the seed. */
	probability?: number;
	when?: { promptContains?: string; taskId?: string; idempotencyKey?: string };
}

/** A fault that is about to be applied. */
export interface ActiveFault {
	label: string;
	action: FaultAction;
}

export interface FaultSubject {
	prompt?: string;
	taskId?: string;
	/** Which clip it is, for counting the words of its prompt; by default the task. */
	clip?: string;
	idempotencyKey?: string;
}

interface Armed {
	id: string;
	rule: FaultRule;
	route: FaultRoute;
	label: string;
	action: FaultAction;
	seen: number;
	applied: number;
	random: Random;
}

/**
 * Faults on demand. Two ways to ask for one: `faults.add(...)` (or `POST /__sandbox/faults`), and words
 * such as `[[429:2]]` in a prompt. Both speak the words of `faultWords.ts`.
 */
export class Faults {
	private armed: Armed[] = [];

	private lastId = 0;

	/** Words in prompts, by clip: `[[429:2]]` means twice for each clip. */
	private readonly byClip = new Map<string, Armed[]>();

	constructor(private readonly seed: number) {}

	/**
	 * @returns the id for `remove`
	 * @throws Error for a word that does not exist
	 */
	add(rule: FaultRule): string {
		const armed = this.arm(rule);
		this.armed.push(armed);
		return armed.id;
	}

	remove(id: string) {
		this.armed = this.armed.filter((armed) => armed.id !== id);
	}

	clear() {
		this.armed = [];
		this.byClip.clear();
	}

	list() {
		return this.armed.map(({ id, rule, seen, applied }) => ({ id, rule, seen, applied }));
	}

	/**
	 * Takes the faults that apply to this request, and counts them: those that were added, and the words
	 * in the prompt, which are counted for each clip.
	 */
	take(route: Exclude<FaultRoute, 'any'>, subject: FaultSubject = {}): ActiveFault[] {
		const added = this.armed.filter(
			(armed) => [route, 'any'].includes(armed.route) && concerns(armed.rule, subject),
		);
		const words = this.wordsOf(subject).filter((armed) => armed.route === route);
		return [...added, ...words].filter(applies).map((armed) => {
			armed.applied++;
			return { label: armed.label, action: armed.action };
		});
	}

	private wordsOf({ prompt, taskId, clip = taskId }: FaultSubject): Armed[] {
		if (clip === undefined || prompt === undefined) return [];
		const known = this.byClip.get(clip);
		if (known) return known;
		const armed = wordsIn(prompt).map((word) => this.arm({ action: word }));
		this.byClip.set(clip, armed);
		return armed;
	}

	private arm(rule: FaultRule): Armed {
		const { action } = rule;
		const isWord = typeof action === 'string';
		const known = isWord ? actionFromWord(action) : { action, route: 'any' as const };
		const { nth, probability, times = nth || probability ? undefined : known.times } = rule;
		const id = ++this.lastId;
		return {
			...{ id: `fault-${id}`, seen: 0, applied: 0, random: new Random(this.seed * 7919 + id) },
			// The count in the word itself (`429:2`) holds where the rule gives none.
			rule: { ...rule, times },
			route: rule.route ?? known.route,
			label: isWord ? action : action.kind,
			action: known.action,
		};
	}
}

/** The answer of an `answer` fault. */
export function replyOf(action: Extract<FaultAction, { kind: 'answer' }>): Reply {
	if (action.body === undefined) return documentedError(action.status, undefined, action.headers);
	return { status: action.status, body: action.body, headers: action.headers };
}

function concerns({ when = {} }: FaultRule, subject: FaultSubject) {
	const { promptContains = '', taskId, idempotencyKey } = when;
	return (
		(subject.prompt ?? '').includes(promptContains) &&
		(taskId === undefined || subject.taskId === taskId) &&
		(idempotencyKey === undefined || subject.idempotencyKey === idempotencyKey)
	);
}

function applies(armed: Armed) {
	const { nth, times, probability } = armed.rule;
	armed.seen++;
	if (nth !== undefined && ![nth].flat().includes(armed.seen)) return false;
	if (times !== undefined && armed.applied >= times) return false;
	return probability === undefined || armed.random.fraction() < probability;
}
