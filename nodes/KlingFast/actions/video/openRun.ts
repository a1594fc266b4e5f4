import type { IExecuteFunctions } from 'n8n-workflow';
import { connect, type Connection } from '../../apimart/client';
import { downloadVideo } from '../../apimart/download';
import { currentClock } from '../../clock';
import type { KeyScope } from '../../generation/idempotency';
import { entriesIn, Ledger } from '../../generation/ledger';
import type { Outcome } from '../../generation/outcome';
import type { PaidRun, Run } from '../../generation/run';
import type { Sheet } from '../../generation/sheet';
import { TaskJournal } from '../../generation/taskJournal';

/** Opens the credential and gathers what all clips of this run of the node share. */
export async function openRun(context: IExecuteFunctions, concurrency: number): Promise<Run> {
	return runOf(context, await connect(context), concurrency);
}

/**
 * A run that may spend money: it also remembers, and knows by which names its requests are told apart. `secret` is what
 * callbacks are sealed with.
 *
 * @param sheet whose rows the run works on in the place of the node that waits for them
 */
export async function openPaidRun(
	context: IExecuteFunctions,
	concurrency: number,
	sheet?: Pick<Sheet, 'keyScope' | 'ledger'>,
): Promise<{ run: PaidRun; secret: Buffer }> {
	const connection = await connect(context);
	const keyScope = sheet?.keyScope ?? keyScopeOf(context);
	const ledger = sheet?.ledger ?? entriesIn(context.getContext('node'), keyScope.runIndex);
	const run: PaidRun = {
		...runOf(context, connection, concurrency),
		ledger: new Ledger(ledger, keyScope.executionId),
		keyScope,
	};
	return { run, secret: connection.secret };
}

/** What tells the paid requests of this run of the node from all others. */
export function keyScopeOf(context: IExecuteFunctions): KeyScope {
	return {
		instanceId: context.getInstanceId(),
		workflowId: context.getWorkflow().id ?? '',
		nodeId: context.getNode().id,
		executionId: context.getExecutionId(),
		runIndex: Number(context.evaluateExpression('{{ $runIndex }}', 0)) || 0,
	};
}

function runOf(
	context: IExecuteFunctions,
	{ client, apiKey }: Connection,
	concurrency: number,
): Run {
	const clock = currentClock();
	const { baseUrl } = client;
	const signal = context.getExecutionCancelSignal();
	return {
		concurrency,
		client,
		apiKey,
		clock,
		signal,
		journal: new TaskJournal(context.customData),
		logger: context.logger,
		saveVideo: async (url, taskId) => {
			const fileName = `${taskId.replace(/[^\w-]+/g, '_')}.mp4`;
			return await downloadVideo(context, { url, fileName, baseUrl, clock, signal });
		},
	};
}

/** Says how much is left where rows were refused for too low a balance; one request, and only then. */
export async function explainBalance(outcomes: Outcome[], run: Run): Promise<Outcome[]> {
	const isBroke = ({ fault }: Outcome) => fault?.api?.kind === 'balance';
	if (!outcomes.some(isBroke)) return outcomes;
	const left = await readBalanceText(run);
	return outcomes.map((outcome) => {
		const { fault } = outcome;
		if (!fault || !left || !isBroke(outcome)) return outcome;
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
