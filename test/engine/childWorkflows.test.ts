/** What the stand-in for n8n's executions must keep to, and no test of a sleeping sheet would notice. */
import { sleep } from 'n8n-workflow';
import { oneRound, PARENT, probesOf, type Script } from './childProbe';
import { createEngine, type Engine, type NodeRun } from './harness';

const script: Script = { round: oneRound, shouldResume: true };
let engine: Engine;

beforeAll(async () => {
	engine = await createEngine(probesOf(script));
});
afterAll(async () => await engine.close());
beforeEach(() => Object.assign(script, { round: oneRound, shouldResume: true }));

const runParent = async () => await engine.runNode({ nodeType: PARENT, items: [{ json: {} }] });

const statusOf = (id: string) => engine.executions.find((view) => view.id === id)?.status;

function childOf({ options }: NodeRun): string {
	const child = engine.executions.find(({ parentId }) => parentId === options.executionId);
	if (!child) throw new Error(`${options.executionId} has no child`);
	return child.id;
}

/** A parent whose child stands still in its second round. */
async function standingStill() {
	let arrive = () => {};
	let goOn = () => {};
	const isThere = new Promise<void>((resolve) => (arrive = resolve));
	const gate = new Promise<void>((resolve) => (goOn = resolve));
	script.round = async (node, round) => {
		if (round === 2) {
			arrive();
			await gate;
		}
		return await oneRound(node, round);
	};
	const run = await runParent();
	return { run, id: childOf(run), isThere, goOn };
}

test('a parent that does not want to be resumed is left to the sweep', async () => {
	script.shouldResume = false;
	const run = await runParent();
	for (let round = 2; round <= 3; round++) await engine.timeOut(childOf(run));
	expect(statusOf(String(run.options.executionId))).toBe('waiting');
	await engine.sweep();
	expect((await engine.finalRun(run)).status).toBe('success');
});

test('Stop on a child in a round aborts it', async () => {
	const run = await runParent();
	const begun = new Promise<void>((begin) => {
		script.round = async (node) =>
			await new Promise((_, reject) => {
				const signal = node.getExecutionCancelSignal();
				signal?.addEventListener('abort', () => reject(new Error('aborted')));
				begin();
			});
	});
	const round = engine.timeOut(childOf(run));
	await begun;
	engine.stop(childOf(run));
	await round;
	expect(statusOf(childOf(run))).toBe('canceled');
});

test('a crash in a round that a timer began gives the parent the output of the round before', async () => {
	const { run, id, isThere, goOn } = await standingStill();
	const round = engine.timeOut(id);
	await isThere;
	engine.crash(id);
	await round;
	goOn();
	await sleep(5);
	expect(statusOf(id)).toBe('crashed');
	await engine.sweep();
	expect((await engine.finalRun(run)).items.map(({ json }) => json.round)).toEqual([1]);
});

test('a crash in a round that a callback began leaves the parent waiting for good', async () => {
	const { run, id, isThere } = await standingStill();
	const { finished } = await engine.callBack(id, {});
	await isThere;
	engine.crash(id);
	await finished;
	await engine.sweep();
	await expect(engine.finalRun(run)).rejects.toThrow('still waits');
});
