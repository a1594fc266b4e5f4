import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';
import { ApimartError } from '../apimart/errors';
import type { Fault } from '../generation/outcome';
import { InvalidField } from '../invalidField';

/** Whether n8n runs the node as an agent's tool: it adds a word to the type then. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}

/**
 * Whether failed rows are items. For an agent they always are: up to version 2 of n8n's agent node a thrown error reaches
 * the model as an empty answer, without the task id, and the model calls again, which buys the clip again.
 */
export function goesOnAfterFailure(context: IExecuteFunctions): boolean {
	return context.continueOnFail() || isTool(context);
}

/**
 * The item of a failed row, when the node goes on after a failure. n8n routes an item to the error output only if its json is
 * nothing but `{error}` (it adds the row's own fields itself), so there the known fields cannot go along. An agent reads the
 * first output only: what fails for it is never routed away.
 */
export function failedItem(
	context: IExecuteFunctions,
	itemIndex: number,
	json: IDataObject & { error: string },
): INodeExecutionData {
	const pairedItem = { item: itemIndex };
	if (isTool(context)) return { json: { status: 'failed', ...json }, pairedItem };
	const hasErrorOutput = context.getNode().onError === 'continueErrorOutput';
	return { json: hasErrorOutput ? { error: json.error } : json, pairedItem };
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
	const error =
		fault.cause instanceof ApimartError
			? new NodeApiError(
					node,
					{ message },
					{
						message,
						description,
						itemIndex,
						httpCode: fault.cause.details.httpStatus?.toString(),
					},
				)
			: new NodeOperationError(node, message, { description, itemIndex });
	// n8n replaces a message that contains a code such as ECONNRESET by a general one, and the task id would be gone.
	error.message = message;
	error.description = description;
	return error;
}

/** A fault found before anything was sent. */
export function inputFault(error: unknown): Fault {
	const cause = error instanceof Error ? error : new Error(String(error));
	const isOurs = cause instanceof InvalidField;
	return {
		message: cause.message,
		advice: isOurs ? 'Nothing was charged.' : 'The row could not be read. Nothing was charged.',
		cause,
	};
}
