import { OURS } from './schedules';
import type { Summary } from './simulate';
import type { Contest, Study } from './study';

const WIDTH = 860;
const HEIGHT = 580;
const LEFT = 70;
const RIGHT = WIDTH - 40;
const TOP = 80;
const BOTTOM = HEIGHT - 70;

const READS = { from: 2, until: 50, marks: [2, 3, 5, 10, 20, 40] };
const LAG_SECONDS = { from: 0.8, until: 40, marks: [1, 2, 3, 5, 10, 20, 30] };
const GOAL_SECONDS = 3;

const INK = '#334155';
const PALE = '#e2e8f0';
const PLAIN = '#64748b';
const ACCENT = '#ea4b71';
const BEST = '#0d9488';

interface Label {
	lines: string[];
	/** From the point, in pixels. */
	right: number;
	down: number;
	anchor?: 'start' | 'end';
}

/** Where each label has room. */
const LABELS: Record<string, Label> = {
	'Every 2 s': { lines: ['every 2 s'], right: -10, down: 5, anchor: 'end' },
	'2 s, growing to 5 s (advice in the API)': {
		lines: ['2 s growing to 5 s'],
		right: 10,
		down: 5,
	},
	'Every 5 s': { lines: ['every 5 s'], right: 0, down: 24 },
	'5 s, half as long again each minute': { lines: ['5 s, then longer'], right: 10, down: -74 },
	'Every 10 s': { lines: ['every 10 s'], right: -10, down: 5, anchor: 'end' },
	'Every 15 s': { lines: ['every 15 s'], right: 10, down: 5 },
	'1 s, half as long again each time, up to 30 s': {
		lines: ['1 s growing to 30 s'],
		right: 10,
		down: 5,
	},
	"Every 30 s (the article's)": { lines: ['every 30 s'], right: 10, down: 5 },
	'At 5 s, at the estimate, then every 5 s': {
		lines: ['at the estimate,', 'where it is right'],
		right: 10,
		down: 20,
	},
};
const OURS_TOLD_NOTHING: Label = { lines: ['Kling Fast,', 'told nothing'], right: 12, down: 4 };
const OURS_TOLD_TRUE: Label = {
	lines: ['Kling Fast,', 'told true progress'],
	right: -12,
	down: -2,
	anchor: 'end',
};
const LINE_HEIGHT = 16;

/** Requests against lag, both on logarithmic scales. SVG with a background of its own, for light and dark pages. */
export function plotOf({ contests, ours, frontier }: Study): string {
	const told = ours.filter((contest) => contest.told === 'progress that grows evenly');
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img" aria-label="Status requests a clip against the time until a finished clip is noticed, for ${contests.length} schedules">`,
		`<rect width="${WIDTH}" height="${HEIGHT}" rx="8" fill="#ffffff" stroke="#cbd5e1"/>`,
		text(24, 34, 'How late a finished clip is noticed', { size: 17, bold: true, color: '#0f172a' }),
		text(24, 56, 'Dots: the middle clip. Whiskers: up to 95 % of the clips.', { color: PLAIN }),
		...axes(),
		goal(),
		...bestPossible(frontier),
		...contests.filter(({ schedule }) => schedule !== OURS).flatMap(point),
		...told.flatMap((contest) => ourPoint(contest, OURS_TOLD_TRUE)),
		...contests
			.filter(({ schedule }) => schedule === OURS)
			.flatMap((contest) => ourPoint(contest, OURS_TOLD_NOTHING)),
		'</svg>',
		'',
	].join('\n');
}

function axes(): string[] {
	return [
		...READS.marks.flatMap((reads) => [
			line(x(reads), TOP, x(reads), BOTTOM, PALE),
			text(x(reads), BOTTOM + 20, String(reads), { anchor: 'middle' }),
		]),
		...LAG_SECONDS.marks.flatMap((seconds) => [
			line(LEFT, y(seconds), RIGHT, y(seconds), PALE),
			text(LEFT - 10, y(seconds) + 4, `${seconds} s`, { anchor: 'end' }),
		]),
		text((LEFT + RIGHT) / 2, HEIGHT - 22, 'Status requests a clip', { anchor: 'middle' }),
	];
}

function goal(): string {
	const at = y(GOAL_SECONDS);
	return [
		line(LEFT, at, RIGHT, at, PLAIN, '6 5'),
		text(RIGHT - 4, at - 7, 'goal: 3 s', { anchor: 'end', color: PLAIN }),
	].join('\n');
}

function bestPossible(frontier: Summary[]): string[] {
	const shown = frontier.filter(
		({ readsPerClip, medianLagSeconds }) =>
			readsPerClip >= READS.from && medianLagSeconds >= LAG_SECONDS.from,
	);
	const corners = shown.map((each) => `${x(each.readsPerClip)},${y(each.medianLagSeconds)}`);
	return [
		`<polyline points="${corners.join(' ')}" fill="none" stroke="${BEST}" stroke-width="2"/>`,
		text(x(2.1), y(1.45), 'the best possible, had one known', { color: BEST }),
		text(x(2.1), y(1.45) + LINE_HEIGHT, 'exactly how the times are spread', { color: BEST }),
	];
}

function point({ schedule, ...summary }: Contest): string[] {
	return [...dot(summary, PLAIN, 4), ...labelOf(summary, LABELS[schedule.label], {})];
}

function ourPoint(summary: Summary, label: Label): string[] {
	return [...dot(summary, ACCENT, 7), ...labelOf(summary, label, { bold: true, color: ACCENT })];
}

function labelOf(summary: Summary, { lines, right, down, anchor }: Label, style: TextStyle) {
	const atX = x(summary.readsPerClip) + right;
	const atY = y(summary.medianLagSeconds) + down;
	return lines.map((words, index) =>
		text(atX, atY + index * LINE_HEIGHT, words, { ...style, anchor }),
	);
}

function dot(summary: Summary, color: string, radius: number): string[] {
	const [cx, cy] = [x(summary.readsPerClip), y(summary.medianLagSeconds)];
	const top = y(summary.p95LagSeconds);
	return [
		line(cx, cy, cx, top, color),
		line(cx - 4, top, cx + 4, top, color),
		`<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${color}"/>`,
	];
}

interface TextStyle {
	anchor?: 'start' | 'middle' | 'end';
	size?: number;
	bold?: boolean;
	color?: string;
}

function text(atX: number, atY: number, words: string, style: TextStyle = {}): string {
	const { anchor = 'start', size = 13, bold = false, color = INK } = style;
	const weight = bold ? ' font-weight="bold"' : '';
	return `<text x="${round(atX)}" y="${round(atY)}" text-anchor="${anchor}" font-size="${size}"${weight} fill="${color}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${words}</text>`;
}

function line(
	x1: number,
	y1: number,
	x2: number,
	y2: number,
	color: string,
	dashes = 'none',
): string {
	return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}" stroke-dasharray="${dashes}"/>`;
}

function x(reads: number): number {
	return round(LEFT + shareOf(reads, READS) * (RIGHT - LEFT));
}

function y(lagSeconds: number): number {
	return round(BOTTOM - shareOf(lagSeconds, LAG_SECONDS) * (BOTTOM - TOP));
}

function shareOf(value: number, { from, until }: { from: number; until: number }): number {
	return Math.log(value / from) / Math.log(until / from);
}

function round(pixels: number): number {
	return Math.round(pixels * 10) / 10;
}
