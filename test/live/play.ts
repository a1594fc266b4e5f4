/*
 * What must stay true:
 * - Exactly one request asks for a clip to be bought. Whatever is submitted after it carries the same Idempotency-Key, and
 *   nothing more is submitted once such a request has bought something or could not be decided.
 * - The refusal of a bad length is asked for with a key that nobody has.
 * - The API key does not go to the file host.
 */
import { randomBytes } from 'node:crypto';
import type { Balance, SubmitReceipt } from '../../nodes/KlingFast/apimart/client';
import { ApimartError } from '../../nodes/KlingFast/apimart/errors';
import { submitBody, type SubmitParameters } from '../../nodes/KlingFast/apimart/submitBody';
import type { Task } from '../../nodes/KlingFast/apimart/task';
import { realClock, withPatience, type Clock } from '../../nodes/KlingFast/clock';
import { estimateCostUsd } from '../../nodes/KlingFast/generation/cost';
import type { CallbackReceiver } from './callbackReceiver';
import { fetchFile, type Fetched } from './file';
import type { Recording } from './recording';
import type { Asked, Wire } from './wire';

export const CLIP: SubmitParameters = {
	prompt: 'A paper boat drifts across a puddle, soft morning light, slow dolly forward',
	quality: 'std',
	durationSeconds: 3,
	aspectRatio: '16:9',
	audio: false,
	imageUrls: [],
	shots: [],
	splitIntoShots: false,
	watermark: false,
	moderate: false,
};

export const ESTIMATE_USD = estimateCostUsd({ ...CLIP, quality: 'std' });

const VERSION_HEADER = { 'X-APIMart-Response-Version': '2026-07-27' };
/** Well-formed, and of the year 1970: nobody can have it. */
const UNKNOWN_TASK = `task_${'0'.repeat(26)}`;
const GIVE_UP_AFTER_MS = 20 * 60_000;

export interface Scenario {
	idempotencyKey: string;
	/** Whether the paid submit asks for the versioned answer. */
	withVersionHeader: boolean;
	receiver?: CallbackReceiver;
	pollSeconds: number;
	/** So many callbacks end the wait for them, which takes so many real seconds at most. */
	callbacks: { count: number; waitSeconds: number };
	clock: Clock;
	tell: (line: string) => void;
}

interface Change {
	clip?: SubmitParameters;
	/** With the version header where the paid submit was without it, and the other way round. */
	isOtherEnvelope?: boolean;
}

export interface Played extends Omit<Recording, 'findings'> {
	/** Another clip that a repetition bought. */
	secondTaskId?: string;
	video?: Fetched;
}

/** Buys one clip and asks everything that it can answer. Resolves to what was seen, also where it went wrong half-way. */
export async function play(wire: Wire, scenario: Scenario): Promise<Played> {
	const session = new Session(wire, scenario);
	const [run] = await Promise.allSettled([session.run()]);
	// What was seen until then is paid for and worth keeping.
	if (run.status === 'rejected') scenario.tell(`Broken off: ${saidBy(run.reason)}`);
	return session.played;
}

class Session {
	readonly played: Played;

	constructor(
		private readonly wire: Wire,
		private readonly scenario: Scenario,
	) {
		const { clock, receiver } = scenario;
		this.played = {
			format: 1,
			recordedOn: new Date(clock.nowMs()).toISOString().slice(0, 10),
			provider: new URL(wire.access.baseUrl).hostname,
			estimateUsd: ESTIMATE_USD,
			watchedSeconds: 0,
			exchanges: [],
			reads: [],
			...(receiver && {
				callbacks: { hasQuery: receiver.addresses.webhook.includes('?'), seen: receiver.seen },
			}),
		};
	}

	async run(): Promise<void> {
		const { tell, clock, receiver, callbacks } = this.scenario;
		const first = await this.readBalance('before');
		if (first.error !== undefined) {
			tell(`The balance cannot be read, so nothing is bought: ${saidBy(first.error)}`);
			return;
		}
		await this.askForFree();
		const submittedAtMs = clock.nowMs();
		const taskId = await this.buy();
		if (taskId === undefined) return;
		const isSafe = await this.repeatAll(taskId);
		await this.readBalance('after the submit');
		const task = await this.watch(taskId, submittedAtMs);
		this.played.watchedSeconds = (clock.nowMs() - submittedAtMs) / 1000;
		if (task?.videoUrl) {
			this.played.video = await fetchFile(task.videoUrl, this.wire.redactor);
			this.played.file = this.played.video.seen;
		}
		if (isSafe && task) await this.repeat(taskId, 'repeat, at the end');
		await this.readBalance('at the end');
		if (receiver && task) {
			const patience = { patienceMs: callbacks.waitSeconds * 1000, otherwise: undefined };
			await withPatience(receiver.waitFor(callbacks.count), patience, realClock);
		}
	}

	private async askForFree(): Promise<void> {
		const { exchanges } = this.played;
		exchanges.push(await this.wire.get('schema', '/v1/models/kling-v3/schema'));
		this.wire.redactor.learn('unknown task', UNKNOWN_TASK);
		exchanges.push((await this.read('unknown task', UNKNOWN_TASK)).exchange);
		// Which is looked at first, the key or the fields? With a key that nobody has, no answer can cost anything.
		const badLength = submitBody({ ...CLIP, durationSeconds: 99 });
		const { idempotencyKey } = this.scenario;
		const refused = await this.wire.ask(
			'wrong key',
			async (client) => await client.submit(badLength, `${idempotencyKey}-nobody`),
			{ tell: () => 'accepted', apiKey: `sk-live-test-${randomBytes(16).toString('hex')}` },
		);
		exchanges.push(refused.exchange);
	}

