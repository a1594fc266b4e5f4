import { redact } from '../../nodes/KlingFast/apimart/redaction';
import { isObject } from '../../nodes/KlingFast/apimart/answer';

/** Headers whose values tell how the service works and belong to no account; of all others only the name is kept. */
const SPOKEN_HEADERS = new Set([
	'accept',
	'accept-ranges',
	'access-control-allow-origin',
	'cache-control',
	'content-disposition',
	'content-encoding',
	'content-length',
	'content-type',
	'idempotency-replayed',
	'retry-after',
	'server',
	'user-agent',
	'x-apimart-response-version',
	'x-cache',
]);
/** Such as `x-ratelimit-remaining`. */
const RATE_LIMIT_HEADER = /^(x-)?rate-?limit/;

/** So many characters in a row of a secret are as good as the secret. */
const TELLING_CHARACTERS = 8;

/**
 * Takes out of everything what belongs to one account. The same id is always the same placeholder, so that a reader sees that
 * two answers are about one task.
 */
export class Redactor {
	private readonly windows = new Set<string>();
	private readonly placeholders = new Map<string, string>();
	private readonly counts = new Map<string, number>();
	private firstBalance: Record<string, unknown> | undefined;

	/** @param secrets the API key and whatever else may show nowhere, not even in part */
	constructor(secrets: string[]) {
		for (const secret of secrets) {
			for (const form of [
				secret,
				Buffer.from(secret).toString('base64'),
				encodeURIComponent(secret),
			])
				for (let at = 0; at + TELLING_CHARACTERS <= form.length; at++)
					this.windows.add(form.slice(at, at + TELLING_CHARACTERS));
		}
	}

	/** Makes an id known by the kind that it has, such as `task`. @returns its placeholder; of a short one the id itself */
	learn(kind: string, id: string): string {
		if (id.length < TELLING_CHARACTERS) return id;
		const known = this.placeholders.get(id);
		if (known !== undefined) return known;
		const count = (this.counts.get(kind) ?? 0) + 1;
		this.counts.set(kind, count);
		const placeholder = `<${kind} ${count}>`;
		this.placeholders.set(id, placeholder);
		return placeholder;
	}

	/** A text without secrets, queries and ids. */
	text(text: string): string {
		const learnt = [...this.placeholders].sort(([left], [right]) => right.length - left.length);
		const named = learnt.reduce((rest, [id, shown]) => rest.replaceAll(id, shown), text);
		return redact(named.replace(/[\w+/=%.~-]{8,}/g, (run) => (this.isTelling(run) ? '***' : run)))
			.replace(/\btask[_-][\w-]{10,}/g, (id) => this.learn('task', id))
			.replace(/\breq_\w+/g, (id) => this.learn('request', id))
			.replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/gi, (id) => this.learn('uuid', id))
			.replace(/[\w+=-]{20,}/g, (run) => (looksRandom(run) ? this.learn('id', run) : run));
	}

	/** Any JSON, its texts and keys redacted. */
	json(value: unknown): unknown {
		if (typeof value === 'string') return this.text(value);
		if (Array.isArray(value)) return value.map((one) => this.json(one));
		if (!isObject(value)) return value;
		return Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [this.text(name), this.json(inner)]),
		);
	}

	/** An account's money as the change since the first answer of this kind: what is in it is nobody's business. */
	balance(body: unknown): unknown {
		if (!isObject(body)) return this.json(body);
		const first = (this.firstBalance ??= body);
		return Object.fromEntries(
			Object.entries(body).map(([name, value]) => [name, this.change(first[name], value)]),
		);
	}

	/** Lower-case names in alphabetical order. */
	headers(headers: Record<string, unknown>): Record<string, string> {
		const shown = Object.entries(headers).map(([name, value]): [string, string] => {
			const lower = name.toLowerCase();
			const isSpoken = SPOKEN_HEADERS.has(lower) || RATE_LIMIT_HEADER.test(lower);
			return [lower, isSpoken ? this.text(String(value)) : '<hidden>'];
		});
		return Object.fromEntries(shown.sort(([left], [right]) => (left < right ? -1 : 1)));
	}

	private change(first: unknown, value: unknown): unknown {
		if (isObject(value)) {
			const inner = isObject(first) ? first : {};
			return Object.fromEntries(
				Object.entries(value).map(([name, one]) => [name, this.change(inner[name], one)]),
			);
		}
		const isNumber = typeof value === 'number' || (typeof value === 'string' && isNumeric(value));
		if (!isNumber) return this.json(value);
		const change = Number((Number(value) - Number(first ?? value)).toFixed(6));
		return typeof value === 'string' ? String(change) : change;
	}

	private isTelling(run: string): boolean {
		for (let at = 0; at + TELLING_CHARACTERS <= run.length; at++) {
			if (this.windows.has(run.slice(at, at + TELLING_CHARACTERS))) return true;
		}
		return false;
	}
}

const isNumeric = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));

/** Words of an API are spelled with few digits; keys, signatures and ids are not. */
function looksRandom(run: string): boolean {
	const digits = run.replace(/\D/g, '').length;
	const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run);
	return digits >= 4 || (digits >= 1 && isMixed);
}
