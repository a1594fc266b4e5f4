/*
 * What must stay true:
 * - Exactly one request asks for a clip to be bought. Whatever is submitted after it carries the same Idempotency-Key, and
 *   nothing more is submitted once such a request has bought something or could not be decided.
 * - The refusal of a bad length is asked for with a key that nobody has.
 * - The API key does not go to the file host.
 */
import { randomUUID } from 'node:crypto';
import { effectiveStatus, isObject } from '../../nodes/KlingFast/apimart/answer';
import { clipBody, type ClipRequest } from '../../nodes/KlingFast/apimart/clipRequest';
import { parseSubmittedTaskId, parseTask, type Task } from '../../nodes/KlingFast/apimart/task';
import { estimateCostUsd, roundUsd } from '../../nodes/KlingFast/apimart/models';
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

export interface Scenario {
	idempotencyKey: string;
	callbacks?: CallbackReceiver;
	/** So many callbacks end the wait for them. */
	deliveries: number;
	clock: { nowMs: () => number; sleep: (ms: number) => Promise<unknown> };
	tell: (line: string) => void;
}

interface Change {
	clip?: ClipRequest;
	headers?: Record<string, string>;
	apiKey?: string;
}

/** Buys one clip and asks everything that it can answer. What came of it can be read at any moment, also after a fault. */
export class Steps {
	readonly summary: string[] = [];
	/** What a person has to look at. */
	readonly problems: string[] = [];
	video?: { bytes: Buffer; linkQuery: string };

	constructor(
		private readonly recorder: Recorder,
		private readonly scenario: Scenario,
	) {}

	async run(): Promise<void> {
		const { callbacks, deliveries } = this.scenario;
		const before = await this.readBalance('before');
		if (Number.isNaN(before[0])) return this.problem('So nothing is bought.');
		await this.askForFree();
		const taskId = await this.buy();
		if (taskId === undefined) return;
		const otherPrompt = { ...CLIP, prompt: `${CLIP.prompt}, fog` };
		const isSafe =
			(await this.repeat(taskId, 'repeat')) &&
			(await this.repeat(taskId, 'repeat, versioned', { headers: VERSION_HEADER })) &&
			(await this.repeat(taskId, 'repeat, other body', { clip: otherPrompt }));
		const submitted = await this.readBalance('after the submit');
		const task = await this.watch(taskId);
		if (task?.videoUrl) {
			const file = await this.recorder.fetchFile(task.videoUrl);
			this.video = { bytes: file.bytes, linkQuery: new URL(task.videoUrl).search.slice(1) };
			this.summary.push(`File: ${file.said}`);
			if (!file.isWhole) this.problem('The file is not whole.');
		} else this.problem('There is no video.');
		if (isSafe && task) await this.repeat(taskId, 'repeat, at the end');
		const end = await this.readBalance('at the end');
		if (task) await callbacks?.waitFor(deliveries, CALLBACK_SECONDS);

		const cost = task?.costUsd ?? NaN;
		const spent = spentUsd(before, end);
		this.summary.push(
			`Cost: ${cost} USD (the price table says ${ESTIMATE_USD})`,
			`Balance: ${spentUsd(before, submitted)} USD less after the submit, ${spent} at the end`,
		);
		if (spent > MORE_THAN_ONE_CLIP * (cost || ESTIMATE_USD)) {
			this.problem(`More than one clip was paid for: ${spent} USD.`);
		}
	}

	private async askForFree(): Promise<void> {
		await this.recorder.ask('schema', '/v1/models/kling-v3/schema');
		await this.recorder.ask('unknown task', `/v1/tasks/${UNKNOWN_TASK}`);
		// Which is looked at first, the key or the fields? With a key that nobody has, no answer can cost anything.
		await this.submit('wrong key', {
			clip: { ...CLIP, durationSeconds: 99 },
			headers: { 'Idempotency-Key': `${this.scenario.idempotencyKey}-nobody` },
			apiKey: `sk-live-test-${randomUUID()}`,
		});
	}

