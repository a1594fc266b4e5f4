import { NodeHelpers, type INodeParameters } from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import type { ReadField } from '../../nodes/KlingFast/actions/reader';

/**
 * Reads fields as a running node does: n8n fills in the defaults, drops what is hidden, and throws for what is not there
 * unless a fallback is given. The parameters are what a row's expressions came to.
 */
export function rowReader(parameters: Record<string, unknown>): ReadField {
	const stored = { resource: 'video', operation: 'generate', ...parameters } as INodeParameters;
	const shownParameters = NodeHelpers.getNodeParameters(
		klingFastProperties,
		stored,
		true,
		false,
		null,
		null,
	);
	return (name, fallback) => {
		let value: unknown = shownParameters;
		for (const key of name.split('.')) {
			value = isRecord(value) ? value[key] : undefined;
		}
		if (value === undefined && fallback === undefined) {
			throw new Error(`Could not get parameter ${name}`);
		}
		return value === undefined ? fallback : value;
	};
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
