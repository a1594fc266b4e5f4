/** What the tests of sleeping sheets share: time that a test moves, callbacks by hand, and the executions that a sheet lives in. */
import { realClock, useClock, type Clock } from '../../../nodes/KlingFast/clock';
import { ManualClock, type SandboxOptions } from '../../../sandbox';
import type { CallbackAnswer } from '../waitingWebhook';
import type { ExecutionView, NodeRun, RunOptions } from '../harness';
import { generate, idOf, setTheStage, slow, type Stage, type StageOptions } from '../laws/setup';

export interface SleepStage extends Stage {
	clock: Clock;
	/** Time passes for the node and for the provider. */
	pass(seconds: number): void;
	/** `sleepy` until the sheet sleeps, or has ended. */
	sleep(prompts: string[], options?: StageOptions): Promise<NodeRun>;
	/** `sleepy` to its end, a minute after another. */
	sleepThrough(prompts: string[], options?: StageOptions): Promise<NodeRun>;
}

/** A stage whose time stands still until a test moves it, or the node has waited. A clip takes 60 seconds. */
export function setTheSleepStage(options: SandboxOptions = {}): SleepStage {
	const time = new ManualClock();
	const stage = setTheStage({ clock: time, generationSeconds: 60, ...options }) as SleepStage;
	const clock: Clock = {
		nowMs: () => time.wallMs(),
		sleep: async (ms, signal) => {
			const untilMs = time.wallMs() + ms;
			await realClock.sleep(ms / 100, signal);
			if (time.wallMs() < untilMs) time.advance((untilMs - time.wallMs()) / 1000);
		},
		random: () => 0.5,
	};
	let restore: () => void;
	beforeEach(() => {
		restore = useClock(clock);
		// The places of sheets that earlier tests have left asleep are free again.
		time.advance(600);
	});
	afterEach(() => restore());
	return Object.assign(stage, {
		clock,
		pass: (seconds: number) => time.advance(seconds),
		sleep: async (prompts: string[], more?: StageOptions) =>
			await stage.engine.runNode(sleepy(stage, prompts, more)),
		sleepThrough: async (prompts: string[], more?: StageOptions) =>
			await toTheEnd(stage, await stage.sleep(prompts, more)),
	});
}

/** A prompt whose clip is being made until `finishTask`. */
export const open = (name: string) => `[[stuck:40]] ${name}`;

/** Generate Video with How to Wait set to sleeping. */
export function sleepy(
	stage: Stage,
	prompts: string[],
	{ parameters, ...rest }: StageOptions = {},
): RunOptions {
	return generate(stage, prompts, { ...rest, parameters: { waitBy: 'sleep', ...parameters } });
}

/** The body that APIMart sends, as far as it matters. */
export const endOf = (taskId: string | undefined, status = 'completed') => ({ id: taskId, status });

const NAMES = {
	sheet: 'Kling Fast sheet',
	worker: 'Kling Fast sheet: clips',
	guard: 'Kling Fast sheet: guard',
};

/** The youngest execution of this kind that belongs to the sheet of a run, if it is still there. */
export function findPart(
	{ engine }: Stage,
	run: Pick<NodeRun, 'options'>,
	part: keyof typeof NAMES,
): ExecutionView | undefined {
	const childOf = (id: string | undefined, name: string) =>
		engine.executions.filter((view) => view.parentId === id && view.workflowName === name).at(-1);
	if (part !== 'worker') return childOf(idOf(run), NAMES[part]);
	return childOf(childOf(idOf(run), NAMES.sheet)?.id, NAMES.worker);
}

export function partOf(
	stage: Stage,
	run: Pick<NodeRun, 'options'>,
	part: keyof typeof NAMES,
): ExecutionView {
	const found = findPart(stage, run, part);
	if (!found) throw new Error(`Execution ${idOf(run)} has no ${part}`);
	return found;
}

/** The timer of the execution that works on the sheet fires. */
export async function nextRound(stage: SleepStage, run: NodeRun): Promise<void> {
	await stage.engine.timeOut(partOf(stage, run, 'worker').id);
}

/** Time passes, and then the timer fires. */
export async function roundAfter(stage: SleepStage, run: NodeRun, seconds: number): Promise<void> {
	stage.pass(seconds);
	await nextRound(stage, run);
}

/** A minute after another passes, as long as the run waits. */
export async function toTheEnd(stage: SleepStage, run: NodeRun, minutes = 60): Promise<NodeRun> {
	for (let minute = 0; minute < minutes && isWaiting(stage, run); minute++) {
		await roundAfter(stage, run, 60);
	}
	return await stage.engine.finalRun(run);
}

export function isWaiting({ engine }: Stage, run: Pick<NodeRun, 'options'>): boolean {
	return engine.executions.some(({ id, status }) => id === idOf(run) && status === 'waiting');
}

/** Delivers a callback where the task's submit asked for it, and waits until its round has ended. */
export async function callBack(
	{ engine, sandbox }: Stage,
	taskId: string,
	body: unknown = endOf(taskId),
): Promise<CallbackAnswer> {
	const submit = sandbox.ledger.accepted().find((entry) => entry.taskId === taskId);
	const { callback_url: address } = submit?.body as { callback_url: string };
	const answer = await engine.callBack(address, body);
	await answer.finished;
	return answer;
}

/** The clip ends at the provider, which calls back. */
export async function endClip(
	stage: Stage,
	taskId: string,
	ending: 'completed' | 'failed' | 'cancelled' = 'completed',
): Promise<CallbackAnswer> {
	await stage.sandbox.finishTask(taskId, { ending });
	return await callBack(stage, taskId, endOf(taskId, ending));
}

/**
 * Starts a round, and kills the process when the round has come as far as the test says: n8n has nothing of that round.
 *
 * @returns the execution that died
 */
export async function crashInRound(
	stage: SleepStage,
	run: NodeRun,
	startRound: () => Promise<unknown>,
	hasComeThere: () => unknown,
): Promise<string> {
	const { id } = partOf(stage, run, 'worker');
	const round = startRound();
	await stage.ledger.waitFor(hasComeThere);
	stage.engine.crash(id);
	await round;
	return id;
}

/** The same, when the provider has accepted a submit but has not answered yet. */
export async function cutOffInSubmit(
	stage: SleepStage,
	run: NodeRun,
	startRound: () => Promise<unknown>,
): Promise<string> {
	const before = stage.taskIds().length;
	const fault = stage.faults.add(slow('submit', 0.3));
	const id = await crashInRound(stage, run, startRound, () => stage.taskIds().length > before);
	stage.faults.remove(fault);
	// Until then the provider says of a repetition that the first one is being dealt with.
	await stage.ledger.waitFor((ledger) => ledger.submits().every(({ ended }) => ended));
	return id;
}
