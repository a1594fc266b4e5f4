import type { INodeParameters } from 'n8n-workflow';
import { klingFastFields } from '../../nodes/KlingFast/actions/properties';
import { Params } from '../../nodes/KlingFast/params';
import { storedParameters } from './fieldLists';

/**
 * Reads fields as a running node does: n8n fills in the defaults, drops what is hidden, and throws for what is not there
 * unless a fallback is given. The parameters are what a row's expressions came to.
 */
export function rowParams(parameters: Record<string, unknown>): Params {
	const stored = { resource: 'video', operation: 'generate', ...parameters } as INodeParameters;
	const shownParameters = storedParameters(stored);
	return new Params(klingFastFields, (path, fallback) => {
		let value: unknown = shownParameters;
		for (const key of path.split('.')) {
			value = isRecord(value) ? value[key] : undefined;
		}
		if (value === undefined && fallback === undefined) {
			throw new Error(`Could not get parameter ${path}`);
		}
		return value === undefined ? fallback : value;
	});
}

/** Reads from a flat record of paths, hidden or not. */
export function flatParams(row: Record<string, unknown>): Params {
	return new Params(klingFastFields, (path, fallback) => row[path] ?? fallback);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
