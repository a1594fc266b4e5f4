import { clipTimes } from '../clipTimes';
import { markdownOf } from '../pages';
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

export function tablesOf({ contests, ours }: Study): string {
	const head = ['Requests a clip', 'Most for 60 s', 'Noticed late by', '95 % within'];
	return markdownOf([
		{
			title: 'How often schedules ask, and how late they notice',
			head: ['Schedule', ...head],
			rows: contests.map((each) => [each.schedule.label, ...cellsOf(each)]),
		},
		{
			title: 'Kling Fast, by what the provider tells',
			head: ['The provider tells', ...head],
			rows: ours.map((each) => [each.told, ...cellsOf(each)]),
		},
	]);
}

function cellsOf({ readsPerClip, mostForAMinute, medianLagSeconds, p95LagSeconds }: Contest) {
	return [
		readsPerClip.toFixed(1),
		String(mostForAMinute),
		`${medianLagSeconds.toFixed(1)} s`,
		`${p95LagSeconds.toFixed(1)} s`,
	];
}
