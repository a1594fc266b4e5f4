import type { IHttpRequestOptions } from 'n8n-workflow';
import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { afterCutOff, Ledger } from '../../../nodes/KlingFast/generation/ledger';
import type { Fault } from '../../../nodes/KlingFast/generation/outcome';
import { asleepDelaySeconds } from '../../../nodes/KlingFast/generation/polling';
import { runRound } from '../../../nodes/KlingFast/generation/round';
import type { Run } from '../../../nodes/KlingFast/generation/run';
import { isOver, sleepSeconds, type Sheet } from '../../../nodes/KlingFast/generation/sheet';
import { response } from '../apimart/answers';
import { ManualClock, seededRandom } from './manualClock';
import { failed, FakeApi, reset, type Given } from './provider';
import { row, paidRun, sheetOf, video } from './run';

export interface SheetPlan {
	seed: number;
	rows: number;
	concurrency: number;
	isCalledBack: boolean;
	/** Of 1: requests that go wrong in passing. */
	faults: number;
	/** Of 1: moments of a round, before and after each thing it does, at which the process is killed. */
	crashes: number;
	/** Of 1: clips that fail at the provider. */
	failures: number;
	/** So many failed clips of a row are followed by another one. */
	retryFailed: number;
	/** After so many rounds the execution that waits is stopped. */
	stopAfterRounds?: number;
}

const HOPELESS_ROUNDS = 5_000;
const SLOWEST_TIMER_SECONDS = 60;

/** A whole sheet from its first row to its last, in a process that may be killed at any moment. */
export class SheetSimulation {
	readonly clock = new ManualClock(1_000_000);
	readonly api: FakeApi;
	/** What is against the rules, in words. */
	readonly violations: string[] = [];
	crashes = 0;
	rounds = 0;
	/** What n8n has. */
	saved = '';

	private readonly random: () => number;
	private readonly clipSeconds: number[] = [];
	private isFirst = true;
	private isStopped = false;
	private wasToldOfStop = false;
	private workers = 0;
	private named: string[] = [];

	constructor(private readonly plan: SheetPlan) {
		this.random = seededRandom(plan.seed);
		const secondsOf = (number: number) => (this.clipSeconds[number] ??= 20 + this.random() * 180);
		this.api = new FakeApi(this.clock, secondsOf, ({ method, path }) => this.fault(method, path));
	}

	/** @returns the sheet as it was when nothing was left to do */
	async run(): Promise<Sheet> {
		const { rows, concurrency, isCalledBack, retryFailed, stopAfterRounds = Infinity } = this.plan;
		const queued = Array.from({ length: rows }, (_, index) =>
			row(index, { download: true, retryFailed }),
		);
		const run = paidRun(this.api.client, this.clock);
		this.saved = JSON.stringify(sheetOf(queued, run, concurrency));
		for (; this.rounds < HOPELESS_ROUNDS; this.rounds++) {
			this.isStopped = this.rounds >= stopAfterRounds;
			const after = await this.clock.run(this.round());
			if (!after) {
				this.crashes++;
				this.workers++;
				await this.pass(1);
				const cutOff = JSON.parse(this.saved) as Sheet;
				const ledger = afterCutOff(cutOff.ledger);
				this.saved = JSON.stringify({ ...cutOff, ledger });
				continue;
			}
			this.isFirst = false;
			this.checkEnded(after);
			if (isOver(after)) return after;
			const seconds = sleepSeconds(after, this.clock.nowMs(), isCalledBack);
			if (!(seconds >= 1 && seconds <= 60)) this.violations.push(`sleeps ${seconds} s`);
			this.saved = JSON.stringify(after);
			await this.sleep(after, seconds);
		}
		throw new Error('The sheet has no end');
	}

	/** Nothing where the process was killed. */
	private async round(): Promise<Sheet | undefined> {
		const sheet = JSON.parse(this.saved) as Sheet;
		const prepared = new Map(
			Object.values(sheet.ledger).map(({ idempotencyKey, body }) => [idempotencyKey, body]),
		);
		let die = () => {};
		const death = new Promise<undefined>((resolve) => (die = () => resolve(undefined)));
		let isDead = false;
		const gate = async () => {
			isDead ||= !this.isFirst && this.random() < this.plan.crashes;
			if (!isDead) return;
			die();
			await new Promise(() => {});
		};
		const send: ConstructorParameters<typeof ApimartClient>[0] = async (options) => {
			await gate();
			this.checkSubmit(options, prepared);
			const answer = this.api.answer(options);
			await gate();
			return answer;
		};
		const client = new ApimartClient(send, 'https://api.apimart.ai', '', this.clock);
		const run = this.runOf(client, sheet, gate);
		const start = { isUnsaved: this.isFirst, namedTaskId: this.named.shift() };
		return await Promise.race([runRound(sheet, run, start), death]);
	}

