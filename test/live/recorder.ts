import axios, { type AxiosRequestConfig } from 'axios';
import type { IHttpRequestOptions } from 'n8n-workflow';
import { isLoopbackOrPrivate } from '../../nodes/KlingFast/apimart/address';
import { ApimartClient } from '../../nodes/KlingFast/apimart/client';
import { Mp4Inspector } from '../../nodes/KlingFast/apimart/mp4';

const TIMEOUT_MS = 120_000;

/** A request and its answer. */
export interface Exchange {
	step: string;
	at: string;
	/** Method and path. */
	request: string;
	requestBody?: unknown;
	/** 0 where no answer came. */
	httpStatus: number;
	headers: Record<string, unknown>;
	body?: unknown;
}

/** Sends requests, and keeps them with their answers, as they are. */
export class Recorder {
	readonly exchanges: Exchange[] = [];
	/** What must never be written, by what it is. */
	readonly secrets: Record<string, string>;

	constructor(
		readonly baseUrl: string,
		readonly apiKey: string,
		private readonly nowMs: () => number,
	) {
		this.secrets = { 'API key': apiKey };
	}

	/** The nodes' own client. Whatever it sends is kept under the name of this step. */
	client(step: string, apiKey = this.apiKey, moreHeaders = {}): ApimartClient {
		const send = async ({ method, url, body, headers, abortSignal }: IHttpRequestOptions) => {
			const answer = await this.send(step, {
				...{ method, url, data: body as unknown, signal: abortSignal as AbortSignal },
				headers: { ...headers, ...moreHeaders, Authorization: `Bearer ${apiKey}` },
				maxRedirects: 0,
			});
			return { statusCode: answer.status, headers: answer.headers, body: answer.data.toString() };
		};
		return new ApimartClient(send, this.baseUrl, apiKey);
	}

	/** Fetches a clip as the nodes do: from another host than the API's, without a key. */
	async fetchFile(url: string) {
		const { search, searchParams } = new URL(url);
		this.secrets["link's query"] = search.slice(1);
		const { status, data } = await this.send('file', { url }).catch(() => ({
			...{ status: 0, data: Buffer.alloc(0) },
		}));
		const inspector = new Mp4Inspector();
		inspector.take(data);
		const mp4 = inspector.verdict() ?? 'whole';
		const body = { bytes: data.length, mp4, linkParameters: [...searchParams.keys()] };
		Object.assign(this.exchanges.at(-1) ?? {}, { body });
		const said = `HTTP ${status} without a key, ${data.length} bytes, MP4: ${mp4}`;
		return { bytes: data, said, isWhole: status === 200 && mp4 === 'whole' };
	}

	/** @throws AxiosError where no answer came */
	async send(step: string, options: AxiosRequestConfig & { url: string }) {
		const { method = 'GET', url, data } = options;
		const exchange = this.add({
			step,
			request: `${method} ${url.replace(this.baseUrl, '')}`,
			requestBody: jsonOrText(String(data ?? '')),
		});
		const answer = await axios.request<Buffer>({
			...{ responseType: 'arraybuffer', timeout: TIMEOUT_MS, validateStatus: () => true },
			// A proxy of the environment is for the world outside.
			proxy: isLoopbackOrPrivate(new URL(url).hostname) ? false : undefined,
			...options,
		});
		const body = jsonOrText(answer.data.toString());
		Object.assign(exchange, { httpStatus: answer.status, headers: { ...answer.headers }, body });
		return answer;
	}

	add(facts: Pick<Exchange, 'step' | 'request'> & Partial<Exchange>): Exchange {
		const at = new Date(this.nowMs()).toISOString();
		const exchange = { at, httpStatus: 0, headers: {}, ...facts };
		this.exchanges.push(exchange);
		return exchange;
	}
}

export function jsonOrText(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
