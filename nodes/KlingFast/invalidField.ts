/**
 * A value that cannot be used, in one sentence: which field, what stands in it, what is allowed.
 * A plain error, so that every layer can throw it; the operations turn it into n8n's own error and add the item.
 */
export class InvalidField extends Error {
	/**
	 * @param field label of the field as the editor shows it
	 * @param value what stands there, ready to be shown (see `shown`); never a secret
	 * @param allowed what would be accepted, as the rest of the sentence "must be ..."
	 * @param place where inside the field, such as `shot 2, duration`
	 */
	constructor(
		readonly field: string,
		readonly value: string,
		readonly allowed: string,
		readonly place?: string,
	) {
		super(`'${field}'${place ? ` (${place})` : ''} is ${value}, but must be ${allowed}`);
		this.name = 'InvalidField';
	}
}

const SHOWN_CHARACTERS = 60;

/** A value as it may stand in a sentence: quoted when it is text, named when it has no short form, cut when it is long. */
export function shown(value: unknown): string {
	if (value === undefined || value === null) return 'empty';
	if (Array.isArray(value)) return 'a list';
	if (value instanceof Date) return 'a date';
	if (typeof value === 'object') return 'an object';
	if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
	if (typeof value !== 'string') return String(value);
	const text = value.trim();
	if (text === '') return 'empty';
	return `"${shortened(withoutAddressSecrets(text))}"`;
}

/**
 * What a cell can hold and a request cannot carry. It is refused and not dropped: it is invisible, and what is paid for should be
 * what stands in the cell.
 *
 * @throws InvalidField for a NUL, and for half of a character, as it remains where text was cut in the middle of an emoji
 */
export function refuseUnsendable(text: string, field: string, place?: string): void {
	if (text.includes('\0')) {
		throw new InvalidField(field, 'a text with a NUL character in it', 'text without it', place);
	}
	if (/\p{Surrogate}/u.test(text)) {
		const half = 'a text with half of a character (such as a cut emoji) in it';
		throw new InvalidField(field, half, 'text without it', place);
	}
}

/** `2500` as `2,500`. */
export function grouped(count: number): string {
	return count.toLocaleString('en-US');
}

/** Links carry signatures in their query and sometimes a password in front of the host: neither belongs in a message. */
function withoutAddressSecrets(text: string): string {
	return text.replace(/(?<![a-z\d+.-])[a-z\d+.-]+:\/\/\S+/gi, (address) =>
		address.replace(/[?#].*$/, '?...').replace(/^([^/]*\/\/).*@/, '$1'),
	);
}

function shortened(text: string): string {
	const oneLine = text.replace(/[\s\p{Cc}]+/gu, ' ');
	const characters = Array.from(oneLine.slice(0, 2 * SHOWN_CHARACTERS + 2));
	if (characters.length <= SHOWN_CHARACTERS) return oneLine;
	return `${characters.slice(0, SHOWN_CHARACTERS).join('')}...`;
}
