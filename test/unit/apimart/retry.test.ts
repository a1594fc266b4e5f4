import fc from 'fast-check';
import { networkError, type ApimartError } from '../../../nodes/KlingFast/apimart/errors';
import { backoffSeconds, withRetries } from '../../../nodes/KlingFast/apimart/retry';
import { ManualClock, seededRandom } from '../generation/manualClock';
import { refusal, rejection } from './answers';

const BUSY = refusal(503, { error: { message: 'busy' } });
const WRONG = refusal(400, { error: { message: 'wrong' } });

function askedToWait(seconds: number): ApimartError {
	return refusal(429, {}, { 'retry-after': String(seconds) });
}

const LONG = askedToWait(900);

/** Work that throws these errors one after the other, and then succeeds. */
function failing(...errors: Error[]): (tries: number) => Promise<string> {
	return async (tries) => {
		const error = errors[tries - 1];
		if (error) throw error;
		return `done in try ${tries}`;
	};
}

const alwaysBusy = async () => await Promise.reject<string>(BUSY);

describe('how long to wait before the next try', () => {
	it('is anything up to a limit that doubles from 2 to 30 seconds', () => {
		const limits = [1, 2, 3, 4, 5, 6, 2000].map((tries) => backoffSeconds(tries, 0.999999));
		expect(limits.map(Math.round)).toEqual([2, 4, 8, 16, 30, 30, 30]);
		expect(backoffSeconds(5, 0)).toBe(0.5);
	});

	it('is what the provider asks for, and up to a second more', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 50 }),
				fc.double({ min: 0, max: 0.999, noNaN: true }),
				fc.integer({ min: 1, max: 1000 }),
				(tries, random, asked) => {
					const seconds = backoffSeconds(tries, random, asked);
					expect(seconds).toBeGreaterThanOrEqual(asked);
					expect(seconds).toBeLessThan(asked + 1);
				},
			),
		);
	});
});

it.each(['0', '-5', '0.2', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
	'Retry-After: %s brings no flood of requests in fifteen minutes, and none after them',
	async (asked) => {
		const clock = new ManualClock(0, seededRandom(2));
		const triedAtMs: number[] = [];
		const work = async () => {
			triedAtMs.push(clock.nowMs());
			throw refusal(429, {}, { 'retry-after': asked });
		};
		await rejection(clock.run(withRetries(work, { clock, deadlineMs: 900_000 })));
		expect(triedAtMs.length).toBeLessThan(100);
		expect(Math.min(...clock.sleptSeconds)).toBeGreaterThanOrEqual(0.5);
		expect(Math.max(...triedAtMs)).toBeLessThanOrEqual(900_000);
		expect(Math.max(...triedAtMs)).toBeGreaterThan(850_000);
	},
);

describe('a retryable fault is repeated', () => {
	const BUG = new TypeError('bug');
	it.each<[string, Error[], number[], string | Error, { maxTries?: number }]>([
		['until a try succeeds', [BUSY, BUSY], [1, 2], 'done in try 3', {}],
		['but not what the same request cannot mend', [BUSY, WRONG], [1], WRONG, {}],
		['but not what is no answer of the provider', [BUG], [], BUG, {}],
		['up to the number of tries', [BUSY, BUSY, BUSY], [1, 2], BUSY, { maxTries: 3 }],
		['after the time that the provider asks for', [askedToWait(60)], [60.5], 'done in try 2', {}],
		['but not where it asks for more time than there is', [LONG], [], LONG, {}],
	])('%s', async (_, errors, sleptSeconds, result, rules) => {
		const clock = new ManualClock();
		const work = withRetries(failing(...errors), { clock, deadlineMs: 900_000, ...rules });
		const [settled] = await Promise.allSettled([clock.run(work)]);
		expect(settled.status === 'fulfilled' ? settled.value : settled.reason).toBe(result);
		expect(clock.sleptSeconds).toEqual(sleptSeconds);
	});

	it('logs waits of more than ten seconds, and no shorter ones', async () => {
		const clock = new ManualClock();
		const info = jest.fn();
		const work = failing(BUSY, askedToWait(9.5), askedToWait(10));
		await clock.run(withRetries(work, { clock, deadlineMs: 900_000, logger: { info } }));
		expect(clock.sleptSeconds).toEqual([1, 10, 10.5]);
		expect(info.mock.calls).toEqual([
			[expect.stringMatching(/^Kling Fast: tries again in 11 s: APIMart's rate limit/)],
		]);
	});

	it('stops after retryForSeconds', async () => {
		const clock = new ManualClock();
		const refused = networkError({ code: 'ECONNREFUSED' });
		const untrusted = networkError({ code: 'CERT_HAS_EXPIRED' });
		const always = async (error: Error) =>
			await clock.run(withRetries(() => Promise.reject(error), { clock, deadlineMs: 900_000 }));
		await expect(always(untrusted)).rejects.toBe(untrusted);
		expect(clock.nowMs()).toBe(0);
		await expect(always(refused)).rejects.toBe(refused);
		expect(clock.sleptSeconds).toEqual([1, 2, 4, 3]);
	});
});

describe('a stopped run', () => {
	const stop = new Error('stopped by a person');

	/** What comes of work in a run that is stopped by it, or from outside. */
	function stoppable(work: () => Promise<string>, controller = new AbortController()) {
		const clock = new ManualClock(0, () => 0.9);
		const rules = { clock, signal: controller.signal, deadlineMs: 900_000 };
		return { clock, controller, result: withRetries(work, rules) };
	}

	it('ends the wait at once and tries no more', async () => {
		const { clock, controller, result } = stoppable(alwaysBusy);
		clock.at(500, () => controller.abort(stop));
		await expect(clock.run(result)).rejects.toBe(stop);
		expect(clock.nowMs()).toBe(500);
		expect(clock.openSleeps).toBe(0);
	});

	it('does not begin at all', async () => {
		const controller = new AbortController();
		controller.abort(stop);
		const work = jest.fn(alwaysBusy);
		expect(await rejection(stoppable(work, controller).result)).toBe(stop);
		expect(work).not.toHaveBeenCalled();
	});

	it.each([BUSY, WRONG, new Error('aborted')])('shows as stopped, not as %s', async (fault) => {
		const controller = new AbortController();
		const work = async () => {
			controller.abort(stop);
			throw fault;
		};
		const { clock, result } = stoppable(work, controller);
		await expect(clock.run(result)).rejects.toBe(stop);
	});
});
