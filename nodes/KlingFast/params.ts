/* A row's values, read by the descriptions of their fields: label, default, range and choices are said there and nowhere else. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { InvalidField, shown } from './invalidField';
import { isObject } from './json';
import {
	isEmpty,
	readBoolean,
	readChoice,
	readJsonList,
	readJsonObject,
	readNumber,
	readText,
	type Choice,
	type NumberRule,
} from './values';

/** `getNodeParameter` for one item. The fallback stands in for a hidden field: n8n drops those and throws when they are asked for. */
type ReadValue = (path: string, fallback: unknown) => unknown;

/** Fields by their path: `duration`, `options.maxWait`, `shotList.shot.prompt`. */
type FieldsByPath = ReadonlyMap<string, INodeProperties>;

/** Where several operations have a field of the same name, the first counts: what is read of the others is the same. */
export function fieldsByPath(properties: INodeProperties[], prefix = ''): FieldsByPath {
	const byPath = new Map<string, INodeProperties>();
	for (const property of properties) {
		const path = prefix + property.name;
		if (!byPath.has(path)) byPath.set(path, property);
		for (const inner of property.options ?? []) {
			const fields = 'values' in inner ? inner.values : 'type' in inner ? [inner] : [];
			const group = 'values' in inner ? `${path}.${inner.name}.` : `${path}.`;
			for (const [innerPath, field] of fieldsByPath(fields, group)) {
				if (!byPath.has(innerPath)) byPath.set(innerPath, field);
			}
		}
	}
	return byPath;
}

/** Each method throws an InvalidField where the value cannot be used. */
export class Params {
	/** @param list for one entry of a list: the list's own label, and which entry it is */
	constructor(
		private readonly fields: FieldsByPath,
		private readonly read: ReadValue,
		private readonly list?: { label: string; place: string },
	) {}

	label(path: string): string {
		return this.list?.label ?? this.field(path).displayName;
	}

	/** As n8n gives it; empty where the field is hidden. */
	value(path: string): unknown {
		return this.read(path, '');
	}

	/** An empty cell is the default, or refused where the field has none. */
	number(path: string): number {
		const { default: standard } = this.field(path);
		const rule = typeof standard === 'number' ? { default: standard } : {};
		return readNumber(this.value(path), this.label(path), { ...this.rule(path), ...rule });
	}

	optionalNumber(path: string): number | undefined {
		return isEmpty(this.value(path)) ? undefined : this.requiredNumber(path);
	}

	/** Where an empty cell is refused although the editor offers a number. */
	requiredNumber(path: string): number {
		return readNumber(this.value(path), this.label(path), this.rule(path));
	}

	/** @param whenHidden what a hidden field means; its default when left out */
	boolean(path: string, whenHidden: unknown = ''): boolean {
		const { default: standard } = this.field(path);
		return readBoolean(this.read(path, whenHidden), this.label(path), standard === true);
	}

	/** @param allowed what is asked for, as the rest of "must be ..." */
	text(path: string, allowed?: string): string {
		const { default: standard, required } = this.field(path);
		const isNeeded = required && standard === '';
		return readText(this.value(path), this.label(path), {
			...(!isNeeded && { default: String(standard) }),
			allowed,
			place: this.place(path),
		});
	}

	/** The value of the choice; `Value` are the values that the description lists. */
	choice<Value extends string>(path: string): Value {
		const { options = [], default: standard } = this.field(path);
		const choices = options.filter((option): option is Choice => 'value' in option);
		return readChoice(this.value(path), this.label(path), choices, String(standard)) as Value;
	}

	object(path: string): IDataObject {
		return readJsonObject(this.value(path), this.label(path));
	}

	/** @param allowed as in `text` */
	jsonList(path: string, allowed: string): unknown[] {
		return readJsonList(this.value(path), this.label(path), allowed);
	}

	/** What a person has added to a field that takes several; `group` is the path of one, such as `shotList.shot`. */
	added(group: string): unknown[] {
		const dot = group.lastIndexOf('.');
		const list = this.value(group.slice(0, dot));
		const rows = isObject(list) ? list[group.slice(dot + 1)] : undefined;
		return Array.isArray(rows) ? rows : [];
	}

	/**
	 * The entries of a list by the fields that the editor shows for one, wherever they come from; empty ones are skipped.
	 *
	 * @param group path of these fields, such as `shotList.shot`
	 * @param from path of the field that the rows come from
	 * @param shape what an entry looks like, as the rest of "must be ..."
	 */
	entries(group: string, rows: unknown[], from: string, shape: string): Params[] {
		const name = group.slice(group.lastIndexOf('.') + 1);
		const label = this.label(from);
		return rows.flatMap((row, index) => {
			if (isEmpty(row)) return [];
			const place = `${name} ${index + 1}`;
			if (!isObject(row)) throw new InvalidField(label, shown(row), shape, place);
			const read: ReadValue = (path, fallback) => row[path.slice(group.length + 1)] ?? fallback;
			return [new Params(this.fields, read, { label, place })];
		});
	}

	/** Where inside a list a value stands, such as `shot 2, duration`. */
	place(path: string): string | undefined {
		return this.list && `${this.list.place}, ${path.slice(path.lastIndexOf('.') + 1)}`;
	}

	/** @param allowed as in `text` */
	refusal(path: string, value: string, allowed: string): InvalidField {
		return new InvalidField(this.label(path), value, allowed, this.place(path));
	}

	private field(path: string): INodeProperties {
		const field = this.fields.get(path);
		if (!field) throw new Error(`There is no field ${path}`);
		return field;
	}

	private rule(path: string): NumberRule {
		const { displayName, typeOptions = {} } = this.field(path);
		const { minValue, maxValue: max, numberPrecision } = typeOptions;
		const place = this.place(path);
		if (displayName.endsWith('(USD)')) return { above: minValue, unit: 'USD', place };
		const unit = displayName.endsWith('(Seconds)') ? 'seconds' : undefined;
		return { min: minValue, max, isWhole: numberPrecision === 0, unit, place };
	}
}
