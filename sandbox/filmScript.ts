import { createHash } from 'node:crypto';
import type { ClipRequest } from './validation';

/** Changes whenever clips come to look different, so that the cache holds no old ones. */
export const LAYOUT_VERSION = 1;

/** The sizes that Kling 3.0 delivers; those of `pro` and `4k` are the same shapes, larger. */
const SIZES = {
	std: { '16:9': [1280, 720], '9:16': [720, 1280], '1:1': [960, 960] },
	pro: { '16:9': [1920, 1080], '9:16': [1080, 1920], '1:1': [1440, 1440] },
	'4k': { '16:9': [3840, 2160], '9:16': [2160, 3840], '1:1': [2880, 2880] },
} as const;

/** Pixels of a clip. */
export function clipSize({ mode, aspectRatio }: Pick<ClipRequest, 'mode' | 'aspectRatio'>) {
	const [width, height] = SIZES[mode][aspectRatio];
	return { width, height };
}

/**
 * The arguments that make ffmpeg write `clip.mp4` into its working folder, where `font.ttf`, the text
 * files and the image lie. H.264 and AAC; no audio stream where none was asked for.
 */
export function ffmpegArguments(request: ClipRequest, image?: string): string[] {
	const { width, height } = clipSize(request);
	// 4K is for its size, not for its motion: few pictures keep it quick.
	const picturesPerSecond = request.mode === '4k' ? 6 : 24;
	const seconds = request.duration;
	const base = { width, height, picturesPerSecond, seconds };
	return [
		...['-v', 'error', '-y', '-nostdin'],
		...(image
			? ['-loop', '1', '-framerate', String(picturesPerSecond), '-i', image]
			: source(`color=c=${backgroundColour(request)}:s=${width}x${height}`, base)),
		...source(`color=c=0xf59e0b:s=${width}x${barHeight(height)}`, base),
		...(request.audio ? source(`sine=frequency=${pitch(request)}:sample_rate=44100`, base) : []),
		...['-filter_complex', filterGraph(request, base, image !== undefined), '-map', '[picture]'],
		...(request.audio ? ['-map', '2:a', '-c:a', 'aac', '-b:a', '96k', '-ac', '2'] : ['-an']),
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-pix_fmt', 'yuv420p'],
		...['-t', String(seconds), '-movflags', '+faststart', 'clip.mp4'],
	];
}

/** The texts of the picture: read from files, so that no character needs escaping. */
export function filmTextFiles(request: ClipRequest): Record<string, string> {
	const { duration, aspectRatio, mode, audio } = request;
	const facts = [
		`${duration} s`,
		aspectRatio,
		mode,
		audio ? 'audio' : 'silent',
		...(request.imageUrls.length ? [`${request.imageUrls.length} image(s)`] : []),
	].join('  ·  ');
	const elements = request.elements.map((name) => `@${name}`).join('  ·  ');
	const files: Record<string, string> = {
		'facts.txt': elements ? `${facts}\n${wrapped(elements, request)}` : facts,
		'mark.txt': 'KlingAI (sandbox)',
	};
	scenes(request).forEach((scene, position) => {
		files[`scene${position}.txt`] = wrapped(scene.text, request);
	});
	return files;
}

interface Base {
	width: number;
	height: number;
	picturesPerSecond: number;
	seconds: number;
}

function filterGraph(request: ClipRequest, { width, height, seconds }: Base, hasImage: boolean) {
	const em = textSize(request);
	const text = (file: string, size: number, place: string) =>
		`drawtext=fontfile=font.ttf:textfile=${file}:expansion=none:fontcolor=white:fontsize=${size}:box=1:boxcolor=black@0.45:boxborderw=${Math.round(size / 3)}:${place}`;
	const background = hasImage
		? `[0:v]scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height},setsar=1,format=yuv420p[back]`
		: '[0:v]format=yuv420p[back]';
	const drawn = [
		`[back][1:v]overlay=x='-w+w*t/${seconds}':y=H-h`,
		...scenes(request).map(({ from, to }, position) =>
			text(
				`scene${position}.txt`,
				em,
				`line_spacing=${Math.round(em / 4)}:x=(w-text_w)/2:y=(h-text_h)/2:enable='between(t,${from},${to - 0.001})'`,
			),
		),
		text('facts.txt', Math.round(em * 0.7), `x=${em}:y=${em}`),
		`drawtext=fontfile=font.ttf:text='%{pts\\:hms}':fontcolor=white:fontsize=${Math.round(em * 0.7)}:x=w-text_w-${em}:y=${em}`,
		...(request.watermark
			? [text('mark.txt', Math.round(em * 0.8), `x=w-text_w-${em}:y=h-text_h-${em * 2}`)]
			: []),
	].join(',');
	return `${background};${drawn}[picture]`;
}

/** What is to be read when: each shot in its own time, or the prompt all the time. */
function scenes({ shots, prompt, duration }: ClipRequest) {
	if (!shots.length) return [{ text: prompt || '(no prompt)', from: 0, to: duration + 1 }];
	let to = 0;
	return shots.map((shot, position) => {
		const from = to;
		to += shot.duration;
		return { text: `Shot ${position + 1} of ${shots.length}\n\n${shot.prompt}`, from, to };
	});
}

/** Broken into lines that fit the width, at most as many as fit the height. */
function wrapped(text: string, request: ClipRequest) {
	const { width, height } = clipSize(request);
	const em = textSize(request);
	// DejaVu Sans Bold is about 0.7 em wide on average.
	const columns = Math.floor((width * 0.86) / (em * 0.7));
	const maxLines = Math.floor((height * 0.68) / (em * 1.5));
	const lines = text.split('\n').flatMap((paragraph) => linesOf(paragraph, columns));
	return lines.length <= maxLines
		? lines.join('\n')
		: [...lines.slice(0, maxLines - 1), '…'].join('\n');
}

function linesOf(paragraph: string, columns: number) {
	const lines = [''];
	// A word longer than a line (or a text without spaces) is cut.
	const pieces = paragraph
		.split(/\s+/)
		.flatMap((word) => word.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
	for (const piece of pieces) {
		const last = lines[lines.length - 1];
		if (last === '') lines[lines.length - 1] = piece;
		else if (last.length + 1 + piece.length <= columns)
			lines[lines.length - 1] = `${last} ${piece}`;
		else lines.push(piece);
	}
	return lines;
}

const source = (graph: string, { picturesPerSecond, seconds }: Base) => [
	...['-f', 'lavfi', '-i'],
	`${graph}:${graph.startsWith('sine') ? '' : `r=${picturesPerSecond}:`}d=${seconds}`,
];

const barHeight = (height: number) => Math.max(8, Math.round(height / 45) * 2);

function textSize(request: ClipRequest) {
	const { width, height } = clipSize(request);
	return Math.round(Math.min(width, height) / 20);
}

/** Each prompt has its colour, dark enough for white letters. */
function backgroundColour(request: ClipRequest) {
	const [red, green, blue] = digest(request);
	return `0x${[red, green, blue].map((part) => (24 + (part % 96)).toString(16).padStart(2, '0')).join('')}`;
}

/** ... and its tone. */
const pitch = (request: ClipRequest) => 220 + (digest(request)[3] % 24) * 20;

const digest = ({ prompt, shots }: ClipRequest) =>
	createHash('sha256')
		.update(JSON.stringify([prompt, shots]))
		.digest();
