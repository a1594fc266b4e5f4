import type { Clock } from './clock';
import { codedError, RefusalError, type Reply } from './errors';

interface Submitted {
	bodyHash: string;
	atMs: number;
	taskId: string;
	reply: Reply;
	/** Until the answer has left, the submit counts as in progress. */
	isAnswered: boolean;
}

export interface IdempotencyScope {
	apiKey: string;
	idempotencyKey: string;
}

/**
 * APIMart's idempotency (machine schema, 2026-07-30): per API key (and endpoint, of which only one takes keys), kept for 24 hours. Only
 * accepted submits are remembered: a refused one made nothing, so its key may be used again.
 */
export class Idempotency {
	private readonly submitted = new Map<string, Submitted>();

	constructor(private readonly clock: Clock) {}

	/**
	 * @returns what was accepted under this key, or undefined where the submit is new
	 * @throws RefusalError 400 for a malformed key, 409 for one in use or used for another body
	 */
	find(scope: IdempotencyScope, bodyHash: string): { reply: Reply; taskId: string } | undefined {
		if (!/^[!-~]{1,191}$/.test(scope.idempotencyKey)) {
			const message = 'Idempotency-Key must be 1 to 191 visible ASCII characters';
			throw new RefusalError(codedError(400, 'invalid_idempotency_key', message));
		}
		const known = this.submitted.get(nameOf(scope));
		const isExpired = known && this.clock.wallMs() - known.atMs >= RETENTION_SECONDS * 1000;
		if (!known || isExpired) return undefined;
		if (known.bodyHash !== bodyHash) throw new RefusalError(idempotencyReplies.keyReused);
		if (!known.isAnswered) throw new RefusalError(idempotencyReplies.inProgress);
		const { reply, taskId } = known;
		const headers = { ...reply.headers, 'Idempotency-Replayed': 'true' };
		return { reply: { ...reply, headers }, taskId };
	}

	/** @returns what is to be called when the answer leaves */
	remember(scope: IdempotencyScope, made: Pick<Submitted, 'bodyHash' | 'taskId' | 'reply'>) {
		const entry = { ...made, atMs: this.clock.wallMs(), isAnswered: false };
		this.submitted.set(nameOf(scope), entry);
		return () => {
			entry.isAnswered = true;
		};
	}

	clear() {
		this.submitted.clear();
	}
}

const reply = (status: number, word: string, message: string, headers?: Record<string, string>) =>
	codedError(status, `idempotency_${word}`, message, headers);

/** The answers of the idempotency family, also for the fault words that ask for them. */
export const idempotencyReplies = {
	keyReused: reply(409, 'key_reused', 'This Idempotency-Key was used with a different body'),
	inProgress: reply(409, 'in_progress', 'A request with this Idempotency-Key is in progress', {
		'Retry-After': '1',
	}),
	indeterminate: reply(409, 'result_indeterminate', 'The original result could not be determined'),
	unavailable: reply(503, 'unavailable', 'Unavailable, this request was not executed', {
		'Retry-After': '1',
	}),
};

const RETENTION_SECONDS = 86_400;

const nameOf = ({ apiKey, idempotencyKey }: IdempotencyScope) =>
	JSON.stringify([apiKey, idempotencyKey]);
