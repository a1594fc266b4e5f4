import type { IDataObject } from 'n8n-workflow';
import { hasUserInfo, mayUseAddress, parseWebUrl } from '../apimart/address';
import { grouped, InvalidField, refuseUnsendable, shown } from '../invalidField';

export interface Shot {
	prompt: string;
	durationSeconds: number;
}

export type AspectRatio = '16:9' | '9:16' | '1:1';
export type Quality = 'std' | 'pro' | '4k';
export type ShotsKind = 'single' | 'custom' | 'json' | 'auto';

/** Where a frame comes from: an address that the provider fetches, or an item's binary that is uploaded first. */
export type FrameSource = { url: string } | { binaryField: string };

/** What a person asks for in one row, read and checked, in the product's own words (not the provider's). */
export interface ClipRequest {
	shotsKind: ShotsKind;
	/** As typed and trimmed; empty for `custom` and `json`, whose texts stand in `shots`. */
	prompt: string;
	/** 1 to 6 for `custom` and `json`, otherwise empty. */
	shots: Shot[];
	/** Whole seconds, 3 to 15; for `custom` and `json` the sum of the shots. */
	durationSeconds: number;
	aspectRatio: AspectRatio;
	quality: Quality;
	audio: boolean;
	startFrame?: FrameSource;
	endFrame?: FrameSource;
	negativePrompt?: string;
	/** Words that are appended to the prompt (the API has no field for it). */
	cameraMovement?: string;
	moderate: boolean;
	watermark: boolean;
	metadata: IDataObject;
}

/**
 * The numbers that a request is held to. Durations, shots and their prompts: APIMart's kling-v3 page, 2026-08. The
 * page names no length for prompts; 2,500 is what APIMart's own article and its sibling models say.
 */
export const CLIP_LIMITS = {
	durationSeconds: { min: 3, max: 15 },
	shots: 6,
	shotSeconds: { min: 1, max: 15 },
	shotPromptCharacters: 512,
	promptCharacters: 2500,
	negativePromptCharacters: 2500,
} as const;

/** The parts of a request by the names under which a person knows them: the labels in the editor. */
export const CLIP_LABELS = {
	prompt: 'Prompt',
	shotList: 'Shot List',
	shotListJson: 'Shot List (JSON)',
	duration: 'Duration (Seconds)',
	startImageUrl: 'Start Image URL',
	endImageUrl: 'End Image URL',
	negativePrompt: 'Negative Prompt',
	cameraMovement: 'Camera Movement',
} as const;

/**
 * Checks everything about a request that can be known without the credential and without the image bytes. The address
 * rule needs the base URL: see `checkFrameAddresses`.
 *
 * @throws InvalidField naming the first field that does not fit
 */
export function checkClipRequest(request: ClipRequest): void {
	if (isWrittenInShots(request.shotsKind)) checkShots(request);
	else {
		checkPrompt(request);
		checkDuration(request.durationSeconds);
	}
	checkFrames(request);
	if (request.negativePrompt !== undefined) {
		const limit = CLIP_LIMITS.negativePromptCharacters;
		checkText(CLIP_LABELS.negativePrompt, request.negativePrompt, limit);
	}
}

/**
 * Refuses image addresses in the local network when the provider is on the public internet: it could not fetch them,
 * and nobody may use a row to point it at private hosts.
 *
 * @param baseUrl the credential's, normalized
 * @throws InvalidField naming the image field
 */
export function checkFrameAddresses(request: ClipRequest, baseUrl: string): void {
	for (const { label, url } of frameAddresses(request)) {
		if (mayUseAddress(url, baseUrl)) continue;
		throw new InvalidField(
			label,
			shown(url),
			'an address on the public internet, because the provider fetches the image',
		);
	}
}

/** The prompt as it is sent: what was typed, and on a line of its own the words of the camera movement. */
export function fullPrompt(request: Pick<ClipRequest, 'prompt' | 'cameraMovement'>): string {
	const { prompt, cameraMovement } = request;
	return cameraMovement ? `${prompt}\n${cameraMovement}` : prompt;
}

/** The shots as they are sent. The camera movement holds for the whole clip, so every shot's prompt ends with it. */
export function fullShots(request: Pick<ClipRequest, 'shots' | 'cameraMovement'>): Shot[] {
	return request.shots.map((shot) => ({
		...shot,
		prompt: fullPrompt({ prompt: shot.prompt, cameraMovement: request.cameraMovement }),
	}));
}

/** Whether the clip's texts and its length stand in its shots, not in the prompt and the duration. */
export function isWrittenInShots(shotsKind: ShotsKind): boolean {
	return shotsKind === 'custom' || shotsKind === 'json';
}

/** The clip's length in seconds where it is written in shots. */
export function sumOfShotSeconds(shots: Shot[]): number {
	return shots.reduce((sum, shot) => sum + shot.durationSeconds, 0);
}

/**
 * Number, texts and lengths of shots: all of it for a clip, and all that an estimate needs.
 *
 * @throws InvalidField naming the list and the shot, or the sum of the seconds
 */
