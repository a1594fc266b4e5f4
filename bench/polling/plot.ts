import { ACCENT, drawing, line, PLAIN, round, text, title } from '../svg';
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

const PALE = '#e2e8f0';
const BEST = '#0d9488';

/** The lines, and how far they begin (or end) right of the point and below it, in pixels. */
type Label = [lines: string, right: number, down: number, anchor?: 'start' | 'end'];

/** Where each label has room. */
const LABELS: Record<string, Label> = {
	'Every 2 s': ['every 2 s', -10, 5, 'end'],
	'2 s, growing to 5 s (advice in the API)': ['2 s growing to 5 s', 10, 5],
	'Every 5 s': ['every 5 s', 0, 24],
	'5 s, half as long again each minute': ['5 s, then longer', 10, -74],
	'Every 10 s': ['every 10 s', -10, 5, 'end'],
	'Every 15 s': ['every 15 s', 10, 5],
	'1 s, half as long again each time, up to 30 s': ['1 s growing to 30 s', 10, 5],
	"Every 30 s (the article's)": ['every 30 s', 10, 5],
	'At 5 s, at the estimate, then every 5 s': ['at the estimate,\nwhere it is right', 10, 20],
};
const OURS_TOLD_NOTHING: Label = ['Kling Fast,\ntold nothing', 12, 4];
const OURS_TOLD_TRUE: Label = ['Kling Fast,\ntold true progress', -12, -2, 'end'];
const LINE_HEIGHT = 16;

type Style = Parameters<typeof text>[2];

/** Requests against lag, both on logarithmic scales. SVG with a background of its own, for light and dark pages. */
export function plotOf({ contests, ours, frontier }: Study): string {
	const told = ours.filter((contest) => contest.told === 'progress that grows evenly');
	const about = `Status requests a clip against the time until a finished clip is noticed, for ${contests.length} schedules`;
	return drawing(WIDTH, HEIGHT, about, [
		title('How late a finished clip is noticed'),
		text({ x: 24, y: 56 }, 'Dots: the middle clip. Whiskers: up to 95 % of the clips.', {
			color: PLAIN,
		}),
		...axes(),
		goal(),
		...bestPossible(frontier),
		...contests.filter(({ schedule }) => schedule !== OURS).flatMap(point),
		...told.flatMap((contest) => ourPoint(contest, OURS_TOLD_TRUE)),
		...contests
			.filter(({ schedule }) => schedule === OURS)
			.flatMap((contest) => ourPoint(contest, OURS_TOLD_NOTHING)),
	]);
}

function axes(): string[] {
	return [
		...READS.marks.flatMap((reads) => [
			line({ x: x(reads), y: TOP }, { x: x(reads), y: BOTTOM }, PALE),
			text({ x: x(reads), y: BOTTOM + 20 }, String(reads), { anchor: 'middle' }),
		]),
		...LAG_SECONDS.marks.flatMap((seconds) => [
			line({ x: LEFT, y: y(seconds) }, { x: RIGHT, y: y(seconds) }, PALE),
			text({ x: LEFT - 10, y: y(seconds) + 4 }, `${seconds} s`, { anchor: 'end' }),
		]),
		text({ x: (LEFT + RIGHT) / 2, y: HEIGHT - 22 }, 'Status requests a clip', { anchor: 'middle' }),
	];
}

function goal(): string {
	const at = y(GOAL_SECONDS);
	return [
		line({ x: LEFT, y: at }, { x: RIGHT, y: at }, PLAIN, '6 5'),
		text({ x: RIGHT - 4, y: at - 7 }, 'goal: 3 s', { anchor: 'end', color: PLAIN }),
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
		text({ x: x(2.1), y: y(1.45) }, 'the best possible, had one known', { color: BEST }),
		text({ x: x(2.1), y: y(1.45) + LINE_HEIGHT }, 'exactly how the times are spread', {
			color: BEST,
		}),
	];
}

function point({ schedule, ...summary }: Contest): string[] {
	return [...dot(summary, PLAIN, 4), ...labelOf(summary, LABELS[schedule.label], {})];
}

function ourPoint(summary: Summary, label: Label): string[] {
	return [...dot(summary, ACCENT, 7), ...labelOf(summary, label, { bold: true, color: ACCENT })];
}

function labelOf(summary: Summary, [lines, right, down, anchor]: Label, style: Style) {
	const atX = x(summary.readsPerClip) + right;
	const atY = y(summary.medianLagSeconds) + down;
	return lines
		.split('\n')
		.map((words, index) =>
			text({ x: atX, y: atY + index * LINE_HEIGHT }, words, { ...style, anchor }),
		);
}

function dot(summary: Summary, color: string, radius: number): string[] {
	const [cx, cy] = [x(summary.readsPerClip), y(summary.medianLagSeconds)];
	const top = y(summary.p95LagSeconds);
	return [
		line({ x: cx, y: cy }, { x: cx, y: top }, color),
		line({ x: cx - 4, y: top }, { x: cx + 4, y: top }, color),
		`<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${color}"/>`,
	];
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
