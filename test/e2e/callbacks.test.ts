import type { IDataObject } from 'n8n-workflow';
import type { CredentialRef } from '../../host/rest';
import { callbackSecret, sealMetadata } from '../../nodes/KlingFast/apimart/callback';
import { startSandbox, type CallbackEntry, type Sandbox } from '../../sandbox';
import type { WebhookContract } from '../../sandbox/options';
import {
	generate,
	GENERATE,
	klingTrigger,
	lastNode,
	line,
	manualTrigger,
	numberedRows,
	post,
	productionUrl,
	publish,
	rowNodes,
	TRIGGER,
} from './callbackWorkflows';
import { report } from './report';
import { sharedHost } from './sharedHost';

const ROWS = 10;
const WITHIN_MS = 50_000;

jest.setTimeout(120_000);
/** What the sandbox does to the callback of a row besides delivering it. */
const WORDS: Record<number, string> = {
	2: '[[duplicate-callback:3]]',
	4: '[[forged-callback]]',
	5: '[[malformed-callback]]',
	6: '[[early-callback]]',
	7: '[[enveloped-callback]]',
};

let host: Awaited<ReturnType<typeof sharedHost>>;
let sandbox: Sandbox;

beforeAll(async () => {
	host = await sharedHost();
});
afterEach(async () => await sandbox.stop());

interface Setup {
	credential: CredentialRef;
	/** The trigger's production URL. */
	url: string;
	/** The workflow that the trigger starts. */
	secondId: string;
}

async function setUp(webhookContract: WebhookContract = 'docs'): Promise<Setup> {
	const settings = { concurrency: ROWS, speed: 40, generationSeconds: { min: 45, max: 60 } };
	sandbox = await startSandbox({ webhookContract, ...settings });
	const credential = await host.addKlingCredential(sandbox);
	const trigger = klingTrigger(credential);
	const url = productionUrl(host.baseUrl, trigger);
	const secondId = await publish(host, line('Second', [trigger, lastNode()]), url);
	return { credential, url, secondId };
}

async function submitRows(credential: CredentialRef, callbackUrl: string, count = ROWS) {
	const rows = numberedRows(count, (row) => WORDS[row] ?? '');
	const submit = generate(credential, { mode: 'submitOnly', callbackUrl });
	return await host.runToEnd(
		await host.importWorkflow(line('First', [manualTrigger(), ...rowNodes(rows), submit])),
	);
}

describe.each<[WebhookContract, number]>([
	['docs', 1],
	['article', 1],
	['both', 2],
])('ten rows, called back by contract "%s"', (contract, deliveriesPerClip) => {
	test('start ten runs of the second workflow, each with its own row', async () => {
		const { credential, url, secondId } = await setUp(contract);
		const submitted = await submitRows(credential, url);
		expect(submitted.error).toBeUndefined();
		const forged = await forge(url);

		const count = (kind: string) =>
			sandbox.ledger
				.callbacks()
				.filter((callback) => callback.kind === kind && callback.outcome !== 'failed').length;
		await sandbox.ledger.waitFor(
			() =>
				count('genuine') === ROWS * deliveriesPerClip &&
				count('duplicate') === 2 * deliveriesPerClip,
			WITHIN_MS,
		);

		const runs = await host.startedRuns(secondId, ROWS);
		const items = runs.flatMap((run) => run.jsonOf(TRIGGER));
		const taskOfRow = new Map(submitted.jsonOf(GENERATE).map((item) => [rowOf(item), item.taskId]));
		expect(items.map(rowOf).sort((a, b) => a - b)).toEqual(
			Array.from({ length: ROWS }, (_, index) => index + 1),
		);
		for (const item of items) {
			expect(item).toMatchObject({ status: 'completed', taskId: taskOfRow.get(rowOf(item)) });
			expect(String(item.videoUrl)).toContain(sandbox.filesUrl);
		}
		expect(sandbox.ledger.submits()).toHaveLength(ROWS);
		expect(sandbox.ledger.accepted()).toHaveLength(ROWS);
		expect(sandbox.ledger.charges()).toHaveLength(ROWS);

		const callbacks = sandbox.ledger.callbacks();
		// One that n8n was too slow for is delivered again.
		const isLost = ({ kind, outcome }: CallbackEntry) =>
			['genuine', 'duplicate'].includes(kind) && outcome === 'given-up';
		expect(callbacks.filter(isLost)).toEqual([]);
		report(
			`contract ${contract}: ${ROWS} rows, ${sandbox.ledger.accepted().length} submits, ${callbacks.length} deliveries (${['genuine', 'duplicate', 'forged', 'malformed', 'early'].map((kind) => `${count(kind)} ${kind}`).join(', ')}), ${forged.deliveries} without a valid token (all answered 401, ${forged.requests} requests to the provider), ${runs.length} runs, ${sandbox.ledger.polls().length} status requests`,
		);
	});
});

