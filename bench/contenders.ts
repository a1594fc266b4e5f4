/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INode, INodeParameters } from 'n8n-workflow';
import { transpile } from 'typescript';
import type { Host } from '../host/host';
import { NODE_TYPE } from '../host/klingRest';
import type { CredentialRef } from '../host/rest';
import type { WorkflowJson } from '../host/workflow';
import type { Sandbox } from '../sandbox';
import { LONG_SHEET_ROWS, SHEET_ROWS } from './rows';

const CONTENDERS = join(__dirname, 'contenders');
/** The interval of the article that people build their loops from. */
const LOOP_INTERVAL_SECONDS = 30;
const SEQUENTIAL_INTERVAL_SECONDS = 10;

export interface Bed {
	host: Host;
	sandbox: Sandbox;
	/** Of our own credential type, for the sandbox. */
	credential: CredentialRef;
	/** How many times as fast as real time the provider works. */
	speed: number;
}

export interface Contender {
	name: string;
	/** One line for the head of a table. */
	label: string;
	isOurs?: boolean;
	/** Also measured with many rows, and with several executions at once. */
	isThorough?: boolean;
	/** What its n8n is started with beside what all are. */
	env?: Record<string, string>;
	/**
	 * How many rows it gets in scaled time. The sheet that every table shows comes first: its memory is compared, and only a process
	 * that has not worked before is like another.
	 */
	scaledRows: number[];
	/** A workflow that makes a clip of each row, with the file as binary data. */
	workflow(rows: INodeParameters[], bed: Bed): Promise<WorkflowJson>;
}

const templateLoop: Contender = {
	name: 'loop',
	label: 'HTTP Request, Wait, IF in a loop',
	scaledRows: [SHEET_ROWS, 1, 5],
	async workflow(rows, { host, sandbox, speed }) {
		const file = await readFile(join(CONTENDERS, 'template-loop.json'), 'utf8');
		const workflow = JSON.parse(file) as WorkflowJson;
		const authorization = { name: 'Authorization', value: `Bearer ${sandbox.apiKey}` };
		const { id, name } = await host.createCredential('httpHeaderAuth', 'Header', authorization);
		const waitSeconds = LOOP_INTERVAL_SECONDS / speed;
		const settings = JSON.stringify({ baseUrl: sandbox.baseUrl, waitSeconds, rows });
		for (const node of workflow.nodes) {
			if (node.name === 'Settings') node.parameters.jsonOutput = settings;
			if (node.parameters.genericAuthType) node.credentials = { httpHeaderAuth: { id, name } };
		}
		return workflow;
	},
};

const sequentialNode: Contender = {
	name: 'sequential',
	label: 'A node that goes row by row',
	scaledRows: [SHEET_ROWS, 1, 5],
	async workflow(rows, { credential, speed }) {
		return rowsInto(rows, credential, 'CUSTOM.sequentialVideo', {
			prompt: '={{ $json.prompt }}',
			intervalSeconds: SEQUENTIAL_INTERVAL_SECONDS / speed,
		});
	},
};

const ours = (waitBy: 'polling' | 'sleep') => ({
	isOurs: true,
	async workflow(rows: INodeParameters[], { credential }: Bed) {
		return rowsInto(rows, credential, NODE_TYPE, {
			resource: 'video',
			operation: 'generate',
			mode: 'submitAndWait',
			prompt: '={{ $json.prompt }}',
			duration: 3,
			waitBy,
			metadata: '={{ { row: $json.row } }}',
		});
	},
});

const thorough = {
	isThorough: true,
	scaledRows: [SHEET_ROWS, 1, 5, 12, LONG_SHEET_ROWS],
};

export const CONTENDERS_IN_ORDER: Contender[] = [
	templateLoop,
	sequentialNode,
	{ name: 'polling', label: 'Kling Fast, polling', ...ours('polling'), ...thorough },
	{ name: 'sleep', label: 'Kling Fast, asleep with callbacks', ...ours('sleep'), ...thorough },
	{
		name: 'sleepAlone',
		label: 'Kling Fast, asleep without callbacks',
		...ours('sleep'),
		// Such an address n8n has where it was told none that a provider could call.
		env: { WEBHOOK_URL: 'none://n8n.internal/' },
		scaledRows: [SHEET_ROWS, 12],
	},
];

/** Compiles the node of a contender into a folder that n8n can be told to load nodes from. */
export async function compileSequentialNode(folder: string): Promise<void> {
	const name = 'SequentialVideo.node';
	const source = await readFile(join(CONTENDERS, 'sequential', `${name}.ts`), 'utf8');
	const options = { module: 1, target: 9, esModuleInterop: true };
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, `${name}.js`), transpile(source, options));
}

/** A sheet's rows, and one node that makes the clips. */
function rowsInto(
	rows: INodeParameters[],
	{ type, id, name }: CredentialRef,
	nodeType: string,
	parameters: INodeParameters,
): WorkflowJson {
	const jsonOutput = JSON.stringify({ rows });
	const nodes = [
		node('Manual', 'n8n-nodes-base.manualTrigger', 1, {}),
		node('Sheet', 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput, options: {} }),
		node('Rows', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'rows', options: {} }),
		{ ...node('Clips', nodeType, 1, parameters), credentials: { [type]: { id, name } } },
	];
	const steps = nodes.slice(1).map((next, index) => [nodes[index].name, next.name]);
	const connections = Object.fromEntries(
		steps.map(([from, to]) => [from, { main: [[{ node: to, type: 'main' as const, index: 0 }]] }]),
	);
	return { name: nodeType, nodes, connections };
}

function node(name: string, type: string, typeVersion: number, parameters: INodeParameters): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters };
}
