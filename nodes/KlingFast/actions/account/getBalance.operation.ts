import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { connect, type Balance } from '../../apimart/client';
import { withRetries } from '../../apimart/retry';
import { currentClock } from '../../clock';
import { eachItem } from '../eachItem';

const TIME_LIMIT_MS = 60_000;

/** What is left on the API key, in USD. Read once, however many items come in. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let balance: Promise<Balance> | undefined;
	return await eachItem(this, async () => {
		balance ??= readBalance(this);
		return { ...(await balance) };
	});
}

async function readBalance(context: IExecuteFunctions): Promise<Balance> {
	const { client } = await connect(context);
	const clock = currentClock();
	return await withRetries(async () => await client.readBalance(), {
		clock,
		logger: context.logger,
		signal: context.getExecutionCancelSignal(),
		deadlineMs: clock.nowMs() + TIME_LIMIT_MS,
		maxTries: 4,
	});
}
