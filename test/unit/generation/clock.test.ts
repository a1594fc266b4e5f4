/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { getEventListeners } from 'node:events';
import {
	currentClock,
	realClock,
	stopReason,
	untilAborted,
	useClock,
	withTimeout,
	withTimeLimit,
} from '../../../nodes/KlingFast/clock';
import { ManualClock } from './manualClock';

const stop = new Error('stopped by a person');

describe('work that a stop ends', () => {
	it('gives its result where nobody stops it', async () => {
		const { signal } = new AbortController();
		await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
		await expect(untilAborted(Promise.resolve(1))).resolves.toBe(1);
	});

	it('gives its own error', async () => {
		const { signal } = new AbortController();
		await expect(untilAborted(Promise.reject(stop), signal)).rejects.toBe(stop);
	});

	it('ends with the reason of the stop, although it never ends itself', async () => {
		const controller = new AbortController();
		const work = untilAborted(new Promise(() => {}), controller.signal);
		controller.abort(stop);
		await expect(work).rejects.toBe(stop);
	});

	it('ends with the reason of an earlier stop, and its own later error disturbs nobody', async () => {
		const late = Promise.reject(new Error('late'));
		await expect(untilAborted(late, AbortSignal.abort(stop))).rejects.toBe(stop);
	});
});

describe('work that must not take longer', () => {
	const limits = { limitMs: 8_000 };

	it('gives its result, or its own error, and leaves no sleeper behind', async () => {
		const clock = new ManualClock();
		await expect(withTimeLimit(async () => 1, limits, clock)).resolves.toBe(1);
		await expect(withTimeLimit(() => Promise.reject(stop), limits, clock)).rejects.toBe(stop);
		expect(clock.openSleeps).toBe(0);
	});

	it('is aborted, and is waited for no longer', async () => {
		const clock = new ManualClock();
		const told: unknown[] = [];
		const work = async (signal: AbortSignal) => {
			signal.addEventListener('abort', () => told.push(signal.reason));
			await new Promise(() => {});
		};
		const error = new Error('no end after 8 s');
		await expect(clock.run(withTimeLimit(work, limits, clock))).rejects.toEqual(error);
		expect(told).toEqual([error]);
		expect(clock.nowMs()).toBe(8_000);
	});

	it('ends with a stop, and does not begin after one', async () => {
		const clock = new ManualClock();
		const controller = new AbortController();
		const { signal } = controller;
		const work = jest.fn(async () => await new Promise(() => {}));
		clock.at(3_000, () => controller.abort(stop));
		const limited = withTimeLimit(work, { ...limits, signal }, clock);
		await expect(clock.run(limited)).rejects.toBe(stop);
		await expect(withTimeLimit(work, { ...limits, signal }, clock)).rejects.toBe(stop);
		expect(work).toHaveBeenCalledTimes(1);
		expect(clock.openSleeps).toBe(0);
	});
});

it.each<[string, (signal: AbortSignal, clock: ManualClock) => Promise<unknown>]>([
	['untilAborted', async (signal) => await untilAborted(Promise.resolve(1), signal)],
	['a rejected untilAborted', async (signal) => await untilAborted(Promise.reject(stop), signal)],
	['realClock.sleep', async (signal) => await realClock.sleep(0, signal)],
	[
		'withTimeLimit',
		async (signal, clock) => await withTimeLimit(async () => 1, { limitMs: 5, signal }, clock),
	],
])('%s leaves no listener at the signal of a run, which may live for hours', async (_, work) => {
	const { signal } = new AbortController();
	for (let times = 0; times < 3; times++) {
		await work(signal, new ManualClock()).catch(() => undefined);
	}
	expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

describe('work that is waited for only so long', () => {
	const timeout = { timeoutMs: 8_000, fallback: 'too late' };

	it('gives its result in time, and leaves no sleeper behind', async () => {
		const clock = new ManualClock();
		const value = withTimeout(Promise.resolve('in time'), timeout, clock);
		await expect(value).resolves.toBe('in time');
		expect(clock.openSleeps).toBe(0);
	});

	it('gives the other value once the time is up', async () => {
		const clock = new ManualClock();
		const value = clock.run(withTimeout(new Promise(() => {}), timeout, clock));
		await expect(value).resolves.toBe('too late');
		expect(clock.nowMs()).toBe(8_000);
	});

	it('gives its own error, and leaves no sleeper behind', async () => {
		const clock = new ManualClock();
		await expect(withTimeout(Promise.reject(stop), timeout, clock)).rejects.toBe(stop);
		expect(clock.openSleeps).toBe(0);
	});
});

it('makes an error of a reason that is none', () => {
	expect(stopReason(AbortSignal.abort('why'))).toEqual(new Error('The execution was stopped'));
	expect(stopReason(AbortSignal.abort(stop))).toBe(stop);
});

it('sleeps for real, and ends at once when stopped', async () => {
	const controller = new AbortController();
	const long = realClock.sleep(3_600_000, controller.signal);
	controller.abort(stop);
	await expect(long).rejects.toBe(stop);
	await expect(realClock.sleep(0)).resolves.toBeUndefined();
});

it('lets a test take over the time, and give it back', () => {
	const clock = new ManualClock(5);
	const restore = useClock(clock);
	expect(currentClock().nowMs()).toBe(5);
	restore();
	expect(currentClock()).toBe(realClock);
});
