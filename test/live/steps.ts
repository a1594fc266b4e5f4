/*
 * What must stay true:
 * - Exactly one request asks for a clip to be bought. Whatever is submitted after it carries the same Idempotency-Key, and
 *   nothing more is submitted once such a request has bought something or could not be decided.
 * - The refusal of a bad length is asked for with a key that nobody has.
 * - The API key does not go to the file host.
 */
import { randomUUID } from 'node:crypto';
import type { Balance, SubmitReceipt } from '../../nodes/KlingFast/apimart/client';
import { clipBody, type ClipRequest } from '../../nodes/KlingFast/apimart/clipRequest';
import { ApimartError } from '../../nodes/KlingFast/apimart/errors';
import { estimateCostUsd, roundUsd } from '../../nodes/KlingFast/apimart/models';
import type { Task } from '../../nodes/KlingFast/apimart/task';
import type { CallbackReceiver } from './callbacks';
import type { Recorder } from './recorder';

const CLIP: ClipRequest = {
	prompt: 'A paper boat drifts across a puddle, soft morning light, slow dolly forward',
	...{ shotsKind: 'single', quality: 'std', durationSeconds: 3, aspectRatio: '16:9', audio: false },
	...{ shots: [], watermark: false, moderate: false, metadata: {} },
};
export const ESTIMATE_USD = estimateCostUsd(CLIP);

/** Well-formed, and of the year 1970: nobody can have it. */
const UNKNOWN_TASK = `task_${'0'.repeat(26)}`;
const VERSION_HEADER = { 'X-APIMart-Response-Version': '2026-07-27' };
const READ_EVERY_MS = 3_000;
const GIVE_UP_AFTER_MS = 20 * 60_000;
const CALLBACK_SECONDS = 30;
/** A price may differ a little from the table, a second clip does more. */
const MORE_THAN_ONE_CLIP = 1.5;

type Change = Partial<ClipRequest> & { headers?: object };

export interface Scenario {
	idempotencyKey: string;
	callbacks?: CallbackReceiver;
	/** So many callbacks end the wait for them. */
	deliveries: number;
	clock: { nowMs: () => number; sleep: (ms: number) => Promise<unknown> };
	tell: (line: string) => void;
}

/** Buys one clip and asks everything that it can answer. What came of it can be read at any moment, also after a fault. */
export class Steps {
	readonly summary: string[] = [];
	/** Whether a person has to look at something. */
	hasProblem = false;
	video?: Buffer;

	constructor(
		private readonly recorder: Recorder,
		private readonly scenario: Scenario,
	) {}

	/** @throws Error where the next step makes no sense */
	async run(): Promise<void> {
		const { callbacks, deliveries } = this.scenario;
		const before = await this.readBalance('before');
		await this.askForFree();
		const taskId = await this.buy();
		const isSafe =
			(await this.repeat(taskId, 'repeat')) &&
			(await this.repeat(taskId, 'repeat, versioned', { headers: VERSION_HEADER })) &&
			(await this.repeat(taskId, 'repeat, other body', { prompt: `${CLIP.prompt}, fog` }));
		const submitted = await this.readBalance('after the submit').catch(asResult);
		const task = await this.watch(taskId);
		if (task?.videoUrl) {
			const { bytes, said, isWhole } = await this.recorder.fetchFile(task.videoUrl);
			this.video = bytes;
			this.summary.push(`File: ${said}`);
			if (!isWhole) this.problem('The file is not whole.');
		} else this.problem('There is no video.');
		if (isSafe && task) await this.repeat(taskId, 'repeat, at the end');
		const end = await this.readBalance('at the end').catch(asResult);
		if (task) await callbacks?.waitFor(deliveries, CALLBACK_SECONDS);

		const spent = spentUsd(before, end);
		this.summary.push(
			`Cost: ${task?.costUsd} USD (the price table says ${ESTIMATE_USD})`,
			`Balance: ${spentUsd(before, submitted)} USD less after the submit, ${spent} at the end`,
		);
		if (spent > MORE_THAN_ONE_CLIP * (task?.costUsd || ESTIMATE_USD)) {
			this.problem(`More than one clip was paid for: ${spent} USD.`);
		}
	}

