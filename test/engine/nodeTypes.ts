import { NodeHelpers, type IDataObject, type INodeType, type INodeTypes } from 'n8n-workflow';
import { PassThrough, standIns } from './standIns';

/** The nodes around the one that is tested. */
export const passThroughType = 'test.passThrough';

/** The node types of a test engine, and for each of them the tool variant that n8n makes of a `usableAsTool` node. */
export class NodeTypes implements INodeTypes {
	private readonly types: Record<string, INodeType>;

	constructor(types: Record<string, INodeType>) {
		this.types = { [passThroughType]: new PassThrough(), ...standIns, ...types };
	}

	getByName(name: string): INodeType {
		const type = this.types[name];
		if (type) return type;
		const original = this.types[name.replace(/Tool$/, '')];
		if (!original?.description.usableAsTool) throw new Error(`Unknown node type ${name}`);
		return asTool(original);
	}

	getByNameAndVersion(name: string, version?: number): INodeType {
		return NodeHelpers.getVersionedNodeType(this.getByName(name), version);
	}

	getKnownTypes(): IDataObject {
		return {};
	}
}

function asTool(type: INodeType): INodeType {
	const tool: INodeType = Object.create(type);
	tool.description = { ...type.description, name: `${type.description.name}Tool` };
	return tool;
}
