/*
 * Values as sheets give them: numbers and booleans as text, stray blanks, empty cells, full-width signs, an aspect ratio that a
 * spreadsheet took for a time of day. What can mean one thing only is understood. Each function reads one value, or throws an
 * InvalidField whose sentence names the field. Nothing is clamped and nothing is guessed.
 */
import type { IDataObject } from 'n8n-workflow';
import { isObject } from './json';
import { grouped, InvalidField, refuseUnsendable, shown } from './invalidField';

export interface NumberRule {
	/** What an empty cell means; absent: the field is required. */
	default?: number;
	isWhole?: boolean;
	min?: number;
	max?: number;
	/** The value must be greater than this. */
	above?: number;
	/** What the number counts: it may stand beside it, as in `5 sec` or `$5`. */
	unit?: keyof typeof UNITS;
	/** Where inside the field, such as `shot 2, duration`. */
	place?: string;
}

interface TextRule {
	/** What an empty cell means. Without the property the field is required. */
	default?: string;
	/** What is asked for, as the rest of "must be ..."; "a text" when left out. */
	allowed?: string;
	place?: string;
}

/** One of a fixed set: `value` as it is stored, `name` as the editor shows it. */
export interface Choice {
	name: string;
	value: string;
}

/**
 * `5`, `"5"`, `" 5.0 "`, `"5,0"` is 5, and `"0.5"` and `"0,5"` are 0.5; `"1,000"`, which could be 1 and 1000, is refused, and so is
 * `"1.800"` where 1800 is allowed, too. An empty cell is the default, or refused where there is none.
 */
export function readNumber(value: unknown, field: string, rule: NumberRule = {}): number {
	const allowed = `${rule.isWhole ? 'a whole number' : 'a number'}${rangeWords(rule)}`;
	if (isEmpty(value)) {
		if (rule.default !== undefined) return rule.default;
		throw new InvalidField(field, 'empty', allowed, rule.place);
	}
	const { min = -Infinity, max = Infinity, above = -Infinity, isWhole } = rule;
	const fits = (candidate: number) =>
		Number.isFinite(candidate) &&
		(!isWhole || Number.isInteger(candidate)) &&
		candidate >= min &&
		candidate <= max &&
		candidate > above;
	const text = numberText(value, rule.unit);
	const number = typeof value === 'number' ? value : toNumber(text);
	const isGrouped = typeof value === 'string' && GROUPED_NUMBER.test(text);
	const isAmbiguous = isGrouped && (Number.isNaN(number) || fits(Number(text.replace(/\D/g, ''))));
	if (fits(number) && !isAmbiguous) return number;
	const what = isAmbiguous ? `${shown(value)}, which can be read in two ways` : shown(value);
	throw new InvalidField(field, what, allowed, rule.place);
}

/** `true`, `"TRUE"`, `"yes"`, `"on"`, `1`, their opposites, and these words in other languages; an empty cell is `defaultValue`. */
export function readBoolean(value: unknown, field: string, defaultValue: boolean): boolean {
	if (isEmpty(value)) return defaultValue;
	const word = plainText(value).toLowerCase();
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
	refuseUnsendable(text, field, place);
	return text;
}

/**
 * A value of the set, or the name that the editor shows for it, or either half of a name such as `Fast (720p)`; capitals, blanks and
 * hyphens do not matter. An aspect ratio in the shapes that it comes back from a spreadsheet, which takes it for a time of day, is
 * what was typed: `16:09`, `9:16:00`, `4:09 PM`, or a fraction of a day.
 */
export function readChoice(
	value: unknown,
	field: string,
	choices: readonly Choice[],
	defaultValue: string,
): string {
	if (isEmpty(value)) return defaultValue;
	const text = plainText(value);
	const typed = bareWord(text);
	const time = timeOfDay(text)?.join(':');
	const match = choices.find(
		({ name, value: stored }) =>
			stored === time ||
			[stored, name, ...name.split('(')].some((word) => bareWord(word) === typed),
	);
	if (match && typed !== '') return match.value;
	const values = choices.filter((choice) => choice.value !== '').map((choice) => choice.value);
	throw new InvalidField(field, shown(value), oneOf(values));
}

/**
 * An object, from JSON text or as it comes out of an expression; an empty cell is `{}`. The result is a copy that holds
 * exactly what JSON can carry, so that its bytes are the same each time it is sent.
 */
export function readJsonObject(value: unknown, field: string): IDataObject {
	const allowed = 'an object such as {"row": 7}';
	const parsed = readJson(value, {});
	if (isObject(parsed)) return parsed;
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

/** English, and the words of spreadsheets in German, French, Spanish, Portuguese, Italian and Dutch. */
const TRUE_WORDS = [
	...['true', 'yes', 'y', 'on', '1', 'wahr', 'ja', 'vrai', 'oui', 'verdadero', 'verdadeiro'],
	...['sim', 'vero', 'waar'],
];
const FALSE_WORDS = [
	...['false', 'no', 'n', 'off', '0', 'falsch', 'nein', 'faux', 'non', 'falso', 'onwaar', 'nee'],
];
const TIME_OF_DAY = /^(\d{1,4})\s*[:x\u00d7\u2236/]\s*(\d{1,4})(?::00)?\s*(?:([ap])\.?m\.?)?$/i;
const MINUTES_OF_DAY = 24 * 60;
/** Of a minute. Fractions of a day are cut by what shows them: five digits are off by up to 0.0072. */
const CUT_MINUTES = 0.01;
const DECIMAL_NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const COMMA_NUMBER = /^[+-]?\d*,\d+$/;
/** A sign that could stand before a fraction and before thousands. */
const GROUPED_NUMBER = /^[+-]?[1-9]\d{0,2}([,.]\d{3})+$/;
const UNITS = {
	seconds: /s(ec(ond)?s?)?\.?$/i,
	USD: /^(us)?\$|^usd|(us)?\$$|usd$/i,
};

/** Without the unit that may stand beside it. */
function numberText(value: unknown, unit?: keyof typeof UNITS): string {
	const text = typeof value === 'string' ? plainText(value) : '';
	return unit ? text.replace(UNITS[unit], '').trim() : text;
}

function toNumber(text: string): number {
	if (DECIMAL_NUMBER.test(text)) return Number(text);
	const isFraction = COMMA_NUMBER.test(text) && !GROUPED_NUMBER.test(text);
	return isFraction ? Number(text.replace(',', '.')) : NaN;
}

/** Hours and minutes. */
function timeOfDay(text: string): [number, number] | undefined {
	const minutes = toNumber(text) * MINUTES_OF_DAY;
	if (minutes > 0 && minutes < MINUTES_OF_DAY) {
		const whole = Math.round(minutes);
		if (Math.abs(minutes - whole) > CUT_MINUTES) return undefined;
		return [Math.floor(whole / 60), whole % 60];
	}
	const [, hours, minute, half = ''] = TIME_OF_DAY.exec(text) ?? [];
	if (hours === undefined) return undefined;
	const isAfternoon = half.toLowerCase() === 'p';
	return [(half ? Number(hours) % 12 : Number(hours)) + (isAfternoon ? 12 : 0), Number(minute)];
}

/** A cell's text without blanks around it and signs that nobody sees, full-width signs as plain ones. */
function plainText(value: unknown): string {
	if (!isScalar(value)) return '';
	return String(value)
		.replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
		.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
		.trim();
}

function bareWord(text: string): string {
	return text.replace(/[\s_()-]/g, '').toLowerCase();
}

function rangeWords({ min, max, above }: NumberRule): string {
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
