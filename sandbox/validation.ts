import { codedError, documentedError, RefusalError } from './errors';
import type { Quality } from './prices';

/** A submit that passed the rules, with the defaults of the kling-v3 page filled in. */
export interface ClipRequest {
	prompt: string;
	negativePrompt: string;
	mode: Quality;
	/** A word for the mode that there is not: the real service takes the task and lets it fail (seen live, 2026-11). */
	unknownMode?: string;
	duration: number;
	aspectRatio: '16:9' | '9:16' | '1:1';
	imageUrls: string[];
	audio: boolean;
	watermark: boolean;
	shots: Shot[];
	shotType: 'customize' | 'intelligence' | undefined;
	/** Names of the elements that a prompt uses; the others are accepted and ignored, as at the real service. */
	elements: string[];
	nsfwCheck: boolean;
	language: string | undefined;
	webhook: string | undefined;
	callbackUrl: string | undefined;
}

export interface Shot {
	prompt: string;
	duration: number;
}

/**
 * Applies the rules of APIMart's kling-v3 page (2026-08). Keys that it does not know are ignored, as the
 * published schema says. Lengths are counted in code points; 2,500 for both prompts is what every seller
 * of Kling 3.0 states, the page itself gives no number.
 * @throws RefusalError with the answer 400
 */
export function readClipRequest(body: unknown): ClipRequest {
	if (!isObject(body)) refuse('request body must be a JSON object');
	if (body.model !== 'kling-v3') {
		if (typeof body.model !== 'string' || body.model === '') refuse('model is required');
		refuse(`model ${body.model} not found, allowed here: kling-v3`);
	}
	const multiShot = readBoolean(body, 'multi_shot');
	const prompt = readText(body, 'prompt') ?? '';
	if (!multiShot && prompt.trim() === '') refuse('prompt is required');
	const duration = readDuration(body.duration);
	const shotType = multiShot ? readShotType(body.shot_type) : undefined;
	return {
		prompt,
		negativePrompt: readText(body, 'negative_prompt') ?? '',
		...readMode(body),
		duration,
		aspectRatio: readOneOf(body, 'aspect_ratio', ['16:9', '9:16', '1:1'] as const),
		imageUrls: readImageUrls(body.image_urls),
		audio: readBoolean(body, 'audio'),
		watermark: readBoolean(body, 'watermark'),
		shots: shotType === 'customize' ? readShots(body.multi_prompt, duration) : [],
		shotType,
		elements: readElements(body.element_list).filter((name) => isUsed(name, promptTexts(body))),
		nsfwCheck: readBoolean(body, 'nsfw_check'),
		language: typeof body.language === 'string' ? body.language : undefined,
		// A wrong address is not refused: the real service accepts and bills the task and pushes nothing.
		webhook: typeof body.webhook === 'string' ? body.webhook : undefined,
		callbackUrl: typeof body.callback_url === 'string' ? body.callback_url : undefined,
	};
}

/** Every text of a submit in which fault words may stand, whether or not it is valid. */
export function promptTexts(body: unknown): string {
	if (!isObject(body)) return '';
	const shots = Array.isArray(body.multi_prompt) ? body.multi_prompt : [];
	return [body.prompt, ...shots.map((shot) => (isObject(shot) ? shot.prompt : undefined))]
		.filter((text) => typeof text === 'string')
		.join('\n');
}

const MAX_PROMPT_LENGTH = 2500;
const MAX_SHOT_PROMPT_LENGTH = 512;

function readDuration(value: unknown) {
	if (value === undefined) return 5;
	const got = JSON.stringify(value);
	if (typeof value !== 'number' || !Number.isInteger(value)) {
		refuse(`duration must be a plain integer (e.g. 6), do not add quotes, got ${got}`);
	}
	if (value < 3 || value > 15) refuse(`invalid duration: ${got}, must be between 3 and 15 seconds`);
	return value;
}

function readImageUrls(value: unknown) {
	// The live sentence, with the field named as the live service names it.
	return readList(value, 'image_urls', 2, 'images').map((url, index) =>
		readImageUrl(url, 'image_urls', index === 0 ? 'first_frame_image' : 'last_frame_image'),
	);
}

function readList(value: unknown, name: string, max: number, what: string): unknown[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) refuse(`${name} must be an array`);
	if (value.length > max) refuse(`${name} supports at most ${max} ${what}, got ${value.length}`);
	return value;
}

