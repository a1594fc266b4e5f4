/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { Execution } from '../../host/executions';
import type { CredentialRef } from '../../host/rest';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { Random } from '../../sandbox/random';
import { SheetRun } from '../e2e/sheetRun';
import { batchWorkflow, type BatchPlan } from './batch';
import { logText, savedRun, type SavedRun } from './evidence';
import { leaksOf, secretsIn, type Secret } from './leaks';
import type { Environment } from './environment';

const END_WITHIN_SECONDS = 120;
const MAX_WAIT_SECONDS = 3_600;
/** A clip of 60 s takes 0.3 s. */
const PROVIDER_SPEED = 200;

/** The result of one attack with one seed. Tasks, leaks and faults are text, to be read by a developer. */
export interface Outcome {
	asked: number;
	delivered: number;
	/** Billed, or reserved and still to be billed. */
	charges: number;
	/** Accepted tasks whose ids are in no place where a user could find them. */
	unrecoverable: string[];
	leaks: string[];
	/** Whatever else did not come out as the attack expected. */
	faults: string[];
}

/** One attack with one seed: a provider and a credential of its own, and the executions that it starts. */
export class AttackRun {
	/** Clips that this attack can get delivered; the attack says how many. */
	asked = 0;
	readonly random: Random;
	readonly host: Environment['host'];
	private readonly faults: string[] = [];
	private readonly workflowIds: string[] = [];

	private constructor(
		readonly environment: Environment,
		readonly name: string,
		readonly seed: number,
		readonly sandbox: Sandbox,
		readonly credential: CredentialRef,
		private readonly secrets: Secret[],
	) {
		this.random = new Random(seed * 31 + name.length);
		this.host = environment.host;
	}

	static async open(
		environment: Environment,
		name: string,
		seed: number,
		options: SandboxOptions = {},
	): Promise<AttackRun> {
		const letters = new Random(seed * 977 + environment.nextNumber());
		const word = (length: number) => letters.text(length, 'abcdefghjkmnpqrstuvwxyz23456789');
		// Not every mirror's keys look like APIMart's.
		const apiKey = seed % 2 === 0 ? `sk-${word(40)}` : `${word(8)}.${word(32)}`;
		const signingSecret = word(32);
		const sandbox = await startSandbox({ speed: PROVIDER_SPEED, seed, apiKey, ...options });
		const credential = await environment.host.addKlingCredential({
			apiKey,
			baseUrl: sandbox.baseUrl,
			callbackSecret: signingSecret,
		});
		return new AttackRun(environment, name, seed, sandbox, credential, [
			{ what: 'API key', value: apiKey },
			{ what: 'callback secret', value: signingSecret },
		]);
	}

	/** @returns the id of a new workflow that runs the batch */
	async batch(plan: BatchPlan, credential = this.credential): Promise<string> {
		return await this.keep(batchWorkflow(`${this.name} ${this.seed}`, plan, credential));
	}

	/** @returns the id of a new workflow whose executions count as this attack's */
	async keep(workflow: Parameters<Environment['host']['importWorkflow']>[0]): Promise<string> {
		const id = await this.host.importWorkflow(workflow);
		this.workflowIds.push(id);
		return id;
	}

	/** Starts an execution that waits; `finishAll` ends its clips, where the sandbox lets none end by itself. */
	async startWaiting(plan: BatchPlan): Promise<SheetRun> {
		const parameters = { ...plan.parameters, waitBy: 'sleep' };
		const options = { ...plan.options, maxWait: MAX_WAIT_SECONDS };
		const workflowId = await this.batch({ ...plan, parameters, options });
		const executionId = await this.host.run(workflowId);
		return new SheetRun(this.host, this.sandbox, workflowId, executionId);
	}

	async execute(workflow: string | BatchPlan): Promise<Execution> {
		const id = typeof workflow === 'string' ? workflow : await this.batch(workflow);
		return await this.host.runToEnd(id, END_WITHIN_SECONDS);
	}

	/** The same, and ends all clips meanwhile, which would otherwise take far longer. */
	async executeAndFinish(workflowId: string): Promise<Execution> {
		let isOver = false;
		const ended = this.execute(workflowId).finally(() => (isOver = true));
		while (!isOver) {
			await this.finishTasks();
			await Promise.race([ended, delay(200)]);
		}
		return await ended;
	}

	async ended(executionId: string): Promise<Execution> {
		return await this.host.waitForEnd(executionId, END_WITHIN_SECONDS);
	}

