import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';
import { withTimeLimit } from '../clock';

/** Of silence, and for all of an answer that trickles. */
const PROBE_TIMEOUT_MS = 10_000;
const WHOLE_ANSWER_MS = 60_000;

/** What stands behind a callback address: our trigger, something that will lose callbacks, or nobody that we can reach. */
export type ProbeResult =
	| { answer: 'welcome' }
	| { answer: 'notPublished' }
	| { answer: 'otherSecret' }
	| { answer: 'unclear'; why: string };

/** Asks once, before anything is paid for, whether the trigger would accept a callback. Never throws. */
export async function probe(
	context: IExecuteFunctions,
	callbackUrl: string,
	signal?: AbortSignal,
): Promise<ProbeResult> {
	const answer = await postEmpty(context, callbackUrl, signal);
	if (!answer) return { answer: 'unclear', why: 'no connection' };
	const { statusCode } = answer;
	if (statusCode === 404) return { answer: 'notPublished' };
	if (statusCode === 401) return { answer: 'otherSecret' };
	if (statusCode >= 200 && statusCode < 300) return { answer: 'welcome' };
	return { answer: 'unclear', why: `HTTP ${statusCode}` };
}

/**
 * Posts an empty body without the API key and without following a redirect; undefined where no answer came. Never throws: n8n may be
 * unable to reach its own public address although the provider can.
 */
export async function postEmpty(
	context: IExecuteFunctions,
	url: string,
	signal?: AbortSignal,
): Promise<IN8nHttpFullResponse | undefined> {
	const post = async (abortSignal: AbortSignal): Promise<IN8nHttpFullResponse> =>
		await context.helpers.httpRequest({
			method: 'POST',
			url,
			body: {},
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: PROBE_TIMEOUT_MS,
			abortSignal,
		});
	return await withTimeLimit(post, { limitMs: WHOLE_ANSWER_MS, signal }).catch(() => undefined);
}
