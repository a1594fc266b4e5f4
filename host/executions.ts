import { parse } from 'flatted';
import type {
	IBinaryData,
	IDataObject,
	INodeExecutionData,
	IRunExecutionData,
	ITaskData,
} from 'n8n-workflow';

export type ExecutionStatus =
	'new' | 'running' | 'waiting' | 'success' | 'error' | 'canceled' | 'crashed' | 'unknown';

/** What `GET /rest/executions/:id` gives. */
export interface StoredExecution {
	id: string;
	status: ExecutionStatus;
	mode: string;
	workflowId: string;
	startedAt: string;
	stoppedAt?: string | null;
	waitTill?: string | null;
	customData?: Record<string, string>;
	/** The workflow as it was run. */
	workflowData?: { name: string };
	/** `IRunExecutionData` in flatted form. */
	data: string;
}

/** Reads an execution as n8n stores it: its run data is JSON with back references, in the form of `flatted`. */
export function decodeExecution(stored: StoredExecution): Execution {
	const { data, ...facts } = stored;
	const saved = data ? (parse(data) as Partial<IRunExecutionData> | undefined) : undefined;
	return new Execution(facts, saved ?? {});
}

/** One execution, as it was saved at the moment of reading. */
export class Execution {
	constructor(
		readonly facts: Omit<StoredExecution, 'data'>,
		/** Everything that n8n saved, for what is not covered here. */
		readonly data: Partial<IRunExecutionData>,
	) {}

	get id(): string {
		return this.facts.id;
	}

	get status(): ExecutionStatus {
		return this.facts.status;
	}

	/** Of the workflow that was run: one that a node brings along runs under the id of the node's own workflow. */
	get workflowName(): string | undefined {
		return this.facts.workflowData?.name;
	}

	/** From start to end, also while asleep. */
	get durationSeconds(): number {
		const end = this.facts.stoppedAt ? Date.parse(this.facts.stoppedAt) : Date.now();
		return (end - Date.parse(this.facts.startedAt)) / 1000;
	}

	/** The sentence that ended the execution, if one did. */
	get error(): string | undefined {
		return this.data.resultData?.error?.message;
	}

	/** Every run of a node, in order; more than one inside a loop. None if the node did not run. */
	runsOf(nodeName: string): ITaskData[] {
		return this.data.resultData?.runData?.[nodeName] ?? [];
	}

	/**
	 * The items that a node gave.
	 *
	 * @param output 0 is the first; with the error output on, 1 is that
	 * @param run 0 is the first; by default the last
	 */
	itemsOf(nodeName: string, output = 0, run = -1): INodeExecutionData[] {
		return this.runsOf(nodeName).at(run)?.data?.main?.[output] ?? [];
	}

	jsonOf(nodeName: string, output = 0, run = -1): IDataObject[] {
		return this.itemsOf(nodeName, output, run).map(({ json }) => json);
	}

	/** The files of a node's items, each item's first; items without one are left out. */
	filesOf(nodeName: string, output = 0, run = -1): IBinaryData[] {
		return this.itemsOf(nodeName, output, run).flatMap(({ binary }) =>
			Object.values(binary ?? {}).slice(0, 1),
		);
	}

	/** The message of the error that a node's last run ended with. */
	errorOf(nodeName: string): string | undefined {
		return this.runsOf(nodeName).at(-1)?.error?.message;
	}

	/** Input index of each output item, from its pairing; `undefined` where an item has none. */
	pairedInputsOf(nodeName: string, output = 0, run = -1): Array<number | undefined> {
		return this.itemsOf(nodeName, output, run).map(({ pairedItem }) => {
			const first = Array.isArray(pairedItem) ? pairedItem[0] : pairedItem;
			return typeof first === 'object' ? first.item : first;
		});
	}
}