	/** What a user does with text that holds task ids: pastes it into the template and executes it. */
	async recover(text: string): Promise<Execution> {
		const id = await this.host.importTemplate('recover-clips', { text }, this.credential);
		this.workflowIds.push(id);
		return await this.execute(id);
	}

	/** Ends every task that is still being generated, so that nothing has to wait for it. */
	async finishTasks(): Promise<void> {
		for (const { taskId } of this.sandbox.ledger.accepted()) {
			if (taskId) await this.sandbox.finishTask(taskId);
		}
	}

	/** Shows every accepted task as completed, with the result of its row, until the function that it gives is called. */
	showAs(resultOf: (row: number) => object): () => void {
		const { faults, ledger } = this.sandbox;
		const ids = ledger.accepted().map(({ taskId = '' }, row) => {
			const data = { id: taskId, status: 'completed', progress: 100, result: resultOf(row) };
			const action = { kind: 'answer', status: 200, body: { code: 200, data } } as const;
			return faults.add({ route: 'task', action, when: { taskId } });
		});
		return () => ids.forEach((id) => faults.remove(id));
	}

	/** Records an exception, such as an expectation that is not met, as a fault. */
	readonly fail = (error: unknown): void => {
		this.faults.push(error instanceof Error ? error.message : String(error));
	};

	/** The lines that n8n's log shows with its default settings. */
	async log(): Promise<string> {
		return logText(await this.host.process.readLog(), 'info');
	}

	/** All that n8n has saved of this attack's executions. */
	async savedRuns(): Promise<SavedRun[]> {
		const lists = await Promise.all(
			this.workflowIds.map(async (id) => await this.host.executionsOf(id)),
		);
		return await Promise.all(lists.flat().map(async ({ id }) => await savedRun(this.host, id)));
	}

	async readOutcome(): Promise<Outcome> {
		const { ledger } = this.sandbox;
		const saved = await this.savedRuns();
		const clips = await this.deliveredClips(saved);
		const places = [await this.log(), ...saved.map(({ text }) => text)];
		const taskIds = ledger.accepted().flatMap(({ taskId }) => (taskId ? [taskId] : []));
		return {
			asked: this.asked,
			delivered: clips.size,
			charges: ledger.allCharges().filter(({ state }) => state !== 'refunded').length,
			unrecoverable: taskIds.filter((taskId) => !places.some((place) => place.includes(taskId))),
			leaks: await this.leaks(saved),
			faults: this.faults,
		};
	}

	/** What must be readable nowhere, in this attack's places and in those of all others. */
	secretsOf(runs: SavedRun[]): Secret[] {
		const resume = runs.flatMap(({ resumeToken }) =>
			resumeToken ? [{ what: 'resume signature', value: resumeToken }] : [],
		);
		return [...this.secrets, ...resume, ...secretsIn(this.sandbox.ledger.submits())];
	}

	async close(): Promise<void> {
		for (const id of this.workflowIds) await this.host.deactivate(id).catch(() => undefined);
		await this.sandbox.stop();
	}

	private async leaks(runs: SavedRun[]): Promise<string[]> {
		const { ledger, filesUrl } = this.sandbox;
		const secrets = this.secretsOf(runs);
		const places = [
			{ name: "n8n's log", text: logText(await this.host.process.readLog(), 'debug') },
			...runs.map(({ id, text }) => ({ name: `saved execution ${id}`, text, executionId: id })),
			{ name: 'requests to other hosts', text: this.environment.otherHost.received() },
			{ name: `requests to ${filesUrl}`, text: JSON.stringify(ledger.downloads()) },
		];
		const violations = ledger.violations().map(({ what }) => what);
		return [...violations, ...leaksOf(secrets, places)];
	}

	/** Delivered: a completed item without an error, whose binary is the task's own file. */
	private async deliveredClips(runs: SavedRun[]): Promise<Set<string>> {
		const delivered = new Set<string>();
		for (const { taskId, file } of runs.flatMap(({ clips }) => clips)) {
			if (delivered.has(taskId)) continue;
			const bytes = await this.host.binary(file);
			if (bytes.includes(`task ${taskId}`)) delivered.add(taskId);
			else this.faults.push(`the file of ${taskId} is not its clip`);
		}
		return delivered;
	}
}

/** What a user can read of how an execution ended. */
export function errorTextOf(execution: Execution): string {
	const error = execution.data.resultData?.error;
	return [error?.message, error?.description].filter(Boolean).join('\n');
}
