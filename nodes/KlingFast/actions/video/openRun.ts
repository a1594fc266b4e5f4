import { createHash } from 'node:crypto';
import type { IBinaryData, IContextObject, IExecuteFunctions } from 'n8n-workflow';
import { sealMetadata, signedAddresses } from '../../apimart/callback';
import { connect, type ApimartClient } from '../../apimart/client';
import { downloadVideo, videoFileName } from '../../apimart/download';
import { currentClock, stopReason } from '../../clock';
import type { KeyScope } from '../../generation/idempotency';
import { entriesIn, Ledger, type LedgerEntries } from '../../generation/ledger';
import { faultOf, type Outcome } from '../../generation/outcome';
import { asleepDelaySeconds, pollDelaySeconds } from '../../generation/polling';
import type { Run } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import { Slots } from '../../generation/slots';
import { TaskJournal } from '../../generation/taskLog';
import { afterStore } from '../../generation/transitions';
import { isTool, runIndexOf } from '../toolCall';
import { resumeCallback } from './callbacks';
import { ImageUploads } from './images';
import { callersOf, whyStopped } from './sheetExecutions';

const FILES_KEY = 'klingFastFiles';
const FIRST_KEY = 'klingFastFirstExecution';
/** A sheet that is not heard of in this process for so long may have gone on in another one. */
const SLOTS_KEPT_MS = 150_000;

export interface OpenRun {
	run: Run;
	/** What callbacks are sealed with. */
	secret: Buffer;
	/** Whether callbacks resume this execution; else it has only n8n's timer. */
	isCalledBack: boolean;
}

/**
 * Opens the credential and gathers what all rows of this run of the node share.
 *
 * @param concurrency how many clips of the API key may be in flight
 * @param asleep the sheet that this execution does a round of, in the place of the node that waits for it
 */
export async function openRun(
	context: IExecuteFunctions,
	concurrency: number,
	asleep?: Sheet,
): Promise<OpenRun> {
	const { client, apiKey, secret } = await connect(context);
	const { logger } = context;
	const apiKeyHash = createHash('sha256').update(apiKey).digest('hex').slice(0, 12);
	const clock = currentClock();
	const signal = context.getExecutionCancelSignal();
	const keyScope = asleep?.keyScope ?? keyScopeOf(context);
	const { executionId, nodeId, runIndex } = keyScope;
	const entries = asleep?.ledger ?? entriesOf(context, runIndex);
	const callerIds = asleep?.callerIds ?? (await callersOf(context));
	const stored = asleep ? {} : storedIn(context.getContext('node'), executionId);
	const uploads = new ImageUploads(context, { client, clock, signal, logger }, asleep?.uploads);
	const sheetId = asleep ? [executionId, nodeId, runIndex].join() : `awake ${++awakeSheets}`;
	const resume = asleep && resumeCallback(context, client.baseUrl);
	const storeVideo: Run['storeVideo'] = async ({ taskId = '', task }) => {
		if (stored[taskId]) return { binary: stored[taskId] };
		const { baseUrl } = client;
		const { videoUrl: url = '', completedMs } = task ?? {};
		const file = { url, fileName: videoFileName(taskId), baseUrl, completedMs };
		try {
			const binary = await downloadVideo(context, { ...file, clock, signal, logger });
			// Without an id the bytes themselves are in it.
			if (binary.id) stored[taskId] = binary;
			return asleep && !binary.id ? 'inMemory' : { binary };
		} catch (error) {
			if (signal?.aborted) throw stopReason(signal);
			return { fault: faultOf(error) };
		}
	};
	const run: Run = {
		client,
		clock,
		signal,
		journal: new TaskJournal(context.customData, logger),
		logger,
		ledger: new Ledger(entries, executionId, isTool(context) ? runIndex : undefined),
		keyScope,
		callerIds,
		apiKeyHash,
		slots: new Slots(apiKeyHash, sheetId, concurrency, clock, asleep && SLOTS_KEPT_MS),
		imageUrl: async (frame) => await uploads.address(frame),
		callbackFor: ({ job, outcome: { request } }, key) => {
			if (!job?.callbackBase) return resume;
			return signedAddresses(job.callbackBase, sealMetadata(secret, key, request?.metadata ?? {}));
		},
		readDelaySeconds: asleep ? asleepDelaySeconds : pollDelaySeconds,
		storeVideo,
		whyStopped: async () =>
			await whyStopped(context, asleep ?? { callerIds, waitingExecutionIds: [] }, clock),
	};
	return { run, secret, isCalledBack: resume !== undefined };
}

/** Calls of an agent's tool that run side by side have the same execution, node and run: so awake sheets are counted. */
let awakeSheets = 0;

/**
 * The files that earlier tries of the node have stored in this execution, by task: Retry On Fail does not download them again. Those
 * of another execution (n8n's Retry) are deleted with it.
 */
function storedIn(context: IContextObject, executionId: string): Record<string, IBinaryData> {
	const known = context[FILES_KEY] as StoredFiles | undefined;
	// A tool that is called by MCP has no execution.
	const isOurs = known && known.executionId === executionId;
	const files = isOurs ? known : { executionId, byTask: {} };
	context[FILES_KEY] = files;
	return files.byTask;
}

interface StoredFiles {
	executionId: string;
	byTask: Record<string, IBinaryData>;
}

/** What this run of the node remembers of its paid requests. */
export function entriesOf(context: IExecuteFunctions, runIndex: number): LedgerEntries {
	return entriesIn(context.getContext('node'), isTool(context) ? 'tool' : runIndex);
}

/** What distinguishes the paid requests of this run of the node from all others. */
function keyScopeOf(context: IExecuteFunctions): KeyScope {
	const executionId = context.getExecutionId();
	const firstExecutionId = String((context.getContext('node')[FIRST_KEY] ??= executionId));
	return {
		instanceId: context.getInstanceId(),
		workflowId: context.getWorkflow().id ?? '',
		nodeId: context.getNode().id,
		executionId,
		firstExecutionId,
		runIndex: runIndexOf(context),
	};
}

/** What became of the rows of a sheet that slept. Where n8n keeps files in memory they are fetched only now. */
export async function outcomesOf(context: IExecuteFunctions, { rows }: Sheet): Promise<Outcome[]> {
	if (!rows.some(({ phase }) => phase === 'made')) return rows.map(({ outcome }) => outcome);
	const { run } = await openRun(context, 1);
	const outcomes: Outcome[] = [];
	for (const row of rows) {
		const isMade = row.phase === 'made';
		const { outcome } = isMade ? afterStore(row, await run.storeVideo(row.outcome)) : row;
		outcomes.push(outcome);
	}
	return outcomes;
}

const balanceTexts = new WeakMap<ApimartClient, Promise<string | undefined>>();

/** Says how much is left where a row was refused for too low a balance; one request a run, and only then. */
export async function explainBalance(outcome: Outcome, run: Run): Promise<Outcome> {
	const { fault } = outcome;
	if (fault?.api?.kind !== 'balance') return outcome;
	const read = balanceTexts.get(run.client) ?? readBalanceText(run);
	balanceTexts.set(run.client, read);
	const left = await read;
	return left
		? { ...outcome, fault: { ...fault, message: `${fault.message} (${left})` } }
		: outcome;
}

async function readBalanceText({ client }: Run): Promise<string | undefined> {
	try {
		const { balance, unlimited } = await client.readBalance();
		return unlimited ? undefined : `balance: ${balance} USD`;
	} catch {
		return undefined;
	}
}