	private runOf(client: ApimartClient, sheet: Sheet, gate: () => Promise<void>): Run {
		const { keyScope, concurrency } = sheet;
		const address = `https://n8n.example/${this.workers}`;
		return {
			...paidRun(client, this.clock),
			keyScope,
			ledger: new Ledger(sheet.ledger, keyScope.executionId),
			callbackFor: () => ({ webhook: address, callbackUrl: `${address}/callback` }),
			readDelaySeconds: asleepDelaySeconds,
			storeVideo: async ({ taskId = '' }) => {
				await gate();
				return { binary: { ...video(taskId), id: `stored:${taskId}` } };
			},
			whyStopped: async (): Promise<Fault | undefined> => {
				await gate();
				if (this.isStopped) this.wasToldOfStop = true;
				return this.isStopped
					? { message: 'Execution 7, which waits for this row, was stopped' }
					: undefined;
			},
			slots: {
				// Others with the same key may take some, and give them back.
				left: () => concurrency - (this.random() < 0.1 ? 1 : 0),
				keep: () => {},
				givenBack: async () => await new Promise(() => {}),
			},
		};
	}

	private checkSubmit(
		{ method, headers, body }: IHttpRequestOptions,
		prepared: Map<string, string | undefined>,
	): void {
		if (method !== 'POST') return;
		const key = String(headers?.['Idempotency-Key']);
		if (this.wasToldOfStop) this.violations.push('submits after it was told of Stop');
		if (this.isFirst) return;
		if (prepared.get(key) !== body) this.violations.push(`submits what was not saved: ${key}`);
	}

	private fault(method: string, path: string): Given | 'lose' | undefined {
		const { faults, concurrency } = this.plan;
		const isSubmit = method === 'POST';
		const inFlight = this.api.tasks.filter((_, number) => !this.hasEnded(number)).length;
		// After a crash nobody knows what was sent in its round; a row that was refused before may be sent before it then.
		const isOrderKnown = this.crashes === 0 || faults === 0;
		if (isOrderKnown && inFlight > concurrency) {
			this.violations.push(`${inFlight} clips in flight`);
		}
		if (this.random() < faults) {
			const answers: Array<Given | 'lose'> = [
				response(429, { error: { message: 'slow down' } }),
				response(503, '<html>busy</html>'),
				reset(),
				...(isSubmit ? (['lose', 'lose'] as const) : [response(500, {})]),
			];
			return answers[Math.floor(this.random() * answers.length)];
		}
		const number = Number(path.split('task_')[1] ?? NaN);
		const hasFailed = this.fails(number) && this.hasEnded(number);
		return hasFailed ? failed(`task_${number}`) : undefined;
	}

	/** Whether this clip, when its time has come, is a failed one: it is not charged. */
	fails(number: number): boolean {
		return (number * 7919 + this.plan.seed) % 100 < this.plan.failures * 100;
	}

	private hasEnded(number: number): boolean {
		const { bornAtSeconds } = this.api.tasks[number] ?? {};
		if (bornAtSeconds === undefined) return false;
		return this.clock.nowMs() / 1000 - bornAtSeconds >= (this.clipSeconds[number] ?? Infinity);
	}

	/** What has ended stays as it is. */
	private checkEnded(after: Sheet): void {
		const before = JSON.parse(this.saved) as Sheet;
		before.rows.forEach((row, index) => {
			const now = JSON.stringify(after.rows[index]);
			if (row.phase === 'ended' && JSON.stringify(row) !== now) {
				this.violations.push(`row ${index} has ended twice`);
			}
		});
		const order = after.rows.map(({ outcome }) => outcome.itemIndex);
		if (order.some((itemIndex, index) => itemIndex !== index)) this.violations.push('odd order');
	}

	/** Until a callback, true, doubled, lost or forged, or until n8n's timer. */
	private async sleep(sheet: Sheet, seconds: number): Promise<void> {
		const timerSeconds = seconds + this.random() * SLOWEST_TIMER_SECONDS;
		if (!this.plan.isCalledBack || this.random() < 0.2) return await this.pass(timerSeconds);
		if (this.random() < 0.1) {
			const { taskId } = sheet.rows[Math.floor(this.random() * sheet.rows.length)].outcome;
			this.named.push(taskId ?? 'task_of_another_sheet');
			return await this.pass(this.random() * 5);
		}
		const nowSeconds = this.clock.nowMs() / 1000;
		const [next] = this.api.tasks
			.map(({ id, bornAtSeconds }, number) => ({
				id,
				inSeconds: bornAtSeconds + this.clipSeconds[number] - nowSeconds,
			}))
			.filter(({ inSeconds }) => inSeconds > 0 && inSeconds < timerSeconds)
			.sort((one, other) => one.inSeconds - other.inSeconds);
		if (!next) return await this.pass(timerSeconds);
		this.named.push(next.id, ...(this.random() < 0.2 ? [next.id] : []));
		await this.pass(next.inSeconds + 0.01);
	}

	private async pass(seconds: number): Promise<void> {
		await this.clock.run(this.clock.sleep(seconds * 1000));
	}
}
