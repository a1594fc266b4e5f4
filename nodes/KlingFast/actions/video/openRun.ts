import type { IBinaryData, IContextObject, IExecuteFunctions } from 'n8n-workflow';
import { connect, type ApimartClient } from '../../apimart/client';
import { downloadVideo } from '../../apimart/download';
import { currentClock, stopReason } from '../../clock';
import type { KeyScope } from '../../generation/idempotency';
import { entriesIn, Ledger, type LedgerEntries } from '../../generation/ledger';
import { faultOf, type Outcome } from '../../generation/outcome';
import type { Run } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import { TaskJournal } from '../../generation/taskJournal';
import { isTool } from '../failures';
import { runIndexOf } from '../toolCall';

/**
 * Opens the credential and gathers what all clips of this run of the node share. `secret` is what callbacks are sealed with.
 *
 * @param sheet whose rows the run works on in the place of the node that waits for them
 */
export async function openRun(
	context: IExecuteFunctions,
	concurrency: number,
	sheet?: Pick<Sheet, 'keyScope' | 'ledger'>,
): Promise<{ run: Run; secret: Buffer }> {
	const { client, apiKey, secret } = await connect(context);
	const keyScope = sheet?.keyScope ?? keyScopeOf(context);
	const toolCall = isTool(context) ? keyScope.runIndex : undefined;
	const entries = sheet?.ledger ?? entriesOf(context, keyScope.runIndex);
	const stored = sheet ? {} : storedIn(context.getContext('node'), keyScope.executionId);
	const clock = currentClock();
	const signal = context.getExecutionCancelSignal();
	const run: Run = {
		concurrency,
		client,
		apiKey,
		clock,
		signal,
		journal: new TaskJournal(context.customData, context.logger),
		logger: context.logger,
		ledger: new Ledger(entries, keyScope.executionId, toolCall),
		keyScope,
		storeVideo: async (url, taskId, completedMs) => {
			if (stored[taskId]) return { binary: stored[taskId] };
			const fileName = `${taskId.replace(/[^\w-]+/g, '_')}.mp4`;
			const { baseUrl } = client;
			const { logger } = context;
			const file = { url, fileName, baseUrl, completedMs };
			try {
				const binary = await downloadVideo(context, { ...file, clock, signal, logger });
				// Without an id the bytes themselves are in it.
				if (binary.id) stored[taskId] = binary;
				return { binary };
			} catch (error) {
				if (signal?.aborted) throw stopReason(signal);
				return { fault: faultOf(error) };
			}
		},
	};
	return { run, secret };
}

/**
 * The files that earlier tries of the node have stored in this execution, by task: Retry On Fail does not download them again. Those
 * of another execution (n8n's Retry) are deleted with it.
 */
function storedIn(context: IContextObject, executionId: string): Record<string, IBinaryData> {
	const known = context.klingFastFiles as StoredFiles | undefined;
	const isOurs = known && known.executionId === executionId;
	const files = isOurs ? known : { executionId, byTask: {} };
	context.klingFastFiles = files;
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
export function keyScopeOf(context: IExecuteFunctions): KeyScope {
	return {
		instanceId: context.getInstanceId(),
		workflowId: context.getWorkflow().id ?? '',
		nodeId: context.getNode().id,
		executionId: context.getExecutionId(),
		runIndex: runIndexOf(context),
	};
}

const balanceTexts = new WeakMap<ApimartClient, Promise<string | undefined>>();

/** Says how much is left where rows were refused for too low a balance; one request a run, and only then. */
export async function explainBalance(outcomes: Outcome[], run: Run): Promise<Outcome[]> {
	const isBalanceError = ({ fault }: Outcome) => fault?.api?.kind === 'balance';
	if (!outcomes.some(isBalanceError)) return outcomes;
	const read = balanceTexts.get(run.client) ?? readBalanceText(run);
	balanceTexts.set(run.client, read);
	const left = await read;
	return outcomes.map((outcome) => {
		const { fault } = outcome;
		if (!fault || !left || !isBalanceError(outcome)) return outcome;
		return { ...outcome, fault: { ...fault, message: `${fault.message} (${left})` } };
	});
}

async function readBalanceText({ client }: Run): Promise<string | undefined> {
	try {
		const { balance, unlimited } = await client.readBalance();
		return unlimited ? undefined : `balance: ${balance} USD`;
	} catch {
		return undefined;
	}
}
