/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/**
 * Runs a node in n8n's own execution engine (n8n-core), in this process, straight from the TypeScript sources: real
 * parameter and expression resolution, real retries and error outputs, real HTTP with the real credential class, binary
 * data on disk. The workflow is always the same: "Rows" (the input items) -> the node -> "Next", and "Failed" on the error
 * output.
 */
import { userFolder } from './environment';
import { BinaryDataService, ExternalSecretsProxy } from 'n8n-core';
import {
	isIndefiniteWait,
	LoggerProxy,
	type ExecutionStatus,
	type Workflow,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type INode,
	type INodeType,
	type IRunExecutionData,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { rm } from 'node:fs/promises';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { KlingFastTrigger } from '../../nodes/KlingFast/KlingFastTrigger.node';
import { Container, coreLogger } from './container';
import { dataOf, workflowDataOf } from './executionRecord';
import { Executions } from './executions';
import { CapturedLog } from './log';
import { describeRun, type NodeRun } from './nodeRun';
import { provideProcessedItems } from './processedItems';
import { NodeTypes } from './nodeTypes';
import { StoredCredentials } from './storedCredentials';
import { callWaiting, type CallbackAnswer, type CallbackRequest } from './waitingWebhook';
import {
	klingFastTriggerType,
	klingFastType,
	n8nAddresses,
	startingPoint,
	workflowOf,
	type RunOptions,
} from './workflow';

export { klingFastTriggerType, klingFastType, type NodeRun, type RunOptions };

export interface ExecutionView {
	id: string;
	status: ExecutionStatus;
	parentId?: string;
	workflowName: string;
	nodes: INode[];
	/** The size of what was saved last. */
	bytes: number;
	waitTill?: Date;
}

export interface RunningNode {
	finished: Promise<NodeRun>;
	/** The Stop button. */
	cancel(): void;
}

/** One per test file; `afterAll(() => engine.close())`. `extraNodes` adds or replaces node types. */
export async function createEngine(extraNodes: Record<string, INodeType> = {}): Promise<Engine> {
	const log = new CapturedLog();
	LoggerProxy.init(log);
	Object.assign(coreLogger(), {
		error: log.error,
		warn: log.warn,
		info: log.info,
		debug: log.debug,
		scoped: () => log,
	});
	await Container.get(BinaryDataService).init();
	await provideProcessedItems();
	const ourNodes = {
		[klingFastType]: new KlingFast(),
		[klingFastTriggerType]: new KlingFastTrigger(),
	};
	return new Engine(log, new NodeTypes({ ...ourNodes, ...extraNodes }));
}

export class Engine {
	private readonly database = new Executions(this);

	private readonly firstLines = new Map<string, number>();

	constructor(
		readonly log: CapturedLog,
		readonly nodeTypes: NodeTypes,
	) {}

	async runNode(options: RunOptions): Promise<NodeRun> {
		return await this.start(options).finished;
	}

	/** Starts a run that the test wants to watch or stop. */
	start(options: RunOptions): RunningNode {
		const named = { ...options, executionId: options.executionId ?? this.database.store.nextId() };
		const { workflow, node } = this.workflow(named);
		return this.execute(named, startingPoint(node, named), workflow);
	}

	/** What n8n has of the executions that were started here, children too, in the order in which they started. */
	get executions(): ExecutionView[] {
		return this.database.store.all().map((record) => {
			const { name, nodes } = workflowDataOf(record);
			return {
				id: record.id,
				status: record.status,
				parentId: record.parent?.executionId,
				workflowName: name,
				nodes,
				bytes: Buffer.byteLength(record.data),
				waitTill: record.waitTill,
			};
		});
	}

	/** A workflow that nodes can start by its id; an error is what they get instead. */
	addWorkflow(id: string, workflow: IWorkflowBase | Error): void {
		this.database.workflows.set(id, workflow);
	}

	/** What was saved last; nothing where the execution is not there (any more). */
	savedData(id: string): IRunExecutionData | undefined {
		const record = this.database.store.find(id);
		return record && dataOf(record);
	}

	/** The timer of a waiting execution fires. Settles when its round has ended, and its parents have gone on with it. */
	async timeOut(id: string): Promise<void> {
		const { waitTill } = this.database.store.get(id);
		if (waitTill && isIndefiniteWait(waitTill)) throw new Error(`Execution ${id} has no timer`);
		await this.database.wake(id);
	}

	/**
	 * Posts to the node that an execution waits at. Answers before the round that this starts has ended (`finished`).
	 *
	 * @param target the execution's id, or the address that it gave out
	 */
	async callBack(
		target: string,
		body: unknown,
		request: CallbackRequest = {},
	): Promise<CallbackAnswer> {
		return await callWaiting(this.database, target, body, request);
	}

	/** The Stop button of a running or waiting execution. Its children are not stopped. */
	stop(id: string): void {
		this.database.stop(id);
	}

	/**
	 * Kill -9 during a run, with the running executions that wait for this one or that it waits for. What was saved last
	 * stays; what the abandoned code asks of n8n gets no answer, but requests of its own that are on their way go out.
	 */
	crash(id: string): void {
		this.database.crash(id);
	}

	/** What the nodes of an execution had saved is lost, as n8n's queue mode can lose it of one that was killed. */
	forget(id: string): void {
		this.database.store.forget(id);
	}

	/** n8n's look, once a minute, for parents that wait for a child which has ended. */
	async sweep(): Promise<void> {
		await this.database.sweep();
	}

	/** With the files that the execution stored. */
	async delete(id: string): Promise<void> {
		await this.database.store.delete(id);
	}

	/** How a run that was parked on a child ended; fails if it is still parked when nothing runs any more. */
	async finalRun({ options }: Pick<NodeRun, 'options'>): Promise<NodeRun> {
		await this.database.settled(options.executionId ?? '');
		const run = this.savedRun(options);
		if (run.status === 'waiting') throw new Error(`Execution ${options.executionId} still waits`);
		return run;
	}

	/** Input data for an item: stored on disk, as an earlier node would have left it. */
	async binary(content: Buffer, fileName: string, mimeType: string): Promise<IBinaryData> {
		return await Container.get(BinaryDataService).store(
			{ type: 'execution', workflowId: 'earlier', executionId: 'earlier' },
			content,
			{ data: '', fileName, mimeType, fileExtension: fileName.split('.').pop() },
		);
	}

	/** The bytes behind an item's binary data. */
	async bytesOf(binary: IBinaryData): Promise<Buffer> {
		return await Container.get(BinaryDataService).getAsBuffer(binary);
	}

	async close(): Promise<void> {
		await rm(userFolder, { recursive: true, force: true });
	}

	/** The workflow of a run, for contexts that are made by hand (webhooks, activation). */
	workflow(options: RunOptions): { workflow: Workflow; node: INode } {
		return workflowOf(options, this.nodeTypes);
	}

	additionalData(options: RunOptions): IWorkflowExecuteAdditionalData {
		const credentialType = new KlingFastApi();
		const defaults: ICredentialDataDecryptedObject = Object.fromEntries(
			credentialType.properties.map(({ name, default: value }) => [name, String(value)]),
		);
		const refuse = async () => {
			throw new Error('Not part of the test engine');
		};
		return {
			credentialsHelper: new StoredCredentials(credentialType, {
				...defaults,
				...options.credentials,
			}),
			executionId: options.executionId,
			currentNodeExecutionIndex: 0,
			variables: {},
			externalSecretsProxy: new ExternalSecretsProxy(),
			executeWorkflow: refuse,
			getRunExecutionData: refuse,
			getRuntimeCredential: refuse,
			startRunnerTask: refuse,
			logAiEvent: () => {},
			...n8nAddresses,
		};
	}

	private execute(
		options: RunOptions,
		execution: IRunExecutionData,
		workflow: Workflow,
	): RunningNode {
		const id = options.executionId ?? '';
		const workflowData = {
			id: workflow.id,
			name: 'Engine test',
			nodes: Object.values(workflow.nodes),
			connections: workflow.connectionsBySourceNode,
			settings: workflow.settings,
			staticData: options.staticData,
		};
		const record = this.database.store.create(
			{ id, mode: options.mode ?? 'trigger', workflow: JSON.stringify(workflowData), options },
			execution,
		);
		const firstLine = this.log.lines.length;
		this.firstLines.set(id, firstLine);
		const run = this.database.start(record, execution, workflow);
		return {
			cancel: run.cancel,
			finished: run.ended.then((result) =>
				result
					? describeRun(result.data, options, {
							...(run.told ?? { status: result.status, customData: {} }),
							waitTill: result.waitTill ?? undefined,
							log: this.log.lines.slice(firstLine),
						})
					: this.savedRun(options),
			),
		};
	}

	private savedRun(options: RunOptions): NodeRun {
		const id = options.executionId ?? '';
		const record = this.database.store.get(id);
		const data = dataOf(record);
		return describeRun(data, options, {
			status: record.status,
			customData: { ...data.resultData.metadata },
			waitTill: record.waitTill,
			log: this.log.lines.slice(this.firstLines.get(id)),
		});
	}
}
