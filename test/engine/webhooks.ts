/** Calls a node's `webhook()` the way n8n does: a real HTTP request, n8n's own webhook context, n8n's rules for the answer. */
import axios from 'axios';
import express, { type Request, type Response } from 'express';
import type { IWebhookResponseData, WebhookType } from 'n8n-workflow';
import type { Engine, RunOptions } from './harness';
import { serve } from './localServer';
import { runWebhook, webhooksOf } from './webhookContext';

export interface WebhookRequest {
	/** `default` or `setup`. */
	webhook?: WebhookType;
	/** A string is sent as it is, anything else as JSON. */
	body?: unknown;
	headers?: Record<string, string>;
	query?: Record<string, string>;
	/** The values of `:name` parts of the path. */
	params?: Record<string, string>;
	/** What happens while n8n saves the run; where it throws, the run does not come about. */
	savingRun?: (response: Response) => Promise<void>;
}

export interface WebhookAnswer {
	/** What the caller of the webhook got. */
	status: number;
	body: unknown;
	/** What `webhook()` returned: with `workflowData` a workflow starts. */
	result?: IWebhookResponseData;
	/** What `webhook()` threw; in n8n that would be an error to the caller. */
	thrown?: unknown;
}

export async function callWebhook(
	engine: Engine,
	trigger: RunOptions,
	request: WebhookRequest = {},
): Promise<WebhookAnswer> {
	const outcome: Pick<WebhookAnswer, 'result' | 'thrown'> = {};
	const app = express();
	app.use(express.raw({ type: () => true, limit: '16mb' }));
	app.use(async (httpRequest, httpResponse) => {
		if (!readBodyAsN8n(httpRequest, request.params ?? {})) {
			httpResponse.status(422).json({ message: 'Failed to parse request body' });
			return;
		}
		try {
			outcome.result = await answerAsNode(engine, trigger, request, httpRequest, httpResponse);
			if (!outcome.result.noWebhookResponse) httpResponse.json(outcome.result.webhookResponse);
		} catch (error) {
			outcome.thrown = error;
			if (!httpResponse.headersSent)
				httpResponse.status(500).json({ message: 'Error in workflow' });
		}
	});
	const server = await serve(app);
	try {
		const answer = await axios.request({
			url: server.origin,
			method: 'POST',
			params: request.query,
			// A string under a JSON content type would be quoted by axios.
			data: typeof request.body === 'string' ? Buffer.from(request.body) : request.body,
			headers: { 'Content-Type': 'application/json', ...request.headers },
			validateStatus: () => true,
		});
		return { status: answer.status, body: answer.data, ...outcome };
	} finally {
		await server.stop();
	}
}

async function answerAsNode(
	engine: Engine,
	options: RunOptions,
	{ webhook = 'default', savingRun }: WebhookRequest,
	httpRequest: Request,
	httpResponse: Response,
): Promise<IWebhookResponseData> {
	const { workflow, node } = engine.workflow(options);
	const additionalData = { ...engine.additionalData(options), httpRequest, httpResponse };
	const description = webhooksOf(workflow, node).find(({ name }) => name === webhook);
	if (!description) throw new Error(`${node.type} has no webhook named ${webhook}`);
	const mode = options.mode ?? 'trigger';
	const result = await runWebhook({ workflow, node, additionalData, mode, description });
	// n8n 2.41 saves the run first, then the static data, then it answers.
	if (result.workflowData) await savingRun?.(httpResponse);
	Object.assign(options.staticData ?? {}, JSON.parse(JSON.stringify(workflow.staticData)));
	return result;
}

/**
 * As n8n's body parser does it: the raw body is kept, JSON and plain text are read, other types leave an empty object.
 *
 * @returns false where n8n refuses the request before the node sees it
 */
function readBodyAsN8n(request: Request, params: Record<string, string>): boolean {
	const rawBody: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
	const text = rawBody.toString('utf8');
	let body: unknown = {};
	if (text && request.is('application/json')) {
		try {
			body = JSON.parse(text);
		} catch {
			return false;
		}
	} else if (text && request.is('text/plain')) {
		body = text;
	}
	Object.assign(request, { rawBody, body, params });
	return true;
}
