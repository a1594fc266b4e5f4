import { parse, stringify } from 'flatted';
import {
	createRunExecutionData,
	mergeRunsPerBranch,
	NodeOperationError,
	type ExecuteWorkflowData,
	type ExecuteWorkflowOptions,
	type ExecutionStatus,
	type INode,
	type IRun,
	type IRunExecutionData,
	type ITaskData,
	type IWorkflowBase,
	type RelatedExecution,
	type Workflow,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { executeWorkflowTriggerType } from './standIns';
import type { RunOptions } from './workflow';

/** A row of n8n's table of executions. */
export interface ExecutionRecord {
	readonly id: string;
	readonly mode: WorkflowExecuteMode;
	/** The workflow as JSON. */
	readonly workflow: string;
	readonly parent?: RelatedExecution;
	/** Those of the execution that a test started, also in its children: their `executionId` is the root's. */
	readonly options: RunOptions;
	status: ExecutionStatus;
	/** As n8n saves it, written by `flatted`. */
	data: string;
	waitTill?: Date;
	/** What runs at the moment. */
	run?: ActiveRun;
}

export interface ActiveRun {
	/** Nothing, if it crashed. */
	ended: Promise<IRun | undefined>;
	cancel(): void;
	crash(): void;
	/** What n8n was told first. */
	told?: Pick<IRun, 'status'> & { customData: Record<string, string> };
}

export const dataOf = ({ data }: ExecutionRecord): IRunExecutionData => parse(data);

export const workflowDataOf = ({ workflow }: ExecutionRecord): IWorkflowBase =>
	JSON.parse(workflow);

/** Where the execution of an inline workflow starts. */
export function childStart(
	{ nodes }: IWorkflowBase,
	{ inputData = [{ json: {} }], parentExecution }: ExecuteWorkflowOptions,
): IRunExecutionData {
	const node = nodes.find(({ type }) => type === executeWorkflowTriggerType);
	if (!node) throw new Error('Missing node to start execution');
	const metadata = { parentExecution };
	const entry = { node, data: { main: [inputData] }, metadata, source: null };
	return createRunExecutionData({
		executionData: { nodeExecutionStack: [entry] },
		parentExecution,
	});
}

export function lastNodeData({ resultData }: IRunExecutionData): ITaskData | undefined {
	const { lastNodeExecuted, runData } = resultData;
	return lastNodeExecuted === undefined ? undefined : runData[lastNodeExecuted]?.at(-1);
}

/** What the parent gets from a child that ends, or starts to wait, in the same call. */
export function outputOf(data: IRunExecutionData, nodes: INode[]): ExecuteWorkflowData['data'] {
	const start = nodes.find(({ type }) => type === executeWorkflowTriggerType);
	const lastRunOnly =
		(start?.typeVersion ?? 1) < 1.2 && start?.parameters.returnOutput !== 'allRuns';
	const { lastNodeExecuted = '', runData } = data.resultData;
	const runs = [...(runData[lastNodeExecuted] ?? [])].sort(
		(a, b) => a.executionIndex - b.executionIndex,
	);
	if (!lastRunOnly && runs.length > 0) return mergeRunsPerBranch(runs);
	return lastNodeData(data)?.data?.main ?? [null];
}

interface SavedError {
	message?: string;
	description?: string;
	stack?: string;
	node?: { name?: string };
}

/** The error of a failed child, as its parent's node catches it. */
export function childError(
	saved: object | undefined,
	executionId: string,
	workflow: Workflow,
): Error {
	const told = saved as SavedError | undefined;
	if (typeof told?.message !== 'string') return new Error('An error occurred');
	const node = workflow.getNode(told.node?.name ?? '');
	const { message, description, stack } = told;
	const error = node
		? new NodeOperationError(node, { message }, { message, description })
		: new Error(message);
	return Object.assign(error, {
		...(description ? { description } : {}),
		...(stack ? { stack } : {}),
		executionId,
		workflowId: workflow.id,
	});
}

/**
 * Lays the output or the error of a child where its parked parent goes on.
 *
 * @returns false where n8n leaves the parent parked
 */
export function patchParent(
	parent: ExecutionRecord | undefined,
	child: ExecutionRecord,
	result: IRunExecutionData,
): boolean {
	const { error } = result.resultData;
	const output = lastNodeData(result)?.data;
	if ((!error && !output) || parent?.status !== 'waiting') return false;
	const data = dataOf(parent);
	const entry = data.executionData?.nodeExecutionStack[0];
	if (!entry) return false;
	const awaited = entry.metadata?.waitingChildExecutionIds ?? [];
	if (awaited.length > 0 && !awaited.includes(child.id)) return false;
	if (error) {
		const subExecution = { executionId: child.id, workflowId: workflowDataOf(child).id };
		entry.metadata = { ...entry.metadata, resumeError: error, subExecution };
	} else if (output) {
		entry.data = output;
	}
	parent.data = stringify(data);
	return true;
}

/** The status that n8n saves. */
export function finalStatus({ status, data, waitTill }: IRun): ExecutionStatus {
	if (waitTill) return 'waiting';
	if (status === 'crashed' || status === 'canceled') return status;
	return data.resultData.error || status === 'error' ? 'error' : 'success';
}
