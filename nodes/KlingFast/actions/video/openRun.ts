import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { connect, type Connection } from '../../apimart/client';
import { downloadVideo } from '../../apimart/download';
import { ApimartError } from '../../apimart/errors';
import { currentClock } from '../../clock';
import { Ledger } from '../../generation/ledger';
import type { Outcome } from '../../generation/outcome';
import type { PaidRun, Run } from '../../generation/run';
import { TaskJournal } from '../../generation/taskJournal';

/** Opens the credential and gathers what all clips of this run of the node share. */
export async function openRun(context: IExecuteFunctions, concurrency: number): Promise<Run> {
	return runOf(context, await connect(context), stoppable(context, concurrency));
}

/** What is needed to look at clips from a callback: nothing is recorded, and nobody can press Stop. */
export async function openWakingRun(context: IWebhookFunctions): Promise<Run> {
	const journal = new TaskJournal(undefined);
	return runOf(context, await connect(context), { concurrency: 1, journal });
}

/**
 * A run that may spend money: it also remembers, and knows by which names its requests are told apart. `secret` is what
 * callbacks are sealed with.
 */
export async function openPaidRun(
	context: IExecuteFunctions,
	concurrency: number,
): Promise<{ run: PaidRun; secret: Buffer }> {
	const connection = await connect(context);
	const executionId = context.getExecutionId();
	const runIndex = Number(context.evaluateExpression('{{ $runIndex }}', 0)) || 0;
	const run: PaidRun = {
		...runOf(context, connection, stoppable(context, concurrency)),
		ledger: new Ledger(context.getContext('node'), executionId, runIndex),
		keyScope: {
			instanceId: context.getInstanceId(),
			workflowId: context.getWorkflow().id ?? '',
			nodeId: context.getNode().id,
			executionId,
			runIndex,
		},
	};
	return { run, secret: connection.secret };
}

type Own = Pick<Run, 'concurrency' | 'journal' | 'signal'>;

function stoppable(context: IExecuteFunctions, concurrency: number): Own {
	const journal = new TaskJournal(context.customData);
	return { concurrency, journal, signal: context.getExecutionCancelSignal() };
}

function runOf(
	context: IExecuteFunctions | IWebhookFunctions,
	{ client, apiKey }: Connection,
	own: Own,
): Run {
	const clock = currentClock();
	const { baseUrl } = client;
	const { signal } = own;
	return {
		...own,
		client,
		apiKey,
		clock,
		logger: context.logger,
		saveVideo: async (url, taskId) => {
			const fileName = `${taskId.replace(/[^\w-]+/g, '_')}.mp4`;
			return await downloadVideo(context, { url, fileName, baseUrl, clock, signal });
		},
	};
}

/** Says how much is left where rows were refused for too low a balance; one request, and only then. */
export async function explainBalance(outcomes: Outcome[], run: Run): Promise<Outcome[]> {
	const isBroke = ({ fault }: Outcome) =>
		fault?.cause instanceof ApimartError && fault.cause.details.kind === 'balance';
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
