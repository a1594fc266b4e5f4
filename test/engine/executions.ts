import { stringify } from 'flatted';
import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	isTerminalExecutionStatus,
	ManualExecutionCancelledError,
	WAIT_FOR_SUB_EXECUTION,
	Workflow,
	type ExecuteWorkflowData,
	type ExecuteWorkflowOptions,
	type IExecuteWorkflowInfo,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import {
	childError,
	childStart,
	dataOf,
	outputOf,
	patchParent,
	workflowDataOf,
	type ActiveRun,
	type ExecutionRecord,
} from './executionRecord';
import { ExecutionStore } from './executionStore';
import type { RunOptions } from './workflow';

export interface Host {
	readonly nodeTypes: INodeTypes;
	additionalData(options: RunOptions): IWorkflowExecuteAdditionalData;
}

const forever = new Promise<never>(() => {});

/**
 * Stands in for the parts of a single-process n8n that run, wake and stop executions, and that tell a parent how its
 * child ended.
 */
export class Executions {
	readonly store = new ExecutionStore();

	/** Workflows that are called by their id. One that is an error cannot be started. */
	readonly workflows = new Map<string, IWorkflowBase | Error>();

	/** Work in progress, and the root execution that it belongs to. */
	private readonly busy = new Map<Promise<unknown>, string>();

	constructor(private readonly host: Host) {}

	workflowOf(record: ExecutionRecord): Workflow {
		const data = workflowDataOf(record);
		return new Workflow({ ...data, active: false, nodeTypes: this.host.nodeTypes });
	}

	additionalDataOf(record: ExecutionRecord): IWorkflowExecuteAdditionalData {
		return this.host.additionalData({ ...record.options, executionId: record.id });
	}

	/** The first run of an execution: the process that started it waits for it. */
	start(record: ExecutionRecord, data: IRunExecutionData, workflow: Workflow): ActiveRun {
		const run = this.run(record, data, workflow, true);
		this.track(record, run.ended);
		return run;
	}

	/** Goes on with a waiting execution, and then with the parents that were parked on it. */
	async resume(record: ExecutionRecord, data: IRunExecutionData): Promise<void> {
		Object.assign(record, { status: 'running', data: stringify(data), waitTill: undefined });
		const run = this.run(record, data, this.workflowOf(record), false);
		const finished = run.ended.then(async (result) => {
			// A stopped execution tells its parent nothing; the sweep does.
			if (!result || ['waiting', 'canceled'].includes(record.status)) return;
			const { parent } = record;
			if (parent?.shouldResume === false || !parent) return;
			const parentRecord = this.store.find(parent.executionId);
			if (patchParent(parentRecord, record, result.data)) await this.wake(parent.executionId);
		});
		this.track(record, finished);
		await finished;
	}

	async wake(id: string): Promise<void> {
		const record = this.store.get(id);
		if (record.status !== 'waiting') throw new Error(`Execution ${id} is ${record.status}`);
		await this.resume(record, dataOf(record));
	}

	stop(id: string): void {
		const record = this.store.get(id);
		if (isTerminalExecutionStatus(record.status)) {
			throw new Error(`Execution ${id} is ${record.status}`);
		}
		const data = dataOf(record);
		const error = new ManualExecutionCancelledError(id);
		data.resultData.error = { ...error, message: error.message, stack: error.stack };
		record.run?.cancel();
		Object.assign(record, { status: 'canceled', data: stringify(data), waitTill: undefined });
	}

	/** The process dies: with the execution end the running ones that wait for it, and those that it waits for. */
	crash(id: string): void {
		const record = this.store.get(id);
		if (record.status !== 'running') throw new Error(`Execution ${id} is ${record.status}`);
		record.status = 'crashed';
		record.run?.crash();
		this.store
			.all()
			.filter(
				(other) =>
					other.status === 'running' &&
					(other.parent?.executionId === id || other.id === record.parent?.executionId),
			)
			.forEach((other) => other.status === 'running' && this.crash(other.id));
	}

	async sweep(): Promise<void> {
		const parked = this.store
			.all()
			.filter(
				({ status, waitTill }) =>
					status === 'waiting' && waitTill?.getTime() === WAIT_FOR_SUB_EXECUTION.getTime(),
			);
		const resumed = parked.map(async (parent) => {
			const entry = dataOf(parent).executionData?.nodeExecutionStack[0];
			const child = (entry?.metadata?.waitingChildExecutionIds ?? [])
				.map((id) => this.store.find(id))
				.find((found) => isTerminalExecutionStatus(found?.status));
			if (child && patchParent(parent, child, dataOf(child))) await this.wake(parent.id);
		});
		await Promise.all(resumed);
	}

