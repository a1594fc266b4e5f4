import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { RunOptions } from '../harness';
import { setTheStage } from '../laws/setup';
import { callWebhook, type WebhookRequest } from '../webhooks';
import { endOf, open } from './sleepStage';
import { signed, startedRun, tokenFor } from './triggerHost';

/** What a caller of the trigger was answered, and the item with which a run started, if one did. */
export interface Heard {
	status: number;
	item?: INodeExecutionData;
}

/** Registers a stage for the test file, with what the tests of the trigger do again and again. */
export function setTheTriggerStage() {
	const stage = setTheStage();

	const submitted = async () => (await stage.submit([open('A fox')]))[0];

	async function ended(ending: 'completed' | 'failed' | 'cancelled' = 'completed') {
		const taskId = await submitted();
		await stage.finish([taskId], ending);
		return taskId;
	}

	/** One call of the trigger's webhook. */
	async function call(
		trigger: RunOptions,
		request: WebhookRequest,
	): Promise<Heard & { body: unknown }> {
		const answer = await callWebhook(stage.engine, trigger, request);
		return { status: answer.status, item: startedRun(answer), body: answer.body };
	}

	/** One signed delivery of a task's callback. */
	async function deliver(
		trigger: RunOptions,
		taskId: string,
		metadata: IDataObject = {},
		savingRun?: WebhookRequest['savingRun'],
	) {
		const delivery = signed(tokenFor(trigger, metadata), endOf(taskId));
		return await call(trigger, { ...delivery, savingRun });
	}

	const reads = () => stage.ledger.polls().length;

	return { stage, submitted, ended, call, deliver, reads };
}
