/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { Execution } from '../../host/executions';
import type { N8nRest } from '../../host/rest';
import type { WorkflowJson } from '../../host/workflow';
import type { Sandbox } from '../../sandbox';
import { GENERATE } from './callbackWorkflows';

/** The executions of a sleeping sheet, by what their workflow is called. */
export const SHEET = 'Kling Fast sheet';
export const CLIPS = 'Kling Fast sheet: clips';

/** No clip ends by itself: the test ends it. */
export const LONG = '[[slow:86000]]';
/** n8n looks at its timers once a minute. */
export const WITHIN_SECONDS = 150;
const LOOK_EVERY_MS = 100;
/** A callback that n8n refused is made up for within a minute or two; meanwhile others may be ended. */
const NOTICED_WITHIN_MS = 4_000;

/** A workflow that sleeps, and the provider that it alone buys from. */
export class SheetRun {
	private readonly names = new Map<string, string>();

	/** Of an execution that was started already. */
	constructor(
		readonly rest: N8nRest,
		readonly sandbox: Sandbox,
		readonly workflowId: string,
		/** The execution that a person knows: the one that waits for the sheet. */
		readonly executionId: string,
	) {}

	/** Starts it by hand and waits until it sleeps. */
	static async start(rest: N8nRest, sandbox: Sandbox, workflow: WorkflowJson): Promise<SheetRun> {
		const workflowId = await rest.importWorkflow(workflow);
		return await SheetRun.of(rest, sandbox, workflowId, await rest.run(workflowId));
	}

	/** One that was started already. */
	static async of(
		rest: N8nRest,
		sandbox: Sandbox,
		workflowId: string,
		executionId: string,
	): Promise<SheetRun> {
		const run = new SheetRun(rest, sandbox, workflowId, executionId);
		const asleep = await rest.waitForStatus(
			executionId,
			['waiting', 'error', 'success'],
			WITHIN_SECONDS,
		);
		if (asleep.status !== 'waiting') {
			throw new Error(`It does not sleep, it ended as ${asleep.status}: ${asleep.error}`);
		}
		await run.asleep();
		return run;
	}

	/** Tasks that are still being made. */
	openTasks(): string[] {
		return this.sandbox.ledger
			.allCharges()
			.flatMap(({ taskId, state }) => (state === 'reserved' ? [taskId] : []));
	}

	/** The executions of one of the sheet's own workflows that n8n still has, the latest first. */
	async executionsOf(name: string): Promise<Execution[]> {
		const ids = (await this.rest.executionsOf(this.workflowId)).map(({ id }) => id);
		const named = await Promise.all(
			ids.map(async (id) => ((await this.nameOf(id)) === name ? [id] : [])),
		);
		return await Promise.all(named.flat().map(async (id) => await this.rest.execution(id)));
	}

	/** Waits until one that makes clips is put to wait: then its address takes callbacks. */
	async asleep(): Promise<void> {
		await this.until(async () => await this.isAsleep(), 'the sheet does not sleep');
	}

	/** Ends one clip when the sheet sleeps, and waits until it was read, or for some seconds where its callback is lost. */
	async finish(taskId: string, ending?: 'completed' | 'failed'): Promise<void> {
		const { ledger } = this.sandbox;
		await this.asleep();
		const before = ledger.polls(taskId).length;
		await this.sandbox.finishTask(taskId, ending && { ending });
		const isNoticed = () => ledger.polls(taskId).length > before;
		await ledger.waitFor(isNoticed, NOTICED_WITHIN_MS).catch(() => undefined);
	}

	/** Ends the clip that has been in the works for longest. */
	async finishNext(ending?: 'completed' | 'failed'): Promise<void> {
		const { ledger } = this.sandbox;
		const open = await ledger.waitFor(() => this.openTasks()[0], WITHIN_SECONDS * 1000);
		await this.finish(open, ending);
	}

	/** Ends clip after clip until the execution that waits has ended. */
	async finishAll(): Promise<Execution> {
		for (const deadline = Date.now() + 3 * WITHIN_SECONDS * 1000; ; await delay(LOOK_EVERY_MS)) {
			const execution = await this.rest.execution(this.executionId);
			if (!['waiting', 'running', 'new'].includes(execution.status)) return execution;
			if (Date.now() > deadline) throw new Error(`It is still ${execution.status}`);
			if (this.openTasks().length > 0 && (await this.isAsleep())) await this.finishNext();
		}
	}

	/** Waits until nothing of the sheet is left that could still do something. */
	async isAlone(): Promise<void> {
		const isLeft = ({ status }: Execution) => ['waiting', 'running', 'new'].includes(status);
		const isGone = async () =>
			!(await this.executionsOf(CLIPS)).some(isLeft) &&
			!(await this.executionsOf(SHEET)).some(isLeft);
		await this.until(isGone, 'the executions of the sheet are still there');
	}

	async isAsleep(): Promise<boolean> {
		const list = await this.rest.executionsOf(this.workflowId);
		const waiting = list.filter(({ status }) => status === 'waiting');
		const names = await Promise.all(waiting.map(async ({ id }) => await this.nameOf(id)));
		return names.includes(CLIPS);
	}

	private async nameOf(id: string): Promise<string | undefined> {
		const known = this.names.get(id);
		if (known !== undefined) return known;
		// It may be deleted between the list and this.
		const execution = await this.rest.execution(id).catch(() => undefined);
		const name = execution?.workflowName;
		if (name !== undefined) this.names.set(id, name);
		return name;
	}

	private async until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
		const deadline = Date.now() + WITHIN_SECONDS * 1000;
		while (!(await isSo())) {
			if (Date.now() > deadline) throw new Error(`After ${WITHIN_SECONDS} s: ${otherwise}`);
			await delay(LOOK_EVERY_MS);
		}
	}
}

/** What the items of so many rows have in common, when all clips were made. */
export function completedRows(count: number): object[] {
	return Array.from({ length: count }, (_, index) => ({
		status: 'completed',
		metadata: { row: index + 1 },
	}));
}

/** Where each file of a node says that it is a video. */
export async function fileStarts(
	rest: N8nRest,
	execution: Execution,
	nodeName = GENERATE,
): Promise<string[]> {
	const files = execution.filesOf(nodeName).map(async (file) => await rest.binary(file));
	return (await Promise.all(files)).map((file) => file.toString('latin1', 4, 8));
}
