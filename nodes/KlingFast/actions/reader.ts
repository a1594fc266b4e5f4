import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Reads a field of the item at hand, as n8n hands it over: a thin closure over `getNodeParameter`. The fallback stands
 * in for a field that is hidden, because n8n drops hidden fields and throws when they are asked for.
 */
export type ReadField = (name: string, fallback?: unknown) => unknown;

/** The reader of one item. */
export function readFieldsOf(context: IExecuteFunctions, itemIndex: number): ReadField {
	return (name, fallback) => context.getNodeParameter(name, itemIndex, fallback);
}
