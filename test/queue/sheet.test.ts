import { randomUUID } from 'node:crypto';
import type { CredentialRef } from '../../host/rest';
import type { Execution } from '../../host/executions';
import { startQueue, type Queue } from '../../host/queue';
import type { N8nProcess } from '../../host/process';
import { startSandbox, type FaultAction, type FaultRoute, type Sandbox } from '../../sandbox';
import { GENERATE, numberedRows } from '../e2e/callbackWorkflows';
import { report } from '../e2e/report';
import { CLIPS, completedRows, fileStarts, LONG, SheetRun } from '../e2e/sheetRun';
import { QUICK_TO_NOTICE, startPublished } from './stage';

const ROWS = 12;
const CAP = 5;
const REACHED_WITHIN_MS = 150_000;
const SLOW_SECONDS = 30;
const SLEEPS = { waitBy: 'sleep', options: { concurrency: CAP } };

jest.setTimeout(1_200_000);

let queue: Queue;
let sandbox: Sandbox;
let credential: CredentialRef;

beforeAll(async () => {
	queue = await startQueue(QUICK_TO_NOTICE);
});
beforeEach(async () => {
	// A key of its own: a worker keeps the places of a sheet for a while that has ended in another worker.
	const apiKey = `sk-${randomUUID()}`;
	sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
	credential = await queue.rest.addKlingCredential(sandbox);
});
afterEach(async () => await sandbox?.stop());
afterAll(async () => await queue?.stop());

async function startSheet(rows: number): Promise<SheetRun> {
	const { workflowId, executionId } = await startPublished(
		{ queue, sandbox, credential },
		'Sheet',
		numberedRows(rows, () => LONG),
		SLEEPS,
		Math.min(rows, CAP),
	);
	return await SheetRun.of(queue.rest, sandbox, workflowId, executionId);
}

test('called back in one process, at work in others: the clips and their files arrive', async () => {
	const run = await startSheet(7);
	const end = await run.finishAll();
	expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(7));
	expect(await fileStarts(queue.rest, end)).toEqual(Array(7).fill('ftyp'));
	for (const [name, process_] of queue.processes) {
		const did = (await process_.readLog()).match(/Kling Fast: clip (submitted|completed)/g) ?? [];
		if (!name.startsWith('worker')) expect(did).toEqual([]);
		report(`${name}: ${did.length} clips submitted or completed`);
	}
	const kept = end.filesOf(GENERATE).map(({ id }) => id?.split(':')[0]);
	report(`binary data kept as: ${[...new Set(kept)].join()}`);
	await run.isAlone();
});

test('main, the webhook processor, a worker in a submit, a worker in a download and all at once killed with -9: one execution delivers all rows', async () => {
	const run = await startSheet(ROWS);
	const startedMs = Date.now();
	const told = (what: string) => {
		const seconds = Math.round((Date.now() - startedMs) / 1000);
		report(`${seconds} s: ${what}; ${sandbox.ledger.charges().length} clips have ended`);
	};
	for (const name of ['main', 'webhook']) {
		await run.asleep();
		await processOf(name).kill9();
		await sandbox.finishTask(run.openTasks()[0]);
		await processOf(name).start();
		told(`${name} killed while a callback came`);
	}
	await run.finishNext();

	await run.asleep();
	const submitting = await workerThat(run, 'submit', { part: 'headers' });
	await processOf(submitting).kill9();
	sandbox.faults.clear();
	await processOf(submitting).start();
	await run.asleep();
	told(`${submitting} killed in a submit`);

	const downloading = await workerThat(run, 'file', { part: 'body' });
	await processOf(downloading).kill9();
	sandbox.faults.clear();
	await processOf(downloading).start();
	await run.asleep();
	told(`${downloading} killed in a download`);

	await workerThat(run, 'submit', { part: 'headers' });
	await Promise.all([...queue.processes.values()].map(async (one) => await one.kill9()));
	sandbox.faults.clear();
	for (const one of queue.processes.values()) await one.start();
	told('all killed');

	const end = await run.finishAll();
	told(`ended as ${end.status}`);
	expect(end.error).toBeUndefined();
	expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
	expect(end.pairedInputsOf(GENERATE)).toEqual([...Array(ROWS).keys()]);
	expect(await fileStarts(queue.rest, end)).toEqual(Array(ROWS).fill('ftyp'));
	expect(sandbox.ledger.accepted()).toHaveLength(ROWS);
	expect(sandbox.ledger.charges()).toHaveLength(ROWS);
	await run.isAlone();
});

/** The next round stands still in a request of this kind; gives the worker that is at work on it. */
async function workerThat(
	run: SheetRun,
	route: FaultRoute,
	{ part }: Pick<Extract<FaultAction, { kind: 'slow' }>, 'part'>,
): Promise<string> {
	const { ledger } = sandbox;
	const begun = () => (route === 'file' ? ledger.downloads() : ledger.requests(route)).length;
	const [worker] = (await run.executionsOf(CLIPS)).filter(isAlive);
	const before = begun();
	sandbox.faults.add({ route, action: { kind: 'slow', part, seconds: SLOW_SECONDS } });
	await sandbox.finishTask(run.openTasks()[0]);
	await ledger.waitFor(() => begun() > before, REACHED_WITHIN_MS);
	for (const [name, process_] of queue.processes) {
		const log = await process_.readLog();
		const count = (what: string) => log.split(`${what} execution ${worker.id} (`).length - 1;
		if (count('started') > count('finished')) return name;
	}
	throw new Error(`Nobody is at work on execution ${worker.id}`);
}

/** A round may have begun by a timer in the meantime. */
const isAlive = ({ status }: Execution) => ['new', 'running', 'waiting'].includes(status);

function processOf(name: string): N8nProcess {
	const found = queue.processes.get(name);
	if (found === undefined) throw new Error(`There is no ${name}`);
	return found;
}
