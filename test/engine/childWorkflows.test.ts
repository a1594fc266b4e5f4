import { sleep, WAIT_FOR_SUB_EXECUTION, type INodeExecutionData } from 'n8n-workflow';
import { createEngine, type Engine, type NodeRun, type RunOptions } from './harness';
import {
	failing,
	parentType,
	probesOf,
	storing,
	threeRounds,
	type Script,
} from './probeOfChildren';

const script: Script = { plan: {}, round: threeRounds, children: [] };
let engine: Engine;

beforeAll(async () => {
	engine = await createEngine(probesOf(script));
});

afterAll(async () => await engine.close());

beforeEach(() => {
	Object.assign(script, { plan: {}, round: threeRounds, children: [] });
});

const rows: INodeExecutionData[] = [{ json: { row: 0 } }, { json: { row: 1 } }];

async function runParent(options: RunOptions = {}): Promise<NodeRun> {
	return await engine.runNode({ nodeType: parentType, items: rows, ...options });
}

const ofRun = ({ options }: NodeRun) =>
	engine.executions.find(({ id }) => id === options.executionId);

function childOf(id: string | undefined) {
	const child = engine.executions.find(({ parentId }) => parentId === id);
	if (!child) throw new Error(`${id} has no child`);
	return child;
}

const childOfRun = ({ options }: NodeRun) => childOf(options.executionId);

test('a child that does not wait returns its items in the same call', async () => {
	script.plan = { oneShot: true };
	const run = await runParent();
	expect(run.status).toBe('success');
	expect(run.items.map(({ json }) => json)).toEqual([
		{ row: 0, round: 1, seen: [null] },
		{ row: 1, round: 1, seen: [null] },
	]);
	expect(childOfRun(run)).toMatchObject({ status: 'success', workflowName: 'Child 1' });
});

describe('a child that waits', () => {
	test('parks its parent, and what the parent returns is no matter', async () => {
		const run = await runParent();
		const child = childOfRun(run);
		expect(run.status).toBe('waiting');
		expect(run.waitTill).toEqual(WAIT_FOR_SUB_EXECUTION);
		expect(ofRun(run)?.status).toBe('waiting');
		expect(child.status).toBe('waiting');
		expect(child.bytes).toBeGreaterThan(500);
		expect(Number(child.waitTill) - Date.now()).toBeGreaterThan(60_000);
		expect(script.children).toMatchObject([{ executionId: child.id, waitTill: child.waitTill }]);
	});

	test('goes on by timer or callback, and at its end its parent with its items', async () => {
		const run = await runParent();
		const { id } = childOfRun(run);
		await engine.timeOut(id);
		await expect(engine.finalRun(run)).rejects.toThrow('still waits');
		const answer = await engine.callBack(id, { status: 'completed' }, { query: { a: 'b' } });
		expect(answer.status).toBe(200);
		await answer.finished;
		const final = await engine.finalRun(run);
		expect(final.status).toBe('success');
		expect(final.items).toEqual(
			[0, 1].map((row) => ({
				json: { row, round: 3, seen: [null, null, { status: 'completed' }] },
				pairedItem: { item: row },
			})),
		);
		expect(engine.savedData(run.options.executionId ?? '')?.resultData.runData.Next).toHaveLength(
			1,
		);
		expect((await engine.callBack(id, {})).status).toBe(409);
		expect((await engine.callBack('none', {})).status).toBe(404);
	});

	test('answers at its address, and refuses a wrong signature, path and a second caller', async () => {
		const run = await runParent();
		const { id } = childOfRun(run);
		const token = engine.savedData(id)?.resumeToken;
		const address = `http://127.0.0.1:5678/webhook-waiting/${id}`;
		const status = async (target: string) => (await engine.callBack(target, {})).status;
		expect(await status(`${address}/callback?signature=wrong`)).toBe(401);
		expect(await status(`${address}?signature=${token}`)).toBe(404);
		const both = ['/callback?signature=', '?signature='].map(async (path, index) =>
			status(`${address}${path}${token}${index ? '/callback' : ''}`),
		);
		expect((await Promise.all(both)).sort()).toEqual([200, 500]);
		expect(await status(id)).toBe(409);
	});

	test('resumes a chain of parents', async () => {
		script.plan = { depth: 2 };
		const run = await runParent();
		const { id } = childOf(childOfRun(run).id);
		await engine.timeOut(id);
		await engine.timeOut(id);
		expect((await engine.finalRun(run)).items).toHaveLength(2);
	});

	test('leaves a parent alone that does not want to be resumed', async () => {
		script.plan = { shouldResume: false };
		const run = await runParent();
		const { id } = childOfRun(run);
		await engine.timeOut(id);
		await engine.timeOut(id);
		expect(ofRun(run)?.status).toBe('waiting');
		await engine.sweep();
		expect((await engine.finalRun(run)).status).toBe('success');
	});
});

describe('a child that fails', () => {
	test.each(['in its first run', 'after it waited'])(
		'%s is the error of its parent',
		async (when) => {
			script.round = async (node, round) =>
				await failing(node, when === 'after it waited' ? round : 2);
			const run = await runParent();
			if (run.status === 'waiting') await engine.timeOut(childOfRun(run).id);
			const final = await engine.finalRun(run);
			expect(final.status).toBe('error');
			expect(final.error?.message).toBe('No balance');
		},
	);

	test('gives one error item where the parent continues', async () => {
		script.round = failing;
		const run = await runParent({ onError: 'continueRegularOutput' });
		await engine.timeOut(childOfRun(run).id);
		const final = await engine.finalRun(run);
		expect(final.status).toBe('success');
		expect(final.items.map(({ json }) => json)).toEqual([{ error: 'No balance' }]);
	});
});

