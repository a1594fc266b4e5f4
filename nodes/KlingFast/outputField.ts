import type { INodeProperties } from 'n8n-workflow';
import type { Params } from './params';

export const outputFieldOption: INodeProperties = {
	displayName: 'Put Output in Field',
	name: 'outputField',
	type: 'string',
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output field to put the video file in',
};

export function readOutputField(params: Params): string {
	const outputField = params.text('options.outputField');
	if (outputField !== '__proto__') return outputField;
	throw params.refusal('options.outputField', '"__proto__"', 'another name');
}
