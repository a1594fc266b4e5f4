import axios from 'axios';
import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import { isLoopbackOrPrivate } from '../../nodes/KlingFast/apimart/address';
import { ApimartClient } from '../../nodes/KlingFast/apimart/client';
import { ApimartError } from '../../nodes/KlingFast/apimart/errors';
import { parseSubmittedTaskId } from '../../nodes/KlingFast/apimart/task';
import type { Exchange } from './recording';
import type { Redactor } from './redactor';

export interface Asked<T> {
	/** What the package's code made of the answer; absent where it took it for a refusal. */
	value?: T;
	error?: unknown;
	/** As it may be recorded. */
	exchange: Exchange;
	/** The answer as it came: not to be recorded. */
	json: unknown;
}

interface Manner<T> {
	/** Says in a few words what the value is. */
	tell: (value: T) => string;
	apiKey?: string;
	headers?: Record<string, string>;
	isBalance?: boolean;
}

/** The package's own client, with axios where n8n's request function would be, and a look at what goes through. */
export class Wire {
	constructor(
		readonly access: { baseUrl: string; apiKey: string },
		readonly redactor: Redactor,
	) {}

	/** Lets the client ask once. Never rejects: a refusal, or no answer at all, is an outcome too. */
	async ask<T>(
		step: string,
		use: (client: ApimartClient) => Promise<T>,
		{ tell, apiKey = this.access.apiKey, headers = {}, isBalance = false }: Manner<T>,
	): Promise<Asked<T>> {
		let sent: IHttpRequestOptions | undefined;
		let received: IN8nHttpFullResponse | undefined;
		const send = async (options: IHttpRequestOptions): Promise<IN8nHttpFullResponse> => {
			sent = { ...options, headers: { ...options.headers, ...headers } };
			received = await this.send(sent, apiKey);
			return received;
		};
		const [used] = await Promise.allSettled([
			use(new ApimartClient(send, this.access.baseUrl, apiKey)),
		]);
		const json = parsed(received?.body);
		if (sent?.url.includes('/v1/videos/')) {
			const taskId = parseSubmittedTaskId(json);
			if (taskId !== undefined) this.redactor.learn('task', taskId);
		}
		const { redactor } = this;
		const readAs = used.status === 'fulfilled' ? tell(used.value) : toldOf(used.reason);
		const exchange: Exchange = {
			step,
			method: sent?.method ?? '',
			path: redactor.text(sent?.url.slice(this.access.baseUrl.length) ?? ''),
			requestHeaders: redactor.headers({ ...sent?.headers, Authorization: 'Bearer' }),
			...(sent?.body !== undefined && { requestBody: redactor.json(parsed(sent.body)) }),
			httpStatus: received?.statusCode,
			headers: redactor.headers(received?.headers ?? {}),
			body: isBalance ? redactor.balance(json) : redactor.json(json ?? received?.body ?? null),
			readAs: redactor.text(readAs),
		};
		if (used.status === 'rejected') return { error: used.reason, exchange, json };
		return { value: used.value, exchange, json };
	}

	/** A read for which the client has no method. */
	async get(step: string, path: string): Promise<Exchange> {
		const options: IHttpRequestOptions = { method: 'GET', url: this.access.baseUrl + path };
		const [read] = await Promise.allSettled([this.send(options, this.access.apiKey)]);
		const answer = read.status === 'fulfilled' ? read.value : undefined;
		return {
			step,
			method: 'GET',
			path: this.redactor.text(path),
			requestHeaders: {},
			httpStatus: answer?.statusCode,
			headers: this.redactor.headers(answer?.headers ?? {}),
			body: this.redactor.json(parsed(answer?.body) ?? answer?.body ?? null),
			readAs: answer ? 'not read' : 'no answer',
		};
	}

	private async send(options: IHttpRequestOptions, apiKey: string): Promise<IN8nHttpFullResponse> {
		const { method, url, body, headers, timeout } = options;
		const response = await axios.request<string>({
			method,
			url,
			data: body,
			headers: { ...headers, Authorization: `Bearer ${apiKey}` } as Record<string, string>,
			timeout,
			responseType: 'text',
			// The text as it came: axios would make an object of it, and the client reads for itself.
			transformResponse: (text: string) => text,
			validateStatus: () => true,
			maxRedirects: 0,
			...proxyFor(url),
		});
		return {
			statusCode: response.status,
			headers: { ...response.headers } as IN8nHttpFullResponse['headers'],
			body: response.data,
		};
	}
}

/** A proxy of the environment is for the world outside. */
export function proxyFor(url: string): { proxy?: false } {
	return isLoopbackOrPrivate(new URL(url).hostname) ? { proxy: false } : {};
}

function toldOf(error: unknown): string {
	if (!(error instanceof ApimartError)) return 'a fault of the test';
	const { kind, spent, passing } = error.details;
	const money = spent === 'no' ? 'nothing spent' : 'spending unknown';
	return `refusal: ${kind}, ${money}, ${passing ? 'may be repeated' : 'final'}`;
}

function parsed(body: unknown): unknown {
	if (typeof body !== 'string') return undefined;
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}
