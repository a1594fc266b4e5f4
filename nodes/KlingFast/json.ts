import type { IDataObject } from 'n8n-workflow';

/** Whether it is an object with keys: neither null nor a list. */
export function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with keys, or an empty one in place of anything else. */
export function objectIn(value: unknown): IDataObject {
	return isObject(value) ? value : {};
}

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
