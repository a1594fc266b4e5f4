import { SupplyDataContext } from 'n8n-core';
import { makeHandleToolInvocation } from 'n8n-core/dist/execution-engine/node-execution-context/utils/get-input-connection-data';
import { NodeConnectionTypes, type IDataObject } from 'n8n-workflow';
import type { Engine, RunOptions } from './harness';
import { startingPoint } from './workflow';

/**
 * What n8n's agent node up to version 2 does with several items at once (Batch Size): each item has a tool of its own, all made
 * before the first is called. Gives the answers that the model reads, one a call.
 */
export async function callSideBySide(
	engine: Engine,
	options: RunOptions,
	calls: IDataObject[],
): Promise<IDataObject[][]> {
	const { workflow, node } = engine.workflow({ ...options, asTool: true });
	const execution = startingPoint(node, options);
	const nodeType = engine.nodeTypes.getByName(node.type);
	const items = [{ json: {} }];
	const contextOf = (runIndex: number) =>
		new SupplyDataContext(
			workflow,
			node,
			engine.additionalData(options),
			'trigger',
			execution,
			runIndex,
			items,
			{},
			NodeConnectionTypes.AiTool,
			{ node, data: { main: [items] }, source: null },
			[],
			new AbortController().signal,
		);
	const tools = calls.map(() => makeHandleToolInvocation(contextOf, node, nodeType, execution));
	const answers = await Promise.all(calls.map(async (args, index) => await tools[index](args)));
	return answers.map((answer) => JSON.parse(answer));
}