export function checkShots(
	request: Pick<ClipRequest, 'shotsKind' | 'shots' | 'cameraMovement'>,
): void {
	const label = shotsLabel(request.shotsKind);
	const { shots: most, shotSeconds, durationSeconds } = CLIP_LIMITS;
	const count = request.shots.length;
	if (count < 1 || count > most) {
		throw new InvalidField(
			label,
			count === 0 ? 'empty' : `a list of ${grouped(count)} shots`,
			`1 to ${most} shots that have a prompt`,
		);
	}
	request.shots.forEach((shot, index) => {
		const place = `shot ${index + 1}`;
		checkShotPrompt(label, shot.prompt, { place, cameraMovement: request.cameraMovement });
		if (!isWholeNumberIn(shot.durationSeconds, shotSeconds)) {
			throw new InvalidField(
				label,
				shown(shot.durationSeconds),
				`a whole number of seconds from ${shotSeconds.min} to ${shotSeconds.max}`,
				`${place}, duration`,
			);
		}
	});
	const sumSeconds = sumOfShotSeconds(request.shots);
	if (!isWholeNumberIn(sumSeconds, durationSeconds)) {
		throw new InvalidField(
			label,
			`${sumSeconds} seconds long (the sum of its shots)`,
			`${durationSeconds.min} to ${durationSeconds.max} seconds`,
		);
	}
}

/**
 * One shot's prompt, camera movement included.
 *
 * @param label of the list that it stands in
 * @throws InvalidField naming the list and `place`, such as `shot 2`
 */
export function checkShotPrompt(
	label: string,
	prompt: string,
	{ place, cameraMovement }: { place: string; cameraMovement?: string },
): void {
	checkText(label, fullPrompt({ prompt, cameraMovement }), CLIP_LIMITS.shotPromptCharacters, {
		place: `${place}, prompt`,
		suffix: cameraMovement,
	});
}

/** @throws InvalidField unless it is a whole number of seconds that the provider makes */
export function checkDuration(durationSeconds: number): void {
	const range = CLIP_LIMITS.durationSeconds;
	if (isWholeNumberIn(durationSeconds, range)) return;
	throw new InvalidField(
		CLIP_LABELS.duration,
		shown(durationSeconds),
		`a whole number from ${range.min} to ${range.max}`,
	);
}

/** Characters as people count them for limits: an emoji is one, not two. */
export function codePointCount(text: string): number {
	let count = 0;
	for (let index = 0; index < text.length; count++) {
		index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
	}
	return count;
}

/**
 * The prompt, camera movement included.
 *
 * @throws InvalidField where it is empty or too long
 */
export function checkPrompt(request: Pick<ClipRequest, 'prompt' | 'cameraMovement'>): void {
	const limit = CLIP_LIMITS.promptCharacters;
	if (request.prompt === '') {
		throw new InvalidField(
			CLIP_LABELS.prompt,
			'empty',
			`a text of up to ${grouped(limit)} characters`,
		);
	}
	checkText(CLIP_LABELS.prompt, fullPrompt(request), limit, { suffix: request.cameraMovement });
}

function checkText(
	label: string,
	text: string,
	limit: number,
	{ place, suffix }: { place?: string; suffix?: string } = {},
): void {
	refuseUnsendable(text, label, place);
	const count = codePointCount(text);
	if (count <= limit) return;
	const withSuffix = suffix ? ` with the words of '${CLIP_LABELS.cameraMovement}'` : '';
	throw new InvalidField(
		label,
		`${grouped(count)} characters long${withSuffix}`,
		`up to ${grouped(limit)}`,
		place,
	);
}

function checkFrames(request: ClipRequest): void {
	for (const { label, url } of frameAddresses(request)) {
		const parsed = parseWebUrl(url);
		if (!parsed) {
			throw new InvalidField(
				label,
				shown(url),
				'a web address that begins with http:// or https:// and has no blanks in it',
			);
		}
		if (hasUserInfo(parsed)) {
			throw new InvalidField(label, 'an address with a user name or password in it', 'one without');
		}
	}
	if (request.endFrame && !request.startFrame) {
		throw new InvalidField(
			CLIP_LABELS.startImageUrl,
			'empty',
			'an image whenever there is an end image',
		);
	}
}

function frameAddresses(request: ClipRequest): Array<{ label: string; url: string }> {
	const { startFrame, endFrame } = request;
	const frames = [
		{ label: CLIP_LABELS.startImageUrl, frame: startFrame },
		{ label: CLIP_LABELS.endImageUrl, frame: endFrame },
	];
	return frames.flatMap(({ label, frame }) =>
		frame && 'url' in frame ? [{ label, url: frame.url }] : [],
	);
}

function shotsLabel(shotsKind: ShotsKind): string {
	return shotsKind === 'json' ? CLIP_LABELS.shotListJson : CLIP_LABELS.shotList;
}

function isWholeNumberIn(value: number, range: { min: number; max: number }): boolean {
	return Number.isInteger(value) && value >= range.min && value <= range.max;
}