describe('Stop', () => {
	test('on a waiting child reaches its parent by the sweep', async () => {
		const run = await runParent();
		const { id } = childOfRun(run);
		engine.stop(id);
		expect((await engine.callBack(id, {})).status).toBe(409);
		await expect(engine.finalRun(run)).rejects.toThrow('still waits');
		await engine.sweep();
		const final = await engine.finalRun(run);
		expect(final.status).toBe('error');
		expect(final.error?.message).toBe('The execution was cancelled manually');
	});

	test('on a child in a round aborts it, and keeps what was saved before', async () => {
		const run = await runParent();
		const { id } = childOfRun(run);
		script.round = async (node) =>
			await new Promise((_, reject) => {
				node
					.getExecutionCancelSignal()
					?.addEventListener('abort', () => reject(new Error('aborted')));
			});
		const round = engine.timeOut(id);
		await sleep(5);
		engine.stop(id);
		await round;
		expect(childOfRun(run).status).toBe('canceled');
		expect(engine.savedData(id)?.resultData.error?.message).toBe(
			'The execution was cancelled manually',
		);
		expect(ofRun(run)?.status).toBe('waiting');
	});

	test('on the parent does not stop the child, whose end wakes nobody', async () => {
		const run = await runParent();
		const { id } = childOfRun(run);
		engine.stop(run.options.executionId ?? '');
		await engine.timeOut(id);
		await engine.timeOut(id);
		expect(childOfRun(run).status).toBe('success');
		expect((await engine.finalRun(run)).status).toBe('canceled');
	});
});

describe('a crash in a round', () => {
	let reached: Promise<void>;
	let goOn: () => void;

	/** The child hangs in its second round. */
	async function hangingChild(): Promise<NodeRun> {
		let hangs = () => {};
		reached = new Promise((resolve) => (hangs = resolve));
		const gate = new Promise<void>((resolve) => (goOn = resolve));
		script.round = async (node, round) => {
			if (round === 2) {
				hangs();
				await gate;
			}
			return await threeRounds(node, round);
		};
		return await runParent();
	}

	test('after a timer gives the parent the output of the round before, by the sweep', async () => {
		const run = await hangingChild();
		const { id } = childOfRun(run);
		const round = engine.timeOut(id);
		await reached;
		expect((await engine.callBack(id, {})).status).toBe(409);
		engine.crash(id);
		await round;
		goOn();
		await sleep(5);
		expect(childOfRun(run).status).toBe('crashed');
		await engine.sweep();
		const final = await engine.finalRun(run);
		expect(final.status).toBe('success');
		expect(final.items.map(({ json }) => json.round)).toEqual([1, 1]);
	});

	test('after a callback leaves the parent parked for good', async () => {
		const run = await hangingChild();
		const { id } = childOfRun(run);
		const { finished } = await engine.callBack(id, {});
		await reached;
		engine.crash(id);
		await finished;
		await engine.sweep();
		await expect(engine.finalRun(run)).rejects.toThrow('still waits');
	});

	test('takes a parent along that still runs', async () => {
		let crashed = false;
		script.round = async () => {
			crashed = true;
			return await new Promise(() => {});
		};
		const running = engine.start({ nodeType: parentType, executionId: 'dies' });
		while (!crashed) await sleep(5);
		engine.crash(childOf('dies').id);
		expect((await running.finished).status).toBe('crashed');
	});
});

describe('a child that is not kept', () => {
	test('takes its record and its files along, not the copies that its parent got', async () => {
		script.plan = { oneShot: true, settings: { saveDataSuccessExecution: 'none' } };
		script.round = storing;
		const run = await runParent();
		const [{ executionId = '' }] = script.children;
		expect(engine.savedData(executionId)).toBeUndefined();
		const clip = run.items[0].binary?.clip;
		expect(clip?.id).toContain(`executions/${run.options.executionId}/`);
		expect(clip && (await engine.bytesOf(clip)).toString()).toBe('clip');
	});

	test('leaves its parent without the files where it had waited', async () => {
		script.plan = { settings: { saveDataSuccessExecution: 'none' } };
		script.round = storing;
		const run = await runParent();
		const { id } = childOfRun(run);
		await engine.timeOut(id);
		await engine.timeOut(id);
		const final = await engine.finalRun(run);
		const clip = final.items[0].binary?.clip;
		expect(engine.savedData(id)).toBeUndefined();
		expect(clip?.id).toContain(`executions/${id}/`);
		await expect(engine.bytesOf(clip!)).rejects.toThrow();
	});

	test('that is deleted while its parent is parked is never missed', async () => {
		const run = await runParent();
		await engine.delete(childOfRun(run).id);
		await engine.sweep();
		expect(ofRun(run)?.status).toBe('waiting');
	});
});

test('a child reads what is saved of its running parent', async () => {
	script.plan = { oneShot: true };
	let seen: unknown;
	script.round = async (node) => {
		const { parentId = '' } = engine.executions.at(-1) ?? {};
		seen = (await node.getExecutionDataById(parentId))?.resultData.runData.Rows;
		return node.getInputData();
	};
	await runParent();
	expect(seen).toMatchObject([{ data: { main: [[{ json: { row: 0 } }, { json: { row: 1 } }]] } }]);
});
