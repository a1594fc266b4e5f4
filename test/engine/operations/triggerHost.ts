/** A published Kling Fast Trigger: its two addresses on a real port, and what it starts. */
import express from 'express';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { callbackSecret, openToken, sealMetadata } from '../../../nodes/KlingFast/apimart/callback';
import { klingFastTriggerType, type Engine, type RunOptions } from '../harness';
import type { Stage } from '../laws/setup';
import { serve } from '../localServer';
import { callWebhook, type WebhookAnswer, type WebhookRequest } from '../webhooks';

const WEBHOOK_ID = '3f1c7f5e-6f0a-4f0e-9a55-4d0c7b0f9a11';
let workflows = 0;

/** A trigger in a workflow of its own, with static data that n8n keeps. */
export function triggerNode(
	{ sandbox }: Stage,
	{ options, ...parameters }: INodeParameters = {},
	rest: RunOptions = {},
): RunOptions {
	return {
		nodeType: klingFastTriggerType,
		nodeName: 'Kling Fast Trigger',
		mode: 'webhook',
		webhookId: WEBHOOK_ID,
		workflowId: `trigger-${++workflows}`,
		credentials: { apiKey: sandbox.apiKey, baseUrl: sandbox.baseUrl },
		staticData: {},
		...rest,
		parameters: { ...parameters, options: { ...(options as INodeParameters) } },
	};
}

/** The token that Generate Video would make for this trigger's credential. */
export function tokenFor(trigger: RunOptions, metadata = {}): string {
	return sealMetadata(secretOf(trigger), 'key-1', metadata);
}

function secretOf({ credentials = {} }: RunOptions): Buffer {
	return callbackSecret(credentials.apiKey ?? '', credentials.callbackSecret);
}

/** One delivery at the signed address. */
export function signed(token: string, body: unknown): WebhookRequest {
	return { webhook: 'setup', params: paramsOf(token), body };
}

/** As n8n reads them from the route that the trigger declares. */
function paramsOf(token: string): Record<string, string> {
	return { [`token-${WEBHOOK_ID}`]: token, [`end-${WEBHOOK_ID}`]: 'callback' };
}

export function startedRun({ result }: WebhookAnswer): INodeExecutionData | undefined {
	return result?.workflowData?.[0]?.[0];
}

export interface TriggerHost {
	/** As n8n shows it: the production URL. */
	url: string;
	/** The items with which runs started, in their order. */
	started: INodeExecutionData[];
	/** What each delivery was answered, with the path that it came to. */
	deliveries: Array<{ path: string; status: number; isProbe: boolean; authorization?: string }>;
	stop(): Promise<void>;
}

export async function hostTrigger(
	engine: Engine,
	trigger: RunOptions,
	address: { path?: string; isPublished?: boolean } = {},
): Promise<TriggerHost> {
	const { path = 'webhook', isPublished = true } = address;
	const started: TriggerHost['started'] = [];
	const deliveries: TriggerHost['deliveries'] = [];
	const app = express();
	app.use(express.text({ type: () => true, limit: '16mb' }));
	const receive = (webhook: 'default' | 'setup'): express.RequestHandler => {
		return async ({ params, body, headers, originalUrl }, response) => {
			const token = typeof params.token === 'string' ? params.token : '';
			const answer: WebhookAnswer = isPublished
				? await callWebhook(engine, trigger, {
						webhook,
						params: paramsOf(token),
						body,
						headers: { 'Content-Type': headers['content-type'] ?? '' },
					})
				: { status: 404, body: { message: 'not registered' } };
			const item = startedRun(answer);
			if (item) started.push(item);
			deliveries.push({
				path: originalUrl,
				status: answer.status,
				isProbe: openToken(secretOf(trigger), token)?.kind === 'probe',
				authorization: headers.authorization,
			});
			response.status(answer.status).json(answer.body);
		};
	};
	app.post(`/${path}/${WEBHOOK_ID}/callback`, receive('default'));
	app.post(`/${path}/${WEBHOOK_ID}/:token/callback`, receive('setup'));
	const { origin, stop } = await serve(app);
	return { url: `${origin}/${path}/${WEBHOOK_ID}/callback`, started, deliveries, stop };
}
