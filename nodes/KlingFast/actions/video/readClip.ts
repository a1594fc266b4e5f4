import {
	checkClipRequest,
	checkPrompt,
	checkShotPrompt,
	checkShots,
	CLIP_LABELS,
	CLIP_LIMITS,
	isWrittenInShots,
	sumOfShotSeconds,
	type AspectRatio,
	type ClipRequest,
	type FrameSource,
	type Quality,
	type Shot,
	type ShotsKind,
} from '../../generation/request';
import type { JudgedClip } from '../../generation/warnings';
import { InvalidField, shown } from '../../invalidField';
import type { ReadField } from '../reader';
import {
	isEmpty,
	isPlainObject,
	readAspectRatio,
	readBoolean,
	readChoice,
	readJsonList,
	readText,
	readWholeNumber,
	type Choice,
} from '../values';
import { CAMERA_MOVEMENTS } from './cameraMovement';
import { readMetadata } from './readRow';

/**
 * One row of Generate Video as a checked request. Only fields that the row's choices make visible are read, so that what
 * is left over in a hidden field neither counts nor fails.
 *
 * @throws InvalidField for the first value that cannot be used
 */
export function readClipRequest(read: ReadField): ClipRequest {
	const shotsKind = readShotsKind(read);
	const wording = readWording(read);
	const shots = isWrittenInShots(shotsKind)
		? readShots(read, shotsKind, wording.cameraMovement)
		: [];
	const request: ClipRequest = {
		shotsKind,
		prompt: isWrittenInShots(shotsKind) ? '' : readPrompt(read),
		shots,
		durationSeconds: isWrittenInShots(shotsKind) ? sumOfShotSeconds(shots) : readDuration(read),
		aspectRatio: readAspect(read),
		quality: readQuality(read),
		audio: readAudio(read),
		...readFrames(read),
		...wording,
		moderate: readBoolean(read('options.moderate', ''), 'Check Content First', false),
		watermark: readBoolean(read('options.watermark', ''), 'Watermark', false),
		metadata: readMetadata(read),
	};
	checkClipRequest(request);
	return request;
}

/**
 * What an estimate and its warnings need of a row. Everything is held to the same rules as for a clip, so that what can be
 * estimated can also be generated; only the prompt may be missing.
 *
 * @throws InvalidField for the first value that cannot be used
 */
export function readEstimate(read: ReadField): JudgedClip & Pick<ClipRequest, 'startFrame'> {
	const shotsKind = readShotsKind(read);
	const inShots = isWrittenInShots(shotsKind);
	const { cameraMovement } = readWording(read);
	const shots = inShots ? readShots(read, shotsKind, cameraMovement) : [];
	const prompt = inShots ? '' : readText(read('prompt', ''), CLIP_LABELS.prompt, { default: '' });
	const clip = {
		shotsKind,
		prompt,
		shots,
		durationSeconds: inShots ? sumOfShotSeconds(shots) : readDuration(read),
		aspectRatio: readAspect(read),
		quality: readQuality(read),
		audio: readAudio(read),
		...(readImageInput(read) === 'binary' && readBinaryFrames(read)),
		...(cameraMovement && { cameraMovement }),
	};
	if (inShots) checkShots(clip);
	else if (prompt) checkPrompt(clip);
	return clip;
}

const SHOTS_CHOICES: ReadonlyArray<Choice<ShotsKind>> = [
	{ name: 'One Shot', value: 'single' },
	{ name: 'Several, Written by You', value: 'custom' },
	{ name: 'Several, From JSON', value: 'json' },
	{ name: 'Several, Split by Kling', value: 'auto' },
];

const SOURCE_CHOICES: ReadonlyArray<Choice<'text' | 'image'>> = [
	{ name: 'Text Only', value: 'text' },
	{ name: 'Image and Text', value: 'image' },
];

const IMAGE_INPUT_CHOICES: ReadonlyArray<Choice<'url' | 'binary'>> = [
	{ name: 'URL', value: 'url' },
	{ name: 'Binary File', value: 'binary' },
];

const ASPECT_RATIO_CHOICES: ReadonlyArray<Choice<AspectRatio>> = [
	{ name: '16:9', value: '16:9' },
	{ name: '9:16', value: '9:16' },
	{ name: '1:1', value: '1:1' },
];

const QUALITY_CHOICES: ReadonlyArray<Choice<Quality>> = [
	{ name: 'Fast (720p)', value: 'std' },
	{ name: 'Pro (1080p)', value: 'pro' },
	{ name: '4K', value: '4k' },
];

/** As the empty field in the shot list shows it. A script in JSON has no such default: it has to say its seconds. */
const SHOT_LIST_DEFAULT_SECONDS = 3;
const DEFAULT_DURATION_SECONDS = 5;

function readShotsKind(read: ReadField): ShotsKind {
	return readChoice(read('shots', ''), 'Shots', SHOTS_CHOICES, 'single');
}

function readQuality(read: ReadField): Quality {
	return readChoice(read('quality', ''), 'Quality', QUALITY_CHOICES, 'std');
}

