import { isObject, redact } from '../../nodes/KlingFast/apimart/answer';

/** Their values tell how the service works and belong to no account; of all other headers only the name is kept. */
const SHOWN_HEADERS =
	/^(accept|cache-control|content-.*|idempotency-replayed|retry-after|server|(x-)?rate-?limit.*|x-apimart-response-version)$/;

/** So many characters in a row of the key are as good as the key. */
const TELLING_CHARACTERS = 8;

/** Takes out of everything what belongs to one account. The same id gets the same name everywhere. */
export class Redactor {
	private readonly partsOfKey: string[];
	private readonly names = new Map<string, string>();
	private hidden: string[] = [];

	constructor(apiKey: string) {
		const forms = [apiKey, Buffer.from(apiKey).toString('base64'), encodeURIComponent(apiKey)];
		this.partsOfKey = forms
			.flatMap((form) => [...form].map((_, at) => form.slice(at, at + TELLING_CHARACTERS)))
			.filter(({ length }) => length === TELLING_CHARACTERS);
	}

	/** Has more texts taken out, such as the parts of a callback address. */
	hide(texts: string[]): void {
		this.hidden = texts.filter(({ length }) => length > 3);
	}

	/** A text without the key or a part of it, other secrets, queries of links, and ids. */
	text(text: string): string {
		const open = this.hidden.reduce((rest, part) => rest.replaceAll(part, '<hidden>'), text);
		const keyless = open.replace(/[\w+/=%.~-]{8,}/g, (run) =>
			this.partsOfKey.some((part) => run.includes(part)) ? '***' : run,
		);
		return redact(keyless).replace(/[\w+=-]{16,}/g, (run) =>
			looksRandom(run) ? this.nameOf(run) : run,
		);
	}

	/** Any JSON, its texts and keys redacted. */
	json(value: unknown): unknown {
		if (typeof value === 'string') return this.text(value);
		if (Array.isArray(value)) return value.map((one) => this.json(one));
		if (!isObject(value)) return value;
		const entries = Object.entries(value);
		return Object.fromEntries(entries.map(([name, one]) => [this.text(name), this.json(one)]));
	}

	/** An answer about an account's money, with 0 for every amount; null where it is no JSON object. */
	balance(body: unknown): unknown {
		if (!isObject(body)) return null;
		const isAmount = (text: string) => text.trim() !== '' && !Number.isNaN(Number(text));
		return JSON.parse(JSON.stringify(this.json(body)), (_, value: unknown) => {
			if (typeof value === 'number') return 0;
			return typeof value === 'string' && isAmount(value) ? '0' : value;
		});
	}

	/** Lower-case names. */
	headers(headers: Record<string, unknown>): Record<string, string> {
		return Object.fromEntries(
			Object.entries(headers).map(([name, value]) => {
				const lower = name.toLowerCase();
				return [lower, SHOWN_HEADERS.test(lower) ? this.text(String(value)) : '<hidden>'];
			}),
		);
	}

	private nameOf(id: string): string {
		const name = `<${/^task[_-]/.test(id) ? 'task' : 'id'} ${this.names.size + 1}>`;
		if (!this.names.has(id)) this.names.set(id, name);
		return this.names.get(id) ?? name;
	}
}

/** Words of an API are spelled with few digits; keys, signatures and ids are not. */
function looksRandom(run: string): boolean {
	const digits = run.replace(/\D/g, '').length;
	return digits >= 4 || (digits >= 1 && /[a-z]/.test(run) && /[A-Z]/.test(run));
}
