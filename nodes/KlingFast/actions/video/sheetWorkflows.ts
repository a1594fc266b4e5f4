/*
 * The workflows that a sleeping sheet lives in. They are given to n8n as JSON, run under the id of the workflow that waits, and leave
 * the list of executions when they have ended well.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
	NodeConnectionTypes,
	type IConnections,
	type IExecuteFunctions,
	type INode,
	type IWorkflowBase,
} from 'n8n-workflow';
import type { KeyScope } from '../../generation/idempotency';

/** Under which a sheet lies in an item and in a node's context: as text, which n8n saves quicker than many small objects. */
export const SHEET_KEY = 'klingFastSheet';

const START_NODE = 'Start';
export const WATCH_NODE = 'Watch Over Sheet';
const ROUND_NODE = 'Check Clips, Submit Rows';
const OVER_NODE = 'All Clips Ended?';
const WAIT_NODE = 'Wait for Callback or Timer';
const DELIVER_NODE = 'Deliver Rows';
const GUARD_NODE = 'Guard Sheet';

const GUARD_MINUTES = 3;

/**
 * Waits for the worker, and starts another one where that was cut off: a round may be killed at any moment, but this one is at work for
 * milliseconds only.
 */
export function sheetWorkflow(context: IExecuteFunctions, keyScope: KeyScope): IWorkflowBase {
	const about = `This execution belongs to execution ${context.getExecutionId()} and waits until all clips of its sheet have ended. To end the sheet, stop execution ${context.getExecutionId()}.`;
	const nodes = [
		klingNode(context, WATCH_NODE, 'watchSheet', { onError: 'continueRegularOutput' }),
		isOverNode(),
		klingNode(context, DELIVER_NODE, 'deliverSheet', { id: notesId(keyScope) }),
	];
	return workflow(context, 'Kling Fast sheet', about, nodes, [
		[START_NODE, WATCH_NODE],
		[WATCH_NODE, OVER_NODE],
		[OVER_NODE, DELIVER_NODE, 0],
		[OVER_NODE, WATCH_NODE, 1],
	]);
}

/** @param keyScope of the execution that a person knows: the one that waits for the sheet */
export function workerWorkflow(context: IExecuteFunctions, keyScope: KeyScope): IWorkflowBase {
	const { executionId: waitingExecutionId } = keyScope;
	const about = `This execution makes the clips of execution ${waitingExecutionId}: it reads those in the works, stores finished videos and submits the next rows, then sleeps until a callback or for a minute. To end the sheet, stop execution ${waitingExecutionId}.`;
	const round = klingNode(context, ROUND_NODE, 'sheetRound', { id: notesId(keyScope) });
	return repeating(context, 'Kling Fast sheet: clips', about, round, waitNode());
}

/**
 * n8n lets an execution wait for ever for one that a person has deleted. The guard keeps a copy of the sheet, too, because n8n's queue
 * mode can lose what a killed worker had saved.
 */
export function guardWorkflow(context: IExecuteFunctions): IWorkflowBase {
	const about = `This execution checks every ${GUARD_MINUTES} minutes whether the executions that make the clips of execution ${context.getExecutionId()} are still there, and ends it with an error where they were deleted.`;
	const wait = node(WAIT_NODE, 'wait', 1.1, {
		resume: 'timeInterval',
		amount: GUARD_MINUTES,
		unit: 'minutes',
	});
	const guard = klingNode(context, GUARD_NODE, 'guardSheet');
	return repeating(context, 'Kling Fast sheet: guard', about, guard, wait);
}

/** Passes videos through. It ends without waiting, so n8n gives copies to the execution that waits. */
export function filesWorkflow(context: IExecuteFunctions): IWorkflowBase {
	const about = 'Gives finished videos to the execution that waits for them.';
	return workflow(context, 'Kling Fast sheet: files', about, [], []);
}

