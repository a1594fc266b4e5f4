import {
	NodeConnectionTypes,
	type ExecuteWorkflowData,
	type IConnections,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeType,
	type INodeTypeDescription,
	type IWorkflowBase,
	type IWorkflowSettings,
} from 'n8n-workflow';

export const parentType = 'test.parent';
export const roundType = 'test.round';

const description = (name: string): INodeTypeDescription => ({
	displayName: name,
	name,
	group: ['transform'],
	version: 1,
	description: name,
	defaults: { name },
	inputs: [NodeConnectionTypes.Main],
	outputs: [NodeConnectionTypes.Main],
	properties: [],
});

interface Plan {
	settings?: IWorkflowSettings;
	/** How many children deep. */
	depth?: number;
	/** The children do not wait. */
	oneShot?: boolean;
	shouldResume?: boolean;
}

/** What happens in a round, and what the parents make of their children: to be replaced by a test. */
export interface Script {
	plan: Plan;
	round(context: IExecuteFunctions, round: number): Promise<INodeExecutionData[]>;
	children: ExecuteWorkflowData[];
}

const to = (node: string) => [{ node, type: NodeConnectionTypes.Main, index: 0 }];

const node = (name: string, type: string, typeVersion = 1, more: Partial<INode> = {}): INode => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0],
	parameters: {},
	...more,
});

const condition: INodeParameters = {
	options: { caseSensitive: true, typeValidation: 'strict', version: 2 },
	combinator: 'and',
	conditions: [
		{
			id: 'done',
			leftValue: "={{ $node['Round'].context.done === true }}",
			rightValue: '',
			operator: { type: 'boolean', operation: 'true', singleValue: true },
		},
	],
};

/** Start -> Round -> Done? -> (true) End, (false) Wait -> Round. */
function childOf({ settings, oneShot, depth = 1 }: Plan): IWorkflowBase {
	const type = depth > 1 ? parentType : roundType;
	const wait: INodeParameters = {
		resume: 'webhook',
		httpMethod: 'POST',
		limitWaitTime: true,
		limitType: 'afterTimeInterval',
		resumeAmount: '={{ 35 * 2 }}',
		resumeUnit: 'seconds',
		options: { webhookSuffix: 'callback' },
	};
	const loops: IConnections = {
		Start: { main: [to('Round')] },
		Round: { main: [to('Done?')] },
		'Done?': { main: [to('End'), to('Wait')] },
		Wait: { main: [to('Round')] },
	};
	const child = {
		name: `Child ${depth}`,
		nodes: [
			node('Start', 'n8n-nodes-base.executeWorkflowTrigger', 1.1),
			node('Round', type),
			node('Done?', 'n8n-nodes-base.if', 2.2, { parameters: { conditions: condition } }),
			node('Wait', 'n8n-nodes-base.wait', 1.1, { parameters: wait }),
			node('End', 'n8n-nodes-base.noOp'),
			node('Note', 'n8n-nodes-base.stickyNote', 1, { parameters: { content: 'Why' } }),
		],
		connections: oneShot || depth > 1 ? { Start: loops.Start } : loops,
		settings: { executionOrder: 'v1', ...settings } as IWorkflowSettings,
	};
	return child as unknown as IWorkflowBase;
}

/** "Parent" runs a child, "Round" is the node that the child loops over. */
export function probesOf(script: Script): Record<string, INodeType> {
	class Parent implements INodeType {
		description = description('parent');

		async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
			const items = this.getInputData();
			const isChild = this.getMode() === 'integrated';
			const plan = { ...script.plan, ...(isChild ? { depth: 1 } : {}) };
			const result = await this.executeWorkflow({ code: childOf(plan) }, items, undefined, {
				parentExecution: {
					executionId: this.getExecutionId(),
					workflowId: this.getWorkflow().id ?? '',
					shouldResume: script.plan.shouldResume ?? true,
				},
				executionMode: this.getMode(),
			});
			script.children.push(result);
			return [result.data[0] ?? []];
		}
	}

	class Round implements INodeType {
		description = description('round');

		async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
			const context: IDataObject = this.getContext('node');
			context.round = Number(context.round ?? 0) + 1;
			return [await script.round(this, Number(context.round))];
		}
	}
	return { [parentType]: new Parent(), [roundType]: new Round() };
}

/** Keeps the rows in the context, as Wait may replace the items, and gives them back in the third round. */
export async function threeRounds(
	node: IExecuteFunctions,
	round: number,
): Promise<INodeExecutionData[]> {
	const context = node.getContext('node');
	const items = node.getInputData();
	context.rows ??= items.map(({ json }) => json);
	context.seen = [...((context.seen as object[]) ?? []), items[0].json.body ?? null];
	context.done = round === 3;
	return (context.rows as object[]).map((row, item) => ({
		json: { ...row, round, seen: context.seen as string[] },
		pairedItem: { item },
	}));
}

/** Fails in the second round. */
export const failing = async (node: IExecuteFunctions, round: number) => {
	if (round === 2) throw new Error('No balance');
	return await threeRounds(node, round);
};

/** Each round stores a file. */
export const storing = async (node: IExecuteFunctions, round: number) => {
	const items = await threeRounds(node, round);
	const clip = await node.helpers.prepareBinaryData(Buffer.from('clip'), 'clip.mp4', 'video/mp4');
	return items.map((item) => ({ ...item, binary: { clip: { ...clip } } }));
};
