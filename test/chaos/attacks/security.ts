/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { AttackRun } from '../attackRun';
import { ENDED_BY_HAND, KEEP_GOING, numbered, some, type Attacks } from '../attack';
import { GENERATE, triggerWorkflow } from '../batch';

const ROWS = 6;
const FLOOD = 200;
/** The real schedule: a callback that n8n does not answer within ten seconds is repeated after 10, 30 and 60. */
const REAL_TIME = { concurrency: 0, speed: 1, generationSeconds: 4 };

/** Attempts to get the key, to reach the private network, or to start a workflow without permission. */
export const security: Attacks = {
	'Base URLs that must not be used': async (run) => {
		run.asked = 0;
		const { host, sandbox, environment } = run;
		const { port } = new URL(sandbox.baseUrl);
		const bases = [
			...['ftp://127.0.0.1', 'file:///etc/passwd', 'javascript:alert(1)', '//127.0.0.1'],
			...['http://api.apimart.example', `http://user:pass@127.0.0.1:${port}`],
			`${sandbox.baseUrl}?to=${environment.otherHost.url}`,
			`${sandbox.baseUrl}#@${environment.otherHost.url}`,
			`http://127.0.0.1:${port} .example`,
		];
		for (const baseUrl of bases) {
			const credential = await host.addKlingCredential({ apiKey: sandbox.apiKey, baseUrl });
			const workflowId = await run.batch({ prompts: numbered(2), node: KEEP_GOING }, credential);
			const refused = { error: expect.stringContaining('Base URL') as string };
			const items = (await run.execute(workflowId)).jsonOf(GENERATE);
			expect({ baseUrl, items }).toMatchObject({ items: [refused, refused] });
		}
		expect(sandbox.ledger.requests()).toEqual([]);
	},
	'Redirects from the API to elsewhere': async (run) => {
		const { url } = run.environment.otherHost;
		const words = [`redirect-submit:${url}/v1/videos/generations`, `redirect-task:${url}/v1/tasks`];
		run.asked = ROWS;
		const workflowId = await run.batch({ prompts: numbered(ROWS, words), node: KEEP_GOING });
		const first = (await run.execute(workflowId)).jsonOf(GENERATE);
		for (const { status } of first) expect(status).toBe('completed');
		await run.execute(workflowId);
	},
	'Answers that quote the key': async (run) => {
		run.asked = ROWS;
		const { faults, apiKey } = run.sandbox;
		const message = `invalid key ${apiKey}, see https://a.example/?key=${apiKey} (Bearer ${apiKey})`;
		const body = { error: { code: apiKey, message, type: apiKey } };
		for (const [route, ...statuses] of [
			['submit', 401, 400],
			['task', 403, 500],
		] as const) {
			for (const status of statuses) {
				faults.add({ route, action: { kind: 'answer', status, body }, times: 2 });
			}
		}
		const workflowId = await run.batch({ prompts: numbered(ROWS), node: KEEP_GOING });
		await run.execute(workflowId);
		faults.clear();
		await run.execute(workflowId);
	},
	'Clips at addresses of other kinds': async (run) => {
		const addresses = [
			...['file:///etc/passwd', 'ftp://127.0.0.1/x.mp4', 'javascript:alert(1)', '/etc/passwd'],
			...[`${run.environment.otherHost.url}/clip.mp4`, 'http://127.0.0.1:1/clip.mp4'],
		];
		const { length } = addresses;
		run.asked = length;
		const { apiKey: key, ledger } = run.sandbox;
		run.sandbox.addKey({ key, concurrency: 0 });
		const prompts = numbered(length, ['stuck']);
		const plan = { prompts, node: KEEP_GOING, options: { concurrency: length } };
		const executionId = await run.host.run(await run.batch(plan));
		await ledger.waitFor(() => ledger.accepted().length === length, 30_000);
		const seeAgain = run.showAs((row) => ({ videos: [{ url: [addresses[row]] }] }));
		const items = (await run.ended(executionId)).itemsOf(GENERATE);
		for (const { binary } of items) expect(binary).toBeUndefined();
		seeAgain();
		await run.finishTasks();
		await run.recover(JSON.stringify(items));
	},
	'Injection by prompt, metadata, names': async (run) => {
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
		const dedupeKey = '={{ "row\\r\\nX-Evil: 1" + $json.row }}';
		const options = { outputField: '../../video\r\nX', dedupeKey };
		await run.execute({ prompts, parameters: { metadata }, options });
		const asked = run.sandbox.ledger
			.accepted()
			.map(({ body }) => (body as { model: string }).model);
		expect(new Set(asked)).toEqual(new Set(['kling-v3']));
		expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
	},
	'Injection by task id': async (run) => {
		run.asked = 0;
		const balance = ['../balance', 'x/../../v1/balance', 'a%2f..%2fbalance'];
		await run.recover([...balance, 'a?b=c', 'a#b', 'a\r\nX: y', '..'].join('\n'));
		for (const { path } of run.sandbox.ledger.requests()) {
			expect(path).toMatch(/^\/v1\/tasks\/(?!\.\.)[\w%.-]+\?language=en$/);
		}
	},
	'Submit Only, and a trigger under a flood of callbacks': {
		sandbox: REAL_TIME,
		async perform(run) {
			run.asked = ROWS;
			const { host, random } = run;
			const webhookId = randomUUID();
			const triggerId = await run.keep(triggerWorkflow(run.name, webhookId, run.credential));
			await host.activate(triggerId);
			const callbackUrl = `${host.baseUrl}/webhook/${webhookId}/callback`;
			// n8n registers the webhooks of a workflow a little after it has published it.
			await untilSo(async () => ((await post(callbackUrl, {}))?.status ?? 404) !== 404);
			const kinds = ['duplicate-callback:3', 'forged-callback', 'early-callback'];
			const prompts = numbered(ROWS, some(run, 1, kinds));
			const parameters = { mode: 'submitOnly', callbackUrl };
			const submitted = await run.execute({ prompts, parameters });
			const token = random.text(80, 'abcdefABCDEF0123456789_-');
			await flood(run, [callbackUrl, callbackUrl.replace('/callback', `/${token}/callback`)]);
			await untilSo(async () => {
				const { length } = await host.executionsOf(triggerId);
				return length >= ROWS || callbacksHaveEnded(run);
			});
			const runs = await host.executionsOf(triggerId);
			expect(runs.length).toBeLessThanOrEqual(ROWS);
			await Promise.all(runs.map(async ({ id }) => await run.ended(id)));
			if (runs.length < ROWS) await run.recover(JSON.stringify(submitted.itemsOf(GENERATE)));
		},
	},
	'A waiting execution under a flood of callbacks': {
		sandbox: ENDED_BY_HAND,
		async perform(run) {
			run.asked = ROWS;
			const options = { concurrency: ROWS };
			const sheet = await run.startWaiting({ prompts: numbered(ROWS), options });
			await run.host.waitForStatus(sheet.executionId, ['waiting'], 60);
			const [{ body }] = run.sandbox.ledger.accepted();
			const { callback_url: signed } = body as { callback_url: string };
			await flood(run, [signed, signed.replace(/signature=.{8}/, 'signature=00000000')]);
			expect((await sheet.finishAll()).itemsOf(GENERATE)).toHaveLength(ROWS);
		},
	},
};

