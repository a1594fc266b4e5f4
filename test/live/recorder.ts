/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/*
 * What must stay true: a recording can be given to anybody. Every text in it has passed the Redactor, and what is written is
 * searched once more for the secrets of the run.
 */
import axios, { type AxiosRequestConfig } from 'axios';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isLoopbackOrPrivate } from '../../nodes/KlingFast/apimart/address';
import { describeCause, providerText, type Answer } from '../../nodes/KlingFast/apimart/answer';
import { Mp4Inspector } from '../../nodes/KlingFast/apimart/mp4';
import type { Redactor } from './redactor';

const TIMEOUT_MS = 120_000;

/** A request and its answer. */
interface Exchange {
	step: string;
	/** Method and path. */
	request: string;
	requestBody?: unknown;
	/** 0 where no answer came. */
	httpStatus: number;
	headers: Record<string, unknown>;
	body: unknown;
}

export interface Recording {
	format: 2;
	provider: string;
	/** A day. */
	recordedOn: string;
	/** Whether callbacks were asked for. */
	callbacks: boolean;
	summary: string[];
	exchanges: Array<Exchange & { at: string }>;
}

/** Sends requests, and keeps what may be shown of them. Never rejects: no answer is an outcome, too. */
export class Recorder {
	readonly exchanges: Recording['exchanges'] = [];

	constructor(
		readonly target: { baseUrl: string; apiKey: string },
		readonly redactor: Redactor,
		private readonly nowMs: () => number,
	) {}

	/** Asks APIMart: a POST where there is a body, else a GET. @returns the answer, and what it says in a line */
	async ask(
		step: string,
		path: string,
		more: { body?: string; headers?: Record<string, string>; apiKey?: string } = {},
	): Promise<Answer & { said: string }> {
		const method = more.body === undefined ? 'GET' : 'POST';
		const { bytes, ...got } = await send(this.target.baseUrl + path, {
			method,
			data: more.body,
			maxRedirects: 0,
			headers: {
				Accept: 'application/json',
				...(more.body !== undefined && { 'Content-Type': 'application/json' }),
				...more.headers,
				Authorization: `Bearer ${more.apiKey ?? this.target.apiKey}`,
			},
		});
		const text = bytes.toString();
		const json = parseJson(text);
		const requestBody = more.body && parseJson(more.body);
		this.add({ step, request: `${method} ${path}`, requestBody, ...got, body: json ?? text });
		const answer = { ...got, text, json };
		const said = got.httpStatus ? `HTTP ${got.httpStatus}: ${providerText(answer)}` : text;
		return { ...answer, said: this.redactor.text(said) };
	}

	/** Fetches a clip as the nodes do: from another host than the API's, without a key. */
	async fetchFile(link: string): Promise<{ bytes: Buffer; said: string; isWhole: boolean }> {
		const { bytes, ...got } = await send(link, {});
		const inspector = new Mp4Inspector();
		inspector.take(bytes);
		const mp4 = inspector.verdict() ?? 'whole';
		const linkParameters = [...new URL(link).searchParams.keys()];
		const body = { bytes: bytes.length, mp4, linkParameters };
		this.add({ step: 'file', request: `GET ${link}`, ...got, body });
		const said = `HTTP ${got.httpStatus} without a key, ${bytes.length} bytes, MP4: ${mp4}`;
		return { bytes, said, isWhole: got.httpStatus === 200 && mp4 === 'whole' };
	}

	/** Of reads of the task in a row that say the same the first one is kept. */
	add({ step, request, requestBody, httpStatus, headers, body }: Exchange): void {
		const { redactor } = this;
		const shown = step.startsWith('balance') ? redactor.balance(body) : redactor.json(body);
		const last = this.exchanges.at(-1);
		const isRead = step === 'task' && last?.step === step;
		if (isRead && JSON.stringify(last.body) === JSON.stringify(shown)) return;
		this.exchanges.push({
			step,
			at: new Date(this.nowMs()).toISOString(),
			request: redactor.text(request),
			requestBody: redactor.json(requestBody),
			httpStatus,
			headers: redactor.headers(headers),
			body: shown,
		});
	}
}

async function send(url: string, options: AxiosRequestConfig) {
	try {
		const { status, headers, data } = await axios.request<Buffer>({
			url,
			responseType: 'arraybuffer',
			timeout: TIMEOUT_MS,
			validateStatus: () => true,
			// A proxy of the environment is for the world outside.
			proxy: isLoopbackOrPrivate(new URL(url).hostname) ? false : undefined,
			...options,
		});
		return { httpStatus: status, headers: { ...headers }, bytes: data };
	} catch (error) {
		const bytes = Buffer.from(`no answer: ${describeCause(error)}`);
		return { httpStatus: 0, headers: {}, bytes };
	}
}

export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** @throws Error where one of the secrets would be written; nothing is written then */
export async function writeRecording(
	path: string,
	recording: Recording,
	secrets: Record<string, string>,
): Promise<void> {
	const text = `${JSON.stringify(recording, null, '\t')}\n`;
	for (const [name, secret] of Object.entries(secrets)) {
		// What is shorter is no secret, and would be found everywhere.
		if (secret.length < 8 || !text.includes(secret)) continue;
		throw new Error(`The recording was not written: the ${name} would stand in it`);
	}
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
}

/** @throws Error where the file is no recording */
export async function readRecording(path: string): Promise<Recording> {
	const recording = JSON.parse(await readFile(path, 'utf8')) as Partial<Recording> | null;
	if (recording?.format === 2 && Array.isArray(recording.exchanges)) return recording as Recording;
	throw new Error(`${path} is no recording of the live test`);
}
