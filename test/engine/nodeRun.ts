import type {
	IContextObject,
	INodeExecutionData,
	IRun,
	IRunExecutionData,
	ITaskData,
} from 'n8n-workflow';
import type { LogLine } from './log';
import { nodeOf, type RunOptions } from './workflow';

export interface NodeRun {
	/** `success`, `error`, `waiting`, `canceled` or `crashed`: the first that n8n is told, which is what it saves. */
	status: IRun['status'];
	/** Output 0. */
	items: INodeExecutionData[];
	/** Output 1: the error output, with `onError: 'continueErrorOutput'`. */
	errorItems: INodeExecutionData[];
	/** The error that the user sees at the node. After `cancel()`: what the node threw then, which n8n does not save. */
	error?: ITaskData['error'];
	hints: NonNullable<ITaskData['hints']>;
	/** `getContext('node')` at the end of the run. */
	context: IContextObject;
	/** The execution's custom data at the moment when n8n saves it; after `cancel()` that is at once. */
	customData: Record<string, string>;
	/** What was logged between start and end of this run. */
	log: LogLine[];
	waitTill?: Date;
	/** What n8n would write to its database and read again to resume. */
	execution: IRunExecutionData;
	options: RunOptions;
}

export function describeRun(
	execution: IRunExecutionData,
	options: RunOptions,
	told: Pick<NodeRun, 'status' | 'customData' | 'log' | 'waitTill'>,
): NodeRun {
	const { name } = nodeOf(options);
	const { runData, error } = execution.resultData;
	const task = runData[name]?.at(-1);
	return {
		...told,
		items: task?.data?.main[0] ?? [],
		errorItems: task?.data?.main[1] ?? [],
		error: task?.error ?? error,
		hints: task?.hints ?? [],
		context: execution.executionData?.contextData[`node:${name}`] ?? {},
		execution,
		options,
	};
}
