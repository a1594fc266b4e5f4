import type { NodeRun, RunOptions } from '../harness';
import {
	column,
	errorText,
	everythingIn,
	expectKeys,
	generate,
	goingOn,
	hintsOf,
	jsonOf,
	numbered,
	setTheStage,
	submitOnly,
	untilFinished,
	type StageOptions,
} from '../laws/setup';
import { endOf } from './sleepStage';
import { hostTrigger, triggerNode, type TriggerHost } from './triggerHost';

const stage = setTheStage({ webhookContract: 'both' });
let host: TriggerHost | undefined;

type Address = Parameters<typeof hostTrigger>[2];

afterEach(async () => {
	await host?.stop();
	host = undefined;
});

async function publish(address: Address = {}, rest: RunOptions = {}): Promise<TriggerHost> {
	host = await hostTrigger(stage.engine, triggerNode(stage, {}, rest), address);
	return host;
}

/** Generate Video, Submit Only, with a Callback URL. */
function submitting(prompts: string[], callbackUrl: string, more: StageOptions = {}): RunOptions {
	const parameters = { ...submitOnly.parameters, callbackUrl, ...more.parameters };
	return generate(stage, prompts, { ...more, parameters });
}

const submit = async (...given: Parameters<typeof submitting>): Promise<NodeRun> =>
	await stage.engine.runNode(submitting(...given));

const rowAsMetadata = { parameters: { metadata: '={{ { row: $json.row } }}' } };

/** So many callbacks of accepted clips have been answered. */
async function untilDelivered(count: number) {
	await stage.ledger.waitFor(
		(ledger) => ledger.callbacks().filter(({ outcome }) => outcome === 'delivered').length >= count,
	);
}

