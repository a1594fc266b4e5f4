import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';
import { toError } from '../apimart/errors';
import type { Fault } from '../generation/outcome';
import { InvalidField } from '../invalidField';
import { isTool } from './toolCall';

/** What becomes of failed rows: one thrown error for all, an item each, or an item each for the error output. */
export type OnFailure = 'throw' | 'items' | 'errorOutput';

/**
 * For an agent failed rows are always items: up to version 2 of n8n's agent node a thrown error reaches the model as an empty answer,
 * without the task id, and the model calls again, which buys the clip again. It reads the first output only.
 */
export function onFailureOf(context: IExecuteFunctions): OnFailure {
	if (isTool(context)) return 'items';
	if (!context.continueOnFail()) return 'throw';
	return context.getNode().onError === 'continueErrorOutput' ? 'errorOutput' : 'items';
}

export function goesOnAfterFailure(context: IExecuteFunctions): boolean {
	return onFailureOf(context) !== 'throw';
}

/**
 * The item of a failed row, when the node goes on after a failure. n8n routes an item to the error output only if its json is
 * nothing but `{error}` (it adds the row's own fields itself), so there the known fields cannot go along.
 */
export function failedItem(
	context: IExecuteFunctions,
	itemIndex: number,
	json: IDataObject & { error: string },
	onFailure = onFailureOf(context),
): INodeExecutionData {
	const pairedItem = { item: itemIndex };
	if (isTool(context)) {
		// Of a task that could not be read nobody knows its state.
		return { json: json.taskId ? json : { status: 'failed', ...json }, pairedItem };
	}
	return { json: onFailure === 'errorOutput' ? { error: json.error } : json, pairedItem };
}

/** n8n's error for a fault; the item is named the way n8n counts (from 0). */
export function nodeError(
	context: IExecuteFunctions,
	fault: Fault,
	itemIndex?: number,
): NodeApiError | NodeOperationError {
	const node = context.getNode();
	const message = itemIndex === undefined ? fault.message : `${fault.message} [item ${itemIndex}]`;
	const description = fault.advice;
	const httpCode = fault.api?.httpStatus?.toString();
	const error = fault.api
		? new NodeApiError(node, { message }, { message, description, itemIndex, httpCode })
		: new NodeOperationError(node, message, { description, itemIndex });
	// n8n replaces a message that contains a code such as ECONNRESET by a general one, and the task id would be gone.
	error.message = message;
	error.description = description;
	return error;
}

/** A fault found before anything was sent. */
export function inputFault(error: unknown): Fault {
	const isOurs = error instanceof InvalidField;
	return {
		message: toError(error).message,
		advice: isOurs ? 'Nothing was charged.' : 'The row could not be read. Nothing was charged.',
	};
}
