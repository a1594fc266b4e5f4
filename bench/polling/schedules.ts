import { pollDelaySeconds, type PollState } from '../../nodes/KlingFast/generation/pollSchedule';

export interface Schedule {
	label: string;
	/** Seconds until the next status request. */
	delaySeconds: (state: PollState) => number;
	/** Whether what the provider tells makes a difference. */
	listens?: boolean;
}

export const OURS: Schedule = {
	label: 'Kling Fast',
	delaySeconds: pollDelaySeconds,
	listens: true,
};

/** The estimate comes with the first read. */
export const AT_THE_ESTIMATE: Schedule = {
	label: 'At 5 s, at the estimate, then every 5 s',
	delaySeconds: ({ elapsedSeconds, estimatedSeconds = 0 }) =>
		Math.max(5, estimatedSeconds - elapsedSeconds),
	listens: true,
};

const every = (seconds: number): Schedule => ({
	label: `Every ${seconds} s`,
	delaySeconds: () => seconds,
});

/** What people do, and what the provider and its article advise. */
export const SCHEDULES: Schedule[] = [
	every(2),
	{
		label: '2 s, growing to 5 s (advice in the API)',
		delaySeconds: ({ reads }) => Math.min(5, 2 + reads),
	},
	every(5),
	{
		label: '5 s, half as long again each minute',
		delaySeconds: ({ elapsedSeconds }) => Math.min(30, 5 * 1.5 ** Math.floor(elapsedSeconds / 60)),
	},
	every(10),
	every(15),
	{
		label: '1 s, half as long again each time, up to 30 s',
		delaySeconds: ({ reads }) => Math.min(30, 1.5 ** reads),
	},
	{ ...every(30), label: "Every 30 s (the article's)" },
	AT_THE_ESTIMATE,
	OURS,
];
