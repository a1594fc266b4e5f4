/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { Arena } from '../arena';
import { ENDED_BY_HAND, numbered, some, type Attack } from '../attack';
import { GENERATE, triggerWorkflow } from '../batch';

const ROWS = 6;
const FLOOD = 200;
/** As in real life: a callback that n8n has no time for within ten seconds is repeated after 10, 30 and 60. */
const PATIENT = { concurrency: 0, speed: 1, generationSeconds: 4 };
const KEEP_GOING = { onError: 'continueRegularOutput' } as const;

/** People and machines that want the key, the private network, or a workflow to run for nothing. */
export const intruders: Attack[] = [
	{
		name: 'Base URLs that must not be used',
		async run(arena) {
			arena.asked = 0;
			const { port } = new URL(arena.sandbox.baseUrl);
			const { host, sandbox, stage } = arena;
			const bases = [
				...[
					'ftp://127.0.0.1',
					'file:///etc/passwd',
					'javascript:alert(1)',
					'http://api.apimart.example',
				],
				...[`http://user:pass@127.0.0.1:${port}`, `${sandbox.baseUrl}?to=${stage.stranger.url}`],
				...[
					`${sandbox.baseUrl}#@${stage.stranger.url}`,
					`http://127.0.0.1:${port} .example`,
					'//127.0.0.1',
				],
			];
			for (const baseUrl of bases) {
				const credential = await host.addKlingCredential({ apiKey: sandbox.apiKey, baseUrl });
				const plan = { prompts: numbered(2), node: KEEP_GOING };
				const workflowId = await arena.batch(plan, credential);
				const execution = await arena.run(workflowId);
				const errors = execution.jsonOf(GENERATE).map(({ error }) => String(error));
				const isNamed = errors.length === 2 && errors.every((error) => error.includes('Base URL'));
				arena.expect(isNamed, `${baseUrl} gave ${errors.join(' | ') || execution.error}`);
			}
			arena.expect(sandbox.ledger.requests().length === 0, 'a request was sent');
		},
	},
	{
		name: 'Redirects from the API to elsewhere',
		async run(arena) {
			const { url } = arena.stage.stranger;
			const words = [
				`redirect-submit:${url}/v1/videos/generations`,
				`redirect-task:${url}/v1/tasks`,
			];
			arena.asked = ROWS;
			const prompts = numbered(ROWS).map((prompt, row) => `[[${words[row % 2]}]] ${prompt}`);
			const workflowId = await arena.batch({ prompts, node: KEEP_GOING });
			const first = (await arena.run(workflowId)).jsonOf(GENERATE);
			arena.expect(
				first.every(({ status }) => status === 'completed'),
				'a redirect has cost a row',
			);
			await arena.run(workflowId);
		},
	},
	{
		name: 'Answers that quote the key',
		async run(arena) {
			arena.asked = ROWS;
			const { faults, apiKey } = arena.sandbox;
			const message = `invalid key ${apiKey}, see https://a.example/?key=${apiKey} (Bearer ${apiKey})`;
			const body = { error: { code: apiKey, message, type: apiKey } };
			for (const [route, status] of [
				['submit', 401],
				['submit', 400],
				['task', 403],
				['task', 500],
			] as const) {
				faults.add({ route, action: { kind: 'answer', status, body }, times: 2 });
			}
			const plan = { prompts: numbered(ROWS), node: KEEP_GOING };
			const workflowId = await arena.batch(plan);
			await arena.run(workflowId);
			faults.clear();
			await arena.run(workflowId);
		},
	},
	{
		name: 'Clips at addresses of other kinds',
		async run(arena) {
			const addresses = [
				...['file:///etc/passwd', 'ftp://127.0.0.1/x.mp4', 'javascript:alert(1)', '/etc/passwd'],
				...[`${arena.stage.stranger.url}/clip.mp4`, 'http://127.0.0.1:1/clip.mp4'],
			];
			arena.asked = addresses.length;
			const { faults, ledger } = arena.sandbox;
			const prompts = addresses.map((_, row) => `[[stuck]] A paper boat ${row + 1}`);
			const plan = { prompts, node: KEEP_GOING, options: { concurrency: prompts.length } };
			arena.sandbox.addKey({ key: arena.sandbox.apiKey, concurrency: 0 });
			const executionId = await arena.host.run(await arena.batch(plan));
			await ledger.waitFor(() => ledger.accepted().length === addresses.length, 30_000);
			const lies = ledger.accepted().map(({ taskId = '' }, row) => {
				const result = { videos: [{ url: [addresses[row]] }] };
				const data = { id: taskId, status: 'completed', progress: 100, result };
				const action = { kind: 'answer', status: 200, body: { code: 200, data } } as const;
				return faults.add({ route: 'task', action, when: { taskId } });
			});
			const execution = await arena.ended(executionId);
			const items = execution.itemsOf(GENERATE);
			arena.expect(
				items.every(({ binary }) => binary === undefined),
				'something was stored',
			);
			for (const id of lies) faults.remove(id);
			await arena.finishTasks();
			await arena.recover(JSON.stringify(items));
		},
	},
	{
		name: 'Injection by prompt, metadata, names',
		async run(arena) {
			const prompts = [
				'A boat\r\nAuthorization: Bearer sk-evil\r\n\r\nGET / HTTP/1.1',
				'","model":"kling-v9","callback_url":"http://evil.example/',
				'={{ $credentials.apiKey }} {{ $env.PATH }} ${process.env.HOME}',
				'../../../../etc/passwd %0d%0aHost: evil \u202E\uFEFF 🛶 مركب',
				'<script>alert(1)</script> __proto__ constructor',
			];
			arena.asked = prompts.length;
			const metadata =
				'={{ { row: $json.row, "__proto__": { polluted: true }, "a\\r\\nB: c": "\\r\\nX: y" } }}';
			const options = {
				outputField: '../../video\r\nX',
				dedupeKey: '={{ "row\\r\\nX-Evil: 1" + $json.row }}',
			};
			await arena.run(await arena.batch({ prompts, parameters: { metadata }, options }));
			const bodies = arena.sandbox.ledger.accepted().map(({ body }) => body as { model: string });
			arena.expect(
				bodies.every(({ model }) => model === 'kling-v3'),
				'another model was asked for',
			);
			arena.expect(
				({} as { polluted?: boolean }).polluted === undefined,
				'a prototype was polluted',
			);
		},
	},
	{
		name: 'Injection by task id',
		async run(arena) {
			arena.asked = 0;
			const ids = [
				'../balance',
				'x/../../v1/balance',
				'a?b=c',
				'a#b',
				'a%2f..%2fbalance',
				'a\r\nX: y',
				'..',
			];
			await arena.recover(ids.join('\n'));
			const paths = arena.sandbox.ledger.requests().map(({ path }) => path);
			const isConfined = paths.every(
				(path) => /^\/v1\/tasks\/[\w%.-]+$/.test(path) && !path.includes('/..'),
			);
			arena.expect(isConfined, `requests went to ${paths.join(', ')}`);
		},
	},
	{
		name: 'Submit Only, and a trigger under a flood',
		sandbox: PATIENT,
		async run(arena) {
			arena.asked = ROWS;
			const { host, random } = arena;
			const webhookId = randomUUID();
			const workflow = triggerWorkflow(arena.name, webhookId, arena.credential);
			const triggerId = await arena.keep(workflow);
			await host.activate(triggerId);
			const callbackUrl = `${host.baseUrl}/webhook/${webhookId}/callback`;
			await untilAnswered(callbackUrl);
			const [kind] = some(arena, 1, ['duplicate-callback:3', 'forged-callback', 'early-callback']);
			const prompts = numbered(ROWS, `[[${kind}]] A paper boat`);
			const parameters = { mode: 'submitOnly', callbackUrl };
			const submitted = await arena.run(await arena.batch({ prompts, parameters }));
			const token = random.text(80, 'abcdefABCDEF0123456789_-');
			const addresses = [callbackUrl, callbackUrl.replace('/callback', `/${token}/callback`)];
			await flood(arena, addresses);
			await untilSo(async () => {
				const { length } = await host.executionsOf(triggerId);
				return length >= ROWS || hasGivenUp(arena);
			});
			const runs = await host.executionsOf(triggerId);
			arena.expect(runs.length <= ROWS, `${runs.length} runs for ${ROWS} clips`);
			await Promise.all(runs.map(async ({ id }) => await arena.ended(id)));
			if (runs.length < ROWS) await arena.recover(JSON.stringify(submitted.itemsOf(GENERATE)));
		},
	},
	{
		name: 'A sleeper under a flood',
		sandbox: ENDED_BY_HAND,
		async run(arena) {
			arena.asked = ROWS;
			const run = await arena.sleeper({ prompts: numbered(ROWS), options: { concurrency: ROWS } });
			await arena.host.waitForStatus(run.executionId, ['waiting'], 60);
			const submit = arena.sandbox.ledger.accepted()[0].body as { callback_url: string };
			const signed = submit.callback_url;
			await flood(arena, [signed, signed.replace(/signature=.{8}/, 'signature=00000000')]);
			const items = (await run.finishAll()).itemsOf(GENERATE);
			arena.expect(items.length === ROWS, `${items.length} items for ${ROWS} rows`);
		},
	},
];

