/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/**
 * Runs a node in n8n's own execution engine (n8n-core), in this process, straight from the TypeScript sources: real
 * parameter and expression resolution, real retries and error outputs, real HTTP with the real credential class, binary
 * data on disk. The workflow is always the same: "Rows" (the input items) -> the node -> "Next", and "Failed" on the error
 * output.
 */
import { userFolder } from './environment';
import { parse, stringify } from 'flatted';
import {
	BinaryDataService,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	WorkflowExecute,
} from 'n8n-core';
import {
	LoggerProxy,
	type Workflow,
	type IBinaryData,
	type IContextObject,
	type ICredentialDataDecryptedObject,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type IRun,
	type IRunExecutionData,
	type ITaskData,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { rm } from 'node:fs/promises';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { KlingFastTrigger } from '../../nodes/KlingFast/KlingFastTrigger.node';
import { Container, coreLogger } from './container';
import { CapturedLog, type LogLine } from './log';
import { NodeTypes } from './nodeTypes';
import { StoredCredentials } from './storedCredentials';
import {
	klingFastTriggerType,
	klingFastType,
	n8nAddresses,
	nodeOf,
	startingPoint,
	workflowOf,
	type RunOptions,
} from './workflow';

export { klingFastTriggerType, klingFastType, type RunOptions };

export interface NodeRun {
	/** `success`, `error`, `waiting` or `canceled`: the first that n8n is told, which is what it saves. */
	status: IRun['status'];
	/** Output 0. */
	items: INodeExecutionData[];
	/** Output 1: the error output, with `onError: 'continueErrorOutput'`. */
	errorItems: INodeExecutionData[];
	/** The error that the user sees at the node. After `cancel()`: what the node threw then, which n8n does not save. */
	error?: ITaskData['error'];
	hints: NonNullable<ITaskData['hints']>;
	/** `getContext('node')` at the end of the run. */
	context: IContextObject;
	/** The execution's custom data at the moment when n8n saves it; after `cancel()` that is at once. */
	customData: Record<string, string>;
	/** What was logged between start and end of this run. */
	log: LogLine[];
	waitTill?: Date;
	/** As nodes see it, with its signature. */
	resumeUrl: string;
	/** What n8n would write to its database and read again to resume. */
	execution: IRunExecutionData;
	options: RunOptions;
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
	const ourNodes = {
		[klingFastType]: new KlingFast(),
		[klingFastTriggerType]: new KlingFastTrigger(),
	};
	return new Engine(log, new NodeTypes({ ...ourNodes, ...extraNodes }));
}

export class Engine {
	private executionCount = 0;

	constructor(
		readonly log: CapturedLog,
		private readonly nodeTypes: NodeTypes,
	) {}

	async runNode(options: RunOptions): Promise<NodeRun> {
		return await this.start(options).finished;
	}

	/** Starts a run that the test wants to watch or stop. */
	start(options: RunOptions): RunningNode {
		const named = { ...options, executionId: options.executionId ?? `${++this.executionCount}` };
		const { workflow, node } = this.workflow(named);
		return this.execute(named, startingPoint(node, named), workflow);
	}

	/**
	 * Wakes a sleeping run, as n8n does: from what it saved, without calling `execute()` again. Without `workflowData` the
	 * timer has run out.
	 */
	async resume(run: NodeRun, workflowData?: INodeExecutionData[][]): Promise<NodeRun> {
		if (run.status !== 'waiting') throw new Error(`A run that is ${run.status} cannot be resumed`);
		const execution: IRunExecutionData = parse(stringify(run.execution));
		const stack = execution.executionData?.nodeExecutionStack ?? [];
		execution.waitTill = run.waitTill;
		if (workflowData) stack[0].data.main = workflowData;
		return await this.execute(run.options, execution, this.workflow(run.options).workflow).finished;
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
		const mode = options.mode ?? 'trigger';
		const hooks = new ExecutionLifecycleHooks(mode, options.executionId ?? '', {
			id: workflow.id,
			name: 'Engine test',
			active: false,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: Object.values(workflow.nodes),
			connections: workflow.connectionsBySourceNode,
			activeVersionId: null,
		});
		let saved: SavedRun | undefined;
		hooks.addHandler('workflowExecuteAfter', (run) => {
			saved ??= { status: run.status, customData: { ...run.data.resultData.metadata } };
		});
		const additionalData = { ...this.additionalData(options), hooks };
		const firstLine = this.log.lines.length;
		const running = new WorkflowExecute(additionalData, mode, execution).processRunExecutionData(
			workflow,
		);
		return {
			cancel: () => running.cancel(),
			finished: running.then((run) =>
				describeRun(run, options, saved, this.log.lines.slice(firstLine)),
			),
		};
	}
}

type SavedRun = Pick<NodeRun, 'status' | 'customData'>;

function describeRun(
	run: IRun,
	options: RunOptions,
	saved: SavedRun = { status: run.status, customData: {} },
	log: LogLine[],
): NodeRun {
	const { name } = nodeOf(options);
	const task = run.data.resultData.runData[name]?.at(-1);
	const resumeUrl = new URL(`${n8nAddresses.webhookWaitingBaseUrl}/${options.executionId}`);
	resumeUrl.searchParams.set('signature', run.data.resumeToken ?? '');
	return {
		...saved,
		items: task?.data?.main[0] ?? [],
		errorItems: task?.data?.main[1] ?? [],
		error: task?.error ?? run.data.resultData.error,
		hints: task?.hints ?? [],
		context: run.data.executionData?.contextData[`node:${name}`] ?? {},
		log,
		waitTill: run.waitTill ?? undefined,
		resumeUrl: resumeUrl.href,
		execution: run.data,
		options,
	};
}
