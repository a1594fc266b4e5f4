import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';

/** Of a node that only the tests know: one input, one output, and what is given beside. */
export const described = (
	displayName: string,
	more: Partial<INodeTypeDescription> = {},
): INodeTypeDescription => ({
	displayName,
	name: displayName.replace(/ /g, ''),
	group: ['transform'],
	version: 1,
	description: displayName,
	defaults: { name: displayName },
	inputs: [NodeConnectionTypes.Main],
	outputs: [NodeConnectionTypes.Main],
	properties: [],
	...more,
});
