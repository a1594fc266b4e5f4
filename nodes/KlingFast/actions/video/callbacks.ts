import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';
import { mayUseAddress } from '../../apimart/address';
import {
	resumeAddresses,
	sealProbe,
	signedAddresses,
	triggerBase,
	type CallbackAddresses,
} from '../../apimart/callback';
import { withTimeLimit } from '../../clock';
import type { Fault } from '../../generation/outcome';
import type { Run } from '../../generation/run';
import { isObject } from '../../json';
import { shown } from '../../invalidField';
import type { Params } from '../../params';
import { hint } from '../hint';

/** Of silence, and for all of an answer that trickles. */
const PROBE_TIMEOUT_MS = 10_000;
const WHOLE_ANSWER_MS = 60_000;

/**
 * The base of the trigger's addresses, undefined where the row wants no callback.
 *
 * @throws InvalidField where it is no web address
 */
export function readCallbackBase(params: Params): string | undefined {
	const typed = params.text('callbackUrl');
	if (typed === '') return undefined;
	const base = triggerBase(typed);
	if (base !== undefined) return base;
	throw params.refusal('callbackUrl', shown(typed), 'the production URL of a Kling Fast Trigger');
}

/**
 * Asks each trigger that APIMart can reach, once, whether it would take a callback of this credential. Gives the fault of each base that
 * would lose its callbacks; what is not known is a hint in the editor.
 */
export async function probeTriggers(
	context: IExecuteFunctions,
	run: Run,
	secret: Buffer,
	bases: string[],
): Promise<Map<string, Fault>> {
	const faults = new Map<string, Fault>();
	for (const base of new Set(bases)) {
		// A row must not make n8n post into its own network.
		if (!mayUseAddress(base, run.client.baseUrl)) {
			const { host } = new URL(base);
			const message = `APIMart cannot reach the Callback URL: ${host} is inside a private network, and APIMart drops such callbacks and reports nothing. The clips are made and charged all the same; fetch them with Get Video.`;
			hint(context, message);
			continue;
		}
		warnOfPort(context, base, run.client.baseUrl);
		const { callbackUrl } = signedAddresses(base, sealProbe(secret));
		const { statusCode } = (await postEmpty(context, callbackUrl, run)) ?? {};
		if (statusCode === 404) faults.set(base, notPublished(base));
		else if (statusCode === 401) faults.set(base, otherSecret);
		else if (statusCode === undefined || statusCode < 200 || statusCode > 299) {
			const why = statusCode === undefined ? 'no connection' : `HTTP ${statusCode}`;
			const message = `n8n could not check the Callback URL (${why}). If APIMart cannot reach it either, no workflow will start; the clips can still be fetched with Get Video.`;
			hint(context, message);
		}
	}
	return faults;
}

/** Addresses that resume this execution, undefined where the provider cannot reach this n8n. */
export function resumeCallback(
	context: IExecuteFunctions,
	baseUrl: string,
): CallbackAddresses | undefined {
	const resumeUrl = resumeUrlOf(context);
	return mayUseAddress(resumeUrl, baseUrl) ? resumeAddresses(resumeUrl) : undefined;
}

/**
 * A hint on what a sleeping sheet cannot expect: callbacks at all, or callbacks at this address. Asks the address once: while
 * this execution runs, n8n answers there that it does.
 */
export async function checkResumeAddress(context: IExecuteFunctions, run: Run): Promise<void> {
	const { baseUrl } = run.client;
	const addresses = resumeCallback(context, baseUrl);
	const warn = (message: string) => {
		hint(context, message);
		run.logger.warn(`Kling Fast: ${message}`);
	};
	const fallback = 'The sheet checks its clips by itself, about once a minute.';
	if (!addresses) {
		const { host } = new URL(resumeUrlOf(context));
		warn(`APIMart cannot call this n8n back: ${host} is inside a private network. ${fallback}`);
		return;
	}
	warnOfPort(context, addresses.callbackUrl, baseUrl);
	const answer = await postEmpty(context, addresses.callbackUrl, run);
	if (!answer || isOfRunning(context, answer)) return;
	const { host } = new URL(addresses.callbackUrl);
	warn(
		`At ${host}, this n8n's own address (WEBHOOK_URL), something else answered (HTTP ${answer.statusCode}), so callbacks may be lost. ${fallback}`,
	);
}

/**
 * Posts an empty body without the API key and without following a redirect; undefined where no answer came. Never throws: n8n may be
 * unable to reach its own public address although the provider can.
 */
async function postEmpty(
	context: IExecuteFunctions,
	url: string,
	{ clock, signal }: Run,
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
	const limits = { limitMs: WHOLE_ANSWER_MS, signal };
	return await withTimeLimit(post, limits, clock).catch(() => undefined);
}

/** n8n's answer for an execution that runs; of a manual one nothing is saved yet, and n8n answers 500. */
function isOfRunning(
	context: IExecuteFunctions,
	{ statusCode, body }: IN8nHttpFullResponse,
): boolean {
	if (statusCode === 500) return context.getMode() === 'manual' && isObject(body);
	return statusCode === 409 && JSON.stringify(body).includes(context.getExecutionId());
}

function resumeUrlOf(context: IExecuteFunctions): string {
	return String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
}

/** APIMart's webhook page (2026-08): ports other than 80 and 443 may be blocked. */
function warnOfPort(context: IExecuteFunctions, address: string, baseUrl: string): void {
	const isLocalProvider = mayUseAddress('http://localhost', baseUrl);
	const { port } = new URL(address);
	if (isLocalProvider || ['', '80', '443'].includes(port)) return;
	hint(context, `APIMart may drop callbacks to port ${port}: it documents 80 and 443 only.`);
}

function notPublished(base: string): Fault {
	const isTestUrl = new URL(base).pathname.includes('/webhook-test/');
	return {
		message: "Nobody answers at 'Callback URL' (HTTP 404)",
		advice: isTestUrl
			? "This is the trigger's test URL, which only answers while the editor listens. Publish the workflow and use its production URL. Nothing was submitted and nothing was charged."
			: 'Publish the workflow that has the Kling Fast Trigger, and use its production URL. Nothing was submitted and nothing was charged.',
	};
}

const otherSecret: Fault = {
	message: "The trigger at 'Callback URL' does not know this credential (HTTP 401)",
	advice:
		'Choose the same Kling Fast API credential in the trigger (same API key, or same Callback Signing Secret). Nothing was submitted and nothing was charged.',
};
