import type { INodeParameters } from 'n8n-workflow';
import type { RunOptions } from '../harness';
import {
	column,
	errorText,
	everythingIn,
	generate,
	jsonOf,
	numbered,
	setTheStage,
} from '../laws/setup';
import { hostTrigger, triggerNode, type TriggerHost } from './triggerHost';

const stage = setTheStage({ webhookContract: 'both' });
let host: TriggerHost | undefined;

afterEach(async () => {
	await host?.stop();
	host = undefined;
});

async function publish(
	parameters: INodeParameters = {},
	address: Parameters<typeof hostTrigger>[2] = {},
	rest: RunOptions = {},
): Promise<TriggerHost> {
	host = await hostTrigger(stage.engine, triggerNode(stage, parameters, rest), address);
	return host;
}

/** Generate Video, Submit Only, with a Callback URL. */
function submit(
	prompts: string[],
	callbackUrl: string,
	{ parameters, ...rest }: Parameters<typeof generate>[2] = {},
): RunOptions {
	return generate(stage, prompts, {
		...rest,
		parameters: { mode: 'submitOnly', callbackUrl, ...parameters },
	});
}

const bodies = () =>
	stage.ledger.submits().map(({ body }) => body as { webhook?: string; callback_url?: string });

/** All callbacks of all accepted clips have been answered. */
async function untilDelivered(count: number) {
	await stage.ledger.waitFor(
		(ledger) => ledger.callbacks().filter(({ outcome }) => outcome === 'delivered').length >= count,
	);
}