describe('what would be lost is an error before anything is charged', () => {
	test('the trigger is not published', async () => {
		const { credential } = await setUp();
		const url = productionUrl(host.baseUrl, klingTrigger(credential));
		const { status, error } = await submitRows(credential, url, 2);
		expect({ status, error }).toEqual({
			status: 'error',
			error: expect.stringContaining("Nobody answers at 'Callback URL' (HTTP 404)"),
		});
		expect(sandbox.ledger.submits()).toEqual([]);
	});

	test('the trigger has another credential', async () => {
		const { url } = await setUp();
		sandbox.addKey({ key: 'sk-callbacks-of-another' });
		const other = { apiKey: 'sk-callbacks-of-another', baseUrl: sandbox.baseUrl };
		const { status, error } = await submitRows(await host.addKlingCredential(other), url, 2);
		expect({ status, error }).toEqual({
			status: 'error',
			error: expect.stringContaining('does not know this credential (HTTP 401)'),
		});
		expect(sandbox.ledger.submits()).toEqual([]);
	});
});

test("while the editor listens, the trigger's test URL starts a run of the workflow that is being built", async () => {
	const { credential } = await setUp();
	const trigger = klingTrigger(credential);
	const workflowId = await host.importWorkflow(line('In the making', [trigger, lastNode()]));
	await host.listen(workflowId, TRIGGER);
	const testUrl = productionUrl(host.baseUrl, trigger).replace('/webhook/', '/webhook-test/');
	expect((await submitRows(credential, testUrl, 1)).error).toBeUndefined();
	await sandbox.ledger.waitFor((ledger) => ledger.callbacks().length === 1, WITHIN_MS);
	const [run] = await host.startedRuns(workflowId, 1);
	expect(run.facts.mode).toBe('manual');
	expect(run.jsonOf(TRIGGER)).toMatchObject([{ status: 'completed', metadata: { row: 1 } }]);
});

/** Callbacks without a valid token, but with a task id that exists; counts the requests to the provider that they cause. */
async function forge(url: string) {
	const base = url.replace(/\/callback$/, '');
	const [{ taskId }] = sandbox.ledger.accepted();
	const body = JSON.stringify({ id: taskId, status: 'completed', cost: 0 });
	const ofOtherKey = sealMetadata(callbackSecret('of another key', ''), 'key', { row: 1 });
	const genuine = sealMetadata(callbackSecret(sandbox.apiKey, ''), 'key', { row: 1 });
	const addresses = [
		url,
		...[ofOtherKey, `${genuine.slice(0, -2)}AA`, 'A'.repeat(60), 'token', '%00'].map(
			(token) => `${base}/${token}/callback`,
		),
	];
	const before = sandbox.ledger.requests().length;
	const answers = await Promise.all(addresses.map(async (address) => await post(address, body)));
	expect(answers.map(({ status }) => status)).toEqual(addresses.map(() => 401));
	const caused = sandbox.ledger.requests().slice(before);
	return { deliveries: addresses.length, requests: caused.length };
}

function rowOf(item: IDataObject): number {
	return Number((item.metadata as IDataObject).row);
}