/** Callbacks that lie, all at once, while the clips are made. */
async function flood(arena: Arena, addresses: string[]): Promise<void> {
	const ids = arena.sandbox.ledger.accepted().map(({ taskId = '' }) => taskId);
	const bodies = [
		...ids.map((id) => ({
			id,
			status: 'completed',
			result: { videos: [{ url: [arena.stage.stranger.url] }] },
		})),
		...ids.map((id) => ({ code: 200, data: { id, status: 'failed', error: { message: 'no' } } })),
		...[
			{ id: 'task_00000000000000000000000000', status: 'completed' },
			{ id: '../balance' },
			{},
			[],
		],
	];
	const posts = Array.from({ length: FLOOD }, async (_, index) => {
		const address = addresses[index % addresses.length];
		const options = { proxy: false as const, validateStatus: () => true, timeout: 60_000 };
		await axios.post(address, bodies[index % bodies.length], options).catch(() => undefined);
	});
	await Promise.all(posts);
}

/** A machine that is too busy to answer for minutes loses callbacks for good: then the task ids are what is left. */
function hasGivenUp({ sandbox }: Arena): boolean {
	const last = sandbox.ledger.callbacks().filter(({ outcome }) => outcome !== 'failed');
	return new Set(last.map(({ taskId }) => taskId)).size >= ROWS;
}

/** n8n registers the webhooks of a workflow a little after it has published it. */
async function untilAnswered(url: string): Promise<void> {
	const options = { proxy: false as const, validateStatus: () => true };
	await untilSo(async () => (await axios.post(url, {}, options)).status !== 404);
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
	for (const deadline = Date.now() + 150_000; Date.now() < deadline; await delay(200)) {
		if (await isSo()) return;
	}
}
