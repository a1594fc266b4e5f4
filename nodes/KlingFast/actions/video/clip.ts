/* A clip as it is asked for: how it looks and sounds, the fields for that, and how a row becomes a checked request. */
import type { INodeProperties } from 'n8n-workflow';
import { isWrittenInShots, type AspectRatio, type ClipRequest } from '../../apimart/clipRequest';
import { KLING_V3, type Quality } from '../../apimart/models';
import { grouped } from '../../invalidField';
import type { Params } from '../../params';
import { isEmpty } from '../../values';
import { ESTIMATE, GENERATE_OR_ESTIMATE } from '../resource.fields';
import { readElements } from './elements';
import { readFrames } from './images';
import { readMetadata } from './result.fields';
import {
	cameraMovementOption,
	checkLength,
	readCameraMovement,
	readLength,
	readPrompt,
} from './shots';
import type { JudgedClip } from './warnings';

const { limits, usdPerSecond } = KLING_V3;
const { std, pro, '4k': fourK } = usdPerSecond;

export const aspectRatioField: INodeProperties = {
	displayName: 'Aspect Ratio',
	name: 'aspectRatio',
	type: 'options',
	options: [
		{ name: '16:9', value: '16:9', description: 'Landscape' },
		{ name: '9:16', value: '9:16', description: 'Portrait, for stories, shorts and reels' },
		{ name: '1:1', value: '1:1', description: 'Square' },
	],
	default: '16:9',
	description: 'Shape of the picture. With a start image, the shape of the image can win.',
	displayOptions: { show: GENERATE_OR_ESTIMATE },
};

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
		description: `Whether to make sound that fits the picture. With audio a second costs 50% more: Fast $${std.withAudio} instead of $${std.silent}, Pro $${pro.withAudio} instead of $${pro.silent}. 4K costs the same either way.`,
		displayOptions: { show: GENERATE_OR_ESTIMATE },
	},
];

export const clipOptions: INodeProperties[] = [
	{
		displayName: 'Check Content First',
		name: 'moderate',
		type: 'boolean',
		default: false,
		description:
			'Whether to have the provider check the prompt before it starts. The check takes a moment and can cost extra.',
	},
	{
		displayName: 'Negative Prompt',
		name: 'negativePrompt',
		type: 'string',
		typeOptions: { rows: 2 },
		default: '',
		placeholder: 'e.g. blurry, low quality, text, watermark',
		description: `What should not be seen, up to ${grouped(limits.negativePromptCharacters)} characters`,
	},
	{
		displayName: 'Watermark',
		name: 'watermark',
		type: 'boolean',
		default: false,
		description: 'Whether the provider puts its watermark on the video',
	},
];

export const estimateOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	displayOptions: { show: ESTIMATE },
	options: [cameraMovementOption],
};

/**
 * One row of Generate Video as a checked request. Only fields that the row's choices make visible are read, so that what
 * is left over in a hidden field neither counts nor fails.
 *
 * @param baseUrl the credential's, normalized: what image addresses may be depends on it
 * @throws InvalidField for the first value that cannot be used
 */
export function readClipRequest(params: Params, baseUrl: string): ClipRequest {
	const clip = readJudgedClip(params, readPrompt);
	const negativePrompt = params.text('options.negativePrompt');
	const { negativePromptCharacters } = limits;
	checkLength(params, 'options.negativePrompt', negativePrompt, negativePromptCharacters);
	const prompts = [clip.prompt, ...clip.shots.map((shot) => shot.prompt)];
	const elements = readElements(params, baseUrl, prompts);
	return {
		...clip,
		...readFrames(params, baseUrl),
		...(elements.length > 0 && { elements }),
		...(negativePrompt && { negativePrompt }),
		moderate: params.boolean('options.moderate'),
		watermark: params.boolean('options.watermark'),
		metadata: readMetadata(params),
	};
}

/**
 * What an estimate and its warnings need of a row, held to the same rules as for a clip, so that what can be estimated can also be
 * generated; only the prompt may be empty.
 *
 * @throws InvalidField for the first value that cannot be used
 */
export function readEstimate(
	params: Params,
): JudgedClip & { startFrame?: { binaryField: string } } {
	const isFile = params.choice('source') === 'image' && params.choice('imageInput') === 'binary';
	return {
		...readJudgedClip(params, (_, cameraMovement) =>
			isEmpty(params.value('prompt')) ? '' : readPrompt(params, cameraMovement),
		),
		...(isFile && { startFrame: { binaryField: params.text('startImageField') } }),
	};
}

function readJudgedClip(params: Params, prompt: typeof readPrompt): Omit<JudgedClip, 'startSize'> {
	const cameraMovement = readCameraMovement(params);
	const { shotsKind, shots, durationSeconds } = readLength(params, cameraMovement);
	return {
		shotsKind,
		prompt: isWrittenInShots(shotsKind) ? '' : prompt(params, cameraMovement),
		shots,
		durationSeconds,
		aspectRatio: params.choice<AspectRatio>('aspectRatio'),
		quality: params.choice<Quality>('quality'),
		audio: params.boolean('audio'),
		...(cameraMovement && { cameraMovement }),
	};
}
