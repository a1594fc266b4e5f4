import {
	ACCENT,
	drawing,
	line,
	PLAIN,
	round,
	text,
	title,
	type Point,
	type TextStyle,
} from '../svg';
import { OURS, type PlotLabel } from './schedules';
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

const TOLD_TRUE: PlotLabel = ['Kling Fast,\ntold true progress', -12, -2, 'end'];
const LINE_HEIGHT = 16;

/** Requests against lag, both on logarithmic scales. SVG with a background of its own, for light and dark pages. */
export function plotOf({ contests, ours, frontier }: Study): string {
	const toldTrue = ours.filter(({ told }) => told === 'progress that grows evenly');
	const about = `Status requests a clip against the time until a finished clip is noticed, for ${contests.length} schedules`;
	const others = contests.filter(({ schedule }) => schedule !== OURS);
	const toldNothing = contests.filter(({ schedule }) => schedule === OURS);
	return drawing(WIDTH, HEIGHT, about, [
		title('How late a finished clip is noticed'),
		text({ x: 24, y: 56 }, 'Dots: the middle clip. Whiskers: up to 95 % of the clips.', {
			color: PLAIN,
		}),
		...axes(),
		...goal(),
		...bestPossible(frontier),
		...others.flatMap((contest) => point(contest)),
		...toldTrue.flatMap((contest) => point(contest, TOLD_TRUE)),
		...toldNothing.flatMap((contest) => point(contest)),
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

function goal(): string[] {
	const at = y(GOAL_SECONDS);
	return [
		line({ x: LEFT, y: at }, { x: RIGHT, y: at }, PLAIN, '6 5'),
		text({ x: RIGHT - 4, y: at - 7 }, 'goal: 3 s', { anchor: 'end', color: PLAIN }),
	];
}

function bestPossible(frontier: Summary[]): string[] {
	const shown = frontier.filter(
		({ readsPerClip, medianLagSeconds }) =>
			readsPerClip >= READS.from && medianLagSeconds >= LAG_SECONDS.from,
	);
	const corners = shown.map((each) => `${x(each.readsPerClip)},${y(each.medianLagSeconds)}`);
	return [
		`<polyline points="${corners.join(' ')}" fill="none" stroke="${BEST}" stroke-width="2"/>`,
		...textLines(
			{ x: x(2.1), y: y(1.45) },
			'the best possible, had one known\nexactly how the times are spread',
			{ color: BEST },
		),
	];
}

function point(contest: Contest, label: PlotLabel = contest.schedule.plotLabel): string[] {
	const isOurs = contest.schedule === OURS;
	const color = isOurs ? ACCENT : PLAIN;
	const [lines, right, down, anchor] = label;
	const at = { x: x(contest.readsPerClip), y: y(contest.medianLagSeconds) };
	const top = y(contest.p95LagSeconds);
	return [
		line(at, { x: at.x, y: top }, color),
		line({ x: at.x - 4, y: top }, { x: at.x + 4, y: top }, color),
		`<circle cx="${at.x}" cy="${at.y}" r="${isOurs ? 7 : 4}" fill="${color}"/>`,
		...textLines({ x: at.x + right, y: at.y + down }, lines, {
			anchor,
			...(isOurs && { bold: true, color }),
		}),
	];
}

function textLines(at: Point, lines: string, style: TextStyle): string[] {
	return lines
		.split('\n')
		.map((words, index) => text({ x: at.x, y: at.y + index * LINE_HEIGHT }, words, style));
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
