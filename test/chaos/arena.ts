import type { Execution } from '../../host/executions';
import type { CredentialRef } from '../../host/rest';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { Random } from '../../sandbox/random';
import { SheetRun } from '../e2e/sheetRun';
import { batchWorkflow, type BatchPlan } from './batch';
import { logText, savedRun, type SavedRun } from './evidence';
import { leaksOf, secretsIn, type Secret } from './leaks';
import type { Stage } from './stage';

const END_WITHIN_SECONDS = 120;
const ASLEEP_AT_MOST_SECONDS = 3_600;
/** A clip of 60 s takes 0.3 s. */
const PROVIDER_SPEED = 200;

/** What came of one attack with one seed. Tasks, leaks and faults are told in words, for whoever has to look into them. */
export interface Score {
	asked: number;
	delivered: number;
	/** Billed, or reserved and still to be billed. */
	charges: number;
	/** Tasks that the provider accepted and that stand nowhere where a user could find them. */
	homeless: string[];
	leaks: string[];
	/** Whatever else did not come out as the attack expected. */
	faults: string[];
}

/** One attack with one seed: a provider and a credential of its own, and the executions that it starts. */
export class Arena {
	/** Clips that this attack can get delivered; the attack says how many. */
	asked = 0;
	/** Where Submit Only was asked to report: secrets of this attack, too. */
	readonly random: Random;
	private readonly faults: string[] = [];
	private readonly workflowIds: string[] = [];

	private constructor(
		readonly stage: Stage,
		readonly name: string,
		readonly seed: number,
		readonly sandbox: Sandbox,
		readonly credential: CredentialRef,
		private readonly secrets: Secret[],
	) {
		this.random = new Random(seed * 31 + name.length);
	}

	static async open(
		stage: Stage,
		name: string,
		seed: number,
		options: SandboxOptions = {},
	): Promise<Arena> {
		const letters = new Random(seed * 977 + stage.nextNumber());
		const word = (length: number) => letters.text(length, 'abcdefghjkmnpqrstuvwxyz23456789');
		// Not every mirror's keys look like APIMart's.
		const apiKey = seed % 2 === 0 ? `sk-${word(40)}` : `${word(8)}.${word(32)}`;
		const signingSecret = word(32);
		const sandbox = await startSandbox({ speed: PROVIDER_SPEED, seed, apiKey, ...options });
		const credential = await stage.host.addKlingCredential({
			apiKey,
			baseUrl: sandbox.baseUrl,
			callbackSecret: signingSecret,
		});
		return new Arena(stage, name, seed, sandbox, credential, [
			{ what: 'API key', value: apiKey },
			{ what: 'callback secret', value: signingSecret },
		]);
	}

	get host() {
		return this.stage.host;
	}

	/** @returns the id of a new workflow that runs the batch */
	async batch(plan: BatchPlan, credential = this.credential): Promise<string> {
		return await this.keep(batchWorkflow(`${this.name} ${this.seed}`, plan, credential));
	}

	/** @returns the id of a new workflow whose executions count as this attack's */
	async keep(workflow: Parameters<Stage['host']['importWorkflow']>[0]): Promise<string> {
		const id = await this.host.importWorkflow(workflow);
		this.workflowIds.push(id);
		return id;
	}

	/** Starts a sheet that sleeps; its clips end when `finishAll` ends them, where the sandbox lets none end by itself. */
	async sleeper(plan: BatchPlan): Promise<SheetRun> {
		const parameters = { ...plan.parameters, waitBy: 'sleep' };
		const options = { ...plan.options, maxWait: ASLEEP_AT_MOST_SECONDS };
		const workflowId = await this.batch({ ...plan, parameters, options });
		const executionId = await this.host.run(workflowId);
		return new SheetRun(this.host, this.sandbox, workflowId, executionId);
	}

	async run(workflowId: string): Promise<Execution> {
		return await this.host.runToEnd(workflowId, END_WITHIN_SECONDS);
	}

	async ended(executionId: string): Promise<Execution> {
		return await this.host.waitForEnd(executionId, END_WITHIN_SECONDS);
	}

	/** What a person does with whatever text holds task ids: pastes it into the template and executes it. */
	async recover(text: string): Promise<Execution> {
		const id = await this.host.importTemplate('recover-clips', { text }, this.credential);
		this.workflowIds.push(id);
		return await this.run(id);
	}

	/** Ends every task that is still being made, so that nobody has to wait for it. */
	async finishTasks(): Promise<void> {
		for (const { taskId } of this.sandbox.ledger.accepted()) {
			if (taskId) await this.sandbox.finishTask(taskId);
		}
	}

	/** Notes what is not as it should be. */
	expect(isSo: boolean, otherwise: string): void {
		if (!isSo) this.faults.push(otherwise);
	}

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

	async score(): Promise<Score> {
		const { ledger } = this.sandbox;
		const runs = await this.savedRuns();
		const clips = await this.deliveredClips(runs);
		const log = await this.log();
		const places = [log, ...runs.map(({ text }) => text)];
		const taskIds = ledger.accepted().flatMap(({ taskId }) => (taskId ? [taskId] : []));
		return {
			asked: this.asked,
			delivered: clips.size,
			charges: ledger.allCharges().filter(({ state }) => state !== 'refunded').length,
			homeless: taskIds.filter((taskId) => !places.some((place) => place.includes(taskId))),
			leaks: await this.leaks(runs),
			faults: this.faults,
		};
	}

	/** What must not be seen anywhere: of the whole suite's places, not only this attack's. */
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
			{ name: 'requests to other hosts', text: this.stage.stranger.received() },
			{ name: `requests to ${filesUrl}`, text: JSON.stringify(ledger.downloads()) },
		];
		const violations = ledger.violations().map(({ what }) => what);
		return [...violations, ...leaksOf(secrets, places)];
	}

	/** Clips that are there: a completed item without an error, and behind its binary the task's own bytes. */
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

/** The ids in the custom data of an execution: what is left of one that was stopped. */
export function journalOf({ facts }: Execution): string {
	const entries = Object.entries(facts.customData ?? {});
	return entries
		.filter(([key]) => /^klingTasks[1-5]$/.test(key))
		.map(([, value]) => value)
		.join('\n');
}

/** Everything that a person can read of how an execution ended. */
export function errorTextOf(execution: Execution): string {
	const error = execution.data.resultData?.error;
	return [error?.message, error?.description].join('\n');
}
