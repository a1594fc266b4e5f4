/** docs/fields.md against the nodes: a field without its row, or a row without its field, fails here. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { KlingFastApi } from '../../../credentials/KlingFastApi.credentials';
import { klingFastProperties } from '../../../nodes/KlingFast/actions/properties';
import { METADATA_MAX_BYTES } from '../../../nodes/KlingFast/actions/video/readRow';
import { IMAGE_LIMITS } from '../../../nodes/KlingFast/apimart/images';
import { CLIP_LIMITS } from '../../../nodes/KlingFast/generation/request';
import { grouped } from '../../../nodes/KlingFast/invalidField';
import { triggerProperties } from '../../../nodes/KlingFast/trigger/trigger.fields';
import { childrenOf, fieldsOf } from '../fieldLists';
import { pageOf, sectionOf, tableOf } from './markdown';

interface Described {
	/** As it stands in bold in the first column. */
	name: string;
	/** Several where a field has a form for each resource. */
	fields: INodeProperties[];
}

const page = pageOf('docs/fields.md');

/** Collections and notices hold no value of their own. */
const HOLDS_NO_VALUE = ['collection', 'fixedCollection', 'notice'];

const tables: Array<[heading: string, index: number, fields: Described[]]> = [
	['What the action node works on', 0, described(unplaced())],
	['Generate Video', 0, described(fieldsOf('video', 'generate'))],
	['Options of Generate Video', 0, optionsOf(fieldsOf('video', 'generate'))],
	['Get Video', 0, described(fieldsOf('video', 'get'))],
	['Options of Get Video', 0, optionsOf(fieldsOf('video', 'get'))],
	['Estimate Cost', 0, described(fieldsOf('video', 'estimateCost'))],
	['Upload Image', 0, described(fieldsOf('image', 'upload'))],
	['Kling Fast Trigger', 0, described(triggerProperties)],
	['Kling Fast Trigger', 1, optionsOf(triggerProperties)],
	['Kling Fast API', 0, described(new KlingFastApi().properties)],
];

it('every field of the nodes belongs to one of the tables', () => {
	const known = new Set(tables.flatMap(([, , fields]) => fields.flatMap(({ fields: own }) => own)));
	const every = [
		...klingFastProperties,
		...triggerProperties,
		...klingFastProperties.flatMap(childrenOf),
		...triggerProperties.flatMap(childrenOf),
	];
	const homeless = every.filter((field) => field.type !== 'notice' && !known.has(field));
	expect(homeless.map(({ displayName }) => displayName)).toEqual([]);
});

describe.each(tables)('%s, table %d', (heading, index, fields) => {
	const { rows } = tableOf(page, heading, index);

	it('has a row for every field, in the order of the editor, and no other', () => {
		const names = rows.map(([name]) => name);
		expect(names).toEqual(fields.map(({ name }) => `**${name}**`));
	});

	it.each(fields)(
		'$name: choices, default and range are those of the node',
		({ name, fields: own }) => {
			const [, values, defaultCell] = rows.find(([cell]) => cell === `**${name}**`) ?? [];
			for (const field of own) {
				for (const choice of choicesOf(field)) expect(values).toContain(`_${choice.name}_`);
				for (const { value } of choicesOf(field).filter(hasAnotherValue)) {
					expect(values).toContain(`\`${value}\``);
				}
				for (const range of rangesOf(field)) expect(values).toContain(range);
				if (field.required && field.type === 'string') expect(values).toContain('required');
			}
			const defaults = own.map(defaultOf);
			expect([...defaults]).toContain(defaultCell?.replaceAll('`', '') ?? 'missing');
		},
	);
});

