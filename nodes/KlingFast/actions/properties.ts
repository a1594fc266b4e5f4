import type { INodeProperties } from 'n8n-workflow';
import { uploadFields } from './image/upload.fields';
import { resourceFields } from './resource.fields';
import { generateFields } from './video/generate.fields';
import { getFields } from './video/get.fields';

/** Every field of the node, in the order in which the editor shows them. Estimate Cost has none of its own: see clip.fields.ts. */
export const klingFastProperties: INodeProperties[] = [
	...resourceFields,
	...generateFields,
	...getFields,
	...uploadFields,
];
