/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import type { Execution, ExecutionStatus } from '../../host/executions';
import { NODE_TYPE, type KlingRest } from '../../host/klingRest';
import { fillTemplate, readTemplate, type WorkflowJson } from '../../host/workflow';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { sharedHost } from '../e2e/sharedHost';
import { addAccount, type Account } from './accounts';
import { GOOGLE_TOKEN } from './fakes/google';
import { OPENAI_KEY } from './fakes/openAi';
import type { Fakes } from './fakes/fakes';
import { S3_HOST } from './fakes/s3';
import { SLACK_TOKEN } from './fakes/slack';
import { startSharedFakes } from './sharedFakes';

const HAPPENS_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

// A file's set-up runs a whole template; on a busy machine that takes its time.
jest.setTimeout(180_000);

type Settings = Record<string, string | number | boolean>;
type Imported = { name: string; workflowId: string };
type PickedCredential = { id: string; name: string; type: string; nodeTypes: string[] };

/** A real n8n, stand-ins of everything around it, and what a person does with a template. */
export interface Stage {
	host: KlingRest;
	fakes: Fakes;
	sandbox: Sandbox;
	/** Imports `workflows/<name>.json`, fills in its Settings and picks credentials; gives the workflow's id. */
	importTemplate(name: string, settings: Settings): Promise<string>;
	/** The address that the Kling Fast Trigger of a template shows as its production URL. */
	callbackUrl(name: string): Promise<string>;
	/** Publishes a workflow and waits until its Kling Fast Trigger listens. */
	publish(workflowId: string, callbackUrl: string): Promise<void>;
	/** Waits until so many executions of a workflow are in one of these states, and gives them, the oldest first. */
	executions(workflowId: string, count: number, states: ExecutionStatus[]): Promise<Execution[]>;
	/** The bytes that the provider serves for a clip. */
	clipBytes(taskId: string): Promise<Buffer>;
	stop(): Promise<void>;
}

/** @param apiKey one a file: n8n counts the clips in flight by key */
export async function setStage(apiKey: string, options: SandboxOptions = {}): Promise<Stage> {
	const host = await sharedHost();
	const fakes = await startSharedFakes();
	const sandbox = await startSandbox({ apiKey, speed: 60, ...options });
	const credentials = await makeCredentials(host, sandbox);
	const fill = async (name: string, settings: Settings): Promise<WorkflowJson> =>
		fillTemplate(await readTemplate(name), settings, credentials);
	const imported: Imported[] = [];
	return {
		host,
		fakes,
		sandbox,
		async importTemplate(name, settings) {
			const workflowId = await host.importWorkflow(await fill(name, settings));
			imported.push({ name, workflowId });
			return workflowId;
		},
		async callbackUrl(name) {
			const { nodes } = await readTemplate(name);
			const trigger = nodes.find(({ type }) => type === `${NODE_TYPE}Trigger`);
			return `${host.baseUrl}/webhook/${trigger?.webhookId}/callback`;
		},
		async publish(workflowId, callbackUrl) {
			await host.activate(workflowId);
			// An unsigned callback is refused by the trigger itself, once there is one.
			await eventually(async () => (await post(callbackUrl)) === 401, 'the trigger listens');
		},
		async executions(workflowId, count, states) {
			const listed = async () =>
				(await host.executionsOf(workflowId)).filter(({ status }) => states.includes(status));
			await eventually(
				async () => (await listed()).length >= count,
				`${count} executions are ${states.join(' or ')}`,
			);
			const ids = (await listed()).map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
			return await Promise.all(ids.map(async (id) => await host.waitForStatus(id, states)));
		},
		async clipBytes(taskId) {
			const { data } = await axios.get<{ data: { result: { videos: Array<{ url: string[] }> } } }>(
				`${sandbox.baseUrl}/v1/tasks/${taskId}`,
				{ headers: { authorization: `Bearer ${apiKey}` } },
			);
			const [url] = data.data.result.videos[0].url;
			const file = await axios.get<ArrayBuffer>(url, { responseType: 'arraybuffer' });
			return Buffer.from(file.data);
		},
		async stop() {
			try {
				await addAccount(host.folder, await accountOf(imported, host, fakes, sandbox));
			} finally {
				await sandbox.stop();
				await fakes.stop();
			}
		},
	};
}

async function accountOf(
	imported: Imported[],
	host: KlingRest,
	{ sheets, drive, s3, slack }: Fakes,
	{ ledger }: Sandbox,
): Promise<Account> {
	const executions = await Promise.all(
		imported.map(async ({ workflowId }) => await host.executionsOf(workflowId)),
	);
	const files = [...drive.files.values()];
	return {
		templates: [...new Set(imported.map(({ name }) => name))],
		runs: executions.flat().length,
		rows: sheets.countRows(),
		photos: files.filter(({ mimeType }) => mimeType.startsWith('image/')).length,
		clips: ledger.charges().length,
		costUsd: ledger.totalChargedUsd(),
		filesInDrive: files.filter(({ mimeType }) => mimeType === 'video/mp4').length,
		filesInS3: s3.objects.size,
		slackMessages: slack.messages.length,
	};
}

/** Clicks a button in a Slack message. n8n ignores callers that look like link previews. */
export async function click(url: string, form?: Record<string, string>): Promise<number> {
	const headers = { 'user-agent': 'Mozilla/5.0 Chrome/126', 'content-type': 'multipart/form-data' };
	const method = form ? 'post' : 'get';
	const { status } = await axios.request({
		url,
		method,
		data: form,
		headers,
		validateStatus: null,
	});
	return status;
}

async function post(url: string): Promise<number> {
	return (await axios.post(url, {}, { validateStatus: () => true })).status;
}

async function eventually(isSo: () => Promise<boolean>, what: string): Promise<void> {
	const deadline = Date.now() + HAPPENS_WITHIN_MS;
	while (!(await isSo())) {
		if (Date.now() > deadline) throw new Error(`After ${HAPPENS_WITHIN_MS / 1000} s not: ${what}`);
		await delay(LOOK_EVERY_MS);
	}
}

/** What a person has set up once, as n8n stores it after "Sign in with Google". */
async function makeCredentials(host: KlingRest, sandbox: Sandbox): Promise<PickedCredential[]> {
	const google = {
		clientId: 'stand-in',
		clientSecret: 'stand-in',
		oauthTokenData: { access_token: GOOGLE_TOKEN, token_type: 'Bearer', expires_in: 3599 },
	};
	const s3 = {
		endpoint: `https://${S3_HOST}`,
		region: 'us-east-1',
		accessKeyId: 'stand-in',
		secretAccessKey: 'stand-in',
		forcePathStyle: true,
	};
	const kling = await host.addKlingCredential(sandbox);
	const of = async (type: string, data: object, ...nodeTypes: string[]) => ({
		...(await host.createCredential(type, type, { ...data })),
		nodeTypes,
	});
	return [
		{ ...kling, nodeTypes: [NODE_TYPE, `${NODE_TYPE}Trigger`, `${NODE_TYPE}Tool`] },
		await of('googleSheetsOAuth2Api', google, 'n8n-nodes-base.googleSheets'),
		await of('googleDriveOAuth2Api', google, 'n8n-nodes-base.googleDrive'),
		await of('slackApi', { accessToken: SLACK_TOKEN }, 'n8n-nodes-base.slack'),
		await of('s3', s3, 'n8n-nodes-base.s3'),
		await of('openAiApi', { apiKey: OPENAI_KEY }, '@n8n/n8n-nodes-langchain.lmChatOpenAi'),
	];
}
