/** Twenty rows at a cap of five, of which every third fails once: what is delivered, submitted and charged, and how long it takes. */
import type { Execution } from '../../host/executions';
import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import { bestMakespanSeconds, clipSecondsOf } from '../../bench/rows';
import {
	GENERATE,
	generate,
	lastNode,
	line,
	manualTrigger,
	numberedRows,
	rowNodes,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { report } from './report';
import { sharedHost } from './sharedHost';
import { completedRows } from './sheetRun';

const ROWS = 20;
const CAP = 5;
const FAILING = [3, 6, 9, 12, 15, 18];
const WITHIN_SECONDS = 540;
/** Of clips so short n8n's timer of a minute is a large part: of clips of 50 to 74 s a sleeping sheet takes 1.07 x the best. */
const clipSeconds = (row: number) => 8 + ((row * 7) % 9);

jest.setTimeout(WITHIN_SECONDS * 1000);

let host: KlingRest;
const sandboxes: Sandbox[] = [];

beforeAll(async () => {
	host = await sharedHost();
});
afterAll(async () => {
	await Promise.all(sandboxes.map(async (sandbox) => await sandbox.stop()));
});

async function start(waitBy: 'polling' | 'sleep') {
	const apiKey = `key-of-${waitBy}`;
	const sandbox = await startSandbox({ apiKey, concurrency: 0, callbackQueryJoin: 'end' });
	sandboxes.push(sandbox);
	for (const row of FAILING) {
		sandbox.faults.add({ action: 'fail', nth: 1, when: { promptContains: `take ${row} ` } });
	}
	const options = { concurrency: CAP, ...(waitBy === 'polling' && { pollInterval: 0.5 }) };
	const clip = generate(await host.addKlingCredential(sandbox), { waitBy, options });
	const rows = rowNodes(numberedRows(ROWS, (row) => `[[slow:${clipSeconds(row)}]]`));
	const workflowId = await host.importWorkflow(
		line(`Again, ${waitBy}`, [manualTrigger(), ...rows, clip, lastNode()]),
	);
	return { sandbox, executionId: await host.run(workflowId) };
}

function expectAllMade({ ledger }: Sandbox, end: Execution, waitBy: string): void {
	expect(end.error).toBeUndefined();
	const items = end.jsonOf(GENERATE);
	expect(items).toMatchObject(completedRows(ROWS));
	expect(end.filesOf(GENERATE)).toHaveLength(ROWS);
	const attempts = items.map((item) => item.attempts ?? 1);
	expect(attempts).toEqual(items.map((_, index) => (FAILING.includes(index + 1) ? 2 : 1)));
	const charged = ledger.charges().map(({ taskId }) => taskId);
	expect(charged.sort()).toEqual(items.map(({ taskId }) => taskId).sort());
	const submits = ledger.submits();
	expect(submits).toHaveLength(ROWS + FAILING.length);
	expect(new Set(submits.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(submits.length);
	expect(ledger.maxInFlight()).toBe(CAP);
	const seconds = ledger
		.accepted()
		.map(({ body }) => clipSecondsOf((body as { prompt: string }).prompt));
	const best = bestMakespanSeconds(seconds, CAP);
	const took = Number(end.durationSeconds);
	report(
		`${waitBy}: ${items.length} delivered, ${submits.length} submits, ${charged.length} charges, ${FAILING.length} rows of 2 attempts; ${took.toFixed(1)} s, ${(took / best).toFixed(2)} x the best of ${best} s for ${seconds.length} tasks at cap ${CAP}; ${ledger.polls().length} status requests`,
	);
}

test('by polling: each clip is delivered and charged once', async () => {
	const { sandbox, executionId } = await start('polling');
	expectAllMade(sandbox, await host.waitForEnd(executionId, WITHIN_SECONDS), 'polling');
});

describeOnN8n2('asleep', () => {
	test('each clip is delivered and charged once', async () => {
		const { sandbox, executionId } = await start('sleep');
		expectAllMade(sandbox, await host.waitForEnd(executionId, WITHIN_SECONDS), 'asleep');
	});
});
