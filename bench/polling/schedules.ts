import { pollDelaySeconds, type PollState } from '../../nodes/KlingFast/generation/polling';

/** In the plot: the lines, and how far they begin (or end) right of the point and below it, in pixels, where there is room. */
export type PlotLabel = [lines: string, right: number, down: number, anchor?: 'start' | 'end'];

export interface Schedule {
	label: string;
	plotLabel: PlotLabel;
	/** Seconds until the next status request. */
	delaySeconds: (state: PollState) => number;
}

export const OURS: Schedule = {
	label: 'Kling Fast',
	plotLabel: ['Kling Fast,\ntold nothing', 12, 4],
	delaySeconds: pollDelaySeconds,
};

/** The estimate comes with the first read. */
export const AT_THE_ESTIMATE: Schedule = {
	label: 'At 5 s, at the estimate, then every 5 s',
	plotLabel: ['at the estimate,\nwhere it is right', 10, 20],
	delaySeconds: ({ elapsedSeconds, estimatedSeconds = 0 }) =>
		Math.max(5, estimatedSeconds - elapsedSeconds),
};

const every = (seconds: number, ...place: [number, number, 'end'?]): Schedule => ({
	label: `Every ${seconds} s`,
	plotLabel: [`every ${seconds} s`, ...place],
	delaySeconds: () => seconds,
});

/** What people do, and what the provider and its article advise. */
export const SCHEDULES: Schedule[] = [
	every(2, -10, 5, 'end'),
	{
		label: '2 s, growing to 5 s (advice in the API)',
		plotLabel: ['2 s growing to 5 s', 10, 5],
		delaySeconds: ({ reads }) => Math.min(5, 2 + reads),
	},
	every(5, 0, 24),
	{
		label: '5 s, half as long again each minute',
		plotLabel: ['5 s, then longer', 10, -74],
		delaySeconds: ({ elapsedSeconds }) => Math.min(30, 5 * 1.5 ** Math.floor(elapsedSeconds / 60)),
	},
	every(10, -10, 5, 'end'),
	every(15, 10, 5),
	{
		label: '1 s, half as long again each time, up to 30 s',
		plotLabel: ['1 s growing to 30 s', 10, 5],
		delaySeconds: ({ reads }) => Math.min(30, 1.5 ** reads),
	},
	{ ...every(30, 10, 5), label: "Every 30 s (the article's)" },
	AT_THE_ESTIMATE,
	OURS,
];
