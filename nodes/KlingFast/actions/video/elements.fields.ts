import type { INodeProperties } from 'n8n-workflow';
import { KLING_V3 } from '../../apimart/models';

const { limits } = KLING_V3;

/** Subjects that look the same in every clip: from a list in the editor, and from the row. */
export const elementsOptions: INodeProperties[] = [
	{
		displayName: 'Elements',
		name: 'elements',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true, maxAllowedFields: limits.elements },
		placeholder: 'Add Element',
		default: {},
		description:
			'Up to 3 subjects, such as a product or a person, that look the same in every clip. Write @name in the prompt where one appears.',
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
						description:
							'1 to 4 addresses of images that anybody can open, one a line, the front view first',
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
		placeholder:
			'e.g. [{"name": "mug", "description": "A blue mug", "imageUrls": ["https://example.com/mug.png"]}]',
		description:
			'Elements from the row: a list of names, descriptions and 1 to 4 image addresses each. Together with Elements up to 3.',
	},
];
