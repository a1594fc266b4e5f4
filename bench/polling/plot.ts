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
	// Our own lie on top.
	const shown = [...contests].sort((left, right) => Number(isOurs(left)) - Number(isOurs(right)));
	const goal = y(GOAL_SECONDS);
	return drawing(WIDTH, HEIGHT, about, [
		title('How late a finished clip is noticed'),
		plain([24, 56], 'Dots: the middle clip. Whiskers: up to 95 % of the clips.'),
		...READS.marks.flatMap((reads) => [
			line([x(reads), TOP], [x(reads), BOTTOM], PALE),
			text([x(reads), BOTTOM + 20], String(reads), { anchor: 'middle' }),
		]),
		...LAG_SECONDS.marks.flatMap((seconds) => [
			line([LEFT, y(seconds)], [RIGHT, y(seconds)], PALE),
			text([LEFT - 10, y(seconds) + 4], `${seconds} s`, { anchor: 'end' }),
		]),
		text([(LEFT + RIGHT) / 2, HEIGHT - 22], 'Status requests a clip', { anchor: 'middle' }),
		line([LEFT, goal], [RIGHT, goal], PLAIN, '6 5'),
		plain([RIGHT - 4, goal - 7], 'goal: 3 s', 'end'),
		...bestPossible(frontier),
		...toldTrue.flatMap((contest) => point(contest, TOLD_TRUE)),
		...shown.flatMap((contest) => point(contest)),
	]);
}

function isOurs({ schedule }: Contest): boolean {
	return schedule === OURS;
}

function bestPossible(frontier: Summary[]): string[] {
	const corners = frontier
		.map(({ readsPerClip, medianLagSeconds }): Point => [x(readsPerClip), y(medianLagSeconds)])
		.filter(([right, down]) => right >= LEFT && down <= BOTTOM);
	const words = 'the best possible, had one known\nexactly how the times are spread';
	return [
		`<polyline points="${corners.join(' ')}" fill="none" stroke="${BEST}" stroke-width="2"/>`,
		...textLines([x(2.1), y(1.45)], words, { color: BEST }),
	];
}

function point(contest: Contest, label: PlotLabel = contest.schedule.plotLabel): string[] {
	const [lines, right, down, anchor] = label;
	const [color, radius, bold] = isOurs(contest) ? [ACCENT, 7, true] : [PLAIN, 4, false];
	const [atX, atY] = [x(contest.readsPerClip), y(contest.medianLagSeconds)];
	const top = y(contest.p95LagSeconds);
	const style = { anchor, bold, ...(bold && { color }) };
	return [
		line([atX, atY], [atX, top], color),
		line([atX - 4, top], [atX + 4, top], color),
		`<circle cx="${atX}" cy="${atY}" r="${radius}" fill="${color}"/>`,
		...textLines([atX + right, atY + down], lines, style),
	];
}

function plain(at: Point, words: string, anchor?: TextStyle['anchor']): string {
	return text(at, words, { anchor, color: PLAIN });
}

function textLines([atX, atY]: Point, lines: string, style: TextStyle): string[] {
	return lines
		.split('\n')
		.map((words, index) => text([atX, atY + index * LINE_HEIGHT], words, style));
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
