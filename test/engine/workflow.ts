import {
	createRunExecutionData,
	NodeConnectionTypes,
	Workflow,
	type IContextObject,
	type IDataObject,
	type IExecuteData,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeTypes,
	type IRunExecutionData,
	type ITaskData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { passThroughType } from './nodeTypes';
import { executeWorkflowTriggerType } from './standIns';

export const klingFastType = 'n8n-nodes-kling-fast.klingFast';
export const klingFastTriggerType = 'n8n-nodes-kling-fast.klingFastTrigger';

export interface RunOptions {
	parameters?: INodeParameters;
	/** Input items; a plain `{json}` without `pairedItem` is paired with its row, as n8n does. */
	items?: INodeExecutionData[];
	/** `baseUrl` and `callbackSecret` are filled with the credential's defaults. */
	credentials?: Partial<Record<'apiKey' | 'baseUrl' | 'callbackSecret', string>>;
	onError?: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	retryOnFail?: boolean;
	/** "Execute Once": the node gets the first item only. */
	executeOnce?: boolean;
	/** 2-5, as n8n bounds it. */
	maxTries?: number;
	/** n8n turns 0 into 1,000; the default here is 1. */
	waitBetweenTriesMs?: number;
	/** As an agent's tool: the node's type name ends in `Tool` and fields marked `@tool` behave so. */
	asTool?: boolean;
	mode?: WorkflowExecuteMode;
	nodeType?: string;
	/** Whether other workflows call this one, and the node runs then. */
	isCalled?: boolean;
	nodeName?: string;
	nodeId?: string;
	webhookId?: string;
	workflowId?: string;
	executionId?: string;
	/** Which run of the node in its execution this is (a loop runs it again and again). */
	runIndex?: number;
	/** The workflow's static data: brought along, and written back to by webhooks, as n8n does for an active workflow. */
	staticData?: IDataObject;
	/** What an earlier run left in `getContext('node')`, e.g. `earlier.context`. */
	context?: IContextObject;
}

/** "Rows" -> the node -> "Next", and "Failed" on the node's error output. */
export function workflowOf(
	options: RunOptions,
	nodeTypes: INodeTypes,
): { workflow: Workflow; node: INode } {
	const node = nodeOf(options);
	const to = (name: string) => [{ node: name, type: NodeConnectionTypes.Main, index: 0 }];
	const workflow = new Workflow({
		id: options.workflowId ?? 'workflow-1',
		name: 'Engine test',
		active: false,
		nodes: [
			node,
			{ ...passingNode('Rows'), ...(options.isCalled && { type: executeWorkflowTriggerType }) },
			...['Next', 'Failed'].map(passingNode),
		],
		connections: {
			Rows: { main: [to(node.name)] },
			[node.name]: { main: [to('Next'), to('Failed')] },
		},
		nodeTypes,
		staticData: structuredClone(options.staticData),
		settings: { executionOrder: 'v1' },
	});
	return { workflow, node };
}

/** An execution that has come as far as the node: its input is there, and what earlier runs of it left. */
export function startingPoint(node: INode, options: RunOptions): IRunExecutionData {
	const items = options.items ?? [{ json: {} }];
	const task = (data: INodeExecutionData[]): ITaskData => ({
		startTime: 0,
		executionTime: 0,
		executionIndex: 0,
		source: [],
		data: { main: [data] },
		hints: [],
	});
	const earlierRuns = Array.from({ length: options.runIndex ?? 0 }, () => task([]));
	const entry: IExecuteData = {
		node,
		data: { main: [items] },
		source: { main: [{ previousNode: 'Rows' }] },
	};
	return createRunExecutionData({
		resultData: {
			runData: { Rows: [task(items)], ...(earlierRuns.length ? { [node.name]: earlierRuns } : {}) },
		},
		executionData: {
			nodeExecutionStack: [entry],
			contextData: options.context ? { [`node:${node.name}`]: options.context } : {},
		},
	});
}

function passingNode(name: string): INode {
	return {
		id: name,
		name,
		type: passThroughType,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
}

export function nodeOf(options: RunOptions): INode {
	const type = options.nodeType ?? klingFastType;
	return {
		id: options.nodeId ?? 'node-1',
		name: options.nodeName ?? 'Kling Fast',
		type: options.asTool ? `${type}Tool` : type,
		typeVersion: 1,
		position: [0, 0],
		parameters: options.parameters ?? {},
		credentials: { klingFastApi: { id: 'credential-1', name: 'Kling Fast account' } },
		webhookId: options.webhookId,
		onError: options.onError,
		retryOnFail: options.retryOnFail,
		executeOnce: options.executeOnce,
		maxTries: options.maxTries,
		waitBetweenTries: options.waitBetweenTriesMs ?? 1,
	};
}

/** Where n8n would be reached. Nothing listens there. */
export const n8nAddresses = {
	restApiUrl: 'http://127.0.0.1:5678/rest',
	instanceBaseUrl: 'http://127.0.0.1:5678/',
	formBaseUrl: 'http://127.0.0.1:5678/form',
	formTestBaseUrl: 'http://127.0.0.1:5678/form-test',
	formWaitingBaseUrl: 'http://127.0.0.1:5678/form-waiting',
	webhookBaseUrl: 'http://127.0.0.1:5678/webhook',
	webhookTestBaseUrl: 'http://127.0.0.1:5678/webhook-test',
	webhookWaitingBaseUrl: 'http://127.0.0.1:5678/webhook-waiting',
	mcpBaseUrl: 'http://127.0.0.1:5678/mcp',
	mcpTestBaseUrl: 'http://127.0.0.1:5678/mcp-test',
};
