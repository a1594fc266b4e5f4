import type { IExecuteFunctions } from 'n8n-workflow';
import { connect } from '../../apimart/client';
import { downloadVideo } from '../../apimart/download';
import { ApimartError } from '../../apimart/errors';
import { currentClock } from '../../clock';
import { Ledger } from '../../generation/ledger';
import type { Outcome } from '../../generation/outcome';
import type { PaidRun, Run } from '../../generation/run';
import { TaskJournal } from '../../generation/taskJournal';

/** Opens the credential and gathers what all clips of this run of the node share. */
export async function openRun(context: IExecuteFunctions, concurrency: number): Promise<Run> {
	const { client, apiKey } = await connect(context);
	const clock = currentClock();
	const signal = context.getExecutionCancelSignal();
	return {
		client,
		apiKey,
		concurrency,
		clock,
		signal,
		journal: new TaskJournal(context.customData),
		logger: context.logger,
		saveVideo: async (url, taskId) => {
			const fileName = `${taskId.replace(/[^\w-]+/g, '_')}.mp4`;
			return await downloadVideo(context, {
				url,
				fileName,
				baseUrl: client.baseUrl,
				clock,
				signal,
			});
		},
	};
}

/** A run that may spend money: it also remembers, and knows by which names its requests are told apart. */
export async function openPaidRun(
	context: IExecuteFunctions,
	concurrency: number,
): Promise<PaidRun> {
	const run = await openRun(context, concurrency);
	const executionId = context.getExecutionId();
	const runIndex = Number(context.evaluateExpression('{{ $runIndex }}', 0)) || 0;
	return {
		...run,
		ledger: new Ledger(context.getContext('node'), executionId, runIndex),
		keyScope: {
			instanceId: context.getInstanceId(),
			workflowId: context.getWorkflow().id ?? '',
			nodeId: context.getNode().id,
			executionId,
			runIndex,
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
