/** What the tests of the laws and of the operations share: an engine, a sandbox, time that runs fast, and rows of prompts. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';
import { realClock, useClock, type Clock } from '../../../nodes/KlingFast/clock';
import {
	createEngine,
	type Engine,
	type NodeRun,
	type RunningNode,
	type RunOptions,
} from '../harness';

/** The node's clock and the provider's: a wait of 900 s takes nine seconds, a clip of 60 s is there after 0.1 s. */
const NODE_SPEED = 100;
const PROVIDER_SPEED = 600;

/** `nodeOptions` are the node's own Options. */
export type StageOptions = RunOptions & { nodeOptions?: INodeParameters };

export const goingOn: RunOptions = { onError: 'continueRegularOutput' };
export const submitOnly: StageOptions = { parameters: { mode: 'submitOnly' } };
export const untilFinished: StageOptions = { parameters: { waitUntilFinished: true } };
export const oneAttempt: StageOptions = { nodeOptions: { retryFailed: 0 } };

/** A task ID that no provider knows. */
export const UNKNOWN_TASK = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';

export interface Stage {
	engine: Engine;
	sandbox: Sandbox;
	ledger: Sandbox['ledger'];
	faults: Sandbox['faults'];
	/** Generate Video for one row a prompt, to its end. */
	run(prompts: string[], options?: StageOptions): Promise<NodeRun>;
	/** The same, for a test that wants to watch or stop it. */
	start(prompts: string[], options?: StageOptions): RunningNode;
	/** Get Video for one row a task id, to its end. */
	fetch(taskIds: string[], options?: StageOptions): Promise<NodeRun>;
	/** Submit Only for one row a prompt: their task ids. */
	submit(prompts: string[], options?: StageOptions): Promise<string[]>;
	/** What the provider has accepted, in that order. */
	taskIds(): string[];
	bodies(): Array<Record<string, unknown>>;
	/** Ends clips at the provider: these, or all. */
	finish(taskIds?: string[], ending?: 'completed' | 'failed' | 'cancelled'): Promise<void>;
	/** Credentials of a further account at the provider. */
	account(apiKey: string, more?: Omit<Parameters<Sandbox['addKey']>[0], 'key'>): Credentials;
}

type Credentials = { apiKey: string; baseUrl: string };

/**
 * Registers an engine and a sandbox for the test file. Before each test the sandbox is as freshly started and the node's time
 * runs fast. After each test nothing of the key may have left for another origin.
 */
export function setTheStage(options: SandboxOptions = {}): Stage {
	const stage = {
		run: async (prompts, more) => await stage.start(prompts, more).finished,
		start: (prompts, more) => stage.engine.start(generate(stage, prompts, more)),
		fetch: async (ids, more) => await stage.engine.runNode(get(stage, ids, more)),
		submit: async (prompts, more) => {
			const parameters = { ...submitOnly.parameters, ...more?.parameters };
			const run = await stage.run(prompts, { ...more, parameters });
			return column(run, 'taskId').map(String);
		},
		taskIds: () => stage.ledger.accepted().map(({ taskId = '' }) => taskId),
		bodies: () => stage.ledger.accepted().map(({ body }) => body as Record<string, unknown>),
		finish: async (ids = stage.taskIds(), ending) => {
			for (const id of ids) await stage.sandbox.finishTask(id, { ending });
		},
		account: (apiKey, more) => {
			stage.sandbox.addKey({ key: apiKey, ...more });
			return { apiKey, baseUrl: stage.sandbox.baseUrl };
		},
	} as Stage;
	let restoreClock: () => void;
	beforeAll(async () => {
		stage.engine = await createEngine();
		const sandbox = await startSandbox({ speed: PROVIDER_SPEED, ...options });
		Object.assign(stage, { sandbox, ledger: sandbox.ledger, faults: sandbox.faults });
	});
	afterAll(async () => {
		await stage.sandbox.stop();
		await stage.engine.close();
	});
	beforeEach(() => {
		stage.sandbox.reset();
		restoreClock = useClock(fastClock(NODE_SPEED));
	});
	afterEach(() => {
		restoreClock();
		expect(stage.ledger.violations()).toEqual([]);
	});
	return stage;
}

/** Real time, so many times as fast; chance without chance. */
export function fastClock(speed: number, random = 0.5): Clock {
	const startMs = Date.now();
	return {
		nowMs: () => startMs + (Date.now() - startMs) * speed,
		sleep: async (ms, signal) => await realClock.sleep(ms / speed, signal),
		networkSleep: realClock.sleep,
		random: () => random,
	};
}

/** Generate Video for one row a prompt; `parameters` and `options` (those of the node) are added. */
export function generate(
	{ sandbox }: Stage,
	prompts: string[],
	{ parameters, nodeOptions, ...rest }: StageOptions = {},
): RunOptions {
	return {
		items: rowsOf(prompts),
		credentials: { apiKey: sandbox.apiKey, baseUrl: sandbox.baseUrl },
		...rest,
		parameters: { prompt: '={{ $json.prompt }}', ...parameters, options: { ...nodeOptions } },
	};
}

/** Get Video for one row a task id. */
export function get(
	stage: Stage,
	taskIds: string[],
	{ parameters, ...rest }: StageOptions = {},
): RunOptions {
	return generate(stage, [], {
		items: taskIds.map((taskId) => ({ json: { taskId } })),
		...rest,
		parameters: { operation: 'get', taskId: '={{ $json.taskId }}', ...parameters },
	});
}

export function rowsOf(prompts: string[]): INodeExecutionData[] {
	return prompts.map((prompt, row) => ({ json: { prompt, row } }));
}

export function numbered(count: number, text = 'A cat'): string[] {
	return Array.from({ length: count }, (_, index) => `${text} ${index}`);
}

/** The json of output 0. */
export function jsonOf(run: NodeRun) {
	return run.items.map(({ json }) => json);
}

export function column(run: NodeRun, field: string): unknown[] {
	return jsonOf(run).map((json) => json[field]);
}

/** Message and description of the error that the user sees. */
export function errorText({ error }: NodeRun): string {
	return `${error?.message ?? ''}\n${error?.description ?? ''}`;
}

export function hintsOf({ hints }: NodeRun): string[] {
	return hints.map(({ message }) => message);
}

export function idOf({ options }: Pick<NodeRun, 'options'>): string {
	return String(options.executionId);
}

/** So many keys were sent, and with each the same bytes every time. */
export function expectKeys({ ledger }: Stage, count: number): void {
	const submits = ledger.submits();
	const keys = submits.map(({ idempotencyKey }) => idempotencyKey);
	const requests = submits.map(({ idempotencyKey, bodyHash }) => `${idempotencyKey} ${bodyHash}`);
	expect([new Set(keys).size, new Set(requests).size]).toEqual([count, count]);
}

/** A fault by which the provider takes so many real seconds before it answers. */
export const slow = (route: 'submit' | 'upload', seconds: number) => ({
	...{ route, action: { kind: 'slow' as const, part: 'headers' as const, seconds } },
});

/** Every place where a user may find something after a run. */
export function everythingIn(run: NodeRun): string {
	const { items, errorItems, error, hints, context, customData, log } = run;
	const told = error && {
		...error,
		message: error.message,
		description: error.description,
		stack: error.stack,
	};
	return JSON.stringify({ items, errorItems, told, hints, context, customData, log });
}