	private async askForFree(): Promise<void> {
		const { recorder, scenario } = this;
		const headers = { Authorization: `Bearer ${recorder.apiKey}` };
		const url = `${recorder.baseUrl}/v1/models/kling-v3/schema`;
		await recorder.send('schema', { url, headers, maxRedirects: 0 });
		await recorder.client('unknown task').readTask(UNKNOWN_TASK).catch(asResult);
		// Which is looked at first, the key or the fields? With a key that nobody has, no answer can cost anything.
		const body = clipBody({ ...CLIP, durationSeconds: 99 }, []);
		await recorder
			.client('wrong key', `sk-live-test-${randomUUID()}`)
			.submit(body, `${scenario.idempotencyKey}-nobody`)
			.catch(asResult);
	}

	/** The only request that is meant to buy. */
	private async buy(): Promise<string> {
		const { tell, idempotencyKey } = this.scenario;
		tell(`Idempotency-Key ${idempotencyKey}: a run that is stopped from here on is taken up by`);
		tell(`--idempotency-key ${idempotencyKey} within 24 hours, without buying again.`);
		const { taskId } = await this.submit('submit');
		tell(`Task ${taskId} is bought. Should this run be stopped, the clip is made all the same:`);
		tell('find it with Get Video, or with');
		const address = `${this.recorder.baseUrl}/v1/tasks/${taskId}`;
		tell(`  curl -H "Authorization: Bearer $APIMART_API_KEY" ${address}`);
		return taskId;
	}

	/** @returns whether one more repetition cannot buy anything */
	private async repeat(taskId: string, step: string, change?: Change): Promise<boolean> {
		const repeated = await this.submit(step, change).catch(asResult);
		if (repeated instanceof Error) {
			this.summary.push(`${step}: ${repeated.message}`);
			return repeated.details.charged === 'no';
		}
		if (repeated.taskId === taskId) {
			this.summary.push(`${step}: the same task, Idempotency-Replayed: ${repeated.replayed}`);
			return true;
		}
		this.problem(`BOUGHT TWICE: the same Idempotency-Key made ${repeated.taskId} (${step}).`);
		return false;
	}

	private async submit(step: string, { headers, ...clip }: Change = {}): Promise<SubmitReceipt> {
		const { callbacks, idempotencyKey } = this.scenario;
		const body = clipBody({ ...CLIP, ...clip }, [], callbacks?.addresses);
		return await this.recorder.client(step, undefined, headers).submit(body, idempotencyKey);
	}

	/** Reads the task until it has ended. @returns undefined where the end was not seen */
	private async watch(taskId: string): Promise<Task | undefined> {
		const { clock, tell } = this.scenario;
		const words = new Set<string>();
		for (let ms = 0; ms < GIVE_UP_AFTER_MS; ms += READ_EVERY_MS) {
			const task = await this.recorder.client('task').readTask(taskId).catch(asResult);
			const word = task instanceof Error ? task.message : task.stateWord;
			if (!words.has(word)) tell(`  ${ms / 1000} s: ${word}`);
			words.add(word);
			if (!(task instanceof Error) && ['completed', 'failed'].includes(task.state)) {
				// Where the answer says nothing the nodes take a day.
				const linkMs = (task.expiresAtMs ?? NaN) - (task.completedMs ?? NaN);
				const link = `Link: expires ${linkMs / 1000} s after the end`;
				this.summary.push(`Status: ${[...words].join(' -> ')}`, link);
				return task;
			}
			await clock.sleep(READ_EVERY_MS);
		}
		return undefined;
	}

	private async readBalance(when: string): Promise<Balance> {
		return await this.recorder.client(`balance, ${when}`).readBalance();
	}

	problem(sentence: string): void {
		this.hasProblem = true;
		this.summary.push(sentence);
	}
}

/** By what left the account, whatever ids were given out; the balance of a key without a limit does not fall. */
function spentUsd(before: Balance, after: Balance | ApimartError): number {
	if (after instanceof Error) return NaN;
	return roundUsd(Math.max(before.balance - after.balance, after.used - before.used));
}

/** All that the client throws is one. */
const asResult = (error: ApimartError): ApimartError => error;
