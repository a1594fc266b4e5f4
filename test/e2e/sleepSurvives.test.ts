import { startHost, type Host } from '../../host/host';
import { startSandbox, type FaultRoute, type Sandbox } from '../../sandbox';
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
import { completedRows, fileStarts, LONG, SheetRun, WITHIN_SECONDS } from './sheetRun';

const ROWS = 12;
const CAP = 5;
/** Longer than n8n is looked at before it is killed. */
const SLOW_SECONDS = 30;

jest.setTimeout(600_000);

describeOnN8n2('kill -9 of n8n under sheets that sleep', () => {
	/** It is killed; so it is not the n8n that other files share. */
	let host: Host;
	const sandboxes: Sandbox[] = [];

	beforeAll(async () => {
		host = await startHost();
	});
	afterAll(async () => {
		await Promise.all([host?.remove(), ...sandboxes.map(async (sandbox) => await sandbox.stop())]);
	});

	async function startTwelve(): Promise<SheetRun> {
		const apiKey = `sk-killed-${sandboxes.length}`;
		const sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
		sandboxes.push(sandbox);
		const credential = await host.addKlingCredential(sandbox);
		const parameters = { downloadVideo: true, options: { concurrency: CAP } };
		const rows = rowNodes(numberedRows(ROWS, () => LONG));
		const generate = sleepingGenerate(credential, parameters);
		const nodes = [manualTrigger(), ...rows, generate, lastNode()];
		const run = await SheetRun.start(host, sandbox, line('Killed', nodes));
		for (let count = 0; count < 3; count++) await run.finishNext();
		await run.asleep();
		return run;
	}

	/** The next round stands still in a request of this kind. */
	async function standStillIn(route: FaultRoute): Promise<SheetRun> {
		const run = await startTwelve();
		const { ledger, faults, finishTask } = run.sandbox;
		const begun = () => (route === 'submit' ? ledger.accepted() : ledger.downloads()).length;
		const before = begun();
		// The task of a submit is made before its answer is held back.
		const part = route === 'submit' ? 'headers' : 'body';
		faults.add({ route, action: { kind: 'slow', part, seconds: SLOW_SECONDS } });
		await finishTask(run.openTasks()[0]);
		await ledger.waitFor(() => begun() > before, WITHIN_SECONDS * 1000);
		return run;
	}

	test('asleep, in the middle of a submit and in the middle of a download: the same executions deliver, each clip is charged once', async () => {
		const runs = [await startTwelve(), await standStillIn('submit'), await standStillIn('file')];
		await host.process.kill9();
		for (const run of runs) {
			run.sandbox.faults.clear();
			// Their callbacks are lost.
			for (const taskId of run.openTasks().slice(0, 2)) await run.sandbox.finishTask(taskId);
		}
		await host.restart();
		const startedMs = Date.now();
		const ends = await Promise.all(
			runs.map(async (run) => {
				const end = await run.finishAll();
				return { end, seconds: Math.round((Date.now() - startedMs) / 1000) };
			}),
		);
		for (const [index, { end }] of ends.entries()) {
			const { ledger } = runs[index].sandbox;
			expect(end.error).toBeUndefined();
			expect(end.jsonOf(GENERATE)).toMatchObject(completedRows(ROWS));
			expect(end.pairedInputsOf(GENERATE)).toEqual([...Array(ROWS).keys()]);
			expect(await fileStarts(host, end)).toEqual(Array(ROWS).fill('ftyp'));
			expect(ledger.accepted()).toHaveLength(ROWS);
			expect(ledger.charges()).toHaveLength(ROWS);
			// Of its own executions the one that was killed stays, like any other.
			await runs[index].isAlone();
		}
		report(
			`killed asleep, in a submit, in a download: ${ROWS} of ${ROWS} after ${ends.map(({ seconds }) => seconds).join(', ')} s`,
		);
	});
});