describe('Submit Only with a Callback URL', () => {
	test('the field that is documented and the one of the article lead to the same endpoint', async () => {
		const { url } = await publish();
		await stage.engine.runNode(submit(['A fox'], url));
		const [{ webhook, callback_url: callbackUrl }] = bodies();
		expect(`${webhook}/callback`).toBe(callbackUrl);
		expect(webhook?.startsWith(url.replace(/callback$/, ''))).toBe(true);
	});

	test.each([
		(url: string) => url,
		(url: string) => `${url}/`,
		(url: string) => url.replace('/callback', ''),
		(url: string) => `  ${url}?from=sheet `,
		(url: string) => url.replace('/callback', '/:token/callback'),
	])('in any form that a person may paste (%#)', async (pasted) => {
		const { url, started } = await publish();
		await stage.engine.runNode(submit(['A fox'], pasted(url)));
		await untilDelivered(2);
		expect(started).toHaveLength(1);
	});

	test("a callback with another row's signature starts nothing, and leaves the clip to its own", async () => {
		const { url, started } = await publish();
		const prompts = ['[[no-callback]] A fox', '[[no-callback]] A cat'];
		const parameters = { metadata: '={{ { row: $json.row } }}' };
		const run = await stage.engine.runNode(submit(prompts, url, { parameters }));
		const [fox, cat] = column(run, 'taskId').map(String);
		for (const taskId of [fox, cat]) await stage.sandbox.finishTask(taskId);
		const addressOf = new Map(
			stage.ledger
				.accepted()
				.map(({ taskId, body }) => [taskId, (body as { callback_url: string }).callback_url]),
		);
		const post = async (address = '', id: string) => {
			const body = JSON.stringify({ id, status: 'completed' });
			return (
				await fetch(address, {
					method: 'POST',
					body,
					headers: { 'Content-Type': 'application/json' },
				})
			).status;
		};
		expect(await post(addressOf.get(fox), cat)).toBe(401);
		expect(started).toEqual([]);
		expect(await post(addressOf.get(cat), cat)).toBe(200);
		expect(started.map(({ json }) => json)).toMatchObject([{ taskId: cat, metadata: { row: 1 } }]);
	});

	test('a repeated submit has the same bytes: after a lost answer, and in a further try of the node', async () => {
		const { url, started } = await publish();
		const run = await stage.engine.runNode(
			submit(['[[reset-after-accept]] A fox', '[[500-after-accept]] A cat'], url, {
				retryOnFail: true,
				maxTries: 3,
				parameters: { metadata: '={{ { row: $json.row } }}' },
			}),
		);
		expect(run.status).toBe('success');
		const submits = stage.ledger.submits();
		expect(submits.length).toBeGreaterThanOrEqual(4);
		const byKey = new Map(
			submits.map(({ idempotencyKey, bodyHash }) => [idempotencyKey, bodyHash]),
		);
		expect(byKey.size).toBe(2);
		for (const { idempotencyKey, bodyHash } of submits) {
			expect(bodyHash).toBe(byKey.get(idempotencyKey));
		}
		await untilDelivered(4);
		expect(started).toHaveLength(2);
	});

	test('with a Row Key a second execution finds the clip again, because its address is the same', async () => {
		const { url } = await publish();
		const settings = {
			nodeOptions: { dedupeKey: 'row-17' },
			parameters: { metadata: { row: 17 } },
		};
		const first = await stage.engine.runNode(submit(['A fox'], url, settings));
		const second = await stage.engine.runNode(submit(['A fox'], url, settings));
		expect(column(second, 'taskId')).toEqual(column(first, 'taskId'));
		expect(stage.ledger.accepted()).toHaveLength(1);
	});

	test('the key of the API is in no address, and tokens are in no log', async () => {
		const { url, deliveries } = await publish();
		const run = await stage.engine.runNode(submit(['A fox'], url));
		await untilDelivered(2);
		expect(JSON.stringify([bodies(), deliveries])).not.toContain(stage.sandbox.apiKey);
		expect(deliveries.map(({ authorization }) => authorization)).toEqual(
			deliveries.map(() => undefined),
		);
		const token = bodies()[0].webhook?.split('/').at(-1) ?? 'none';
		expect(token.length).toBeGreaterThan(30);
		expect(everythingIn(run)).not.toContain(token);
	});

	test('metadata of 1,000 bytes make the way', async () => {
		const { url, started } = await publish();
		const metadata = { text: '🦊'.repeat(247) };
		const run = await stage.engine.runNode(
			submit(['A fox'], url, { parameters: { metadata: `={{ (${JSON.stringify(metadata)}) }}` } }),
		);
		expect(run.status).toBe('success');
		await untilDelivered(2);
		expect(started[0].json.metadata).toEqual(metadata);
	});

	test('in Submit and Wait a Callback URL left over from before is not read', async () => {
		const { url, deliveries } = await publish();
		const run = await stage.engine.runNode(
			submit(['A fox'], url, { parameters: { mode: 'submitAndWait' } }),
		);
		expect(column(run, 'status')).toEqual(['completed']);
		expect(bodies()[0].webhook).toBeUndefined();
		expect(deliveries).toEqual([]);
	});
});

