import { checkImageAddress } from '../../apimart/address';
import {
	fullPrompt,
	isWrittenInShots,
	type AspectRatio,
	type ClipRequest,
	type FrameSource,
	type Shot,
	type ShotsKind,
} from '../../apimart/clipRequest';
import { KLING_V3, type Quality } from '../../apimart/models';
import type { JudgedClip } from './warnings';
import { grouped, InvalidField } from '../../invalidField';
import type { Params } from '../../params';
import { isEmpty } from '../../values';
import { CAMERA_MOVEMENTS } from './clip.fields';
import { readMetadata } from './result.fields';
import { readElements } from './elements';

const { limits } = KLING_V3;
const SHOT = 'shotList.shot';
const SHOT_SHAPE = '{"prompt": "A wave rolls in", "duration": 3}';

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
	const negativeLabel = params.label('options.negativePrompt');
	checkLength(negativePrompt, limits.negativePromptCharacters, negativeLabel);
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

/** In words, undefined for none. */
function readCameraMovement(params: Params): string | undefined {
	const movement = params.choice('options.cameraMovement');
	return CAMERA_MOVEMENTS.find(({ value }) => value === movement)?.words || undefined;
}

function readPrompt(params: Params, cameraMovement?: string): string {
	const allowed = `a text of up to ${grouped(limits.promptCharacters)} characters`;
	const prompt = params.text('prompt', allowed);
	checkPrompt(prompt, cameraMovement, limits.promptCharacters, params.label('prompt'));
	return prompt;
}

function readLength(
	params: Params,
	cameraMovement?: string,
): Pick<ClipRequest, 'shotsKind' | 'shots' | 'durationSeconds'> {
	const shotsKind = params.choice<ShotsKind>('shots');
	if (!isWrittenInShots(shotsKind)) {
		return { shotsKind, shots: [], durationSeconds: params.number('duration') };
	}
	const field = shotsKind === 'json' ? 'shotListJson' : 'shotList';
	const label = params.label(field);
	const rows =
		shotsKind === 'json'
			? params.jsonList(field, `a list such as [${SHOT_SHAPE}]`)
			: params.added(SHOT);
	const shots = params
		.entries(SHOT, rows, field, SHOT_SHAPE)
		.flatMap((entry) => readShot(entry, shotsKind, cameraMovement));
	if (shots.length < 1 || shots.length > limits.shots) {
		const value = shots.length === 0 ? 'empty' : `a list of ${grouped(shots.length)} shots`;
		throw new InvalidField(label, value, `1 to ${limits.shots} shots that have a prompt`);
	}
	const durationSeconds = shots.reduce((sum, shot) => sum + shot.durationSeconds, 0);
	const { min, max } = limits.durationSeconds;
	if (durationSeconds < min || durationSeconds > max) {
		const value = `${durationSeconds} seconds long (the sum of its shots)`;
		throw new InvalidField(label, value, `${min} to ${max} seconds`);
	}
	return { shotsKind, shots, durationSeconds };
}

/** Nothing where it has no prompt: such shots are skipped. A script in JSON has no default duration: it has to say its seconds. */
function readShot(entry: Params, shotsKind: ShotsKind, cameraMovement?: string): Shot[] {
	const [path, duration] = [`${SHOT}.prompt`, `${SHOT}.duration`];
	const prompt = entry.text(path);
	if (prompt === '') return [];
	const limit = limits.shotPromptCharacters;
	checkPrompt(prompt, cameraMovement, limit, entry.label(path), entry.place(path));
	const isJson = shotsKind === 'json';
	return [
		{ prompt, durationSeconds: isJson ? entry.requiredNumber(duration) : entry.number(duration) },
	];
}

function readFrames(
	params: Params,
	baseUrl: string,
): { startFrame?: FrameSource; endFrame?: FrameSource } {
	if (params.choice('source') === 'text') return {};
	if (params.choice('imageInput') === 'binary') {
		const [start, end] = [params.text('startImageField'), params.text('endImageField')];
		return { startFrame: { binaryField: start }, ...(end && { endFrame: { binaryField: end } }) };
	}
	const endUrl = params.text('endImageUrl');
	const whenever = endUrl && ` whenever '${params.label('endImageUrl')}' is filled in`;
	const startUrl = params.text('startImageUrl', `the address of an image${whenever}`);
	checkImageAddress(startUrl, baseUrl, params.label('startImageUrl'));
	if (!endUrl) return { startFrame: { url: startUrl } };
	checkImageAddress(endUrl, baseUrl, params.label('endImageUrl'));
	return { startFrame: { url: startUrl }, endFrame: { url: endUrl } };
}

/** A prompt is as long as what is sent, the words of the camera movement included. */
function checkPrompt(
	prompt: string,
	cameraMovement: string | undefined,
	limit: number,
	label: string,
	place?: string,
): void {
	const withWords = cameraMovement ? " with the words of 'Camera Movement'" : '';
	checkLength(fullPrompt({ prompt, cameraMovement }), limit, label, place, withWords);
}

function checkLength(
	text: string,
	limit: number,
	label: string,
	place?: string,
	withWords = '',
): void {
	const count = codePointCount(text);
	if (count <= limit) return;
	const value = `${grouped(count)} characters long${withWords}`;
	throw new InvalidField(label, value, `up to ${grouped(limit)}`, place);
}

/** Characters as people count them for limits: an emoji is one, not two. */
function codePointCount(text: string): number {
	let count = 0;
	for (let index = 0; index < text.length; count++) {
		index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
	}
	return count;
}
