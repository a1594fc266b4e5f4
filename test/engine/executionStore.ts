import { stringify } from 'flatted';
import { BinaryDataService, FileLocation } from 'n8n-core';
import type { IRun, IRunExecutionData } from 'n8n-workflow';
import { Container } from './container';
import {
	dataOf,
	finalStatus,
	lastNodeData,
	workflowDataOf,
	type ExecutionRecord,
} from './executionRecord';

/** Stands in for n8n's table of executions. What is saved is text: who resumes an execution reads what was written. */
export class ExecutionStore {
	private readonly records = new Map<string, ExecutionRecord>();

	private count = 0;

	nextId(): string {
		do this.count++;
		while (this.records.has(`${this.count}`));
		return `${this.count}`;
	}

	all(): ExecutionRecord[] {
		return [...this.records.values()];
	}

	find(id: string): ExecutionRecord | undefined {
		return this.records.get(id);
	}

	get(id: string): ExecutionRecord {
		const record = this.find(id);
		if (!record) throw new Error(`There is no execution ${id}`);
		return record;
	}

	create(
		record: Omit<ExecutionRecord, 'status' | 'data'>,
		data: IRunExecutionData,
	): ExecutionRecord {
		const created: ExecutionRecord = { ...record, status: 'running', data: stringify(data) };
		this.records.set(created.id, created);
		return created;
	}

	forget(id: string): void {
		const record = this.get(id);
		const data = dataOf(record);
		if (data.executionData) data.executionData.contextData = {};
		record.data = stringify(data);
	}

	/** n8n deletes the files of an execution some time after the execution; here they go at once. */
	async delete(id: string): Promise<void> {
		const location = FileLocation.ofExecution(workflowDataOf(this.get(id)).id, id);
		this.records.delete(id);
		await Container.get(BinaryDataService).deleteMany([location]);
	}

	/** What n8n does at the end of each run, be it the last one or not. */
	async save(record: ExecutionRecord, result: IRun, isFirstRun: boolean): Promise<void> {
		result.status = finalStatus(result);
		if (isFirstRun) await copyFilesToParent(record, result.data);
		if (this.find(record.id) !== record || record.status === 'crashed') return;
		const { saveDataSuccessExecution, saveDataErrorExecution } =
			workflowDataOf(record).settings ?? {};
		const kept = result.status === 'success' ? saveDataSuccessExecution : saveDataErrorExecution;
		if (kept === 'none' && !result.waitTill) return await this.delete(record.id);
		if (record.status === 'canceled') return;
		Object.assign(record, {
			status: result.status,
			data: stringify(result.data),
			waitTill: result.waitTill ?? undefined,
		});
	}
}

/** n8n does this after the first run only, also where that run ends in waiting: a resumed child has no parent to it. */
async function copyFilesToParent(
	{ parent }: ExecutionRecord,
	data: IRunExecutionData,
): Promise<void> {
	const output = lastNodeData(data)?.data;
	if (!parent || !output) return;
	const location = FileLocation.ofExecution(parent.workflowId, parent.executionId);
	const items = output.main.map((branch) => branch ?? []);
	await Container.get(BinaryDataService).duplicateBinaryData(location, items);
}
