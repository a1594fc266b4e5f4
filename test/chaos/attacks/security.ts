/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { AttackRun } from '../attackRun';
import { ENDED_BY_HAND, numbered, some, type Attack } from '../attack';
import { GENERATE, triggerWorkflow } from '../batch';

const ROWS = 6;
const FLOOD = 200;
/** The real schedule: a callback that n8n does not answer within ten seconds is repeated after 10, 30 and 60. */
const REAL_TIME = { concurrency: 0, speed: 1, generationSeconds: 4 };
const KEEP_GOING = { onError: 'continueRegularOutput' } as const;

/** Attempts to get the key, to reach the private network, or to start a workflow without permission. */
export const security: Attack[] = [
	{
		name: 'Base URLs that must not be used',
		async perform(run) {
			run.asked = 0;
			const { port } = new URL(run.sandbox.baseUrl);
			const { host, sandbox, environment } = run;
			const bases = [
				...[
					'ftp://127.0.0.1',
					'file:///etc/passwd',
					'javascript:alert(1)',
					'http://api.apimart.example',
				],
				...[
					`http://user:pass@127.0.0.1:${port}`,
					`${sandbox.baseUrl}?to=${environment.otherHost.url}`,
				],
				...[
					`${sandbox.baseUrl}#@${environment.otherHost.url}`,
					`http://127.0.0.1:${port} .example`,
					'//127.0.0.1',
				],
			];
			for (const baseUrl of bases) {
				const credential = await host.addKlingCredential({ apiKey: sandbox.apiKey, baseUrl });
				const plan = { prompts: numbered(2), node: KEEP_GOING };
				const workflowId = await run.batch(plan, credential);
				const execution = await run.execute(workflowId);
				const errors = execution.jsonOf(GENERATE).map(({ error }) => String(error));
				const isNamed = errors.length === 2 && errors.every((error) => error.includes('Base URL'));
				run.expect(isNamed, `${baseUrl} gave ${errors.join(' | ') || execution.error}`);
			}
			run.expect(sandbox.ledger.requests().length === 0, 'a request was sent');
		},
	},
	{
		name: 'Redirects from the API to elsewhere',
		async perform(run) {
			const { url } = run.environment.otherHost;
			const words = [
				`redirect-submit:${url}/v1/videos/generations`,
				`redirect-task:${url}/v1/tasks`,
			];
			run.asked = ROWS;
			const prompts = numbered(ROWS).map((prompt, row) => `[[${words[row % 2]}]] ${prompt}`);
			const workflowId = await run.batch({ prompts, node: KEEP_GOING });
			const first = (await run.execute(workflowId)).jsonOf(GENERATE);
			run.expect(
				first.every(({ status }) => status === 'completed'),
				'a redirect has cost a row',
			);
			await run.execute(workflowId);
		},
	},
	{
		name: 'Answers that quote the key',
		async perform(run) {
			run.asked = ROWS;
			const { faults, apiKey } = run.sandbox;
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
			const workflowId = await run.batch(plan);
			await run.execute(workflowId);
			faults.clear();
			await run.execute(workflowId);
		},
	},
	{
		name: 'Clips at addresses of other kinds',
		async perform(run) {
			const addresses = [
				...['file:///etc/passwd', 'ftp://127.0.0.1/x.mp4', 'javascript:alert(1)', '/etc/passwd'],
				...[`${run.environment.otherHost.url}/clip.mp4`, 'http://127.0.0.1:1/clip.mp4'],
			];
			run.asked = addresses.length;
			const { faults, ledger } = run.sandbox;
			const prompts = addresses.map((_, row) => `[[stuck]] A paper boat ${row + 1}`);
			const plan = { prompts, node: KEEP_GOING, options: { concurrency: prompts.length } };
			run.sandbox.addKey({ key: run.sandbox.apiKey, concurrency: 0 });
			const executionId = await run.host.run(await run.batch(plan));
			await ledger.waitFor(() => ledger.accepted().length === addresses.length, 30_000);
			const faultIds = ledger.accepted().map(({ taskId = '' }, row) => {
				const result = { videos: [{ url: [addresses[row]] }] };
				const data = { id: taskId, status: 'completed', progress: 100, result };
				const action = { kind: 'answer', status: 200, body: { code: 200, data } } as const;
				return faults.add({ route: 'task', action, when: { taskId } });
			});
			const execution = await run.ended(executionId);
			const items = execution.itemsOf(GENERATE);
			run.expect(
				items.every(({ binary }) => binary === undefined),
				'something was stored',
			);
			for (const id of faultIds) faults.remove(id);
			await run.finishTasks();
			await run.recover(JSON.stringify(items));
		},
	},
	{
		name: 'Injection by prompt, metadata, names',
		async perform(run) {
			const prompts = [
				'A boat\r\nAuthorization: Bearer sk-evil\r\n\r\nGET / HTTP/1.1',
				'","model":"kling-v9","callback_url":"http://evil.example/',
				'={{ $credentials.apiKey }} {{ $env.PATH }} ${process.env.HOME}',
				'../../../../etc/passwd %0d%0aHost: evil \u202E\uFEFF 🛶 مركب',
				'<script>alert(1)</script> __proto__ constructor',
			];
			run.asked = prompts.length;
			const metadata =
				'={{ { row: $json.row, "__proto__": { polluted: true }, "a\\r\\nB: c": "\\r\\nX: y" } }}';
			const options = {
				outputField: '../../video\r\nX',
				dedupeKey: '={{ "row\\r\\nX-Evil: 1" + $json.row }}',
			};
			await run.execute(await run.batch({ prompts, parameters: { metadata }, options }));
			const bodies = run.sandbox.ledger.accepted().map(({ body }) => body as { model: string });
			run.expect(
				bodies.every(({ model }) => model === 'kling-v3'),
				'another model was asked for',
			);
			run.expect(({} as { polluted?: boolean }).polluted === undefined, 'a prototype was polluted');
		},
	},
	{
		name: 'Injection by task id',
		async perform(run) {
			run.asked = 0;
			const ids = [
				'../balance',
				'x/../../v1/balance',
				'a?b=c',
				'a#b',
				'a%2f..%2fbalance',
				'a\r\nX: y',
				'..',
			];
			await run.recover(ids.join('\n'));
			const paths = run.sandbox.ledger.requests().map(({ path }) => path);
			const isConfined = paths.every(
				(path) => /^\/v1\/tasks\/[\w%.-]+$/.test(path) && !path.includes('/..'),
			);
			run.expect(isConfined, `requests went to ${paths.join(', ')}`);
		},
	},
	{
		name: 'Submit Only, and a trigger under a flood of callbacks',
		sandbox: REAL_TIME,
		async perform(run) {
			run.asked = ROWS;
			const { host, random } = run;
			const webhookId = randomUUID();
			const workflow = triggerWorkflow(run.name, webhookId, run.credential);
			const triggerId = await run.keep(workflow);
			await host.activate(triggerId);
			const callbackUrl = `${host.baseUrl}/webhook/${webhookId}/callback`;
			await untilAnswered(callbackUrl);
			const [kind] = some(run, 1, ['duplicate-callback:3', 'forged-callback', 'early-callback']);
			const prompts = numbered(ROWS, `[[${kind}]] A paper boat`);
			const parameters = { mode: 'submitOnly', callbackUrl };
			const submitted = await run.execute(await run.batch({ prompts, parameters }));
			const token = random.text(80, 'abcdefABCDEF0123456789_-');
			const addresses = [callbackUrl, callbackUrl.replace('/callback', `/${token}/callback`)];
			await flood(run, addresses);
			await untilSo(async () => {
				const { length } = await host.executionsOf(triggerId);
				return length >= ROWS || callbacksHaveEnded(run);
			});
			const runs = await host.executionsOf(triggerId);
			run.expect(runs.length <= ROWS, `${runs.length} runs for ${ROWS} clips`);
			await Promise.all(runs.map(async ({ id }) => await run.ended(id)));
			if (runs.length < ROWS) await run.recover(JSON.stringify(submitted.itemsOf(GENERATE)));
		},
	},
	{
		name: 'A waiting execution under a flood of callbacks',
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			run.asked = ROWS;
			const sheet = await run.startWaiting({
				prompts: numbered(ROWS),
				options: { concurrency: ROWS },
			});
			await run.host.waitForStatus(sheet.executionId, ['waiting'], 60);
			const submit = run.sandbox.ledger.accepted()[0].body as { callback_url: string };
			const signed = submit.callback_url;
			await flood(run, [signed, signed.replace(/signature=.{8}/, 'signature=00000000')]);
			const items = (await sheet.finishAll()).itemsOf(GENERATE);
			run.expect(items.length === ROWS, `${items.length} items for ${ROWS} rows`);
		},
	},
];

/** Forged callbacks, all at once, while the clips are generated. */
async function flood(run: AttackRun, addresses: string[]): Promise<void> {
	const ids = run.sandbox.ledger.accepted().map(({ taskId = '' }) => taskId);
	const bodies = [
		...ids.map((id) => ({
			id,
			status: 'completed',
			result: { videos: [{ url: [run.environment.otherHost.url] }] },
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

/** An n8n that is too busy to answer for minutes loses callbacks for good: then only the task ids are left. */
function callbacksHaveEnded({ sandbox }: AttackRun): boolean {
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
