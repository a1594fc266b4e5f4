import type { INodeProperties } from 'n8n-workflow';
import { KLING_V3 } from '../../apimart/models';
import type { Choice } from '../../values';

export const GENERATE = { resource: ['video'], operation: ['generate'] };
const ESTIMATE = { resource: ['video'], operation: ['estimateCost'] };
export const GET = { resource: ['video'], operation: ['get'] };
const { limits, usdPerSecond } = KLING_V3;
const { std, pro, '4k': fourK } = usdPerSecond;

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
		typeOptions: { multipleValues: true, sortable: true, maxAllowedFields: limits.shots },
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
						typeOptions: {
							minValue: limits.shotSeconds.min,
							maxValue: limits.shotSeconds.max,
							numberPrecision: 0,
						},
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
		typeOptions: {
			minValue: limits.durationSeconds.min,
			maxValue: limits.durationSeconds.max,
			numberPrecision: 0,
		},
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
				description: `$${std.withAudio} per second with audio, $${std.silent} without (estimate)`,
			},
			{
				name: 'Pro (1080p)',
				value: 'pro',
				description: `$${pro.withAudio} per second with audio, $${pro.silent} without (estimate)`,
			},
			{
				name: '4K',
				value: '4k',
				description: `$${fourK.silent} per second, with or without audio (estimate)`,
			},
		],
		default: 'std',
		description: `Picture size, which sets the price per second. Fast: $${std.withAudio} with audio, $${std.silent} without. Pro: $${pro.withAudio} with audio, $${pro.silent} without. 4K: $${fourK.silent} either way. Estimates from the price list of August 2026.`,
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
	{
		displayName: 'Generate Audio',
		name: 'audio',
		type: 'boolean',
		default: true,
		hint: 'Costs 50% more per second, except in 4K',
		description: `Whether to make sound that fits the picture. Audio makes each second half as much again: Fast $${std.withAudio} instead of $${std.silent}, Pro $${pro.withAudio} instead of $${pro.silent}. 4K costs the same either way.`,
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];

/** A way to move the camera: how it is called, and the words that ask for it at the end of a prompt. */
interface CameraMovement extends Choice {
	words: string;
}

/** The API has no field for the camera; the model follows plain words. Sorted by name, as the editor shows them. */
export const CAMERA_MOVEMENTS: readonly CameraMovement[] = [
	{ name: 'Crane Down', value: 'craneDown', words: 'Camera: smooth crane shot moving down.' },
	{ name: 'Crane Up', value: 'craneUp', words: 'Camera: smooth crane shot moving up.' },
	{ name: 'Dolly In', value: 'dollyIn', words: 'Camera: slow dolly in towards the subject.' },
	{ name: 'Dolly Out', value: 'dollyOut', words: 'Camera: slow dolly out from the subject.' },
	{ name: 'Handheld', value: 'handheld', words: 'Camera: handheld with natural movement.' },
	{ name: 'None', value: '', words: '' },
	{ name: 'Orbit', value: 'orbit', words: 'Camera: slow orbit around the subject.' },
	{ name: 'Pan Left', value: 'panLeft', words: 'Camera: slow pan to the left.' },
	{ name: 'Pan Right', value: 'panRight', words: 'Camera: slow pan to the right.' },
	{ name: 'Static', value: 'static', words: 'Camera: locked off, no movement.' },
	{ name: 'Tilt Down', value: 'tiltDown', words: 'Camera: slow tilt down.' },
	{ name: 'Tilt Up', value: 'tiltUp', words: 'Camera: slow tilt up.' },
	{ name: 'Track', value: 'track', words: 'Camera: tracking shot that follows the subject.' },
	{ name: 'Zoom In', value: 'zoomIn', words: 'Camera: slow zoom in.' },
	{ name: 'Zoom Out', value: 'zoomOut', words: 'Camera: slow zoom out.' },
];

export const cameraMovementOption: INodeProperties = {
	displayName: 'Camera Movement',
	name: 'cameraMovement',
	type: 'options',
	options: CAMERA_MOVEMENTS.map(({ name, value }) => ({ name, value })),
	default: '',
	description: 'Added to the end of the prompt (of each shot) in words, and counted with it',
};

/** The Prompt of Generate Video, which need not be there to know the price. */
export const estimatePrompt: INodeProperties = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	default: '',
	placeholder: 'e.g. A red fox trots through fresh snow at sunrise, low camera, soft light',
	description:
		'Does not change the price. Leave empty, or fill in to get warnings about what would be paid for in vain.',
	displayOptions: { show: { ...ESTIMATE, shots: ['single', 'auto'] } },
};

export const estimateOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: ESTIMATE },
	options: [cameraMovementOption],
};