	/** The only request that is meant to buy. @returns the task's id, or undefined where there is none */
	private async buy(): Promise<string | undefined> {
		const { tell, idempotencyKey } = this.scenario;
		tell(`Idempotency-Key ${idempotencyKey}: a run that is stopped from here on is taken up by`);
		tell(`--idempotency-key ${idempotencyKey} within 24 hours, without buying again.`);
		const { value, error } = await this.submit('submit');
		if (!value) {
			tell(`The clip was not accepted: ${saidBy(error)}`);
			return undefined;
		}
		const { taskId } = value;
		tell(`Task ${taskId} is bought. Should this run be stopped, the clip is made all the same:`);
		tell('find it with Get Video, or with');
		const address = `${this.wire.access.baseUrl}/v1/tasks/${taskId}`;
		tell(`  curl -H "Authorization: Bearer $APIMART_API_KEY" ${address}`);
		return taskId;
	}

	/** @returns whether one more repetition cannot buy anything */
	private async repeatAll(taskId: string): Promise<boolean> {
		const otherPrompt = { ...CLIP, prompt: `${CLIP.prompt}, fog` };
		return (
			(await this.repeat(taskId, 'repeat')) &&
			(await this.repeat(taskId, 'repeat, other envelope', { isOtherEnvelope: true })) &&
			(await this.repeat(taskId, 'repeat, other body', { clip: otherPrompt }))
		);
	}

	private async repeat(taskId: string, step: string, change: Change = {}): Promise<boolean> {
		const { value, error } = await this.submit(step, change);
		if (value?.taskId === taskId) return true;
		if (value) {
			this.played.secondTaskId = value.taskId;
			const sentence = `BOUGHT TWICE: the same Idempotency-Key made ${value.taskId} as well`;
			this.scenario.tell(`${sentence} (${step}).`);
			return false;
		}
		if (!(error instanceof ApimartError)) return false;
		const { spent, kind, passing } = error.details;
		return spent === 'no' || (kind === 'duplicate' && passing);
	}

	private async submit(
		step: string,
		{ clip = CLIP, isOtherEnvelope = false }: Change = {},
	): Promise<Asked<SubmitReceipt>> {
		const { withVersionHeader, idempotencyKey, receiver } = this.scenario;
		const body = submitBody(clip, receiver?.addresses);
		return this.kept(
			await this.wire.ask(step, async (client) => await client.submit(body, idempotencyKey), {
				tell: ({ taskId, replayed }) => `${taskId}${replayed ? ', replayed' : ''}`,
				headers: withVersionHeader === isOtherEnvelope ? {} : VERSION_HEADER,
			}),
		);
	}

	/** Reads the task until it has ended. Gives it up, saying so, where reading makes no sense any more. */
	private async watch(taskId: string, sinceMs: number): Promise<Task | undefined> {
		const { clock, tell, pollSeconds } = this.scenario;
		const known = new Set<string>();
		for (;;) {
			const { value: task, error, exchange } = await this.read('task, running', taskId);
			const seconds = (clock.nowMs() - sinceMs) / 1000;
			const hasEnded = task?.state === 'completed' || task?.state === 'failed';
			if (hasEnded) exchange.step = 'task, ended';
			if (!known.has(exchange.readAs)) this.played.exchanges.push(exchange);
			known.add(exchange.readAs);
			if (task) this.note(task, seconds);
			if (hasEnded) return task;
			const isFinal = error instanceof ApimartError && !error.details.passing;
			if (isFinal || seconds * 1000 > GIVE_UP_AFTER_MS) {
				tell(`The end of ${taskId} was not seen${error ? `: ${saidBy(error)}` : ''}.`);
				return undefined;
			}
			await clock.sleep(pollSeconds * 1000);
		}
	}

	private note({ stateWord, progress }: Task, seconds: number): void {
		const { reads } = this.played;
		const status = this.wire.redactor.text(stateWord);
		const last = reads.at(-1);
		if (last?.status === status && last.progress === progress) return;
		reads.push({ seconds: Number(seconds.toFixed(1)), status, progress });
		const percent = progress === undefined ? '' : `, ${progress} %`;
		this.scenario.tell(`  ${seconds.toFixed(0)} s: ${status}${percent}`);
	}

	private async readBalance(when: string): Promise<Asked<Balance>> {
		return this.kept(
			await this.wire.ask(`balance, ${when}`, async (client) => await client.readBalance(), {
				tell: ({ unlimited }) => (unlimited ? 'no limit' : 'an amount'),
				isBalance: true,
			}),
		);
	}

	private async read(step: string, taskId: string): Promise<Asked<Task>> {
		return await this.wire.ask(step, async (client) => await client.readTask(taskId), {
			tell: ({ state, stateWord, videoUrl }) =>
				`${state} (${stateWord})${videoUrl ? ', with a video' : ''}`,
		});
	}

	private kept<T>(asked: Asked<T>): Asked<T> {
		this.played.exchanges.push(asked.exchange);
		return asked;
	}
}

function saidBy(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
