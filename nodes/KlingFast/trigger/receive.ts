/*
 * What must stay true:
 * - Nothing in a callback is believed: the seal is checked first, then the task is read again with the API key.
 * - A callback without a valid seal, where one is required, causes no request to the provider.
 * - 2xx means that the run exists or that there is nothing to start; what could not be decided is answered 503, so that the
 *   provider delivers again (three times within two minutes; a 4xx it never repeats). What is read may lag behind what was called.
 * - Never an exception, never a stack trace in the answer.
 * - n8n keeps routes by their text, one row for all workflows: two triggers whose routes read the same exclude each other, and the
 *   second workflow cannot be published. So the text of SIGNED_ROUTE names the node's own webhook id.
 *
 * With `downloadVideo` the download happens before the run starts and before the answer: n8n 2 answers only once the run is
 * saved, so a clip that is acknowledged is not lost (n8n 1 answers first). A file host slower than the provider's patience (about
 * 10 s) costs nothing: n8n finishes the work although the caller has hung up, the deliveries that come meanwhile are answered
 * 503, and a download that fails for good still starts the run, with `videoUrl` and `error`.
 */
import type {
	IBinaryKeyData,
	IDataObject,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { readOutputField } from '../outputField';
import {
	CALLBACK_TIMEOUT_MS,
	looksLikeToken,
	openToken,
	taskIdOfCallback,
} from '../apimart/callback';
import { connect, type ApimartClient } from '../apimart/client';
import { downloadVideo, videoFileName } from '../apimart/download';
import { ApimartError } from '../apimart/errors';
import { hasEnded, parseTask, type Task } from '../apimart/task';
import { currentClock, withTimeout, type Clock } from '../clock';
import { faultOf, outcomeJson, withTask } from '../generation/outcome';
import { wasSubmittedWithOther } from '../generation/processMemory';
import { claimTask, type OwnClaim } from './seen';
import { triggerParams } from './trigger.fields';

const TOKEN = 'token';
/**
 * A signed callback arrives at `<trigger's URL without /callback>/<token>/callback`. The last segment is a parameter too, because n8n's
 * test URLs find a route with parameters only if one stands behind a slash. To be declared with `isFullPath`.
 */
export const SIGNED_ROUTE = `={{ ":${TOKEN}-" + $webhookId + "/:end-" + $webhookId }}`;

/** n8n knows two names of webhooks: `default` is the address that people copy, this one the signed address. */
export const SIGNED_WEBHOOK = 'setup';

const NOT_SIGNED = 'Not signed by this credential';
/** A callback comes within two minutes after the end of its task; what is older and not known does not become known any more. */
const UNKNOWN_YET_MS = 10 * 60 * 1000;

/** Handles one delivery at either of the trigger's two addresses. */
export async function receiveCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return answer(context, await handle(context));
	} catch (error) {
		const because = faultOf(error).message;
		context.logger.error(`Kling Fast Trigger: a callback could not be handled: ${because}`);
		return answer(context, refuse(503, 'Not now, deliver again'));
	}
}

interface Handled {
	httpStatus: 200 | 400 | 401 | 404 | 503;
	message: string;
	/** Present: a run is to be started. */
	items?: INodeExecutionData[];
}

async function handle(context: IWebhookFunctions): Promise<Handled> {
	const isSignedPath = context.getWebhookName() === SIGNED_WEBHOOK;
	const params = Object.entries(context.getParamsData());
	const typedToken: unknown = isSignedPath && params.find(([name]) => name.startsWith(TOKEN))?.[1];
	const mustBeSigned =
		isSignedPath || triggerParams(context).boolean('options.requireSignedCallback');
	// Opening the credential is most of the work of a refusal: a flood that cannot be signed is turned away before it.
	if (mustBeSigned && !looksLikeToken(typedToken)) return refuse(401, NOT_SIGNED);
	const { client, secret } = await connect(context);
	const clock = currentClock();
	const token = isSignedPath ? openToken(secret, typedToken) : undefined;
	if (token?.kind === 'probe') return refuse(200, 'The trigger is listening');
	if (!token && mustBeSigned) return refuse(401, NOT_SIGNED);
	const body = context.getBodyData();
	const taskId = taskIdOfCallback(body);
	if (!taskId) return refuse(400, 'The callback names no task');
	const address = `${String(typedToken)}/callback`;
	if (token && wasSubmittedWithOther(taskId, address, clock.nowMs())) {
		const line = `Kling Fast Trigger: a callback with the signature of another row names ${taskId}, which is left to its own callback`;
		context.logger.warn(line, { taskId });
		return refuse(401, 'Signed for another task');
	}
	return await startOnce({ context, client, clock, taskId, said: parseTask(body), token });
}

interface Delivery {
	context: IWebhookFunctions;
	client: ApimartClient;
	clock: Clock;
	taskId: string;
	/** What the callback says about the task: only ever a reason to read it again. */
	said?: Task;
	/** Absent where the callback is not signed. */
	token?: { metadata: IDataObject };
}

