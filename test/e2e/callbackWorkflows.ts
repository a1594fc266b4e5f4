/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { IConnections, INode, INodeParameters } from 'n8n-workflow';
import { NODE_TYPE } from '../../host/klingRest';
import type { CredentialRef, N8nRest } from '../../host/rest';
import type { WorkflowJson } from '../../host/workflow';

/** The names of the nodes, by which tests ask for their output. */
export const GENERATE = 'Generate video';
export const TRIGGER = 'Kling Fast Trigger';
export const MANUAL = 'Manual';
export const ROWS = 'Rows';
export const LAST = 'Last';
export const CALL = 'Call';

const PUBLISHED_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 100;
const ANSWERED_WITHIN_MS = 30_000;

type NodeSettings = Partial<
	Pick<INode, 'onError' | 'retryOnFail' | 'maxTries' | 'waitBetweenTries' | 'executeOnce'>
>;

/** A node; its place on the canvas does not matter here. */
export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: INodeParameters = {},
	more: Partial<INode> = {},
): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters, ...more };
}

/** A workflow whose nodes stand in one line, each connected to the next. */
export function line(name: string, nodes: INode[]): WorkflowJson {
	const connections: IConnections = {};
	nodes.slice(1).forEach((next, index) => connect(connections, nodes[index].name, next.name));
	return { name, nodes, connections };
}

export function connect(connections: IConnections, from: string, to: string, output = 0): void {
	const main = ((connections[from] ??= {}).main ??= []);
	while (main.length <= output) main.push([]);
	main[output]?.push({ node: to, type: 'main', index: 0 });
}

export const manualTrigger = (): INode => node(MANUAL, 'n8n-nodes-base.manualTrigger', 1);

export const lastNode = (): INode => node(LAST, 'n8n-nodes-base.noOp', 1);

/** Two nodes that give one item for each row: what a sheet would give. */
export function rowNodes(rows: INodeParameters[]): INode[] {
	return [
		node('Sheet', 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ rows }),
			options: {},
		}),
		node(ROWS, 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'rows', options: {} }),
	];
}

/** `count` rows with a number and a prompt; `wordsOf` adds the sandbox's fault words to a row's prompt. */
export function numberedRows(
	count: number,
	wordsOf: (row: number) => string = () => '',
): INodeParameters[] {
	return Array.from({ length: count }, (_, index) => ({
		row: index + 1,
		prompt: `A fox, take ${index + 1} ${wordsOf(index + 1)}`.trim(),
	}));
}

/** Generate Video with one clip a row, which carries its row number. */
export function generate(
	credential: CredentialRef,
	parameters: INodeParameters = {},
	settings: NodeSettings = {},
): INode {
	return node(
		GENERATE,
		NODE_TYPE,
		1,
		{
			resource: 'video',
			operation: 'generate',
			mode: 'submitAndWait',
			prompt: '={{ $json.prompt }}',
			duration: 3,
			metadata: '={{ { row: $json.row } }}',
			...parameters,
		},
		{ credentials: credentialsOf(credential), ...settings },
	);
}

/** Generate Video that sleeps until all its clips have ended. */
export function sleepingGenerate(
	credential: CredentialRef,
	parameters: INodeParameters = {},
	settings: NodeSettings = {},
): INode {
	return generate(credential, { waitBy: 'sleep', downloadVideo: false, ...parameters }, settings);
}

/** The trigger; a node made without the editor has to bring the id that stands in its URL. */
export function klingTrigger(credential: CredentialRef, parameters: INodeParameters = {}): INode {
	return node(TRIGGER, `${NODE_TYPE}Trigger`, 1, parameters, {
		credentials: credentialsOf(credential),
		webhookId: randomUUID(),
	});
}

/** The URL that a person copies from the trigger. */
export function productionUrl(baseUrl: string, trigger: INode): string {
	return `${baseUrl}/webhook/${trigger.webhookId}/callback`;
}

/** Starts a workflow by hand that calls one with this node, and waits for it. */
export async function startCaller(
	rest: N8nRest,
	make: INode,
	rows: INodeParameters[],
): Promise<{ callerId: string; calledId: string }> {
	const called = node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
		inputSource: 'passthrough',
	});
	const calledId = await rest.importWorkflow(line('Called', [called, make, lastNode()]));
	await rest.activate(calledId);
	const call = node(CALL, 'n8n-nodes-base.executeWorkflow', 1.2, {
		source: 'database',
		workflowId: { __rl: true, mode: 'id', value: calledId },
		mode: 'once',
		options: { waitForSubWorkflow: true },
	});
	const nodes = [manualTrigger(), ...rowNodes(rows), call, lastNode()];
	const callerId = await rest.run(await rest.importWorkflow(line('Caller', nodes)));
	return { callerId, calledId };
}

function credentialsOf({ id, name, type }: CredentialRef): INode['credentials'] {
	return { [type]: { id, name } };
}

/** Publishes a workflow and waits until its webhook is there, for which n8n takes a moment after it has answered. */
export async function publish(rest: N8nRest, workflow: WorkflowJson, url: string): Promise<string> {
	const id = await rest.importWorkflow(workflow);
	await rest.activate(id);
	const deadline = Date.now() + PUBLISHED_WITHIN_MS;
	while ((await post(url, '{}')).status === 404) {
		if (Date.now() > deadline) throw new Error(`${url} still answers 404`);
		await delay(ASK_EVERY_MS);
	}
	return id;
}

/** Sends a body as it stands. */
export async function post(
	url: string,
	body: string | Buffer,
	contentType = 'application/json',
): Promise<{ status: number; text: string }> {
	const response = await axios.post<string>(url, body, {
		headers: { 'Content-Type': contentType },
		maxBodyLength: Infinity,
		maxRedirects: 0,
		proxy: false,
		responseType: 'text',
		timeout: ANSWERED_WITHIN_MS,
		transformRequest: (unchanged: unknown) => unchanged,
		transformResponse: (unchanged: unknown) => unchanged,
		validateStatus: () => true,
	});
	return { status: response.status, text: String(response.data) };
}