	/** Once nothing runs any more that the execution of a test has set off. */
	async settled(rootId: string): Promise<void> {
		const open = () => [...this.busy].filter(([, id]) => id === rootId).map(([work]) => work);
		for (let work = open(); work.length > 0; work = open()) await Promise.allSettled(work);
	}

	private track(record: ExecutionRecord, work: Promise<unknown>): void {
		this.busy.set(work, record.options.executionId ?? '');
		const done = () => this.busy.delete(work);
		work.then(done, done);
	}

	private run(
		record: ExecutionRecord,
		data: IRunExecutionData,
		workflow: Workflow,
		isFirst: boolean,
	): ActiveRun {
		let crashed = false;
		let crash = () => {};
		const death = new Promise<undefined>((resolve) => {
			crash = () => {
				crashed = true;
				resolve(undefined);
			};
		});
		// JavaScript cannot be killed, but whatever a dead run asks of n8n gets no answer.
		const alive = async () => {
			if (crashed) await forever;
		};
		const workflowData = workflowDataOf(record);
		const hooks = new ExecutionLifecycleHooks(record.mode, record.id, workflowData);
		hooks.addHandler('nodeExecuteBefore', alive);
		hooks.addHandler('nodeExecuteAfter', async (_, __, progress) => {
			await alive();
			if (workflowData.settings?.saveExecutionProgress === true && record.status === 'running') {
				record.data = stringify(progress);
			}
		});
		hooks.addHandler(
			'workflowExecuteAfter',
			(result) => {
				run.told ??= {
					status: result.status,
					customData: { ...result.data.resultData.metadata },
				};
			},
			alive,
			async (result) => await this.store.save(record, result, isFirst),
		);
		const base = this.additionalDataOf(record);
		const additionalData: IWorkflowExecuteAdditionalData = {
			...base,
			hooks,
			executeWorkflow: async (info, _, options) => {
				await alive();
				const output = await this.executeInline(record, info, options);
				await alive();
				return output;
			},
			getRunExecutionData: async (id) => {
				await alive();
				const found = this.store.find(id);
				return found && dataOf(found);
			},
		};
		const running = new WorkflowExecute(additionalData, record.mode, data).processRunExecutionData(
			workflow,
		);
		const run: ActiveRun = {
			cancel: () => running.cancel(),
			crash,
			ended: Promise.race([running, death]),
		};
		record.run = run;
		return run;
	}

	private async executeInline(
		parent: ExecutionRecord,
		info: IExecuteWorkflowInfo,
		options: ExecuteWorkflowOptions,
	): Promise<ExecuteWorkflowData> {
		const code = info.code ?? this.workflowById(info.id ?? '', options);
		code.id ||= options.parentWorkflowId;
		code.settings ??= options.parentWorkflowSettings;
		const data = childStart(code, options);
		const record = this.store.create(
			{
				id: this.store.nextId(),
				mode: 'integrated',
				workflow: JSON.stringify(code),
				parent: options.parentExecution,
				options: parent.options,
			},
			data,
		);
		const executionId = record.id;
		const workflow = new Workflow({ ...code, active: false, nodeTypes: this.host.nodeTypes });
		const result = await this.runChild(record, data, workflow, options);
		if (!result) return { executionId, data: [null] };
		if (result.finished || result.status === 'waiting') {
			return { executionId, data: outputOf(result.data, code.nodes), waitTill: result.waitTill };
		}
		throw childError(result.data.resultData.error, executionId, workflow);
	}

	private workflowById(id: string, { executionMode }: ExecuteWorkflowOptions): IWorkflowBase {
		const found = this.workflows.get(id);
		if (!found) throw new Error('Workflow does not exist.');
		if (found instanceof Error) throw found;
		const isPublished = found.activeVersionId !== null || executionMode === 'manual';
		if (!isPublished) throw new Error('Workflow is not active and cannot be executed.');
		return structuredClone(found);
	}

	private async runChild(
		record: ExecutionRecord,
		data: IRunExecutionData,
		workflow: Workflow,
		{ doNotWaitToFinish }: ExecuteWorkflowOptions,
	): Promise<IRun | undefined> {
		try {
			const { ended } = this.start(record, data, workflow);
			return doNotWaitToFinish ? undefined : ((await ended) ?? (await forever));
		} catch (error) {
			const { message, stack } = error as Error;
			data.resultData.error = {
				...(error as Error),
				message,
				stack,
			} as typeof data.resultData.error;
			Object.assign(record, { status: 'error', data: stringify(data) });
			throw childError({ ...(error as Error), message, stack }, record.id, workflow);
		}
	}
}