async function startOnce(delivery: Delivery): Promise<Handled> {
	const { context, clock, taskId } = delivery;
	const isTestRun = context.getMode() === 'manual';
	// Test runs share the static data of the published workflow and must not use up its clips.
	const staticData = isTestRun ? {} : context.getWorkflowStaticData('node');
	const scope = `${context.getMode()} ${context.getWorkflow().id} ${context.getNode().id}`;
	const claim = claimTask(scope, taskId, clock.nowMs(), staticData);
	if (claim.kind === 'repeated') return refuse(200, 'This clip has started its run');
	if (claim.kind === 'working') {
		const limit = { timeoutMs: CALLBACK_TIMEOUT_MS, fallback: undefined };
		const startsRun = await withTimeout(claim.startsRun, limit, clock);
		if (startsRun) return refuse(200, 'This clip has started its run');
		return refuse(503, 'Another delivery of this clip is being worked on');
	}
	let startsRun = false;
	try {
		const decided = await decide(delivery);
		startsRun = decided.items !== undefined;
		return decided;
	} finally {
		if (startsRun) releaseWhenAnswered(context.getResponseObject(), claim);
		else claim.release(false);
	}
}

/** n8n 2 answers once it has saved the run, or with 500 where it could not. `finish` does not come where the caller has hung up. */
function releaseWhenAnswered(
	response: ReturnType<IWebhookFunctions['getResponseObject']>,
	{ note, release }: OwnClaim,
): void {
	note();
	response.once('prefinish', () => release(response.statusCode < 500));
}

async function decide(delivery: Delivery): Promise<Handled> {
	const { context, client, clock, taskId, said, token } = delivery;
	let task: Task;
	try {
		task = await client.readTask(taskId);
	} catch (error) {
		const isUnknown = error instanceof ApimartError && error.details.kind === 'unknownTask';
		const { completedMs = Infinity } = said ?? {};
		const isUnknownYet = token && completedMs > clock.nowMs() - UNKNOWN_YET_MS;
		if (isUnknown && !isUnknownYet) {
			return refuse(404, 'APIMart knows no such task under this API key');
		}
		const because = faultOf(error).message;
		const line = `Kling Fast Trigger: ${taskId} could not be read: ${because}`;
		context.logger.warn(line, { taskId });
		return refuse(503, 'The task could not be read, deliver again');
	}
	if (said && hasEnded(said) && !hasEnded(task)) {
		const line = `Kling Fast Trigger: ${taskId} was called finished, but is ${task.stateWord} when it is read`;
		context.logger.warn(line, { taskId });
		return refuse(503, 'The task has not ended yet, deliver again');
	}
	// An expression can give one as a text.
	const events: unknown = context.getNodeParameter('triggerOn', ['completed']);
	if (![events].flat().includes(task.state)) return refuse(200, 'Nothing to start for this task');
	const item = await itemOf(delivery, task);
	const line = `Kling Fast Trigger: clip ${task.state} starts a run: ${taskId}`;
	context.logger.info(line, { taskId, status: task.state });
	return { httpStatus: 200, message: 'The workflow has started', items: [item] };
}

async function itemOf(delivery: Delivery, task: Task): Promise<INodeExecutionData> {
	const { taskId, token } = delivery;
	const { metadata } = token ?? {};
	const outcome = withTask({ itemIndex: 0, taskId, metadata }, task);
	try {
		return { json: outcomeJson(outcome), binary: await save(delivery, task) };
	} catch (error) {
		return { json: outcomeJson({ ...outcome, fault: faultOf(error) }) };
	}
}

/** The video, where it is asked for. Rejects also for an option that cannot be read: that must not cost the clip its run. */
async function save(
	{ context, client, clock, taskId }: Delivery,
	{ videoUrl: url, completedMs }: Task,
): Promise<IBinaryKeyData | undefined> {
	const params = triggerParams(context);
	if (!url || !params.boolean('options.downloadVideo')) return undefined;
	const outputField = readOutputField(params);
	const file = { url, fileName: videoFileName(taskId), baseUrl: client.baseUrl, completedMs };
	return {
		[outputField]: await downloadVideo(context, { ...file, clock, logger: context.logger }),
	};
}

function refuse(httpStatus: Handled['httpStatus'], message: string): Handled {
	return { httpStatus, message };
}

/** n8n answers 200 by itself; any other status has to be written to the response. */
function answer(
	context: IWebhookFunctions,
	{ httpStatus, message, items }: Handled,
): IWebhookResponseData {
	if (httpStatus === 200) {
		return { webhookResponse: { message }, ...(items && { workflowData: [items] }) };
	}
	context.getResponseObject().status(httpStatus).json({ message });
	return { noWebhookResponse: true };
}
