/** A parent and a child workflow of three rounds: Start -> Round -> Done? -> (no) Wait -> Round. */
import {
	NodeConnectionTypes,
	type IConnections,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type IWorkflowBase,
} from 'n8n-workflow';
import { described } from './nodeDescription';

export const PARENT = 'test.parent';
const ROUND = 'test.round';

export type Round = (node: IExecuteFunctions, round: number) => Promise<INodeExecutionData[]>;

/** To be replaced by a test. */
export interface Script {
	round: Round;
	shouldResume: boolean;
}

export const oneRound: Round = async (_, round) => [{ json: { round } }];

const isDone = {
	options: { typeValidation: 'strict', version: 2 },
	combinator: 'and',
	conditions: [
		{
			leftValue: "={{ $node['Round'].context.round === 3 }}",
			operator: { type: 'boolean', operation: 'true', singleValue: true },
		},
	],
};
const minute = { limitWaitTime: true, resumeAmount: 60, resumeUnit: 'seconds' };

function child(): IWorkflowBase {
	const to = (node: string) => [{ node, type: NodeConnectionTypes.Main, index: 0 }];
	const connections: IConnections = {
		Start: { main: [to('Round')] },
		Round: { main: [to('Done?')] },
		'Done?': { main: [[], to('Wait')] },
		Wait: { main: [to('Round')] },
	};
	const nodes: Array<[string, string, number, object?]> = [
		['Start', 'n8n-nodes-base.executeWorkflowTrigger', 1.1],
		['Round', ROUND, 1],
		['Done?', 'n8n-nodes-base.if', 2.2, { conditions: isDone }],
		['Wait', 'n8n-nodes-base.wait', 1.1, { resume: 'webhook', httpMethod: 'POST', ...minute }],
	];
	return {
		...{ name: 'Child', connections, settings: { executionOrder: 'v1' } },
		nodes: nodes.map(([name, type, typeVersion, parameters = {}]) => ({
			...{ id: name, name, type, typeVersion, position: [0, 0], parameters },
		})),
	} as unknown as IWorkflowBase;
}

export function probesOf(script: Script): Record<string, INodeType> {
	const parent: INodeType = { description: described('parent') };
	parent.execute = async function () {
		const parentExecution = {
			executionId: this.getExecutionId(),
			workflowId: this.getWorkflow().id ?? '',
			shouldResume: script.shouldResume,
		};
		const items = this.getInputData();
		const { data } = await this.executeWorkflow({ code: child() }, items, undefined, {
			parentExecution,
			executionMode: this.getMode(),
		});
		return [data[0] ?? []];
	};
	const round: INodeType = { description: described('round') };
	round.execute = async function () {
		const context = this.getContext('node');
		context.round = Number(context.round ?? 0) + 1;
		return [await script.round(this, Number(context.round))];
	};
	return { [PARENT]: parent, [ROUND]: round };
}
