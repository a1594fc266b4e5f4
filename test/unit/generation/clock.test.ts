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

type Work = () => Promise<unknown>;
type Way = (work: Work, signal: AbortSignal, clock: ManualClock) => Promise<unknown>;

const LIMIT_MS = 8_000;
const stop = new Error('stopped by a person');
const own = new Error('of the work itself');
const never: Work = async () => await new Promise(() => {});
const failing: Work = async () => await Promise.reject(own);
const endOf = async (work: Promise<unknown>) => await work.catch((error: unknown) => error);
const listenersAt = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe.each<[string, Way]>([
	['untilAborted', async (work, signal) => await untilAborted(work(), signal)],
	[
		'withTimeLimit',
		async (work, signal, clock) => await withTimeLimit(work, { limitMs: LIMIT_MS, signal }, clock),
	],
])('work that Stop ends, by %s,', (_, way) => {
	it.each<[string, Work, number | undefined, unknown]>([
		['gives its result', async () => 1, undefined, 1],
		['gives its own error', failing, undefined, own],
		['ends with the reason of the stop, although it never ends itself', never, 3_000, stop],
		['ends with the reason of an earlier stop', failing, 0, stop],
	])('%s, and leaves no sleeper and no listener behind', async (_what, work, stopAtMs, end) => {
		const clock = new ManualClock();
		const controller = new AbortController();
		if (stopAtMs === 0) controller.abort(stop);
		else if (stopAtMs) clock.at(stopAtMs, () => controller.abort(stop));
		expect(await endOf(clock.run(way(work, controller.signal, clock)))).toBe(end);
		expect(clock.openSleeps).toBe(0);
		expect(listenersAt(controller.signal)).toBe(0);
	});
});

it('work that nobody can stop gives its result', async () => {
	await expect(untilAborted(Promise.resolve(1))).resolves.toBe(1);
});

it('work with a time limit is aborted, and is waited for no longer', async () => {
	const clock = new ManualClock();
	const told: unknown[] = [];
	const work = async (signal: AbortSignal) => {
		signal.addEventListener('abort', () => told.push(signal.reason));
		await never();
	};
	const error = new Error('no end after 8 s');
	const limited = withTimeLimit(work, { limitMs: LIMIT_MS }, clock);
	await expect(clock.run(limited)).rejects.toEqual(error);
	expect(told).toEqual([error]);
	expect(clock.nowMs()).toBe(LIMIT_MS);
});

it('work with a time limit does not begin after a stop', async () => {
	const work = jest.fn(never);
	const limits = { limitMs: LIMIT_MS, signal: AbortSignal.abort(stop) };
	await expect(withTimeLimit(work, limits, new ManualClock())).rejects.toBe(stop);
	expect(work).not.toHaveBeenCalled();
});

it.each<[string, Work, unknown, number]>([
	['its result in time', async () => 'in time', 'in time', 0],
	['the other value once the time is up', never, 'too late', LIMIT_MS],
	['its own error', failing, own, 0],
])('work with a timeout gives %s, and leaves no sleeper behind', async (_, work, end, nowMs) => {
	const clock = new ManualClock();
	const rules = { timeoutMs: LIMIT_MS, fallback: 'too late' };
	expect(await endOf(clock.run(withTimeout(work(), rules, clock)))).toBe(end);
	expect(clock.nowMs()).toBe(nowMs);
	expect(clock.openSleeps).toBe(0);
});

it('makes an error of a reason that is none', () => {
	expect(stopReason(AbortSignal.abort('why'))).toEqual(new Error('The execution was stopped'));
});

it('sleeps for real, ends at once when stopped, and leaves no listener behind', async () => {
	const controller = new AbortController();
	await expect(realClock.sleep(0, controller.signal)).resolves.toBeUndefined();
	expect(listenersAt(controller.signal)).toBe(0);
	const long = realClock.sleep(3_600_000, controller.signal);
	controller.abort(stop);
	await expect(long).rejects.toBe(stop);
});

it('lets a test take over the time, and give it back', () => {
	const clock = new ManualClock(5);
	const restore = useClock(clock);
	expect(currentClock().nowMs()).toBe(5);
	restore();
	expect(currentClock()).toBe(realClock);
});
