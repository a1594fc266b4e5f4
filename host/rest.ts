/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import axios, {
	type AxiosInstance,
	type AxiosRequestConfig,
	type AxiosResponse,
	type Method,
} from 'axios';
import type { IBinaryData, IDataObject, INodeTypeDescription } from 'n8n-workflow';
import { decodeExecution, Execution, type ExecutionStatus } from './executions';
import type { WorkflowJson } from './workflow';

const POLL_EVERY_MS = 150;
const RUN_WITHIN_SECONDS = 300;
const ACTIVE_WITHIN_SECONDS = 30;
/** While it is one of these, n8n (or a person) still has something to do with the execution. */
const RUNNING: ExecutionStatus[] = ['new', 'running', 'unknown'];
const UNFINISHED: ExecutionStatus[] = [...RUNNING, 'waiting'];

export interface Login {
	email: string;
	password: string;
}

export interface CredentialRef {
	id: string;
	name: string;
	type: string;
}

interface ListedExecution {
	id: string;
	status: ExecutionStatus;
	startedAt: string;
}

export interface SavedWorkflow extends WorkflowJson {
	id: string;
	versionId: string;
}

/**
 * n8n's REST API as its editor uses it, for n8n 2 and n8n 1. Every call throws an Error with n8n's own message when
 * n8n refuses it.
 */
export class N8nRest {
	private readonly http: AxiosInstance;

	/** @param version of n8n; version 1 publishes and runs workflows in its own way */
	constructor(
		readonly baseUrl: string,
		readonly version: string,
	) {
		this.http = axios.create({
			baseURL: baseUrl,
			// n8n ties a session to the browser that it was made in.
			headers: { 'browser-id': randomUUID() },
			// A connection that is kept may be closed by n8n at the very moment when it is used again.
			httpAgent: new Agent({ keepAlive: false }),
			maxRedirects: 0,
			proxy: false,
			validateStatus: () => true,
		});
	}

	get isVersion1(): boolean {
		return this.version.startsWith('1.');
	}

	/** Makes the owner of a fresh n8n, who is logged in then. */
	async setUpOwner(login: Login): Promise<void> {
		const names = { firstName: 'Kling', lastName: 'Fast' };
		await this.openSession('/rest/owner/setup', { ...login, ...names });
	}

	async logIn({ email, password }: Login): Promise<void> {
		await this.openSession('/rest/login', { emailOrLdapLoginId: email, password });
	}

	/** What n8n knows of every node that it loaded, tools (`...Tool`) included. */
	async nodeTypes(): Promise<INodeTypeDescription[]> {
		return await this.call('GET', '/types/nodes.json');
	}

	async createCredential(type: string, name: string, data: IDataObject): Promise<CredentialRef> {
		const body = { name, type, data };
		const { id } = await this.call<{ id: string }>('POST', '/rest/credentials', body);
		return { id, name, type };
	}

	/** Presses the credential's Test button, with these values. */
	async testCredential(
		credential: CredentialRef,
		data: IDataObject,
	): Promise<{ status: 'OK' | 'Error'; message: string }> {
		const credentials = { ...credential, data };
		return await this.call('POST', '/rest/credentials/test', { credentials });
	}

	/** @returns the new workflow's id */
	async importWorkflow(workflow: WorkflowJson): Promise<string> {
		const settings = { executionOrder: 'v1', ...workflow.settings };
		const body = { ...workflow, id: undefined, settings, active: false };
		return (await this.call<SavedWorkflow>('POST', '/rest/workflows', body)).id;
	}

	async getWorkflow(id: string): Promise<SavedWorkflow> {
		return await this.call('GET', `/rest/workflows/${id}`);
	}