/** `work`, again and again after a wait, until it gives the sheet. */
function repeating(
	context: IExecuteFunctions,
	name: string,
	about: string,
	work: INode,
	wait: INode,
): IWorkflowBase {
	const nodes = [work, isOverNode(), wait];
	return workflow(context, name, about, nodes, [
		[START_NODE, work.name],
		[work.name, OVER_NODE],
		[OVER_NODE, wait.name, 1],
		[wait.name, work.name],
	]);
}

function workflow(
	context: IExecuteFunctions,
	name: string,
	about: string,
	nodes: INode[],
	arrows: Array<[string, string, number?]>,
): IWorkflowBase {
	const connections: IConnections = {};
	for (const [from, to, output = 0] of arrows) {
		const main = ((connections[from] ??= {}).main ??= []);
		while (main.length <= output) main.push([]);
		main[output]?.push({ node: to, type: NodeConnectionTypes.Main, index: 0 });
	}
	const start = node(START_NODE, 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
	const note = node('About', 'stickyNote', 1, { content: about, width: 420, height: 160 });
	const all = [start, ...nodes, note];
	const now = new Date();
	return {
		id: context.getWorkflow().id ?? '',
		name,
		active: false,
		isArchived: false,
		activeVersionId: null,
		createdAt: now,
		updatedAt: now,
		nodes: all.map((each, index) => ({
			...each,
			position: each === note ? [0, -220] : [index * 220, 0],
		})),
		connections,
		settings: {
			...context.getWorkflowSettings(),
			executionOrder: 'v1',
			// A time limit of the workflow counts for the execution that waits.
			executionTimeout: -1,
			// The execution that waits fails, too, and starts the error workflow.
			errorWorkflow: undefined,
			callerPolicy: 'any',
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'all',
			saveExecutionProgress: false,
		},
	};
}

function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: INode['parameters'],
): INode {
	return {
		id: randomUUID(),
		name,
		type: `n8n-nodes-base.${type}`,
		typeVersion,
		position: [0, 0],
		parameters,
	};
}

function klingNode(
	context: IExecuteFunctions,
	name: string,
	operation: 'watchSheet' | 'sheetRound' | 'guardSheet' | 'deliverSheet',
	more: Partial<INode> = {},
): INode {
	const { type, typeVersion, credentials } = context.getNode();
	return {
		...node(name, '', typeVersion, { resource: 'video', operation }),
		type,
		credentials,
		...more,
	};
}

/** By its id n8n finds what a node has noted: it has to be the same in every worker of a sheet, and in none of another. */
function notesId({ executionId, nodeId, runIndex }: KeyScope): string {
	const scope = [executionId, nodeId, runIndex].join();
	return createHash('sha256').update(scope).digest('hex').slice(0, 32);
}

function isOverNode(): INode {
	return node(OVER_NODE, 'if', 2.2, {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
			conditions: [
				{
					id: 'over',
					leftValue: `={{ $json.${SHEET_KEY} !== undefined }}`,
					rightValue: '',
					operator: { type: 'boolean', operation: 'true', singleValue: true },
				},
			],
			combinator: 'and',
		},
	});
}

/** APIMart appends `/callback` to the address, to its path or to its query: with this suffix n8n takes both. */
function waitNode(): INode {
	const wait = node(WAIT_NODE, 'wait', 1.1, {
		resume: '={{ $json.waitSeconds > 0 ? "webhook" : "timeInterval" }}',
		amount: 0,
		unit: 'seconds',
		// Of no use here, but with an expression in `resume` n8n asks for the fields of every way to resume.
		dateTime: '2000-01-01T00:00:00Z',
		formTitle: 'unused',
		httpMethod: 'POST',
		limitWaitTime: true,
		limitType: 'afterTimeInterval',
		resumeAmount: '={{ $json.waitSeconds }}',
		resumeUnit: 'seconds',
		options: { webhookSuffix: 'callback' },
	});
	return { ...wait, webhookId: randomUUID() };
}
