import { redact } from '../../nodes/KlingFast/apimart/answer';
import { isObject } from '../../nodes/KlingFast/json';
import type { Exchange } from './recorder';

/** Their values tell how the service works and belong to no account; of all other headers only the name is kept. */
const SHOWN_HEADERS =
	/^(accept|cache-control|content-.*|idempotency-replayed|retry-after|server|(x-)?rate-?limit.*|x-apimart-response-version)$/;

/** So many characters in a row of the key are as good as the key. */
const TELLING_CHARACTERS = 8;

/** Takes out of everything what belongs to one account. The same id gets the same name everywhere. */
export class Redactor {
	private readonly partsOfKey: string[];
	private readonly ids: string[] = [];

	/** @param hidden what has to be taken out as well, such as the parts of a callback address */
	constructor(
		apiKey: string,
		private readonly hidden: string[] = [],
	) {
		const forms = [apiKey, Buffer.from(apiKey).toString('base64'), encodeURIComponent(apiKey)];
		this.partsOfKey = forms
			.flatMap((form) => [...form].map((_, at) => form.slice(at, at + TELLING_CHARACTERS)))
			.filter(({ length }) => length === TELLING_CHARACTERS);
	}

	exchange(exchange: Exchange): Exchange {
		const headers = Object.entries(exchange.headers).map(([name, value]) => [
			name.toLowerCase(),
			SHOWN_HEADERS.test(name.toLowerCase()) ? String(value) : '<hidden>',
		]);
		const body = exchange.step.startsWith('balance')
			? withoutAmounts(exchange.body)
			: exchange.body;
		return this.json({
			...exchange,
			headers: Object.fromEntries(headers) as Exchange['headers'],
			body,
		});
	}

	/** Any JSON, its texts and keys redacted. */
	json<Json>(value: Json): Json;
	json(value: unknown): unknown {
		if (typeof value === 'string') return this.text(value);
		if (Array.isArray(value)) return value.map((one) => this.json(one as unknown));
		if (!isObject(value)) return value;
		const entries = Object.entries(value);
		return Object.fromEntries(entries.map(([name, one]) => [this.text(name), this.json(one)]));
	}

	/** A text without the key or a part of it, other secrets, queries of links, and ids. */
	text(text: string): string {
		const long = this.hidden.filter(({ length }) => length > 3);
		const open = long.reduce((rest, part) => rest.replaceAll(part, '<hidden>'), text);
		const keyless = open.replace(/[\w+/=%.~-]{8,}/g, (run) =>
			this.partsOfKey.some((part) => run.includes(part)) ? '***' : run,
		);
		return redact(keyless).replace(/[\w+=-]{16,}/g, (run) =>
			looksRandom(run) ? this.nameOf(run) : run,
		);
	}

	private nameOf(id: string): string {
		if (!this.ids.includes(id)) this.ids.push(id);
		return `<${/^task[_-]/.test(id) ? 'task' : 'id'} ${this.ids.indexOf(id) + 1}>`;
	}
}

/** An answer about an account's money, with 0 for every amount; null where it is no JSON object. */
function withoutAmounts(body: unknown): unknown {
	if (!isObject(body)) return null;
	return JSON.parse(JSON.stringify(body), (_, value: unknown) => {
		if (typeof value === 'number') return 0;
		return typeof value === 'string' && /^\s*[-+.\d]/.test(value) ? '0' : value;
	});
}

/** Words of an API are spelled with few digits; keys, signatures and ids are not. */
function looksRandom(run: string): boolean {
	const digits = run.replace(/\D/g, '').length;
	return digits >= 4 || (digits >= 1 && /[a-z]/.test(run) && /[A-Z]/.test(run));
}
