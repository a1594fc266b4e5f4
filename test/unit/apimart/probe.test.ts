import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { probe } from '../../../nodes/KlingFast/apimart/probe';
import { useClock } from '../../../nodes/KlingFast/clock';
import { ManualClock } from '../generation/manualClock';
import { response } from './answers';

const clock = new ManualClock();
let restore: () => void;
beforeAll(() => (restore = useClock(clock)));
afterAll(() => restore());

/** What is told of a callback address that answers so, and what it was asked. */
async function ask(answer: (options: IHttpRequestOptions) => Promise<unknown>) {
	const sent: IHttpRequestOptions[] = [];
	const httpRequest = async (options: IHttpRequestOptions) => {
		sent.push(options);
		return await answer(options);
	};
	const context = { helpers: { httpRequest } } as unknown as IExecuteFunctions;
	const result = await clock.run(probe(context, 'https://n8n.example/webhook/1/callback'));
	return { result, sent };
}

describe('the question at a callback address', () => {
	it.each([
		[200, { answer: 'welcome' }],
		[401, { answer: 'otherSecret' }],
		[404, { answer: 'notPublished' }],
		[302, { answer: 'unclear', why: 'HTTP 302' }],
		[500, { answer: 'unclear', why: 'HTTP 500' }],
	])('is answered by HTTP %d', async (status, expected) => {
		const headers = { location: 'https://elsewhere.example' };
		const { result, sent } = await ask(async () => response(status, '', headers));
		expect(result).toEqual(expected);
		expect(sent).toHaveLength(1);
	});

	it('follows no redirect, carries no key, and waits for no silence', async () => {
		const { sent } = await ask(async () => response(200, ''));
		expect(sent).toMatchObject([{ disableFollowRedirect: true, timeout: 10_000, body: {} }]);
		expect(JSON.stringify(sent[0])).not.toMatch(/authorization/i);
	});

	it('is given up where the answer trickles, whether or not the request heeds that', async () => {
		const startMs = clock.nowMs();
		let wasAborted: boolean | undefined;
		const { result } = await ask(async (options) => {
			const abortSignal = options.abortSignal as AbortSignal;
			abortSignal.addEventListener('abort', () => (wasAborted = true));
			return await new Promise(() => {});
		});
		expect(result).toEqual({ answer: 'unclear', why: 'no connection' });
		expect(clock.nowMs() - startMs).toBe(60_000);
		expect(wasAborted).toBe(true);
		expect(clock.openSleeps).toBe(0);
	});
});
