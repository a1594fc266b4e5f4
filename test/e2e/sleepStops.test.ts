import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	lastNode,
	line,
	manualTrigger,
	numberedRows,
	rowNodes,
	sleepingGenerate,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { report } from './report';
import { sharedHost } from './sharedHost';
import { CLIPS, LONG, SHEET, SheetRun } from './sheetRun';

const ROWS = 12;
const CAP = 5;
const ENDED = [0, 3, 7];
/** n8n looks once a minute what became of an execution that was stopped. */
const NOTICED_WITHIN_SECONDS = 300;

jest.setTimeout(400_000);

/** All are stopped at first, and then waited for together: each takes n8n a minute or two. */
interface Stopped {
	run: SheetRun;
	/** The execution that was stopped or deleted, or the credential. */
	id: string;
	/** What the provider had been asked for until then. */
	submits: number;
	/** The tasks that were in the works. */
	open: string[];
	atMs: number;
}

describeOnN8n2('a sheet that sleeps and is stopped', () => {
	let host: KlingRest;
	const sandboxes: Sandbox[] = [];
	const stopped = new Map<number, Stopped>();
	let clipsStopped: Stopped;
	let sheetStopped: Stopped;
	let deleted: Stopped;
	let credentialDeleted: Stopped;

	beforeAll(async () => {
		host = await sharedHost();
		for (const ended of ENDED) {
			const run = await asleepAfter(ended);
			stopped.set(ended, await end(run, run.executionId, 'stop'));
		}
		clipsStopped = await endOwn(CLIPS);
		sheetStopped = await endOwn(SHEET);
		const waiting = await asleepAfter(0);
		deleted = await end(waiting, waiting.executionId, 'delete');
		const run = await asleepAfter(1);
		credentialDeleted = await end(run, await credentialOf(run), 'deleteCredential');
	});
	afterAll(async () => {
		await Promise.all(sandboxes.map(async (sandbox) => await sandbox.stop()));
	});

	/** Twelve rows at a cap of five, of which so many have ended. */
	async function asleepAfter(ended: number): Promise<SheetRun> {
		const apiKey = `sk-stopped-${sandboxes.length}`;
		const sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
		sandboxes.push(sandbox);
		const credential = await host.addKlingCredential(sandbox);
		const parameters = { downloadVideo: true, options: { concurrency: CAP } };
		const generate = sleepingGenerate(credential, parameters, { onError: 'continueRegularOutput' });
		const rows = rowNodes(numberedRows(ROWS, () => LONG));
		const nodes = [manualTrigger(), ...rows, generate, lastNode()];
		const run = await SheetRun.start(host, sandbox, line('Stopped', nodes));
		for (let count = 0; count < ended; count++) await run.finishNext();
		await run.asleep();
		return run;
	}

	/** Callbacks go on after a stop, of all tasks but the first: they must not make the sheet submit anything. */
	async function end(
		run: SheetRun,
		id: string,
		how: 'stop' | 'delete' | 'deleteCredential',
	): Promise<Stopped> {
		const { ledger, finishTask } = run.sandbox;
		if (how === 'stop') await host.stop(id);
		if (how === 'delete') await host.deleteExecutions([id]);
		if (how === 'deleteCredential') await host.call('DELETE', `/rest/credentials/${id}`);
		const facts = { submits: ledger.submits().length, open: run.openTasks(), atMs: Date.now() };
		// Within the first minute of a sheet one that was deleted is not told from one that n8n has not saved yet.
		for (const taskId of how === 'delete' ? [] : facts.open.slice(1)) {
			await finishTask(taskId);
			await ledger.waitFor(() => ledger.callbacks(taskId).length > 0);
		}
		return { run, id, ...facts };
	}

	async function endOwn(name: string): Promise<Stopped> {
		const run = await asleepAfter(3);
		const [{ id }] = await run.executionsOf(name);
		return await end(run, id, 'stop');
	}

	async function credentialOf(run: SheetRun): Promise<string> {
		const { nodes } = await host.getWorkflow(run.workflowId);
		const { credentials } = nodes.find(({ name }) => name === GENERATE) ?? {};
		return String(credentials?.klingFastApi.id);
	}

	test.each(ENDED)(
		'Stop when %i of its rows have ended: nothing more is submitted, and its error names the tasks that go on',
		async (ended) => {
			const { run, submits, open } = stopped.get(ended) as Stopped;
			const { ledger } = run.sandbox;
			expect(submits).toBe(Math.min(ROWS, CAP + ended));
			const [{ id }] = await run.executionsOf(SHEET);
			const sheet = await host.waitForEnd(id, NOTICED_WITHIN_SECONDS);
			expect(sheet.status).toBe('error');
			const told = `${sheet.error} ${sheet.data.resultData?.error?.description}`;
			for (const { taskId } of ledger.accepted()) expect(told).toContain(taskId);
			expect(Object.values(sheet.facts.customData ?? {}).join()).toContain(open[0]);
			expect((await host.execution(run.executionId)).status).toBe('canceled');
			await run.isAlone();
			expect(ledger.submits()).toHaveLength(submits);
		},
	);

	test(`Stop of "${CLIPS}": its rows come out, those that go on with their tasks`, async () => {
		const { run, id, open, atMs } = clipsStopped;
		const execution = await host.waitForEnd(run.executionId, NOTICED_WITHIN_SECONDS);
		const items = execution.jsonOf(GENERATE);
		expect(items.map(({ status }) => status)).toEqual([
			...Array<string>(3).fill('completed'),
			...Array<string>(CAP).fill('processing'),
			...Array<string>(ROWS - CAP - 3).fill('failed'),
		]);
		const named = items.slice(3, 3 + CAP).map(({ taskId }) => taskId);
		expect(named.sort()).toEqual([...open].sort());
		for (const { error } of items.slice(3)) expect(error).toContain(`Execution ${id}, which made`);
		expect(run.sandbox.ledger.submits()).toHaveLength(CAP + 3);
		const stoppedAt = Date.parse(execution.facts.stoppedAt ?? '');
		report(`rows delivered ${Math.round((stoppedAt - atMs) / 1000)} s after Stop`);
	});

	test(`Stop of "${SHEET}": n8n ends the execution that waits, and nothing more is submitted`, async () => {
		const { run } = sheetStopped;
		const execution = await host.waitForEnd(run.executionId, NOTICED_WITHIN_SECONDS);
		// n8n's own item, one for all rows.
		expect(execution.jsonOf(GENERATE)).toEqual([{ error: 'The execution was cancelled manually' }]);
		await run.isAlone();
		expect(run.sandbox.ledger.submits()).toHaveLength(CAP + 3);
	});

	test('the execution that waits is deleted: nothing more is submitted, and nothing goes on', async () => {
		const { run, submits } = deleted;
		await run.isAlone();
		expect(run.sandbox.ledger.submits()).toHaveLength(submits);
	});

	test('the credential is deleted: within minutes the rows come out with their tasks', async () => {
		const { run, id } = credentialDeleted;
		const execution = await host.waitForEnd(run.executionId, NOTICED_WITHIN_SECONDS);
		const items = execution.jsonOf(GENERATE);
		expect(items).toHaveLength(ROWS);
		// A round that had begun before may have brought more than the one to its end.
		const unfinished = items.filter(({ status }) => status !== 'completed');
		expect(unfinished.length).toBeGreaterThanOrEqual(ROWS - CAP);
		for (const { error } of unfinished) expect(error).toContain(`Credential with ID "${id}"`);
		const taskIds = run.sandbox.ledger.accepted().map(({ taskId }) => taskId);
		const named = items.flatMap(({ taskId }) => (taskId ? [taskId] : []));
		expect(named.sort()).toEqual(taskIds.sort());
	});
});
