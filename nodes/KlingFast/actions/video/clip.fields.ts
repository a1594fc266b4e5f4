import type { INodeProperties } from 'n8n-workflow';

export const GENERATE = { resource: ['video'], operation: ['generate'] };
export const GET = { resource: ['video'], operation: ['get'] };
export const ESTIMATE = { resource: ['video'], operation: ['estimateCost'] };
export const GENERATE_OR_ESTIMATE = {
	resource: ['video'],
	operation: ['generate', 'estimateCost'],
};

/*
 * What makes the length and the price of a clip. Generate Video and Estimate Cost share these fields, so that a person
 * can switch from one to the other and keep what is filled in. In parts, because Generate Video has fields of its own in
 * between. Estimate Cost also shows what its warnings are about: the prompt, the start image, the camera.
 */

export const shotsFields: INodeProperties[] = [
	{
		displayName: 'Shots',
		name: 'shots',
		type: 'options',
		options: [
			{ name: 'One Shot', value: 'single', description: 'One continuous take' },
			{
				name: 'Several, Written by You',
				value: 'custom',
				description: 'Up to 6 shots, each with its own prompt and duration',
			},
			{
				name: 'Several, From JSON',
				value: 'json',
				description: 'A script from the row: a list of prompts and durations',
			},
			{
				name: 'Several, Split by Kling',
				value: 'auto',
				description: 'One prompt, cut into shots by the model',
			},
		],
		default: 'single',
		description: 'How the clip is cut',
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];

export const shotListFields: INodeProperties[] = [
	{
		displayName: 'Shot List',
		name: 'shotList',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true, maxAllowedFields: 6 },
		placeholder: 'Add Shot',
		default: {},
		description:
			'1 to 6 shots in their order. Together they make a clip of 3 to 15 seconds. Shots without a prompt are skipped.',
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, shots: ['custom'] } },
		options: [
			{
				displayName: 'Shot',
				name: 'shot',
				values: [
					{
						displayName: 'Prompt',
						name: 'prompt',
						type: 'string',
						typeOptions: { rows: 2 },
						default: '',
						placeholder: 'e.g. Close-up of the bottle, drops running down the glass',
						description: 'What this shot shows, up to 512 characters',
					},
					{
						displayName: 'Duration (Seconds)',
						name: 'duration',
						type: 'number',
						typeOptions: { minValue: 1, maxValue: 15, numberPrecision: 0 },
						default: 3,
						description: 'Length of this shot in whole seconds',
					},
				],
			},
		],
	},
	{
		displayName: 'Shot List (JSON)',
		name: 'shotListJson',
		type: 'json',
		typeOptions: { rows: 4 },
		default: '[]',
		placeholder: 'e.g. [{"prompt": "A wave rolls in", "duration": 3}]',
		hint: 'e.g. [{"prompt": "A wave rolls in", "duration": 3}]',
		description:
			'1 to 6 shots, each with a prompt of up to 512 characters and a duration in whole seconds. Together they make a clip of 3 to 15 seconds. Shots without a prompt are skipped.',
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, shots: ['json'] } },
	},
];

export const durationFields: INodeProperties[] = [
	{
		displayName: 'Duration (Seconds)',
		name: 'duration',
		type: 'number',
		typeOptions: { minValue: 3, maxValue: 15, numberPrecision: 0 },
		default: 5,
		description: 'Length of the clip in whole seconds, from 3 to 15. You pay by the second.',
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, shots: ['single', 'auto'] } },
	},
];

export const qualityFields: INodeProperties[] = [
	{
		displayName: 'Quality',
		name: 'quality',
		type: 'options',
		options: [
			{
				name: 'Fast (720p)',
				value: 'std',
				description: '$0.1008 per second with audio, $0.0672 without (estimate)',
			},
			{
				name: 'Pro (1080p)',
				value: 'pro',
				description: '$0.1344 per second with audio, $0.0896 without (estimate)',
			},
			{
				name: '4K',
				value: '4k',
				description: '$0.42856 per second, with or without audio (estimate)',
			},
		],
		default: 'std',
		description:
			'Picture size, which sets the price per second. Fast: $0.1008 with audio, $0.0672 without. Pro: $0.1344 with audio, $0.0896 without. 4K: $0.42856 either way. Estimates from the price list of August 2026.',
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
	{
		displayName: 'Generate Audio',
		name: 'audio',
		type: 'boolean',
		default: true,
		hint: 'Costs 50% more per second, except in 4K',
		description:
			'Whether to make sound that fits the picture. Audio makes each second half as much again: Fast $0.1008 instead of $0.0672, Pro $0.1344 instead of $0.0896. 4K costs the same either way.',
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];
