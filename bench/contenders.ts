/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readFile, writeFile } from 'node:fs/promises';
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
	async workflow(rows, { host, sandbox: { apiKey, baseUrl }, speed }) {
		const authorization = { name: 'Authorization', value: `Bearer ${apiKey}` };
		const credential = await host.createCredential('httpHeaderAuth', 'Header', authorization);
		const waitSeconds = LOOP_INTERVAL_SECONDS / speed;
		return await workflowOf('template-loop', { baseUrl, waitSeconds, rows }, credential);
	},
};

const sequentialNode: Contender = {
	name: 'sequential',
	label: 'A node that goes row by row',
	scaledRows: [SHEET_ROWS, 1, 5],
	async workflow(rows, { credential, speed }) {
		const intervalSeconds = SEQUENTIAL_INTERVAL_SECONDS / speed;
		const parameters = { prompt: '={{ $json.prompt }}', intervalSeconds };
		const clips = { type: 'CUSTOM.sequentialVideo', parameters };
		return await workflowOf('one-node', { rows }, credential, clips);
	},
};

const ours = (waitBy: 'polling' | 'sleep') => ({
	isThorough: true,
	scaledRows: [SHEET_ROWS, 1, 5, 12, LONG_SHEET_ROWS],
	async workflow(rows: INodeParameters[], { credential }: Bed) {
		const parameters = {
			...{ resource: 'video', operation: 'generate', mode: 'submitAndWait', duration: 3, waitBy },
			...{ prompt: '={{ $json.prompt }}', metadata: '={{ { row: $json.row } }}' },
		};
		return await workflowOf('one-node', { rows }, credential, { type: NODE_TYPE, parameters });
	},
});

export const CONTENDERS_IN_ORDER: Contender[] = [
	templateLoop,
	sequentialNode,
	{ name: 'polling', label: 'Kling Fast, polling', ...ours('polling') },
	{ name: 'sleep', label: 'Kling Fast, asleep with callbacks', ...ours('sleep') },
	{
		name: 'sleepAlone',
		label: 'Kling Fast, asleep without callbacks',
		...{ ...ours('sleep'), isThorough: false },
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
	await writeFile(join(folder, `${name}.js`), transpile(source, options));
}

/**
 * A file of `contenders/` with these settings, and with the credential in each node that takes one.
 * @param clips what the node is that makes the clips, where it is one
 */
async function workflowOf(
	file: string,
	settings: object,
	{ type, id, name }: CredentialRef,
	clips?: Pick<INode, 'type' | 'parameters'>,
): Promise<WorkflowJson> {
	const text = await readFile(join(CONTENDERS, `${file}.json`), 'utf8');
	const workflow = JSON.parse(text) as WorkflowJson;
	for (const node of workflow.nodes) {
		const isClips = node.name === 'Clips';
		if (isClips) Object.assign(node, clips);
		if (node.name === 'Settings') node.parameters.jsonOutput = JSON.stringify(settings);
		if (isClips || node.parameters.genericAuthType) node.credentials = { [type]: { id, name } };
	}
	return workflow;
}
