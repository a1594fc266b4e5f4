import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { fieldsByPath, Params } from '../params';
import { uploadField } from './image/upload.fields';
import { resourceFields } from './resource.fields';
import { generateFields } from './video/generate.fields';
import { getFields } from './video/get.fields';

/** Every field of the node, in the order in which the editor shows them. Those of Estimate Cost stand among those of Generate Video. */
export const klingFastProperties: INodeProperties[] = [
	...resourceFields,
	...generateFields,
	...getFields,
	uploadField,
];

export const klingFastFields = fieldsByPath(klingFastProperties);

export function paramsOf(context: IExecuteFunctions, itemIndex: number): Params {
	return new Params(klingFastFields, (path, fallback) =>
		context.getNodeParameter(path, itemIndex, fallback),
	);
}
