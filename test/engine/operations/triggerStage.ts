import type { RunOptions } from '../harness';
import { setTheStage } from '../laws/setup';
import { callWebhook } from '../webhooks';
import { endOf, open } from './sleepStage';
import { signed, tokenFor } from './triggerHost';

/** Registers a stage for the test file, with what the tests of the trigger do again and again. */
export function setTheTriggerStage() {
	const stage = setTheStage();

	async function submitted(prompt = open('A fox')): Promise<string> {
		await stage.run([prompt], { parameters: { mode: 'submitOnly' } });
		return stage.taskIds().at(-1) ?? '';
	}

	async function ended(
		ending: 'completed' | 'failed' | 'cancelled' = 'completed',
	): Promise<string> {
		const taskId = await submitted();
		await stage.sandbox.finishTask(taskId, { ending });
		return taskId;
	}

	/** One signed delivery of the task's callback. */
	async function deliver(trigger: RunOptions, taskId: string, metadata = {}) {
		const request = signed(tokenFor(trigger, metadata), endOf(taskId));
		return await callWebhook(stage.engine, trigger, request);
	}

	const reads = () => stage.ledger.polls().length;

	return { stage, submitted, ended, deliver, reads };
}