function readImageUrl(url: unknown, list: string, field: string) {
	if (typeof url !== 'string') refuse(`${list} must be an array of strings`);
	if (/^(https?|asset):\/\//i.test(url)) return url;
	const allowed = 'Only http/https URLs or asset:// private asset URLs are supported.';
	refuse(`Invalid format for ${field}. ${allowed}`);
}

function readShotType(value: unknown) {
	if (value === 'customize' || value === 'intelligence') return value;
	refuse('shot_type is required when multi_shot is true, allowed: customize, intelligence');
}

function readShots(value: unknown, duration: number): Shot[] {
	const shots = readList(value, 'multi_prompt', 6, 'shots').map(readShot);
	if (shots.length === 0) refuse('multi_prompt must contain 1 to 6 shots');
	const sum = shots.reduce((total, shot) => total + shot.duration, 0);
	if (sum !== duration) {
		refuse(`sum of multi_prompt durations (${sum}) must equal duration (${duration})`);
	}
	return shots;
}

function readShot(shot: unknown, position: number): Shot {
	const name = `multi_prompt[${position}]`;
	if (!isObject(shot)) refuse(`${name} must be an object`);
	const { index, prompt, duration } = shot;
	if (index !== position + 1) refuse(`${name}.index must be ${position + 1}`);
	if (!isText(prompt)) refuse(`${name}.prompt is required`);
	if ([...prompt].length > MAX_SHOT_PROMPT_LENGTH) {
		refuse(`${name}.prompt exceeds ${MAX_SHOT_PROMPT_LENGTH} characters`);
	}
	if (typeof duration !== 'number' || !Number.isInteger(duration) || duration < 1) {
		refuse(`${name}.duration must be an integer of at least 1`);
	}
	return { prompt, duration };
}

/** The names. What an element lacks is found when Kling is to make it, hence the other code. */
function readElements(value: unknown): string[] {
	const names = readList(value, 'element_list', 3, 'subjects').map(readElement);
	const twice = names.find((name, position) => names.indexOf(name) !== position);
	if (twice !== undefined) refuse(`element_list has two subjects named ${twice}`);
	return names;
}

function readElement(element: unknown, position: number) {
	const path = `element_list[${position}]`;
	if (!isObject(element)) refuse(`${path} must be an object`);
	const { name, description, element_input_urls } = element;
	if (!isText(name)) refuseElement(`${path}.name is required`);
	if (!isText(description)) refuseElement(`${path}.description is required`);
	const list = `${path}.element_input_urls`;
	const urls = readList(element_input_urls, list, 4, 'images');
	for (const url of urls) readImageUrl(url, list, 'element_input_urls');
	// The first one is the front view, the others are its references.
	if (urls.length < 2) refuseElement(`${list}: at least 1 reference image required`);
	return name;
}

function isUsed(name: string, prompts: string) {
	const after = prompts.split(`@${name}`).slice(1);
	return after.some((rest) => !/^[\p{L}\p{N}_]/u.test(rest));
}

const isText = (value: unknown): value is string =>
	typeof value === 'string' && value.trim() !== '';

function readText(body: Record<string, unknown>, name: string) {
	const value = body[name];
	if (value === undefined || value === null) return undefined;
	if (typeof value !== 'string') refuse(`${name} must be a string`);
	if ([...value].length > MAX_PROMPT_LENGTH) {
		refuse(`${name} exceeds ${MAX_PROMPT_LENGTH} characters`);
	}
	return value;
}

function readBoolean(body: Record<string, unknown>, name: string) {
	const value = body[name];
	if (value === undefined || value === null) return false;
	if (typeof value !== 'boolean') refuse(`${name} must be a boolean`);
	return value;
}

function readMode(body: Record<string, unknown>): Pick<ClipRequest, 'mode' | 'unknownMode'> {
	const known = ['std', 'pro', '4k'] as const;
	const word = body.mode;
	const isUnknown = typeof word === 'string' && !known.some((mode) => mode === word);
	return isUnknown ? { mode: 'std', unknownMode: word } : { mode: readOneOf(body, 'mode', known) };
}

/** The first value is the default. */
function readOneOf<T extends string>(
	body: Record<string, unknown>,
	name: string,
	allowed: readonly [T, ...T[]],
) {
	const value = body[name];
	if (value === undefined) return allowed[0];
	const found = allowed.find((candidate) => candidate === value);
	if (!found) refuse(`invalid ${name}: ${String(value)}, allowed: ${allowed.join(', ')}`);
	return found;
}

function refuse(message: string): never {
	throw new RefusalError(documentedError(400, message));
}

/** The code that was seen for the same fields of the sibling kling-v3-omni (2026-11). */
function refuseElement(message: string): never {
	throw new RefusalError(codedError(400, 'kling_element_create_failed', message));
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
