/* What happens in a clip and how long it is: prompt, shots, duration and camera, their fields and how a row says them. */
import type { INodeProperties } from 'n8n-workflow';
import {
	fullPrompt,
	isWrittenInShots,
	type ClipRequest,
	type Shot,
	type ShotsKind,
} from '../../apimart/clipRequest';
import { KLING_V3 } from '../../apimart/models';
import { grouped, InvalidField } from '../../invalidField';
import { isObject } from '../../json';
import type { Params } from '../../params';
import type { Choice } from '../../values';
import { ESTIMATE, GENERATE, GENERATE_OR_ESTIMATE } from '../resource.fields';

const { limits } = KLING_V3;
const SHOT = 'shotList.shot';
const SHOT_SHAPE = '{"prompt": "A wave rolls in", "duration": 3}';
const { durationSeconds: seconds } = limits;

export const shotsField: INodeProperties = {
	displayName: 'Shots',
	name: 'shots',
	type: 'options',
	options: [
		{ name: 'One Shot', value: 'single', description: 'One continuous take' },
		{
			name: 'Several, Written by You',
			value: 'custom',
			description: `Up to ${limits.shots} shots, each with its own prompt and duration`,
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
};

const promptField: INodeProperties = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	default: '',
	placeholder: 'e.g. A red fox trots through fresh snow at sunrise, low camera, soft light',
};

export const promptFields: INodeProperties[] = [
	{
		...promptField,
		required: true,
		description: `What happens in the clip: subject, action, style and sound. Up to ${grouped(limits.promptCharacters)} characters, English works best.`,
		displayOptions: { show: { ...GENERATE, shots: ['single', 'auto'] } },
	},
	{
		...promptField,
		description:
			'Does not change the price. Leave empty, or fill in to get warnings about what would be paid for and not used.',
		displayOptions: { show: { ...ESTIMATE, shots: ['single', 'auto'] } },
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
		description: `1 to ${limits.shots} shots in their order. Together they make a clip of ${seconds.min} to ${seconds.max} seconds. Shots without a prompt are skipped.`,
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
						description: `What this shot shows, up to ${limits.shotPromptCharacters} characters`,
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
		placeholder: `e.g. [${SHOT_SHAPE}]`,
		hint: `e.g. [${SHOT_SHAPE}]`,
		description: `1 to ${limits.shots} shots, each with a prompt of up to ${limits.shotPromptCharacters} characters and a duration in whole seconds. Together they make a clip of ${seconds.min} to ${seconds.max} seconds. Shots without a prompt are skipped.`,
		displayOptions: { show: { ...GENERATE_OR_ESTIMATE, shots: ['json'] } },
	},
];

export const durationField: INodeProperties = {
	displayName: 'Duration (Seconds)',
	name: 'duration',
	type: 'number',
	typeOptions: {
		minValue: seconds.min,
		maxValue: seconds.max,
		numberPrecision: 0,
	},
	default: 5,
	description: `Length of the clip in whole seconds, from ${seconds.min} to ${seconds.max}. You pay by the second.`,
	displayOptions: { show: { ...GENERATE_OR_ESTIMATE, shots: ['single', 'auto'] } },
};

/** The API has no field for the camera; the model follows words at the end of a prompt. Sorted by name, as the editor shows them. */
export const CAMERA_MOVEMENTS: ReadonlyArray<Choice & { words: string }> = [
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

/** In words, undefined for none. */
export function readCameraMovement(params: Params): string | undefined {
	const movement = params.choice('options.cameraMovement');
	return CAMERA_MOVEMENTS.find(({ value }) => value === movement)?.words || undefined;
}

export function readPrompt(params: Params, cameraMovement?: string): string {
	const allowed = `a text of up to ${grouped(limits.promptCharacters)} characters`;
	const prompt = params.text('prompt', allowed);
	checkPrompt(params, 'prompt', prompt, limits.promptCharacters, cameraMovement);
	return prompt;
}

export function readLength(
	params: Params,
	cameraMovement?: string,
): Pick<ClipRequest, 'shotsKind' | 'shots' | 'durationSeconds'> {
	const shotsKind = params.choice<ShotsKind>('shots');
	if (!isWrittenInShots(shotsKind)) {
		return { shotsKind, shots: [], durationSeconds: params.number('duration') };
	}
	const field = shotsKind === 'json' ? 'shotListJson' : 'shotList';
	const rows =
		shotsKind === 'json'
			? params.jsonList(field, `a list such as [${SHOT_SHAPE}]`)
			: params.added(SHOT);
	const misnamed = rows.findIndex(isMisnamed);
	if (misnamed >= 0) {
		const value = 'an object without "prompt"';
		throw new InvalidField(params.label(field), value, SHOT_SHAPE, `shot ${misnamed + 1}`);
	}
	const shots = params
		.entries(SHOT, rows, field, SHOT_SHAPE)
		.flatMap((entry) => readShot(entry, shotsKind, cameraMovement));
	if (shots.length < 1 || shots.length > limits.shots) {
		const value = shots.length === 0 ? 'empty' : `a list of ${grouped(shots.length)} shots`;
		throw params.refusal(field, value, `1 to ${limits.shots} shots that have a prompt`);
	}
	const durationSeconds = shots.reduce((sum, shot) => sum + shot.durationSeconds, 0);
	if (durationSeconds < seconds.min || durationSeconds > seconds.max) {
		const value = `${durationSeconds} seconds long (the sum of its shots)`;
		throw params.refusal(field, value, `${seconds.min} to ${seconds.max} seconds`);
	}
	return { shotsKind, shots, durationSeconds };
}

/** Whether its text stands under another name: left out, a shorter clip than meant would be bought. */
function isMisnamed(row: unknown): boolean {
	if (!isObject(row) || 'prompt' in row) return false;
	return Object.values(row).some((value) => typeof value === 'string' && isNaN(Number(value)));
}

/** Nothing where it has no prompt: such shots are skipped. A script in JSON has no default duration: it has to say its seconds. */
function readShot(entry: Params, shotsKind: ShotsKind, cameraMovement?: string): Shot[] {
	const [path, duration] = [`${SHOT}.prompt`, `${SHOT}.duration`];
	const prompt = entry.text(path);
	if (prompt === '') return [];
	checkPrompt(entry, path, prompt, limits.shotPromptCharacters, cameraMovement);
	const isJson = shotsKind === 'json';
	return [
		{ prompt, durationSeconds: isJson ? entry.requiredNumber(duration) : entry.number(duration) },
	];
}

/** A prompt is as long as what is sent, the words of the camera movement included. */
function checkPrompt(
	params: Params,
	path: string,
	prompt: string,
	limit: number,
	cameraMovement?: string,
): void {
	const withWords = cameraMovement ? " with the words of 'Camera Movement'" : '';
	checkLength(params, path, fullPrompt({ prompt, cameraMovement }), limit, withWords);
}

/** Characters are counted as people count them: an emoji is one, not two. */
export function checkLength(
	params: Params,
	path: string,
	text: string,
	limit: number,
	withWords = '',
): void {
	const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g) ?? [];
	const count = text.length - pairs.length;
	if (count <= limit) return;
	const value = `${grouped(count)} characters long${withWords}`;
	throw params.refusal(path, value, `at most ${grouped(limit)}`);
}
