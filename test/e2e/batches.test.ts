/** Many rows in a real n8n: what runs side by side, what comes out, and what is charged when n8n itself tries again. */
import type { CredentialRef } from '../../host/rest';
import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	generate,
	line,
	manualTrigger,
	numberedRows,
	rowNodes,
} from './callbackWorkflows';
import { report } from './report';
import { sharedHost } from './sharedHost';

const ROWS_OF_A_SHEET = 12;
const CAP = 5;
const RUN_WITHIN_SECONDS = 120;

let host: KlingRest;
let sandbox: Sandbox;
let credential: CredentialRef;

beforeAll(async () => {
	host = await sharedHost();
	sandbox = await startSandbox({ apiKey: 'sk-batches', speed: 30, generationSeconds: 60 });
	credential = await host.addKlingCredential(sandbox);
});
beforeEach(() => sandbox.reset());
afterAll(async () => await sandbox.stop());

async function run(
	rows: ReturnType<typeof numberedRows>,
	settings: Parameters<typeof generate>[2] = {},
) {
	const clip = generate(credential, { options: { pollInterval: 0.3 } }, settings);
	const nodes = [manualTrigger(), ...rowNodes(rows), clip];
	const workflowId = await host.importWorkflow(line('A batch', nodes));
	return await host.runToEnd(workflowId, RUN_WITHIN_SECONDS);
}

test(
	'twelve rows at cap five: never more in flight, refilled as clips finish, out in the order of the rows',
	async () => {
		const execution = await run(numberedRows(ROWS_OF_A_SHEET));
		expect(execution.status).toBe('success');
		const numbers = Array.from({ length: ROWS_OF_A_SHEET }, (_, index) => index);
		expect(execution.jsonOf(GENERATE).map(({ metadata }) => metadata)).toEqual(
			numbers.map((index) => ({ row: index + 1 })),
		);
		expect(execution.pairedInputsOf(GENERATE)).toEqual(numbers);
		expect(execution.jsonOf(GENERATE).map(({ status }) => status)).toEqual(
			numbers.map(() => 'completed'),
		);
		const { ledger } = sandbox;
		expect(ledger.maxInFlight()).toBe(CAP);
		expect(ledger.submits()).toHaveLength(ROWS_OF_A_SHEET);
		report(`${ledger.polls().length} status requests for ${ROWS_OF_A_SHEET} clips`);
	},
	RUN_WITHIN_SECONDS * 1000,
);

test(
	'Retry On Fail with a first row that fails, and a submit whose answer is lost: each clip is charged once',
	async () => {
		const words = (row: number) =>
			({ 1: '[[fail:content]]', 2: '[[reset-after-accept]]', 3: '[[html-502]]' })[row] ?? '';
		const execution = await run(numberedRows(4, words), {
			onError: 'continueRegularOutput',
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 100,
		});
		expect(execution.jsonOf(GENERATE).map(({ status }) => status)).toEqual([
			'failed',
			'completed',
			'completed',
			'completed',
		]);
		const { ledger } = sandbox;
		const charged = ledger.charges().map(({ taskId }) => taskId);
		const made = execution.jsonOf(GENERATE).slice(1);
		expect(charged.sort()).toEqual(made.map(({ taskId }) => taskId).sort());
		report(
			`${ledger.submits().length} submits, ${ledger.accepted().length} tasks (the failed row anew at each try), ${charged.length} charges for ${made.length} clips`,
		);
	},
	RUN_WITHIN_SECONDS * 1000,
);
