/*
 * What must stay true:
 * - Before the execution sleeps, its input items are replaced by what has to come out if no callback ever comes: when the limit
 *   passes, n8n forwards them and runs no code of ours (engine fact 5).
 * - `webhook()` never throws and never writes: an exception there destroys the sleeping execution (engine facts 4 and 6).
 * - What wakes the execution is N items in input order on output 0 (engine fact 7).
 */
import { randomUUID } from 'node:crypto';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { isObject } from '../../apimart/answer';
import { claimsEnd, taskIdOfCallback } from '../../apimart/callback';
import { isOpen } from '../../generation/clip';
import { faultOf, timeoutFault, type Outcome } from '../../generation/outcome';
import type { ClipJob, PaidRun, WaitSettings } from '../../generation/run';
import { wake, type OpenClip } from '../../generation/suspension';
import { openWakingRun } from './openRun';
import { resultItem, type Delivery } from './results';

const STATE_KEY = 'klingFastSleep';

/** A row of a sleeping run: its finished item, or all that is needed to make one. */
type SleepingRow =
	{ item: INodeExecutionData } | { open: OpenClip; delivery: Delivery; own: IDataObject };

interface SleepState {
	/** Another one for each sleep: in a loop an execution sleeps several times. */
	sleepId: string;
	rows: SleepingRow[];
}

/** Puts the execution to sleep until a callback finds all clips ended, or the last open clip's time is up. */
export async function fallAsleep(
	context: IExecuteFunctions,
	run: PaidRun,
	outcomes: Outcome[],
	jobs: ClipJob[],
	deliveryOf: (itemIndex: number) => Delivery,
): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const jobOf = new Map(jobs.map((job) => [job.itemIndex, job]));
	let wakeAtMs = run.clock.nowMs() + 1_000;
	const rows = outcomes.map((outcome): SleepingRow => {
		const { itemIndex } = outcome;
		const delivery = deliveryOf(itemIndex);
		const own = delivery.includeInputFields ? items[itemIndex].json : {};
		const job = jobOf.get(itemIndex);
		if (!job || !isOpen(outcome)) return { item: resultItem(outcome, delivery, own) };
		const submittedAtMs = outcome.submittedAtMs ?? run.clock.nowMs();
		wakeAtMs = Math.max(wakeAtMs, submittedAtMs + job.maxWaitSeconds * 1000);
		return { open: { outcome, settings: waitSettingsOf(job) }, delivery, own };
	});
	const state: SleepState = { sleepId: randomUUID(), rows };
	context.getContext('node')[STATE_KEY] = state;
	items.splice(0, items.length, ...rows.map(itemAfterTimeout));
	const { executionId } = run.keyScope;
	const open = rows.filter((row) => 'open' in row).length;
	const until = new Date(wakeAtMs).toISOString();
	const line = `execution ${executionId} sleeps until ${open} clips are called back, at most until ${until}`;
	run.logger.info(`Kling Fast: ${line}`, { executionId, open, until });
	await context.putExecutionToWait(new Date(wakeAtMs));
	// Thrown away when the execution resumes; must not carry an error, or Retry On Fail runs the node again (engine fact 15).
	return [rows.map((_, itemIndex) => ({ json: {}, pairedItem: { item: itemIndex } }))];
}

/** Handles one callback to a sleeping execution. */
export async function receiveWakeUp(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const [handled] = await Promise.allSettled([decide(context)]);
	if (handled.status === 'fulfilled') return handled.value ?? deliverAgain(context);
	const because = faultOf(handled.reason).message;
	context.logger.error(`Kling Fast: a callback could not be handled: ${because}`);
	return deliverAgain(context);
}

/** What to answer, or undefined where the provider should deliver again. */
async function decide(context: IWebhookFunctions): Promise<IWebhookResponseData | undefined> {
	const { sleepId, rows } = readState(context);
	const body = context.getBodyData();
	const callback = { taskId: taskIdOfCallback(body), claimsEnd: claimsEnd(body) };
	const clips = rows.flatMap((row) => ('open' in row ? [row.open] : []));
	const result = await wake(sleepId, clips, callback, await openWakingRun(context));
	if (result.kind === 'again') return undefined;
	if (result.kind === 'asleep') return { webhookResponse: { message: 'Noted' } };
	const byItem = new Map(result.outcomes.map((outcome) => [outcome.itemIndex, outcome]));
	const items = rows.map((row) => {
		if ('item' in row) return row.item;
		const { outcome } = row.open;
		return resultItem(byItem.get(outcome.itemIndex) ?? outcome, row.delivery, row.own);
	});
	return { workflowData: [items], webhookResponse: { message: 'All clips are ready' } };
}

/** In `webhook()` the context can only be read through an expression. */
function readState(context: IWebhookFunctions): SleepState {
	// n8n takes `}}` for the end of the expression, also inside of a quoted name.
	const name = JSON.stringify(context.getNode().name).replace(/[{}]/g, escaped);
	const saved: unknown = context.evaluateExpression(`{{ $node[${name}].context }}`);
	const state = isObject(saved) ? saved[STATE_KEY] : undefined;
	if (!isSleepState(state)) throw new Error('The execution holds no sleeping clips');
	return state;
}

function escaped(brace: string): string {
	return `\\u00${brace.charCodeAt(0).toString(16)}`;
}

function isSleepState(state: unknown): state is SleepState {
	return isObject(state) && typeof state.sleepId === 'string' && Array.isArray(state.rows);
}

function itemAfterTimeout(row: SleepingRow): INodeExecutionData {
	if ('item' in row) return row.item;
	const { outcome, settings } = row.open;
	const { taskId = '', task } = outcome;
	const fault = timeoutFault(taskId, settings.maxWaitSeconds, task);
	return resultItem({ ...outcome, status: 'timedOut', fault }, row.delivery, row.own);
}

function waitSettingsOf({ maxWaitSeconds, pollIntervalSeconds, download }: ClipJob): WaitSettings {
	return { maxWaitSeconds, pollIntervalSeconds, download };
}

function deliverAgain(context: IWebhookFunctions): IWebhookResponseData {
	context.getResponseObject().status(503).json({ message: 'Not now, deliver again' });
	return { noWebhookResponse: true };
}
