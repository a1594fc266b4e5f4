/*
 * What must stay true:
 * - N rows give N items in their order, each paired with its row.
 * - When the node may not go on after a failure, the one error that is thrown names every row's task id.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { mayBeSent } from '../../generation/ledger';
import { outcomeJson, faultSentence, type Fault, type Outcome } from '../../generation/outcome';
import {
	failedItem,
	goesOnAfterFailure,
	nodeError,
	onFailureOf,
	type OnFailure,
} from '../failures';
import { paramsOf } from '../properties';
import { isTool, runIndexOf } from '../toolCall';
import { readTaskId } from './get.fields';
import { entriesOf } from './openRun';
import { readEachClipWorkflow, readMetadata, type Delivery } from './result.fields';

/** What is needed of the rows only when their results are delivered. */
export interface DeliveryPlan {
	deliveries: Delivery[];
	/** The rows' own fields, where they are kept beside the result. */
	own: Array<IDataObject | undefined>;
	/** What failed rows become, as the node says that waits. */
	onFailure: OnFailure;
}

export function planOf(
	context: IExecuteFunctions,
	rows: Array<{ delivery: Delivery }>,
): DeliveryPlan {
	const deliveries = rows.map(({ delivery }) => delivery);
	const items = context.getInputData();
	const own = deliveries.map(({ includeInputFields }, index) =>
		includeInputFields ? items[index].json : undefined,
	);
	return { deliveries, own, onFailure: onFailureOf(context) };
}

/** Turns outcomes (one a row, in order) into output items, or throws one error for all that went wrong. */
export function deliver(
	context: IExecuteFunctions,
	outcomes: Outcome[],
	plan: DeliveryPlan,
): INodeExecutionData[][] {
	const { onFailure } = plan;
	const firstBad = outcomes.find((outcome) => outcome.fault && !outcome.isReport);
	if (firstBad && onFailure === 'throw') throw batchError(context, firstBad, outcomes);
	return [
		outcomes.map((outcome) => {
			const { itemIndex, fault } = outcome;
			const item = resultItem(outcome, plan);
			if (outcome.isFromEarlierRun && isTool(context)) item.json.note = FOUND_NOTE;
			const { error } = item.json;
			const isFailure = fault && !outcome.isReport && typeof error === 'string';
			return isFailure ? failedItem(context, itemIndex, { ...item.json, error }, onFailure) : item;
		}),
	];
}

/** A tool that is called by MCP has no execution, so what it asked for a day before is found again. */
const FOUND_NOTE =
	'Not bought again: this is the clip of an earlier call with the same content. For another one change the prompt.';

export function resultItem(
	outcome: Outcome,
	{ deliveries, own }: DeliveryPlan,
): INodeExecutionData {
	const { itemIndex, binary } = outcome;
	// What a row may still hold of an earlier clip (sheets are written back to) must not pass for news of this one.
	const kept = Object.entries(own[itemIndex] ?? {}).filter(
		([name]) => !RESULT_FIELDS.includes(name),
	);
	const json: IDataObject = { ...Object.fromEntries(kept), ...outcomeJson(outcome) };
	const pairedItem = { item: itemIndex };
	if (!binary) return { json, pairedItem };
	return { json, binary: { [deliveries[itemIndex].outputField]: binary }, pairedItem };
}

const RESULT_FIELDS = [
	'taskId',
	'status',
	'videoUrl',
	'expiresAt',
	'cost',
	'submittedAt',
	'completedAt',
	'elapsedSeconds',
	'attempts',
	'error',
];

/**
 * A row that cannot be read as a whole: what says which row or task it is, how its fault is delivered, and whether an earlier try may
 * have paid for it.
 */
export function unreadRow(context: IExecuteFunctions, itemIndex: number, fault: Fault) {
	const params = paramsOf(context, itemIndex);
	const delivery = {
		outputField: 'data',
		includeInputFields: ifReadable(() => params.boolean('options.includeInputFields')) ?? false,
		eachClipWorkflow: ifReadable(() => readEachClipWorkflow(params)),
	};
	const known = { itemIndex, metadata: ifReadable(() => readMetadata(params)) };
	const entry = entriesOf(context, runIndexOf(context))[itemIndex];
	if (!entry || !mayBeSent(entry)) {
		// Of Get Video; what state its task is in is not known.
		const taskId = ifReadable(() => readTaskId(params));
		const status = taskId ? undefined : ('failed' as const);
		return { outcome: { ...known, status, taskId, fault }, delivery, mayBePaid: false };
	}
	const { taskId } = entry;
	const advice = taskId
		? `An earlier try has submitted this row as ${taskId}: fetch the clip with Get Video.`
		: "An earlier try may have submitted this row: n8n's log names the task of every row that was.";
	const outcome = { ...known, taskId, isPerhapsSent: !taskId, fault: { ...fault, advice } };
	return { outcome, delivery, mayBePaid: true };
}

/** What is wrong with the row is known already. */
function ifReadable<Value>(read: () => Value): Value | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}

/** One fault for every row, when the run as a whole is refused: N error items, or one thrown error. */
export function refuseAll(context: IExecuteFunctions, fault: Fault): INodeExecutionData[][] {
	if (!goesOnAfterFailure(context)) throw refusalError(context, fault);
	const rows = unreadRows(context, fault);
	const outcomes = rows.map(({ outcome }) => outcome);
	return deliver(context, outcomes, planOf(context, rows));
}

/** Why nothing is submitted, be it for one row; it names what earlier tries have paid for. */
export function refusalError(context: IExecuteFunctions, fault: Fault, itemIndex?: number): Error {
	const rows = unreadRows(context, fault);
	if (!rows.some(({ mayBePaid }) => mayBePaid)) return nodeError(context, fault, itemIndex);
	const known = allRows(rows.map(({ outcome }) => outcome));
	const advice = `Nothing more was submitted. ${known}`;
	return nodeError(context, { ...fault, advice }, itemIndex);
}

function unreadRows(context: IExecuteFunctions, fault: Fault) {
	return context.getInputData().map((_, itemIndex) => unreadRow(context, itemIndex, fault));
}

function batchError(context: IExecuteFunctions, first: Outcome, outcomes: Outcome[]): Error {
	const { itemIndex, fault } = first;
	const unadvised = fault && { ...fault, advice: undefined };
	const message = faultSentence({ ...first, fault: unadvised, itemIndex: undefined });
	const rows = outcomes.length > 1 ? [allRows(outcomes)] : [];
	const advice = [fault?.advice, ...rows].filter((part) => part !== undefined).join(' ');
	return nodeError(context, { message, advice, api: fault?.api }, itemIndex);
}

/** Finished clips are lost to the workflow when an error is thrown, so the error says where to find them. */
function allRows(outcomes: Outcome[]): string {
	const rows = outcomes.map(({ itemIndex, taskId, status, isPerhapsSent }) => {
		const task = taskId ? ` ${taskId}` : isPerhapsSent ? '' : ', not submitted';
		const unsure = isPerhapsSent ? ', perhaps submitted and charged' : '';
		return `item ${itemIndex}: ${status ?? 'unknown'}${task}${unsure}`;
	});
	const advice = outcomes.some(({ isPerhapsSent }) => isPerhapsSent)
		? " Those perhaps submitted are found by n8n's Retry of this execution (unless it has slept), which does not buy them again."
		: '';
	return `All rows: ${rows.join('; ')}. Clips with a task ID can be fetched with Get Video.${advice}`;
}
