/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** What the tests of "Start a Workflow for Each Clip" share: a workflow that can be chosen, and what it was started with. */
import type { IDataObject, INode, INodeExecutionData, IWorkflowBase } from 'n8n-workflow';
import type { Engine, NodeRun } from '../harness';
import { executeWorkflowTriggerType } from '../standIns';

export const CHOSEN = 'save-clip';

/** Start -> End; `isPublished` as n8n 2 knows it. */
export function chosenWorkflow({ isPublished = true, hasTrigger = true } = {}): IWorkflowBase {
	const node = (name: string, type: string): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1.1,
		position: [0, 0],
		parameters: { inputSource: 'passthrough' },
	});
	const start = hasTrigger ? [node('Start', executeWorkflowTriggerType)] : [];
	return {
		id: CHOSEN,
		name: CHOSEN,
		nodes: [...start, node('End', 'n8n-nodes-base.noOp')],
		connections: { Start: { main: [[{ node: 'End', type: 'main', index: 0 }]] } },
		settings: {},
		activeVersionId: isPublished ? 'version' : null,
	} as unknown as IWorkflowBase;
}

/** The items that it was started with by an execution. A check starts it without any. */
export function itemsStartedBy(
	engine: Engine,
	{ options }: Pick<NodeRun, 'options'>,
): INodeExecutionData[] {
	return engine.executions
		.filter(({ parentId }) => parentId === options.executionId)
		.flatMap(({ id }) => {
			const runs = engine.savedData(id)?.resultData.runData.End;
			return runs?.[0].data?.main[0] ?? [];
		});
}

export function startedBy(engine: Engine, run: Pick<NodeRun, 'options'>): IDataObject[] {
	return itemsStartedBy(engine, run).map(({ json }) => json);
}

/** Waits until an execution has started so many, and each of these has ended. */
export async function untilStarted(
	engine: Engine,
	run: Pick<NodeRun, 'options'>,
	count: number,
): Promise<void> {
	for (const deadline = Date.now() + 10_000; startedBy(engine, run).length < count;) {
		if (Date.now() > deadline) throw new Error(`It did not start ${count}`);
		await new Promise((resolve) => setImmediate(resolve));
	}
}
