import type { BenchTable } from '../tables';
import { clipTimes } from '../clipTimes';
import { frontier } from './frontier';
import { AT_THE_ESTIMATE, OURS, SCHEDULES, type Schedule } from './schedules';
import { simulate, type Summary } from './simulate';
import { TELLERS, type TellerName } from './tellers';

const CLIPS = 20_000;
const CLIPS_OF_A_MINUTE = 5_000;
const CLIPS_SEED = 1;
const SPREAD_SEED = 2;

/** What one schedule came to with a provider that tells this. */
export interface Contest extends Summary {
	schedule: Schedule;
	told: TellerName;
	/** The most requests that any clip of 60 s took. */
	mostForAMinute: number;
}

export interface Study {
	contests: Contest[];
	/** The chosen schedule with every kind of provider. */
	ours: Contest[];
	/** The best that is possible without hearing the provider; from many requests to few. */
	frontier: Summary[];
}

/** All figures of the table and the plot: the same in every run. */
export function study(): Study {
	const clips = clipTimes(CLIPS, CLIPS_SEED);
	const minutes = Array.from({ length: CLIPS_OF_A_MINUTE }, () => 60);
	const contest = (schedule: Schedule, told: TellerName): Contest => ({
		schedule,
		told,
		...simulate(clips, schedule, TELLERS[told], SPREAD_SEED),
		mostForAMinute: simulate(minutes, schedule, TELLERS[told], SPREAD_SEED).mostReads,
	});
	const names = Object.keys(TELLERS).filter(isTellerName);
	return {
		contests: SCHEDULES.map((schedule) =>
			contest(schedule, schedule === AT_THE_ESTIMATE ? 'the right estimate' : 'nothing'),
		),
		ours: names.map((told) => contest(OURS, told)),
		frontier: frontier(clips),
	};
}

export function tablesOf({ contests, ours }: Study): BenchTable[] {
	const head = ['Requests a clip', 'Most for 60 s', 'Noticed late by', '95 % within'];
	return [
		{
			title: 'How often schedules ask, and how late they notice',
			head: ['Schedule', ...head],
			rows: contests.map((contest) => [contest.schedule.label, ...cellsOf(contest)]),
		},
		{
			title: 'Kling Fast, by what the provider tells',
			head: ['The provider tells', ...head],
			rows: ours.map((contest) => [contest.told, ...cellsOf(contest)]),
		},
	];
}

function cellsOf({ readsPerClip, mostForAMinute, medianLagSeconds, p95LagSeconds }: Contest) {
	return [
		readsPerClip.toFixed(1),
		String(mostForAMinute),
		`${medianLagSeconds.toFixed(1)} s`,
		`${p95LagSeconds.toFixed(1)} s`,
	];
}

function isTellerName(name: string): name is TellerName {
	return name in TELLERS;
}