function readAspect(read: ReadField): AspectRatio {
	return readAspectRatio(read('aspectRatio', ''), 'Aspect Ratio', ASPECT_RATIO_CHOICES, '16:9');
}

function readAudio(read: ReadField): boolean {
	return readBoolean(read('audio', ''), 'Generate Audio', true);
}

function readPrompt(read: ReadField): string {
	return readText(read('prompt', ''), CLIP_LABELS.prompt, {
		allowed: 'a text of up to 2,500 characters',
	});
}

function readDuration(read: ReadField): number {
	return readWholeNumber(read('duration', ''), CLIP_LABELS.duration, {
		...CLIP_LIMITS.durationSeconds,
		unit: 'seconds',
		default: DEFAULT_DURATION_SECONDS,
	});
}

function readShots(read: ReadField, shotsKind: ShotsKind, cameraMovement?: string): Shot[] {
	if (shotsKind === 'json') {
		const label = CLIP_LABELS.shotListJson;
		const rows = readJsonList(read('shotListJson', ''), label, SHOT_LIST_SHAPE);
		return rows.flatMap((row, index) => readShot(row, index, { label, cameraMovement }));
	}
	const label = CLIP_LABELS.shotList;
	const list = read('shotList', {});
	const rows: unknown = isPlainObject(list) ? list.shot : undefined;
	return (Array.isArray(rows) ? rows : []).flatMap((row: unknown, index) =>
		readShot(row, index, { label, cameraMovement, default: SHOT_LIST_DEFAULT_SECONDS }),
	);
}

const SHOT_SHAPE = '{"prompt": "A wave rolls in", "duration": 3}';
const SHOT_LIST_SHAPE = `a list such as [${SHOT_SHAPE}]`;

/**
 * A shot as a list of one, or an empty list where the row has no prompt: such shots are skipped. What is wrong with a
 * shot is told here, where it still has the number that it has on screen.
 */
function readShot(
	row: unknown,
	index: number,
	{ label, cameraMovement, ...rule }: { label: string; cameraMovement?: string; default?: number },
): Shot[] {
	if (isEmpty(row)) return [];
	const place = `shot ${index + 1}`;
	if (!isPlainObject(row)) throw new InvalidField(label, shown(row), SHOT_SHAPE, place);
	const prompt = readText(row.prompt, label, { default: '', place: `${place}, prompt` });
	if (prompt === '') return [];
	checkShotPrompt(label, prompt, { place, cameraMovement });
	const durationSeconds = readWholeNumber(row.duration, label, {
		...rule,
		...CLIP_LIMITS.shotSeconds,
		unit: 'seconds',
		place: `${place}, duration`,
	});
	return [{ prompt, durationSeconds }];
}

function readFrames(read: ReadField): Pick<ClipRequest, 'startFrame' | 'endFrame'> {
	const imageInput = readImageInput(read);
	if (imageInput === undefined) return {};
	return imageInput === 'url' ? readUrlFrames(read) : readBinaryFrames(read);
}

/** Undefined where the clip starts from its text. */
function readImageInput(read: ReadField): 'url' | 'binary' | undefined {
	const source = readChoice(read('source', ''), 'Start From', SOURCE_CHOICES, 'text');
	if (source === 'text') return undefined;
	return readChoice(read('imageInput', ''), 'Image Input', IMAGE_INPUT_CHOICES, 'url');
}

function readUrlFrames(read: ReadField): { startFrame: FrameSource; endFrame?: FrameSource } {
	const endUrl = readText(read('endImageUrl', ''), CLIP_LABELS.endImageUrl, { default: '' });
	const startUrl = readText(read('startImageUrl', ''), CLIP_LABELS.startImageUrl, {
		allowed: endUrl
			? `the address of an image whenever '${CLIP_LABELS.endImageUrl}' is filled in`
			: 'the address of an image',
	});
	return { startFrame: { url: startUrl }, ...(endUrl && { endFrame: { url: endUrl } }) };
}

function readBinaryFrames(read: ReadField): { startFrame: FrameSource; endFrame?: FrameSource } {
	const startField = readText(read('startImageField', ''), 'Start Image Input Data Field Name', {
		default: 'data',
	});
	const endField = readText(read('endImageField', ''), 'End Image Input Data Field Name', {
		default: '',
	});
	return {
		startFrame: { binaryField: startField },
		...(endField && { endFrame: { binaryField: endField } }),
	};
}

/** The options that put words into the request; absent where nothing was chosen. */
function readWording(read: ReadField): Pick<ClipRequest, 'negativePrompt' | 'cameraMovement'> {
	const label = CLIP_LABELS.cameraMovement;
	const movement = readChoice(read('options.cameraMovement', ''), label, CAMERA_MOVEMENTS, '');
	const cameraMovement = CAMERA_MOVEMENTS.find(({ value }) => value === movement)?.words;
	const negativePrompt = readText(read('options.negativePrompt', ''), CLIP_LABELS.negativePrompt, {
		default: '',
	});
	return { ...(negativePrompt && { negativePrompt }), ...(cameraMovement && { cameraMovement }) };
}
