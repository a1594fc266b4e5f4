import {
	NodeHelpers,
	type INodeParameters,
	type INodeProperties,
	type INodePropertyOptions,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';

/** The fields of one operation, whatever else it takes to see them. */
export function fieldsOf(resource: string, operation: string): INodeProperties[] {
	return klingFastProperties.filter(
		({ displayOptions }) =>
			displayOptions?.show?.resource?.includes(resource) &&
			displayOptions.show.operation?.includes(operation),
	);
}

export function childrenOf(field: INodeProperties | undefined): INodeProperties[] {
	return (field?.options ?? []).filter((option): option is INodeProperties => 'type' in option);
}

export function choicesOf(field: INodeProperties | undefined): INodePropertyOptions[] {
	return (field?.options ?? []).filter(
		(option): option is INodePropertyOptions => 'value' in option,
	);
}

export function generateField(name: string): INodeProperties | undefined {
	return fieldsOf('video', 'generate').find((field) => field.name === name);
}

/** What n8n makes of what was typed: the defaults filled in, hidden fields left out unless they are asked for. */
export function storedParameters(
	typed: INodeParameters,
	type: INodeTypeDescription | null = null,
	hidden = false,
): INodeParameters {
	const root = klingFastProperties;
	return NodeHelpers.getNodeParameters(root, typed, true, hidden, null, type) ?? {};
}
