/** What is to become of a task, where it is not simply to be completed. Asked for by fault words. */
export interface TaskScript {
	/** Provider seconds in place of the drawn ones. */
	generationSeconds?: number;
	ending?: 'completed' | 'failed' | 'cancelled' | 'never';
	/** Holds for the first task of a prompt only: the clip fails, its next attempt succeeds. */
	firstTaskOnly?: boolean;
	/** The `error` member of a failed task. */
	error?: unknown;
	/** Reported as failed first, as completed this many provider seconds later. */
	completesLaterSeconds?: number;
	/** The word for "not finished yet", in place of pending and processing. */
	runningStatus?: string;
	/** The word at the end, in place of completed and the like. */
	endStatus?: string;
	/** The progress at which it stands still. */
	stuckProgress?: number;
	/** Billed in place of what the price table says. */
	costUsd?: number;
	shapes?: AnswerShape[];
	callback?: CallbackScript;
	linkExpired?: boolean;
	/** The clip is padded to so many megabytes, and stays playable. */
	clipMegabytes?: number;
}

/** Other forms in which a status read can show a task. */
export const ANSWER_SHAPES = [
	...(['no-videos', 'no-result', 'url-string', 'output-url', 'no-expiry'] as const),
	...(['no-cost', 'number-strings', 'task-array', 'task-bare'] as const),
] as const;

export type AnswerShape = (typeof ANSWER_SHAPES)[number];

export interface CallbackScript {
	never?: boolean;
	/** How often the same callback is sent. */
	copies?: number;
	/** A lie of another sender before the genuine one: "completed", with an address elsewhere. */
	forged?: boolean;
	/** A body that is no JSON before the genuine one. */
	malformed?: boolean;
	/** A callback while the task is still running. */
	early?: boolean;
	enveloped?: boolean;
	delaySeconds?: number;
}

/** Several scripts as one; the later ones win. */
export function mergeScripts(scripts: TaskScript[]): TaskScript {
	return {
		...Object.assign({}, ...scripts),
		shapes: scripts.flatMap(({ shapes }) => shapes ?? []),
		callback: Object.assign({}, ...scripts.map(({ callback }) => callback)),
	} as TaskScript;
}
