/*
 * What must stay true:
 * - The API key goes to the credential's base URL and nowhere else: every request here is built from it, with a path that
 *   this file spells out, and redirects are not followed.
 * - An answer that quotes the API key is stripped of it before anybody reads it.
 * - A submit is sent exactly once per call. Whether it may be sent again is for the caller to decide.
 */
import type {
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';
import { currentClock, realClock, withTimeLimit, type Clock } from '../clock';
import { normalizeBaseUrl, parseWebUrl } from './address';
import { isObject, objectIn, parseJson } from '../json';
import { type Answer, excerpt, hasApimartShape, isFromApimart, isReplayed } from './answer';
import { callbackSecret } from './callback';
import { ApimartError, errorOfAnswer, networkError, type Purpose } from './errors';
import { epochMs, parseSubmittedTaskId, parseTask, type Task } from './task';

const CREDENTIAL_TYPE = 'klingFastApi';

/** The provider's own client gives up on a read after 15 s, on a submit after 45 s and on an upload after 120 s. */
const READ_TIMEOUT_MS = 15_000;
const SUBMIT_TIMEOUT_MS = 45_000;
const UPLOAD_TIMEOUT_MS = 120_000;

/** An answer that trickles never comes to those limits, which are for silence: so many times as long is too long for all of it. */
const WHOLE_ANSWER = 4;

/** What is shorter is no key, and taken out of an answer it could leave something that is no JSON. */
const SHORTEST_KEY = 8;

export interface SubmitReceipt {
	taskId: string;
	/** Whether APIMart says that an earlier request with the same key brought this task about. */
	replayed: boolean;
}

export interface Balance {
	balance: number;
	used: number;
	unlimited: boolean;
}

export interface ImageFile {
	bytes: Buffer;
	fileName: string;
	mimeType: string;
}

interface UploadedImage extends Omit<ImageFile, 'bytes'> {
	url: string;
	bytes: number;
	createdMs?: number;
}

type Send = (options: IHttpRequestOptions) => Promise<IN8nHttpFullResponse>;

export class ApimartClient {
	/** When APIMart last answered, be it with a refusal; what something in between says does not count. */
	heardAtMs?: number;

	constructor(
		private readonly send: Send,
		readonly baseUrl: string,
		private readonly apiKey = '',
		private readonly clock: Clock = realClock,
		private readonly signal?: AbortSignal,
	) {}

	/** Sends one paid request. `body` goes out byte for byte, so that a repetition can be the same request. */
	async submit(body: string, idempotencyKey: string): Promise<SubmitReceipt> {
		const answer = await this.exchange({
			method: 'POST',
			url: '/v1/videos/generations',
			body,
			headers: { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey },
			timeout: SUBMIT_TIMEOUT_MS,
		});
		// A task id that was named is never lost, whatever stands beside it.
		const data = answer.httpStatus < 300 ? objectIn(answer.json).data : undefined;
		const named = parseSubmittedTaskId({ data });
		if (named === undefined) this.throwIfRefused(answer);
		const taskId = named ?? parseSubmittedTaskId(answer.json);
		if (taskId === undefined) {
			throw new ApimartError(`APIMart's answer names no task ID: ${excerpt(answer.text, 1000)}`, {
				kind: 'unreadable',
				retryable: !hasApimartShape(answer.json),
				charged: 'unknown',
				advice: 'The clip may exist. Look at the APIMart dashboard before running this row again.',
			});
		}
		return { taskId, replayed: isReplayed(answer) };
	}

	async readTask(taskId: string): Promise<Task> {
		// Without it the reason of a failure can be Chinese.
		const url = `/v1/tasks/${encodeURIComponent(taskId)}?language=en`;
		const answer = await this.exchange({ method: 'GET', url, timeout: READ_TIMEOUT_MS }, 'read');
		// A failed task without an envelope has an `error` (and its code) of its own, so the task is looked for first.
		const task = answer.httpStatus < 300 ? parseTask(answer.json, taskId) : undefined;
		if (task?.taskId === taskId) return task;
		const error = errorOfAnswer(answer, this.clock.nowMs(), 'read');
		throw (
			error ?? unreadable(`APIMart's answer is not about this task: ${excerpt(answer.text, 1000)}`)
		);
	}

	/** `balance` and `used` in USD; `balance` is -1 where the key has no limit (APIMart's balance page, 2026-08). */
	async readBalance(): Promise<Balance> {
		const request = { method: 'GET', url: '/v1/balance', timeout: READ_TIMEOUT_MS } as const;
		const answer = await this.exchange(request);
		this.throwIfRefused(answer, 'free');
		const data = dataOf(answer);
		const balance = Number(data.remain_balance ?? NaN);
		const used = Number(data.used_balance ?? NaN);
		if (!Number.isFinite(balance) || !Number.isFinite(used)) {
			throw unreadable(`APIMart's answer holds no balance: ${excerpt(answer.text, 1000)}`);
		}
		return { balance, used, unlimited: data.unlimited_quota === true };
	}

	/** JPEG, PNG, GIF or WebP up to 20 MB; the link lives 72 hours (APIMart's upload page, 2026-08). */
	async uploadImage(image: ImageFile): Promise<UploadedImage> {
		const form = new FormData();
		form.append('file', new Blob([image.bytes], { type: image.mimeType }), image.fileName);
		const encoded = new Response(form);
		const answer = await this.exchange({
			method: 'POST',
			url: '/v1/uploads/images',
			body: Buffer.from(await encoded.arrayBuffer()),
			headers: { 'Content-Type': encoded.headers.get('content-type') ?? '' },
			timeout: UPLOAD_TIMEOUT_MS,
		});
		this.throwIfRefused(answer, 'free');
		const data = dataOf(answer);
		if (typeof data.url !== 'string' || !parseWebUrl(data.url)) {
			throw unreadable(`APIMart's answer names no image address: ${excerpt(answer.text, 1000)}`);
		}
		return {
			url: data.url,
			fileName: typeof data.filename === 'string' ? excerpt(data.filename) : image.fileName,
			mimeType: typeof data.content_type === 'string' ? excerpt(data.content_type) : image.mimeType,
			bytes: typeof data.bytes === 'number' ? data.bytes : image.bytes.length,
			createdMs: epochMs(data.created_at),
		};
	}

	private async exchange(
		options: IHttpRequestOptions & { timeout: number },
		purpose?: Purpose,
	): Promise<Answer> {
		const limits = { limitMs: WHOLE_ANSWER * options.timeout, signal: this.signal };
		let response: IN8nHttpFullResponse;
		try {
			const request: IHttpRequestOptions = {
				...options,
				url: this.baseUrl + options.url,
				headers: { Accept: 'application/json', ...options.headers },
				encoding: 'text',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
			};
			const send = async (abortSignal: AbortSignal) => await this.send({ ...request, abortSignal });
			response = await withTimeLimit(send, limits, this.clock);
		} catch (error) {
			throw networkError(error, purpose);
		}
		const { body } = response;
		const text = this.withoutKey((typeof body === 'string' ? body : JSON.stringify(body)) ?? '');
		const { statusCode: httpStatus, headers = {} } = response;
		const answer: Answer = { httpStatus, headers, text, json: parseJson(text) };
		if (isFromApimart(answer)) this.heardAtMs = this.clock.nowMs();
		return answer;
	}

	private throwIfRefused(answer: Answer, purpose?: Purpose): void {
		const error = errorOfAnswer(answer, this.clock.nowMs(), purpose);
		if (!error) return;
		if (error.details.kind !== 'unknownTask') throw error;
		// Nobody asked for a task here.
		const advice =
			'APIMart has nothing at this address: check the base URL of the credential. Nothing was charged.';
		throw new ApimartError(error.message, { ...error.details, kind: 'parameter', advice });
	}

	/** Of an answer that quotes the key back nothing that is made of it may show the key, whatever keys look like there. */
	private withoutKey(text: string): string {
		return this.apiKey.length < SHORTEST_KEY ? text : text.replaceAll(this.apiKey, '***');
	}
}

interface Connection {
	client: ApimartClient;
	/** The API key itself, to count the clips in flight per key. Never shown. */
	apiKey: string;
	/** What callbacks are sealed with. */
	secret: Buffer;
}

/**
 * Opens the credential of the running node. Throws an `InvalidField` where its base URL may not be used, and n8n's own
 * error where there is no credential.
 */
export async function connect(context: IExecuteFunctions | IWebhookFunctions): Promise<Connection> {
	const credential = await context.getCredentials<{
		apiKey: string;
		baseUrl?: string;
		callbackSecret?: string;
	}>(CREDENTIAL_TYPE);
	// n8n 2 ends a request on Stop by itself; n8n 1 would let it outlive the Stop button.
	const signal =
		'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
	const send: Send = async (options) =>
		await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL_TYPE, options);
	const baseUrl = normalizeBaseUrl(credential.baseUrl ?? '');
	// As it is sent: n8n's HTTP client drops what cannot stand in a header, such as an invisible character that was pasted along.
	const apiKey = String(credential.apiKey)
		.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
		.trim();
	const secret = callbackSecret(apiKey, credential.callbackSecret);
	const client = new ApimartClient(send, baseUrl, apiKey, currentClock(), signal);
	return { client, apiKey, secret };
}

/** What an answer is about, in its envelope or without one. */
function dataOf({ json }: Answer): IDataObject {
	const whole = objectIn(json);
	return isObject(whole.data) ? whole.data : whole;
}

function unreadable(message: string): ApimartError {
	return new ApimartError(message, { kind: 'unreadable', retryable: true, charged: 'unknown' });
}
