import type { INodeParameters } from 'n8n-workflow';
import { clipTimes } from './clipTimes';
import { sumOf } from './statistics';

export const SEED = 1;
/** Of the sheet that every table shows. */
export const SHEET_ROWS = 20;
export const LONG_SHEET_ROWS = 100;
export const SMALL_MB = 2;
export const BIG_MB = 20;

const CLIP_TIME = /\[\[slow:([\d.]+)\]\]/;

/** What a contender is given at a time: so many executions of a sheet side by side. */
export interface Round {
	rows: number;
	executions: number;
	/** Of each clip. */
	megabytes: number;
}

export function single(rows: number, megabytes = SMALL_MB): Round {
	return { rows, executions: 1, megabytes };
}

/**
 * The same rows for every contender: each prompt tells the sandbox how long the clip takes and how big it becomes.
 *
 * @param megabytes of each clip
 * @returns in the order of the rows also how long the provider works on each clip
 */
export function benchRows(count: number, megabytes: number, seed: number) {
	const clipSeconds = clipTimes(count, seed);
	const items = clipSeconds.map((seconds, index): INodeParameters => ({
		row: index + 1,
		prompt: `A fox, take ${index + 1} [[slow:${seconds}]] [[big-clip:${megabytes}]]`,
	}));
	return { clipSeconds, items };
}

/** How long the provider works on the clip of this prompt, in its seconds. */
export function clipSecondsOf(prompt: string): number {
	return Number(CLIP_TIME.exec(prompt)?.[1]);
}

/**
 * The shortest time in which clips can be made, `cap` at a time and begun in their order, if nothing but the provider takes
 * time: whenever a clip is done the next one begins.
 */
export function bestMakespanSeconds(clipSeconds: number[], cap: number): number {
	const slots = Array.from({ length: cap }, () => 0);
	for (const seconds of clipSeconds) {
		const next = slots.indexOf(Math.min(...slots));
		slots[next] += seconds;
	}
	return Math.max(...slots);
}

/** `ceil(N / cap) x T`, the usual rule of thumb; T is the mean time of a clip. */
export function roundsSeconds(clipSeconds: number[], cap: number): number {
	const mean = sumOf(clipSeconds) / clipSeconds.length;
	return Math.ceil(clipSeconds.length / cap) * mean;
}
