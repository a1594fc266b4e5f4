/** The tables of docs/fields.md, made from the descriptions of the nodes. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { KlingFastApi } from '../credentials/KlingFastApi.credentials';
import { klingFastProperties } from '../nodes/KlingFast/actions/properties';
import { grouped } from '../nodes/KlingFast/invalidField';
import { triggerProperties } from '../nodes/KlingFast/trigger/trigger.fields';
import { withTables, type Table } from './markedTables';

const HEAD = ['Field', 'Takes', 'Default', 'What to know'];

/** The fields of each table, by the name that stands in the page. */
const TABLES: Record<string, INodeProperties[]> = {
	'the action node': klingFastProperties.filter(({ name }) =>
		['resource', 'operation'].includes(name),
	),
	'Generate Video': fieldsOf('video', 'generate'),
	'Generate Video, options': optionsOf(fieldsOf('video', 'generate')),
	'Get Video': fieldsOf('video', 'get'),
	'Get Video, options': optionsOf(fieldsOf('video', 'get')),
	'Estimate Cost': fieldsOf('video', 'estimateCost'),
	'Estimate Cost, options': optionsOf(fieldsOf('video', 'estimateCost')),
	'Upload Image': fieldsOf('image', 'upload'),
	'Kling Fast Trigger': triggerProperties,
	'Kling Fast Trigger, options': optionsOf(triggerProperties),
	'Kling Fast API': new KlingFastApi().properties,
};

/** The page with its tables as the nodes are now. */
export function withFieldTables(page: string): string {
	const tables = Object.entries(TABLES).map(([name, fields]) => [name, tableOf(fields)] as const);
	return withTables(page, 'fields', Object.fromEntries(tables));
}

/** The fields of one operation, whatever else it takes to see them. */
function fieldsOf(resource: string, operation: string): INodeProperties[] {
	return klingFastProperties.filter(
		({ displayOptions }) =>
			displayOptions?.show?.resource?.includes(resource) &&
			displayOptions.show.operation?.includes(operation),
	);
}

function optionsOf(fields: INodeProperties[]): INodeProperties[] {
	const collections = fields.filter(({ type }) => type === 'collection');
	return collections.flatMap(({ options = [] }) => options.filter((option) => 'type' in option));
}

function tableOf(fields: INodeProperties[]): Table {
	const shown = fields.filter(({ type }) => type !== 'notice' && type !== 'collection');
	const rows = shown.flatMap((field) => [
		rowOf(field, field.displayName),
		...innerFieldsOf(field).map((inner) =>
			rowOf(inner, `${field.displayName} → ${inner.displayName}`),
		),
	]);
	return [HEAD, ...rows];
}

function innerFieldsOf({ type, options = [] }: INodeProperties): INodeProperties[] {
	if (type !== 'fixedCollection') return [];
	return options.flatMap((group) => ('values' in group ? group.values : []));
}

function rowOf(field: INodeProperties, name: string): string[] {
	const notes = [
		field.description ?? field.hint ?? '',
		...choiceNotesOf(field),
		...whenShown(field),
	];
	const sentences = notes.filter((note) => note !== '').map(asSentence);
	return [`**${name}**`, takes(field), defaultOf(field), sentences.join(' ')];
}

function takes(field: INodeProperties): string {
	const { type, required, typeOptions = {} } = field;
	const { minValue, maxValue, numberPrecision, maxAllowedFields } = typeOptions;
	const words: Record<string, string> = {
		boolean: 'on, off',
		json: 'JSON, or an expression',
		fixedCollection: `up to ${maxAllowedFields}`,
		number: [
			numberPrecision === 0 ? 'whole number, ' : '',
			maxValue === undefined
				? `above ${minValue}`
				: `${grouped(Number(minValue))} to ${grouped(maxValue)}`,
			field.default === '' ? ', or empty' : '',
		].join(''),
		workflowSelector: 'a workflow, from the list or by its ID',
		string: required ? 'text, required' : 'text',
	};
	const choices = choicesOf(field).map(({ name, value }) =>
		value === '' || value === name ? `_${name}_` : `_${name}_ \`${String(value)}\``,
	);
	const several = type === 'multiOptions' ? ', one or more' : '';
	return choices.length > 0 ? `${choices.join(', ')}${several}` : words[type];
}

function defaultOf(field: INodeProperties): string {
	const { type, default: value } = field;
	const chosen = choicesOf(field).filter((choice) => [value].flat().includes(choice.value));
	if (chosen.length > 0) return chosen.map(({ name }) => `_${name}_`).join(', ');
	if (type === 'fixedCollection' || value === '') return 'empty';
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	return typeof value === 'number' ? String(value) : `\`${String(value)}\``;
}

/** What the choices say of themselves, apart from prices, which stand in the description. */
function choiceNotesOf(field: INodeProperties): string[] {
	return choicesOf(field).flatMap(({ name, description = '' }) =>
		description === '' || description.startsWith('$') ? [] : [`_${name}_: ${description}`],
	);
}

/** On which other fields it hangs whether this one can be seen. */
function whenShown({ displayOptions = {} }: INodeProperties): string[] {
	const { show = {}, hide = {} } = displayOptions;
	const conditions = Object.entries(show)
		.map(([name, values]) => [name.replace(/^\//, ''), values ?? []] as const)
		.filter(([name]) => name !== 'resource' && name !== 'operation')
		.map(
			([name, values]) =>
				`_${labelOf(name)}_: ${values.map((value) => choiceOf(name, value)).join(' or ')}`,
		);
	return [
		...(conditions.length > 0 ? [`Shown with ${conditions.join(' and ')}`] : []),
		...('@tool' in hide ? ['Not shown to an AI agent'] : []),
	];
}

const every = [...klingFastProperties, ...triggerProperties, ...optionsOf(triggerProperties)];

function labelOf(name: string): string {
	return every.find((field) => field.name === name)?.displayName ?? name;
}

function choiceOf(name: string, value: unknown): string {
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	const fields = every.filter((field) => field.name === name);
	const choice = fields.flatMap(choicesOf).find((one) => one.value === value);
	return choice ? `_${choice.name}_` : `\`${String(value)}\``;
}

function choicesOf({ options = [] }: INodeProperties): INodePropertyOptions[] {
	return options.filter((option): option is INodePropertyOptions => 'value' in option);
}

/** An example of an expression or of JSON would be taken for Markdown. */
function asSentence(text: string): string {
	const marked = text.replace(/\{\{.*\}\}|\[\{.*\}\]/, (code) => `\`${code}\``);
	return /[.!?:]$/.test(marked) ? marked : `${marked}.`;
}
