import type { INodeProperties } from 'n8n-workflow';
import { checkImageAddress } from '../../apimart/address';
import type { Element } from '../../apimart/clipRequest';
import { KLING_V3 } from '../../apimart/models';
import { grouped, shown } from '../../invalidField';
import { isObject } from '../../json';
import type { Params } from '../../params';
import { isEmpty } from '../../values';

const { limits } = KLING_V3;
const ELEMENT = 'options.elements.element';
const SHAPE =
	'{"name": "mug", "description": "A blue mug", "imageUrls": ["https://example.com/mug.png"]}';

export const elementsOptions: INodeProperties[] = [
	{
		displayName: 'Elements',
		name: 'elements',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true, maxAllowedFields: limits.elements },
		placeholder: 'Add Element',
		default: {},
		description: `Up to ${limits.elements} subjects, such as a product or a person, that look the same in every clip. Write @name in the prompt where one appears.`,
		options: [
			{
				displayName: 'Element',
				name: 'element',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						required: true,
						placeholder: 'e.g. mug',
						description: 'Letters, digits, - and _. The prompt has to mention it as @name.',
					},
					{
						displayName: 'Description',
						name: 'description',
						type: 'string',
						default: '',
						required: true,
						placeholder: 'e.g. A blue mug with a white handle',
						description: 'What it is, in a few words',
					},
					{
						displayName: 'Image URLs',
						name: 'imageUrls',
						type: 'string',
						typeOptions: { rows: 2 },
						default: '',
						required: true,
						placeholder: 'e.g. https://example.com/mug-front.png',
						description: `1 to ${limits.elementImages.max} addresses of images that anybody can open, one a line, the front view first`,
					},
				],
			},
		],
	},
	{
		displayName: 'Elements (JSON)',
		name: 'elementsJson',
		type: 'json',
		typeOptions: { rows: 4 },
		default: '[]',
		placeholder: `e.g. [${SHAPE}]`,
		description: `Elements from the row: a list of names, descriptions and 1 to ${limits.elementImages.max} image addresses each. Together with Elements up to ${limits.elements}.`,
	},
];

/** What can be found as `@name` in a text. */
const NAME = /^[\p{L}\p{N}_-]+$/u;

/**
 * The elements of a row, from the list in the editor and from JSON; entries with nothing in them are skipped.
 *
 * @param prompts of the clip or of its shots: a name that stands in none of them is paid for and ignored by the model
 * @throws InvalidField for the first that cannot be used
 */
export function readElements(params: Params, baseUrl: string, prompts: string[]): Element[] {
	const fromJson = params.jsonList('options.elementsJson', `a list such as [${SHAPE}]`);
	const lists = { 'options.elements': params.added(ELEMENT), 'options.elementsJson': fromJson };
	const elements: Element[] = [];
	for (const [path, rows] of Object.entries(lists)) {
		const used = rows.map((row) => (isUnused(row) ? undefined : row));
		for (const entry of params.entries(ELEMENT, used, path, SHAPE)) {
			const element = readElement(entry, baseUrl);
			checkName(element.name, entry, { elements, prompts });
			elements.push(element);
		}
		if (elements.length > limits.elements) {
			const value = `a list of ${grouped(elements.length)} elements`;
			throw params.refusal(path, value, `one of at most ${limits.elements} in all`);
		}
	}
	return elements;
}

function readElement(entry: Params, baseUrl: string): Element {
	const name = entry.text(`${ELEMENT}.name`).replace(/^@/, '');
	const description = entry.text(`${ELEMENT}.description`, 'a few words on what it is');
	const path = `${ELEMENT}.imageUrls`;
	const typed = entry.value(path);
	const imageUrls = (Array.isArray(typed) ? typed : entry.text(path).split(/,?\s+|,(?=https?:)/i))
		.filter((url) => !isEmpty(url))
		.map((url: unknown) => String(url).trim());
	const { max } = limits.elementImages;
	if (imageUrls.length < 1 || imageUrls.length > max) {
		const value =
			imageUrls.length === 0 ? 'empty' : `a list of ${grouped(imageUrls.length)} addresses`;
		throw entry.refusal(path, value, `1 to ${max} addresses of images`);
	}
	const [label, place] = [entry.label(path), entry.place(path)];
	for (const url of imageUrls) checkImageAddress(url, baseUrl, label, place);
	return { name, description, imageUrls };
}

function checkName(
	name: string,
	entry: Params,
	{ elements, prompts }: { elements: Element[]; prompts: string[] },
): void {
	const path = `${ELEMENT}.name`;
	if (!NAME.test(name)) {
		throw entry.refusal(path, shown(name), 'a name of letters, digits, - and _');
	}
	if (elements.some((element) => element.name === name)) {
		throw entry.refusal(path, `${shown(name)} a second time`, 'another name');
	}
	// Not as part of an e-mail address. Only those letters count in front: other scripts have no blanks.
	const mention = new RegExp(`(?<!\\w)@${name}(?![\\p{L}\\p{N}_-])`, 'u');
	if (prompts.some((prompt) => mention.test(prompt))) return;
	const allowed = `a name that the prompt mentions as @${name}; unless it is mentioned, the element is paid for and ignored`;
	throw entry.refusal(path, shown(name), allowed);
}

function isNothing(value: unknown): boolean {
	return isEmpty(value) || (Array.isArray(value) && value.every(isEmpty));
}

function isUnused(entry: unknown): boolean {
	return isEmpty(entry) || (isObject(entry) && Object.values(entry).every(isNothing));
}
