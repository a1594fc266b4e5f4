import type { TaskScript } from './taskScript';

/** The kinds of requests on which a fault can fall. */
export type FaultRoute = 'submit' | 'task' | 'file' | 'balance' | 'upload' | 'models' | 'any';

/**
 * What happens to a request. With `after`, the work is done first: a submit has then made and charged
 * its task before the client sees anything go wrong.
 */
export type FaultAction =
	| {
			kind: 'answer';
			status: number;
			body?: unknown;
			headers?: Record<string, string>;
			after?: boolean;
	  }
	| { kind: 'reset'; after?: boolean }
	/** `half`: the full length is announced, half is sent, the connection is cut; `short`: half, honestly announced. */
	| { kind: 'half' | 'short' }
	/** Real seconds, before the headers or in the middle of the body. */
	| { kind: 'slow'; part: 'headers' | 'body'; seconds: number }
	/** To the mirror of the file host, if not elsewhere. */
	| { kind: 'redirect'; status?: number; to?: string }
	/** Other headers on the genuine answer. */
	| { kind: 'headers'; headers: Record<string, string> }
	/** What is to become of the task (route `submit` only). */
	| { kind: 'script'; script: TaskScript };