describe('Submit Only with a Callback URL', () => {
	test("a callback with another row's signature starts nothing, and leaves the clip to its own", async () => {
		const { url, started } = await publish();
		await submit(['[[no-callback]] A fox', '[[no-callback]] A cat'], url, rowAsMetadata);
		const cat = stage.taskIds()[1];
		await stage.finish();
		const [addressOfFox, addressOfCat] = stage.bodies().map((body) => String(body.callback_url));
		const post = async (address: string) => {
			const headers = { 'Content-Type': 'application/json' };
			const body = JSON.stringify(endOf(cat));
			return (await fetch(address, { method: 'POST', body, headers })).status;
		};
		expect(await post(addressOfFox)).toBe(401);
		expect(started).toEqual([]);
		expect(await post(addressOfCat)).toBe(200);
		expect(started.map(({ json }) => json)).toMatchObject([{ taskId: cat, metadata: { row: 1 } }]);
	});

	test('a repeated submit has the same bytes: after a lost answer, and in a further try of the node', async () => {
		const { url, started } = await publish();
		const prompts = ['[[reset-after-accept]] A fox', '[[500-after-accept]] A cat'];
		const trying = { ...rowAsMetadata, retryOnFail: true, maxTries: 3 };
		expect((await submit(prompts, url, trying)).status).toBe('success');
		expect(stage.ledger.submits().length).toBeGreaterThanOrEqual(4);
		expectKeys(stage, 2);
		await untilDelivered(4);
		expect(started).toHaveLength(2);
	});

	test('with a Row Key a second execution finds the clip again, because its address is the same', async () => {
		const { url } = await publish();
		const nodeOptions = { dedupeKey: 'row-17' };
		const settings = { nodeOptions, parameters: { metadata: { row: 17 } } };
		for (let execution = 0; execution < 2; execution++) {
			expect(column(await submit(['A fox'], url, settings), 'taskId')).toEqual(stage.taskIds());
		}
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test.each([{}, goingOn])(
		'a further try, when the trigger is gone meanwhile, names the clip that is paid for: %j',
		async (onError) => {
			const { url } = await publish();
			stage.faults.add({ action: 'no-balance', when: { promptContains: 'fox' } });
			const { context } = await submit(['A fox', 'A cat'], url, { executionId: 'first' });
			await host?.stop();
			const gone = await publish({ isPublished: false });
			const again = { ...onError, executionId: 'second', context };
			const run = await submit(['A fox', 'A cat'], gone.url, again);
			expect(errorText(run) + JSON.stringify(jsonOf(run))).toContain(stage.taskIds()[0]);
			// How far the clip has come by then depends on the machine.
			if (onError === goingOn) {
				const [refused, bought] = column(run, 'status');
				expect(refused).toBe('failed');
				expect(['submitted', 'processing', 'completed']).toContain(bought);
			}
			expect(stage.ledger.accepted()).toHaveLength(1);
		},
	);

	test("n8n's Retry of a row that was refused sends the callback address and the metadata of now", async () => {
		const { url, started } = await publish();
		const busy = stage.faults.add({ action: '429', times: 999 });
		const gone = { ...rowAsMetadata, nodeOptions: { maxWait: 3 }, executionId: 'first' };
		const { context } = await submit(['A cat'], url.replace('127.0.0.1', 'localhost'), gone);
		stage.faults.remove(busy);
		const parameters = { metadata: { row: 'corrected' } };
		await submit(['A cat'], url, { parameters, executionId: 'second', context });
		await untilDelivered(1);
		expect(String(stage.bodies()[0].callback_url)).toContain('127.0.0.1');
		expect(started[0].json).toMatchObject({ metadata: { row: 'corrected' } });
		expect(stage.ledger.charges()).toHaveLength(1);
	});

	test('the key of the API is in no address, and tokens are in no log', async () => {
		const { url, deliveries } = await publish();
		const run = await submit(['A fox'], url);
		await untilDelivered(2);
		expect(JSON.stringify([stage.bodies(), deliveries])).not.toContain(stage.sandbox.apiKey);
		for (const { authorization } of deliveries) expect(authorization).toBeUndefined();
		const token = String(stage.bodies()[0].webhook).split('/').at(-1) ?? '';
		expect(token.length).toBeGreaterThan(30);
		expect(everythingIn(run)).not.toContain(token);
	});

	test('in Submit and Wait a Callback URL left over from before is not read', async () => {
		const { url, deliveries } = await publish();
		const run = await submit(['A fox'], url, { parameters: { mode: 'submitAndWait' } });
		expect(column(run, 'status')).toEqual(['completed']);
		expect(stage.bodies()[0].webhook).toBeUndefined();
		expect(deliveries).toEqual([]);
	});
});

describe('the probe before anything is paid for', () => {
	test('comes once to each trigger, without the key, before the first submit', async () => {
		const { url, deliveries } = await publish();
		const other = await hostTrigger(stage.engine, triggerNode(stage));
		const callbackUrl = `={{ $json.row % 2 ? '${url}' : '${other.url}/' }}`;
		const probes = () => [...deliveries, ...other.deliveries].filter(({ isProbe }) => isProbe);
		const running = stage.engine.start(submitting(numbered(4), callbackUrl));
		await stage.ledger.waitFor((ledger) => ledger.submits().length > 0);
		expect(probes()).toHaveLength(2);
		await running.finished;
		await untilDelivered(8);
		await other.stop();
		expect(probes()).toHaveLength(2);
		for (const { status, authorization } of probes()) {
			expect([status, authorization]).toEqual([200, undefined]);
		}
	});

	const nobody = /Nobody answers at 'Callback URL' \(HTTP 404\)/;
	const publishIt = /Publish the workflow that has the Kling Fast Trigger.*production URL/;
	const inTest = /trigger's test URL.*only answers while the editor listens.*production URL/;
	const other = /does not know this credential \(HTTP 401\).*\n.*same Kling Fast API credential/;
	const testUrl = { path: 'webhook-test', isPublished: false };

	test.each<[string, Address, RunOptions, RegExp[]]>([
		['that is not published', { isPublished: false }, {}, [nobody, publishIt]],
		['by its test URL', testUrl, {}, [nobody, inTest]],
		['with another credential', {}, { credentials: { apiKey: 'sk-other' } }, [other]],
	])('a trigger %s: an error, and nothing is submitted', async (_, address, rest, sentences) => {
		const { url } = await publish(address, rest);
		const run = await submit(['A fox', 'A cat'], url);
		expect(run.status).toBe('error');
		for (const sentence of sentences) expect(errorText(run)).toMatch(sentence);
		expect(errorText(run)).toContain('Nothing was submitted');
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('a trigger that nobody can reach from here: a hint, and the clips are made', async () => {
		const { url } = await publish();
		await host?.stop();
		host = undefined;
		const run = await submit(['A fox', 'A cat'], url);
		expect(column(run, 'status')).toEqual(['submitted', 'submitted']);
		expect(hintsOf(run)).toEqual([
			expect.stringMatching(/could not check the Callback URL \(no connection\).*Get Video/),
		]);
		const fetched = await stage.fetch(stage.taskIds(), untilFinished);
		expect(column(fetched, 'status')).toEqual(['completed', 'completed']);
	});

	test('with continue-on-fail only the rows of the trigger that is not published are refused', async () => {
		const { url, started } = await publish();
		const elsewhere = url.replace('/webhook/', '/nowhere/');
		const callbackUrl = `={{ $json.row === 1 ? '${elsewhere}' : '${url}' }}`;
		const run = await submit(numbered(3), callbackUrl, { ...rowAsMetadata, ...goingOn });
		expect(column(run, 'status')).toEqual(['submitted', 'failed', 'submitted']);
		const error = expect.stringMatching(/Nobody answers.*Nothing was submitted/);
		expect(jsonOf(run)[1]).toMatchObject({ error, metadata: { row: 1 } });
		expect(stage.ledger.accepted()).toHaveLength(2);
		await untilDelivered(4);
		expect(started).toHaveLength(2);
	});

	test('an address that is none is named as such, for its row', async () => {
		const run = await submit(['A fox'], 'n8n.example.com/webhook/1/callback');
		expect(errorText(run)).toMatch(/'?Callback URL'? is .*n8n\.example\.com.*production URL/);
		expect(stage.ledger.requests()).toEqual([]);
	});
});

describe('an address that a public APIMart could not reach', () => {
	/** Nobody is there, so no row gets far; the hints come before. */
	async function hintsFor(callbackUrl: string) {
		const credentials = { apiKey: stage.sandbox.apiKey, baseUrl: 'https://provider.invalid' };
		const nodeOptions = { maxWait: 1 };
		const run = await submit(['A fox'], callbackUrl, { ...goingOn, credentials, nodeOptions });
		expect(stage.ledger.requests()).toEqual([]);
		return hintsOf(run);
	}

	test('in a private network: a hint that the callbacks will be lost, and nobody is asked', async () => {
		const { url, deliveries } = await publish();
		const where = `cannot reach the Callback URL: ${new URL(url).host} is inside a private network`;
		expect(await hintsFor(url)).toEqual([expect.stringMatching(`${where}.*Get Video`)]);
		expect(deliveries).toEqual([]);
	});

	test('on an odd port: a hint that they may be', async () => {
		expect(await hintsFor('https://n8n.invalid:8443/webhook/1/callback')).toEqual([
			expect.stringMatching(/may drop callbacks to port 8443/),
			expect.stringMatching(/could not check the Callback URL/),
		]);
	});
});