	/** The only request that is meant to buy. @returns the task's id, or undefined where there is none */
	private async buy(): Promise<string | undefined> {
		const { tell, idempotencyKey } = this.scenario;
		tell(`Idempotency-Key ${idempotencyKey}: a run that is stopped from here on is taken up by`);
		tell(`--idempotency-key ${idempotencyKey} within 24 hours, without buying again.`);
		const { taskId, said } = await this.submit('submit');
		if (taskId === undefined) {
			this.problem(`The clip was not accepted: ${said}`);
			return undefined;
		}
		const address = `${this.recorder.target.baseUrl}/v1/tasks/${taskId}`;
		tell(`Task ${taskId} is bought. Should this run be stopped, the clip is made all the same:`);
		tell('find it with Get Video, or with');
		tell(`  curl -H "Authorization: Bearer $APIMART_API_KEY" ${address}`);
		return taskId;
	}

	/** @returns whether one more repetition cannot buy anything */
	private async repeat(taskId: string, step: string, change: Change = {}): Promise<boolean> {
		const repeated = await this.submit(step, change);
		const isSame = repeated.taskId === taskId;
		const same = `the same task, Idempotency-Replayed: ${repeated.replayed}`;
		this.summary.push(`${step}: ${isSame ? same : repeated.said}`);
		if (isSame || repeated.taskId === undefined) return isSame || repeated.isRefused;
		this.problem(`BOUGHT TWICE: the same Idempotency-Key made ${repeated.taskId} (${step}).`);
		return false;
	}

	private async submit(step: string, { clip = CLIP, headers, apiKey }: Change = {}) {
		const { idempotencyKey, callbacks } = this.scenario;
		const answer = await this.recorder.ask(step, '/v1/videos/generations', {
			body: clipBody(clip, [], callbacks?.addresses),
			headers: { 'Idempotency-Key': idempotencyKey, ...headers },
			apiKey,
		});
		const { httpStatus, headers: got, json, text, said } = answer;
		const isClientError = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408;
		return {
			...{ said, replayed: String(got['idempotency-replayed']) },
			taskId: httpStatus && effectiveStatus(answer) < 300 ? parseSubmittedTaskId(json) : undefined,
			/** Whether the answer says that this request bought nothing. */
			isRefused: isClientError && !text.includes('indeterminate'),
		};
	}

	/** Reads the task until it has ended. @returns undefined where the end was not seen */
	private async watch(taskId: string): Promise<Task | undefined> {
		const { clock, tell } = this.scenario;
		const startMs = clock.nowMs();
		const words = new Set<string>();
		for (let told = ''; ; await clock.sleep(READ_EVERY_MS)) {
			const answer = await this.recorder.ask('task', `/v1/tasks/${taskId}`);
			const task = answer.httpStatus === 200 ? parseTask(answer.json) : undefined;
			const word = this.recorder.redactor.text(task?.stateWord ?? answer.said);
			words.add(word);
			const elapsedMs = clock.nowMs() - startMs;
			const line = task ? `${word}, ${task.progress ?? '?'} %` : word;
			if (line !== told) tell(`  ${Math.round(elapsedMs / 1000)} s: ${line}`);
			told = line;
			if (task?.state === 'completed' || task?.state === 'failed') {
				this.summary.push(`Status: ${[...words].join(' -> ')}`, linkLife(answer.text, task));
				return task;
			}
			if (elapsedMs < GIVE_UP_AFTER_MS) continue;
			this.problem(`The end of ${taskId} was not seen: ${word}`);
			return undefined;
		}
	}

	/** What is left and what was used, in USD; NaN where it cannot be read. */
	private async readBalance(when: string): Promise<number[]> {
		const { json, said } = await this.recorder.ask(`balance, ${when}`, '/v1/balance');
		const { data = json } = isObject(json) ? json : {};
		const { remain_balance, used_balance } = isObject(data) ? data : {};
		const amounts = [remain_balance, used_balance].map((amount) => Number(amount ?? NaN));
		if (Number.isNaN(amounts[0])) this.problem(`The balance cannot be read: ${said}`);
		return amounts;
	}

	problem(sentence: string): void {
		this.problems.push(sentence);
		this.scenario.tell(sentence);
	}
}

/** By what left the account, whatever ids were given out; the balance of a key without a limit does not fall. */
function spentUsd([left, used]: number[], [leftAfter, usedAfter]: number[]): number {
	return roundUsd(Math.max(left - leftAfter || 0, usedAfter - used || 0));
}

function linkLife(text: string, { completedMs = NaN }: Task): string {
	const endSeconds = Number(/"expires_at":\s*"?(\d+)/.exec(text)?.[1] ?? NaN);
	return `Link: expires ${endSeconds - completedMs / 1000} s after the end`;
}
