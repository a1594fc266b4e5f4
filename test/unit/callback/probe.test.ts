import type { IExecuteFunctions, IHttpRequestOptions, NodeExecutionHint } from 'n8n-workflow';
import {
	checkResumeAddress,
	probeTriggers,
} from '../../../nodes/KlingFast/actions/video/callbacks';
import { response } from '../apimart/answers';
import { ManualClock } from '../generation/manualClock';
import { idleRun } from '../generation/run';

const TRIGGER = 'https://n8n.example/webhook/1';

/** What is told of a trigger that answers so, and what it was asked. */
async function ask(answer: (options: IHttpRequestOptions) => Promise<unknown>) {
	const clock = new ManualClock();
	const sent: IHttpRequestOptions[] = [];
	const hints: string[] = [];
	const httpRequest = async (options: IHttpRequestOptions) => {
		sent.push(options);
		return await answer(options);
	};
	const addExecutionHints = ({ type, message }: NodeExecutionHint) =>
		hints.push(`${type}: ${message}`);
	const context = { helpers: { httpRequest }, addExecutionHints } as unknown as IExecuteFunctions;
	const asked = [TRIGGER, TRIGGER];
	const secret = Buffer.from('secret');
	const faults = await clock.run(probeTriggers(context, idleRun(clock), secret, asked));
	return { clock, sent, said: faults.get(TRIGGER)?.message ?? hints.join() };
}

describe('the question at a callback address', () => {
	it.each([
		[200, /^$/],
		[401, /does not know this credential \(HTTP 401\)/],
		[404, /Nobody answers at 'Callback URL' \(HTTP 404\)/],
		[302, /^warning: n8n could not check the Callback URL \(HTTP 302\)/],
		[500, /^warning: n8n could not check the Callback URL \(HTTP 500\)/],
	])('is asked once, and answered by HTTP %d', async (status, expected) => {
		const headers = { location: 'https://elsewhere.example' };
		const { said, sent } = await ask(async () => response(status, '', headers));
		expect(said).toMatch(expected);
		expect(sent).toMatchObject([{ disableFollowRedirect: true, timeout: 10_000, body: {} }]);
		expect(JSON.stringify(sent[0])).not.toMatch(/authorization/i);
	});

	it('is given up where the answer trickles, whether or not the request heeds that', async () => {
		let wasAborted: boolean | undefined;
		const { said, clock } = await ask(async (options) => {
			const abortSignal = options.abortSignal as AbortSignal;
			abortSignal.addEventListener('abort', () => (wasAborted = true));
			return await new Promise(() => {});
		});
		expect(said).toMatch(/could not check the Callback URL \(no connection\)/);
		expect(clock.nowMs()).toBe(60_000);
		expect(wasAborted).toBe(true);
		expect(clock.openSleeps).toBe(0);
	});
});

describe('the address at which a sleeping sheet is called back', () => {
	const isRunning = (id: string) => ({ message: `The execution "${id}" is running already.` });

	it.each<[status: number, body: unknown, mode: string, hint: RegExp]>([
		[409, isRunning('55'), 'trigger', /^$/],
		[409, isRunning('56'), 'trigger', /something else answered \(HTTP 409\)/],
		[500, { code: 0 }, 'manual', /^$/],
		[500, { code: 0 }, 'trigger', /something else answered \(HTTP 500\)/],
		[500, '<html>', 'manual', /something else answered \(HTTP 500\)/],
		[200, '', 'trigger', /something else answered \(HTTP 200\)/],
	])('answers HTTP %d %j in mode %s: the hint is %p', async (statusCode, body, mode, expected) => {
		const clock = new ManualClock();
		const hints: string[] = [];
		const context = {
			helpers: { httpRequest: async () => ({ statusCode, headers: {}, body }) },
			addExecutionHints: ({ message }: NodeExecutionHint) => hints.push(message),
			evaluateExpression: () => 'https://n8n.example/webhook-waiting/55',
			getExecutionId: () => '55',
			getMode: () => mode,
		} as unknown as IExecuteFunctions;
		await clock.run(checkResumeAddress(context, idleRun(clock)));
		expect(hints.join()).toMatch(expected);
	});
});