/** Forged callbacks, all at once, while the clips are generated. */
async function flood(run: AttackRun, addresses: string[]): Promise<void> {
	const result = { videos: [{ url: [run.environment.otherHost.url] }] };
	const ids = run.sandbox.ledger.accepted().map(({ taskId = '' }) => taskId);
	const bodies = [
		...ids.map((id) => ({ id, status: 'completed', result })),
		...ids.map((id) => ({ code: 200, data: { id, status: 'failed', error: { message: 'no' } } })),
		...[{ id: `task_${'0'.repeat(26)}`, status: 'completed' }, { id: '../balance' }, {}, []],
	];
	const posts = Array.from({ length: FLOOD }, async (_, index) => {
		await post(addresses[index % addresses.length], bodies[index % bodies.length]);
	});
	await Promise.all(posts);
}

/** @returns undefined where n8n has not answered */
async function post(address: string, body: object) {
	const options = { proxy: false as const, validateStatus: () => true, timeout: 60_000 };
	return await axios.post<unknown>(address, body, options).catch(() => undefined);
}

/** An n8n that is too busy to answer for minutes loses callbacks for good: then only the task ids are left. */
function callbacksHaveEnded({ sandbox }: AttackRun): boolean {
	const last = sandbox.ledger.callbacks().filter(({ outcome }) => outcome !== 'failed');
	return new Set(last.map(({ taskId }) => taskId)).size >= ROWS;
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
	for (const deadline = Date.now() + 150_000; Date.now() < deadline; await delay(200)) {
		if (await isSo()) return;
	}
}
