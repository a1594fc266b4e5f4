/**
 * Values as sheets give them: numbers and booleans as text, stray blanks, empty cells, an aspect ratio that a
 * spreadsheet took for a time of day. Each function reads one value, or throws an InvalidField whose sentence names the
 * field. Nothing is clamped and nothing is guessed.
 */
import type { IDataObject } from 'n8n-workflow';
import { grouped, InvalidField, shown } from '../invalidField';

export interface NumberRule<Default> {
	/** What an empty cell means. Without the property the field is required. */
	default?: Default;
	min?: number;
	max?: number;
	/** The value must be greater than this. */
	above?: number;
	/** Where inside the field, such as `shot 2, duration`. */
	place?: string;
}

export interface TextRule {
	/** What an empty cell means. Without the property the field is required. */
	default?: string;
	/** What is asked for, as the rest of "allowed is ..."; "a text" when left out. */
	allowed?: string;
	place?: string;
}

/** One of a fixed set: `value` as it is stored, `name` as the editor shows it. */
export interface Choice<Value extends string> {
	name: string;
	value: Value;
}

/** `5`, `"5"`, `" 5.0 "` is 5. */
export function readWholeNumber<Default = never>(
	value: unknown,
	field: string,
	rule: NumberRule<Default> = {},
): number | Default {
	return readNumeric(value, field, rule, 'a whole number');
}

/** As `readWholeNumber`, fractions included: `"0.5"` is 0.5. */
export function readNumber<Default = never>(
	value: unknown,
	field: string,
	rule: NumberRule<Default> = {},
): number | Default {
	return readNumeric(value, field, rule, 'a number');
}

/** `true`, `"TRUE"`, `"yes"`, `"on"`, `1` and their opposites; an empty cell is `defaultValue`. */
export function readBoolean(value: unknown, field: string, defaultValue: boolean): boolean {
	if (isEmpty(value)) return defaultValue;
	const word = isScalar(value) ? String(value).trim().toLowerCase() : '';
	if (TRUE_WORDS.includes(word)) return true;
	if (FALSE_WORDS.includes(word)) return false;
	throw new InvalidField(field, shown(value), 'true or false');
}

/** Trimmed; a number or boolean cell is its text. */
export function readText(value: unknown, field: string, rule: TextRule = {}): string {
	const { allowed = 'a text', place } = rule;
	if (isEmpty(value)) {
		if (rule.default !== undefined) return rule.default;
		throw new InvalidField(field, 'empty', allowed, place);
	}
	if (!isScalar(value)) throw new InvalidField(field, shown(value), allowed, place);
	const text = String(value).trim();
	if (text.includes('\0')) {
		throw new InvalidField(field, 'a text with a NUL character in it', 'text without it', place);
	}
	return text;
}

/** A value of the set, or the name that the editor shows for it; capitals do not matter. */
export function readChoice<Value extends string>(
	value: unknown,
	field: string,
	choices: ReadonlyArray<Choice<Value>>,
	defaultValue: Value,
): Value {
	if (isEmpty(value)) return defaultValue;
	const typed = isScalar(value) ? String(value).trim().toLowerCase() : undefined;
	const match = choices.find((choice) =>
		[choice.value, choice.name].some((word) => word.toLowerCase() === typed),
	);
	if (match) return match.value;
	const values = choices.filter((choice) => choice.value !== '').map((choice) => choice.value);
	throw new InvalidField(field, shown(value), oneOf(values));
}

/**
 * `16:9` in the shapes that it comes back from a spreadsheet, which takes it for a time of day: `16:09`, `9:16:00`,
 * `1:01:00`, `01:01`; also `16x9`.
 */
export function readAspectRatio<Value extends string>(
	value: unknown,
	field: string,
	choices: ReadonlyArray<Choice<Value>>,
	defaultValue: Value,
): Value {
	const time = typeof value === 'string' ? ASPECT_RATIO_AS_TIME.exec(value.trim()) : null;
	const typed = choices.find((choice) => time && choice.value === `${time[1]}:${time[2]}`);
	return typed ? typed.value : readChoice(value, field, choices, defaultValue);
}

/**
 * An object, from JSON text or as it comes out of an expression; an empty cell is `{}`. The result is a copy that holds
 * exactly what JSON can carry, so that its bytes are the same each time it is sent.
 */
export function readJsonObject(value: unknown, field: string): IDataObject {
	const allowed = 'an object such as {"row": 7}';
	const parsed = readJson(value, {});
	if (isPlainObject(parsed)) return parsed;
	throw new InvalidField(field, shownJson(value, parsed), allowed);
}

/** A list, from JSON text or as it comes out of an expression; an empty cell is `[]`. */
export function readJsonList(value: unknown, field: string, allowed: string): unknown[] {
	const parsed = readJson(value, []);
	if (Array.isArray(parsed)) return parsed;
	throw new InvalidField(field, shownJson(value, parsed), allowed);
}

/** An empty cell: nothing, or blanks only. */
export function isEmpty(value: unknown): value is undefined | null | '' {
	return value === undefined || value === null || (typeof value === 'string' && !value.trim());
}

/** Whether it is an object with keys, neither a list nor empty. */
export function isPlainObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const TRUE_WORDS = ['true', 'yes', 'y', 'on', '1'];
const FALSE_WORDS = ['false', 'no', 'n', 'off', '0'];
const ASPECT_RATIO_AS_TIME = /^0*([1-9]\d*)\s*[:x]\s*0*([1-9]\d*)(?::00)?$/i;
const DECIMAL_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

function readNumeric<Default>(
	value: unknown,
	field: string,
	rule: NumberRule<Default>,
	kind: 'a whole number' | 'a number',
): number | Default {
	const allowed = `${kind}${rangeWords(rule)}`;
	if (isEmpty(value)) {
		if ('default' in rule) return rule.default as Default;
		throw new InvalidField(field, 'empty', allowed, rule.place);
	}
	const number = toNumber(value);
	const { min = -Infinity, max = Infinity, above = -Infinity } = rule;
	const fits = Number.isFinite(number) && number >= min && number <= max && number > above;
	if (fits && (kind === 'a number' || Number.isInteger(number))) return number;
	throw new InvalidField(field, shown(value), allowed, rule.place);
}

function toNumber(value: unknown): number {
	if (typeof value === 'number') return value;
	const text = typeof value === 'string' ? value.trim() : '';
	return DECIMAL_NUMBER.test(text) ? Number(text) : NaN;
}

function rangeWords({ min, max, above }: NumberRule<unknown>): string {
	if (above !== undefined) return ` above ${grouped(above)}`;
	if (min === undefined) return '';
	return max === undefined ? ` from ${grouped(min)}` : ` from ${grouped(min)} to ${grouped(max)}`;
}

/** Undefined where it is no JSON: a broken text, a value that refers to itself. */
function readJson(value: unknown, emptyValue: object): unknown {
	if (isEmpty(value)) return emptyValue;
	try {
		return JSON.parse(typeof value === 'string' ? value : JSON.stringify(value)) ?? emptyValue;
	} catch {
		return undefined;
	}
}

function shownJson(value: unknown, parsed: unknown): string {
	if (parsed !== undefined) return shown(parsed);
	return typeof value === 'string' ? `${shown(value)}, which is not JSON` : 'not JSON';
}

function isScalar(value: unknown): value is string | number | boolean {
	return ['string', 'number', 'boolean'].includes(typeof value);
}

function oneOf(values: string[]): string {
	if (values.length < 2) return values.join('');
	return `${values.slice(0, -1).join(', ')} or ${values[values.length - 1]}`;
}
