import type { Clock } from './clock';
import { codedError, RefusalError, type Reply } from './errors';

interface Remembered {
	bodyHash: string;
	atMs: number;
	/** Absent while the first request with the key is still being dealt with. */
	reply?: Reply;
	taskId?: string;
}

/**
 * APIMart's idempotency (machine schema, 2026-07-30): per API key and endpoint, kept for 24 hours. Only
 * accepted submits are remembered: a refused one made nothing, so its key may be used again.
 */
export class Idempotency {
	private readonly remembered = new Map<string, Remembered>();

	constructor(private readonly clock: Clock) {}

	/**
	 * Starts or repeats a submit.
	 * @returns the remembered answer, or undefined where the submit is new
	 * @throws RefusalError 400 for a malformed key, 409 for one in use or used for another body
	 */
	begin(scope: IdempotencyScope, bodyHash: string): { reply: Reply; taskId?: string } | undefined {
		if (!/^[!-~]{1,191}$/.test(scope.idempotencyKey)) {
			throw new RefusalError(
				codedError(
					400,
					'invalid_idempotency_key',
					'Idempotency-Key must be 1 to 191 visible ASCII characters',
					'invalid_request_error',
				),
			);
		}
		const known = this.current(scope);
		if (!known) {
			this.remembered.set(nameOf(scope), { bodyHash, atMs: this.clock.wallMs() });
			return undefined;
		}
		if (known.bodyHash !== bodyHash) throw new RefusalError(idempotencyReplies.keyReused());
		if (!known.reply) throw new RefusalError(idempotencyReplies.inProgress());
		const { reply, taskId } = known;
		return {
			reply: { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } },
			taskId,
		};
	}

	complete(scope: IdempotencyScope, reply: Reply, taskId: string) {
		const known = this.remembered.get(nameOf(scope));
		if (known) Object.assign(known, { reply, taskId });
	}

	/** The submit came to nothing: the key is free again. */
	forget(scope: IdempotencyScope) {
		this.remembered.delete(nameOf(scope));
	}

	clear() {
		this.remembered.clear();
	}

	private current(scope: IdempotencyScope) {
		const known = this.remembered.get(nameOf(scope));
		const expired = known && this.clock.wallMs() - known.atMs >= RETENTION_SECONDS * 1000;
		return expired ? undefined : known;
	}
}

export interface IdempotencyScope {
	key: string;
	endpoint: string;
	idempotencyKey: string;
}

/** The answers of the idempotency family, also for the scenarios that ask for them. */
export const idempotencyReplies = {
	keyReused: () =>
		codedError(
			409,
			'idempotency_key_reused',
			'This Idempotency-Key was already used with a different request body',
		),
	inProgress: (retryAfterSeconds = 1) =>
		codedError(
			409,
			'idempotency_in_progress',
			'A request with this Idempotency-Key is still in progress',
			undefined,
			{ 'Retry-After': String(retryAfterSeconds) },
		),
	indeterminate: () =>
		codedError(
			409,
			'idempotency_result_indeterminate',
			'The result of the original request could not be determined',
		),
	unavailable: () =>
		codedError(
			503,
			'idempotency_unavailable',
			'Idempotency is temporarily unavailable, this request was not executed',
			'service_unavailable',
			{ 'Retry-After': '1' },
		),
};

const RETENTION_SECONDS = 86_400;

const nameOf = ({ key, endpoint, idempotencyKey }: IdempotencyScope) =>
	JSON.stringify([key, endpoint, idempotencyKey]);