describe('the probe before anything is paid for', () => {
	test('comes once to each trigger, without the key, before the first submit', async () => {
		const { url, deliveries } = await publish();
		const other = await hostTrigger(stage.engine, triggerNode(stage));
		const callbackUrl = `={{ $json.row % 2 ? '${url}' : '${other.url}/' }}`;
		const probes = () => [...deliveries, ...other.deliveries].filter(({ isProbe }) => isProbe);
		const running = stage.engine.start(submit(numbered(4), callbackUrl));
		await stage.ledger.waitFor((ledger) => ledger.submits().length > 0);
		expect(probes()).toHaveLength(2);
		await running.finished;
		await untilDelivered(8);
		await other.stop();
		expect(probes()).toHaveLength(2);
		expect(probes().map(({ status, authorization }) => [status, authorization])).toEqual([
			[200, undefined],
			[200, undefined],
		]);
	});

	test.each([
		['webhook', /Publish the workflow that has the Kling Fast Trigger.*production URL/],
		['webhook-test', /trigger's test URL.*only answers while the editor listens.*production URL/],
	])('nobody there (%s): an error, and nothing is submitted', async (path, advice) => {
		const { url } = await publish({}, { path, isPublished: false });
		const run = await stage.engine.runNode(submit(['A fox', 'A cat'], url));
		expect(run.status).toBe('error');
		expect(errorText(run)).toMatch(/Nobody answers at 'Callback URL' \(HTTP 404\)/);
		expect(errorText(run)).toMatch(advice);
		expect(errorText(run)).toContain('Nothing was submitted');
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('a trigger with another credential: an error, and nothing is submitted', async () => {
		const credentials = { apiKey: 'sk-other', baseUrl: stage.sandbox.baseUrl };
		const { url } = await publish({}, {}, { credentials });
		const run = await stage.engine.runNode(submit(['A fox'], url));
		expect(errorText(run)).toMatch(/does not know this credential \(HTTP 401\)/);
		expect(errorText(run)).toMatch(/same Kling Fast API credential/);
		expect(stage.ledger.requests()).toEqual([]);
	});

	test('a trigger that nobody can reach from here: a hint, and the clips are made', async () => {
		const { url } = await publish();
		await host?.stop();
		host = undefined;
		const run = await stage.engine.runNode(submit(['A fox', 'A cat'], url));
		expect(column(run, 'status')).toEqual(['submitted', 'submitted']);
		expect(run.hints.map(({ message }) => message)).toEqual([
			expect.stringMatching(/could not check the Callback URL \(no connection\).*Get Video/),
		]);
		const fetched = await stage.fetch(column(run, 'taskId').map(String), {
			parameters: { waitUntilFinished: true },
		});
		expect(column(fetched, 'status')).toEqual(['completed', 'completed']);
	});

	test('with continue-on-fail only the rows of the trigger that is not published are refused', async () => {
		const { url, started } = await publish();
		const callbackUrl = `={{ $json.row === 1 ? '${url.replace('/webhook/', '/nowhere/')}' : '${url}' }}`;
		const run = await stage.engine.runNode(
			submit(numbered(3), callbackUrl, {
				onError: 'continueRegularOutput',
				parameters: { metadata: '={{ { row: $json.row } }}' },
			}),
		);
		expect(column(run, 'status')).toEqual(['submitted', 'failed', 'submitted']);
		expect(jsonOf(run)[1]).toMatchObject({
			error: expect.stringMatching(/Nobody answers.*Nothing was submitted/),
			metadata: { row: 1 },
		});
		expect(stage.ledger.accepted()).toHaveLength(2);
		await untilDelivered(4);
		expect(started).toHaveLength(2);
	});

	test('an address that is none is named as such, for its row', async () => {
		const run = await stage.engine.runNode(submit(['A fox'], 'n8n.example.com/webhook/1/callback'));
		expect(errorText(run)).toMatch(/'?Callback URL'? is .*n8n\.example\.com.*production URL/);
		expect(stage.ledger.requests()).toEqual([]);
	});
});

describe('an address that a public APIMart could not reach', () => {
	/** Nobody is there, so no row gets far; the hints come before. */
	async function hintsFor(callbackUrl: string) {
		const run = await stage.engine.runNode(
			submit(['A fox'], callbackUrl, {
				credentials: { apiKey: stage.sandbox.apiKey, baseUrl: 'https://provider.invalid' },
				onError: 'continueRegularOutput',
				nodeOptions: { maxWait: 1 },
			}),
		);
		expect(stage.ledger.requests()).toEqual([]);
		return run.hints.map(({ message }) => message);
	}

	test('in a private network: a hint that the callbacks will be lost, and nobody is asked', async () => {
		const { url, deliveries } = await publish();
		const { host: address } = new URL(url);
		expect(await hintsFor(url)).toEqual([
			expect.stringMatching(
				new RegExp(
					`cannot reach the Callback URL: ${address} is inside a private network.*Get Video`,
				),
			),
		]);
		expect(deliveries).toEqual([]);
	});

	test('on an odd port: a hint that they may be', async () => {
		const hints = await hintsFor('https://n8n.invalid:8443/webhook/1/callback');
		expect(hints).toEqual([
			expect.stringMatching(/may drop callbacks to port 8443/),
			expect.stringMatching(/could not check the Callback URL/),
		]);
	});
});