it('names the limits that the node holds to', () => {
	const rowOf = (heading: string, name: string) =>
		tableOf(page, heading)
			.rows.find(([cell]) => cell === `**${name}**`)
			?.join(' ') ?? '';
	const { promptCharacters, negativePromptCharacters, shotPromptCharacters, shots } = CLIP_LIMITS;
	const { durationSeconds } = CLIP_LIMITS;
	const expected: Array<[heading: string, name: string, words: string]> = [
		['Generate Video', 'Prompt', `up to ${grouped(promptCharacters)} characters`],
		['Generate Video', 'Shot List', `1 to ${shots} shots`],
		['Generate Video', 'Shot List', `${durationSeconds.min} to ${durationSeconds.max} seconds`],
		['Generate Video', 'Shot List → Prompt', `up to ${shotPromptCharacters} characters`],
		['Estimate Cost', 'Shot List → Prompt', `up to ${shotPromptCharacters} characters`],
		['Generate Video', 'Metadata', `${grouped(METADATA_MAX_BYTES)} bytes`],
		['Get Video', 'Metadata', `${grouped(METADATA_MAX_BYTES)} bytes`],
		['Options of Generate Video', 'Negative Prompt', grouped(negativePromptCharacters)],
		['Generate Video', 'Image Input', `${IMAGE_LIMITS.bytes / 1024 / 1024} MB`],
		['Upload Image', 'Input Data Field Name', `${IMAGE_LIMITS.bytes / 1024 / 1024} MB`],
	];
	for (const [heading, name, words] of expected) expect(rowOf(heading, name)).toContain(words);
	expect(sectionOf(page, 'Upload Image')).toContain(`${IMAGE_LIMITS.lifeHours} hours`);
});

function unplaced(): INodeProperties[] {
	return klingFastProperties.filter(({ name }) => ['resource', 'operation'].includes(name));
}

function described(fields: INodeProperties[]): Described[] {
	const shown = fields.filter(({ type }) => type !== 'notice');
	const single = shown.flatMap((field) => [
		{ name: field.displayName, fields: [field] },
		...innerFieldsOf(field),
	]);
	return [...new Set(single.map(({ name }) => name))].map((name) => ({
		name,
		fields: single.filter((other) => other.name === name).flatMap(({ fields: own }) => own),
	}));
}

function innerFieldsOf(field: INodeProperties): Described[] {
	const groups = field.type === 'fixedCollection' ? (field.options ?? []) : [];
	const inner = groups.flatMap((group) => ('values' in group ? group.values : []));
	return inner.map((own) => ({ name: `${field.displayName} → ${own.displayName}`, fields: [own] }));
}

function optionsOf(fields: INodeProperties[]): Described[] {
	return described(fields.filter(({ type }) => type === 'collection').flatMap(childrenOf));
}

function choicesOf(field: INodeProperties): INodePropertyOptions[] {
	if (field.type !== 'options' && field.type !== 'multiOptions') return [];
	return (field.options ?? []).filter((option) => 'value' in option);
}

function hasAnotherValue({ name, value }: INodePropertyOptions): boolean {
	return value !== '' && value !== name;
}

function rangesOf({ name, type, typeOptions }: INodeProperties): string[] {
	if (type !== 'number') return [];
	const { minValue, maxValue, numberPrecision } = typeOptions ?? {};
	if (minValue === undefined) throw new Error(`${name} has no range`);
	const range =
		maxValue === undefined
			? `above ${grouped(minValue)}`
			: `${grouped(minValue)} to ${grouped(maxValue)}`;
	return numberPrecision === 0 ? [range, 'whole number'] : [range];
}

/** As the Default column says it, without backticks. */
function defaultOf(field: INodeProperties): string {
	const { type, default: value } = field;
	if (type === 'collection') return 'none';
	if (HOLDS_NO_VALUE.includes(type) || value === '') {
		const none = choicesOf(field).find((choice) => choice.value === '');
		return none ? `_${none.name}_` : 'empty';
	}
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	const chosen = choicesOf(field).filter((choice) => [value].flat().includes(choice.value));
	return chosen.length > 0 ? chosen.map(({ name }) => `_${name}_`).join(', ') : String(value);
}
