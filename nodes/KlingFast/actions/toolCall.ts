/*
 * What must stay true:
 * - Every call of an agent's tool reads the arguments that the model gave to it, and has a run index that no other call has: by that
 *   index `$fromAI` finds the arguments, and the ledger what was bought.
 *
 * n8n's agent node up to version 2 numbers calls that run side by side alike (Batch Size): `$fromAI` gives all of them the arguments
 * of the first then (n8n-core 2.41).
 */
import { NodeConnectionTypes, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

export type Operation = (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;

/** n8n's own type for a tool leaves out what its contexts have in common with those of other nodes. */
interface ToolCall extends IExecuteFunctions {
	getNextRunIndex(): number;
	cloneWith(replacements: {
		runIndex: number;
		inputData: INodeExecutionData[][];
	}): IExecuteFunctions;
}

/** Does `work` in the node's own context, or where a call of the tool has no run of its own, in one that has. */
export async function withOwnRunIndex(
	context: IExecuteFunctions,
	work: Operation,
): Promise<INodeExecutionData[][]> {
	if (!isToolCall(context)) return await work.call(context);
	const runIndex = context.getNextRunIndex();
	// n8n has noted the arguments of this call last, before it called.
	if (runIndexOf(context) === runIndex - 1) return await work.call(context);
	const inputData = [context.getInputData()];
	const own = context.cloneWith({ runIndex, inputData });
	const output = await work.call(own);
	own.addOutputData(NodeConnectionTypes.AiTool, runIndex, output);
	return output;
}

/** Whether n8n runs the node as an agent's tool: it adds a word to the type then. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}

/** Which run of the node in its execution this is, from 0. */
export function runIndexOf(context: IExecuteFunctions): number {
	return Number(context.evaluateExpression('{{ $runIndex }}', 0)) || 0;
}

/** Only where an agent calls the tool by itself; from version 3 on n8n's engine runs it as any other node. */
function isToolCall(context: IExecuteFunctions): context is ToolCall {
	return 'getNextRunIndex' in context && 'cloneWith' in context;
}