	/**
	 * Publishes a workflow, so that its triggers and webhooks are on.
	 *
	 * n8n registers them after it has answered; a webhook may answer 404 for a second or so.
	 */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.getWorkflow(id);
		if (this.isVersion1) {
			await this.call('PATCH', `/rest/workflows/${id}`, { active: true, versionId });
		} else {
			await this.call('POST', `/rest/workflows/${id}/activate`, { versionId });
		}
		const isActive = async () => (await this.getWorkflow(id)).active === true;
		await until(isActive, ACTIVE_WITHIN_SECONDS, () => `workflow ${id} is not active`);
	}

	async deactivate(id: string): Promise<void> {
		if (this.isVersion1) {
			const { versionId } = await this.getWorkflow(id);
			await this.call('PATCH', `/rest/workflows/${id}`, { active: false, versionId });
		} else {
			await this.call('POST', `/rest/workflows/${id}/deactivate`);
		}
	}

	/**
	 * Presses Execute Workflow: starts at its manual trigger, or the one named.
	 *
	 * @returns the execution's id
	 */
	async run(workflowId: string, triggerName?: string): Promise<string> {
		const workflow = await this.getWorkflow(workflowId);
		const name = triggerName ?? manualTriggerOf(workflow);
		const { executionId } = await this.press<{ executionId: string }>(workflow, name);
		return executionId;
	}

	/**
	 * Presses Execute Workflow for a trigger that others call: its test URLs are on then, for one call.
	 *
	 * @param options what else the editor sends, such as the `chatSessionId` of a chat
	 */
	async listen(workflowId: string, triggerName: string, options: object = {}): Promise<void> {
		await this.press(await this.getWorkflow(workflowId), triggerName, options);
	}

	/** Runs a workflow by hand and waits for its end, whatever that is. */
	async runToEnd(workflowId: string, timeoutSeconds = RUN_WITHIN_SECONDS): Promise<Execution> {
		return await this.waitForEnd(await this.run(workflowId), timeoutSeconds);
	}

	async execution(id: string): Promise<Execution> {
		return decodeExecution(await this.call('GET', `/rest/executions/${id}`));
	}

	/** The executions of a workflow, the latest first, without their data. */
	async executionsOf(workflowId: string): Promise<ListedExecution[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		const path = `/rest/executions?limit=100&filter=${filter}`;
		return (await this.call<{ results: ListedExecution[] }>('GET', path)).results;
	}

	/**
	 * Waits until a workflow that something else starts (a webhook, an error) has at least so many executions, and none
	 * of them runs any more. The latest first.
	 */
	async startedRuns(workflowId: string, count: number): Promise<Execution[]> {
		let listed: ListedExecution[] = [];
		const isThere = async () => {
			listed = await this.executionsOf(workflowId);
			return listed.length >= count && listed.every(({ status }) => !RUNNING.includes(status));
		};
		const otherwise = () => `${listed.length} of ${count} executions of ${workflowId} are there`;
		await until(isThere, RUN_WITHIN_SECONDS, otherwise);
		return await Promise.all(listed.map(async ({ id }) => await this.waitUntil(id, () => true)));
	}

	/** Waits until the execution has one of these states, e.g. `waiting` for one that is put to sleep. */
	async waitForStatus(
		id: string,
		wanted: ExecutionStatus[],
		timeoutSeconds = RUN_WITHIN_SECONDS,
	): Promise<Execution> {
		return await this.waitUntil(id, ({ status }) => wanted.includes(status), timeoutSeconds);
	}

	/** Waits until the execution is neither running nor waiting. */
	async waitForEnd(id: string, timeoutSeconds = RUN_WITHIN_SECONDS): Promise<Execution> {
		const hasEnded = ({ status }: Execution) => !UNFINISHED.includes(status);
		return await this.waitUntil(id, hasEnded, timeoutSeconds);
	}

	/** Waits until the execution is as it should be. */
	async waitUntil(
		id: string,
		isRight: (execution: Execution) => boolean,
		timeoutSeconds = RUN_WITHIN_SECONDS,
	): Promise<Execution> {
		let latest = await this.execution(id);
		const isThere = async () => isRight(latest) || isRight((latest = await this.execution(id)));
		await until(isThere, timeoutSeconds, () => `execution ${id} is still ${latest.status}`);
		if (!this.isVersion1) return latest;
		// On SQLite it saves the state first and the data after that: what was read may be a new state with old data.
		await delay(POLL_EVERY_MS);
		const settled = await this.execution(id);
		return isRight(settled) ? settled : latest;
	}

	/** Presses Stop. */
	async stop(executionId: string): Promise<void> {
		await this.call('POST', `/rest/executions/${executionId}/stop`);
	}

	/** Ticks executions in the list and presses Delete. */
	async deleteExecutions(ids: string[]): Promise<void> {
		await this.call('POST', '/rest/executions/delete', { ids });
	}

	/** The bytes of a file of an item, `item.binary.<field>`: n8n 1 keeps them in the item itself, unless it is told otherwise. */
	async binary({ id, data }: IBinaryData): Promise<Buffer> {
		if (id === undefined) return Buffer.from(data, 'base64');
		const response = await this.send({
			url: '/rest/binary-data',
			params: { id, action: 'download' },
			responseType: 'arraybuffer',
		});
		if (response.status !== 200) throw new Error(`n8n answered ${response.status} for ${id}`);
		return Buffer.from(response.data as ArrayBuffer);
	}

	/** Any other call: the `data` of n8n's answer, or the answer itself where it has none. */
	async call<T>(method: Method, path: string, body?: object): Promise<T> {
		const response = await this.send({ method, url: path, data: body });
		if (response.status >= 300) {
			const message = response.data?.message ?? JSON.stringify(response.data);
			throw new Error(`n8n answered ${response.status} to ${method} ${path}: ${message}`);
		}
		return response.data?.data ?? response.data;
	}

	/** @throws Error without the request, which holds the session and is circular: Jest could not report it */
	private async send(request: AxiosRequestConfig): Promise<AxiosResponse> {
		return await this.http.request(request).catch(async (error: Error) => {
			const { method = 'GET', url } = request;
			return await Promise.reject(
				new Error(`${method} ${url} did not reach n8n: ${error.message}`),
			);
		});
	}

	private async press<T>(workflow: SavedWorkflow, name: string, options: object = {}): Promise<T> {
		return await this.call('POST', `/rest/workflows/${workflow.id}/run`, {
			triggerToStartFrom: { name },
			...(this.isVersion1 && { workflowData: workflow }),
			...options,
		});
	}

	private async openSession(path: string, body: object): Promise<void> {
		const response = await this.send({ method: 'POST', url: path, data: body });
		const cookies = response.headers['set-cookie'] ?? [];
		const session = cookies.find((cookie) => cookie.startsWith('n8n-auth='));
		if (response.status !== 200 || session === undefined) {
			throw new Error(`n8n answered ${response.status} to POST ${path}: no session`);
		}
		this.http.defaults.headers.common.cookie = session.split(';')[0];
	}
}

function manualTriggerOf(workflow: WorkflowJson): string {
	const trigger = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
	if (trigger === undefined) throw new Error(`${workflow.name} has no manual trigger`);
	return trigger.name;
}

async function until(
	isSo: () => Promise<boolean>,
	timeoutSeconds: number,
	otherwise: () => string,
): Promise<void> {
	const deadline = Date.now() + timeoutSeconds * 1000;
	while (!(await isSo())) {
		if (Date.now() > deadline) throw new Error(`After ${timeoutSeconds} s: ${otherwise()}`);
		await delay(POLL_EVERY_MS);
	}
}
