import { clipTimes } from '../clipTimes';
import { table, type Column as AnyColumn } from '../pages';
import { frontier } from './frontier';
import { AT_THE_ESTIMATE, OURS, SCHEDULES, type Schedule } from './schedules';
import { simulate } from './simulate';
import { TELLERS } from './tellers';

const CLIPS = clipTimes(20_000, 1);
const CLIPS_OF_A_MINUTE = Array.from({ length: 5_000 }, () => 60);
const SPREAD_SEED = 2;

export type Study = ReturnType<typeof study>;
/** What one schedule came to with a provider that tells this. */
export type Contest = ReturnType<typeof contest>;
type Column = AnyColumn<Contest>;

/** All figures of the tables and the plot: the same in every run. */
export function study() {
	return {
		contests: SCHEDULES.map((schedule) =>
			contest(schedule, schedule === AT_THE_ESTIMATE ? 'the right estimate' : 'nothing'),
		),
		/** The chosen schedule with every kind of provider. */
		ours: (Object.keys(TELLERS) as Array<keyof typeof TELLERS>).map((told) => contest(OURS, told)),
		/** The best that is possible without hearing the provider; from many requests to few. */
		frontier: frontier(CLIPS),
	};
}

function contest(schedule: Schedule, told: keyof typeof TELLERS) {
	const tell = TELLERS[told];
	return {
		schedule,
		told,
		...simulate(CLIPS, schedule, tell, SPREAD_SEED),
		/** The most requests that any clip of 60 s took. */
		mostForAMinute: simulate(CLIPS_OF_A_MINUTE, schedule, tell, SPREAD_SEED).mostReads,
	};
}

const COLUMNS: Column[] = [
	['Requests a clip', (of) => of.readsPerClip.toFixed(1)],
	['Most for 60 s', (of) => String(of.mostForAMinute)],
	['Noticed late by', (of) => `${of.medianLagSeconds.toFixed(1)} s`],
	['95 % within', (of) => `${of.p95LagSeconds.toFixed(1)} s`],
];

export function tablesOf({ contests, ours }: Study): string {
	const schedule: Column = ['Schedule', (of) => of.schedule.label];
	const told: Column = ['The provider tells', (of) => of.told];
	return [
		table(contests, [schedule, ...COLUMNS], 'How often schedules ask, and how late they notice'),
		table(ours, [told, ...COLUMNS], 'Kling Fast, by what the provider tells'),
	].join('\n\n');
}
