/*
 * What must stay true:
 * - The request to the file host carries no API key: it does not go through the credential.
 * - Every hop of a redirect is held to the address rule before it is requested.
 * - The video is never whole in memory: its bytes pass from the socket into n8n's binary store.
 * - What is stored as a video is a whole MP4, or it is an error.
 */
import type {
	IBinaryData,
	IExecuteFunctions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
	Logger,
} from 'n8n-workflow';
import { stopReason, untilAborted, withTimeout, type Clock } from '../clock';
import { mayUseAddress, parseUrl } from './address';
import { describeCause, excerpt, header, retryAfterSeconds } from './answer';
import { ApimartError } from './errors';
import { Mp4Inspector } from './mp4';
import { withRetries } from './retry';

const MAX_REDIRECTS = 5;
const MAX_TRIES = 4;
const CONNECT_TIMEOUT_MS = 60_000;
const TOTAL_LIMIT_MS = 15 * 60_000;
/** What brings no byte of the video for this long, be it the host or its body, is given up and asked for again. */
const IDLE_LIMIT_MS = 60_000;
const IDLE_CHECK_MS = 5_000;
/** So long the words of a refusal are read. */
const REFUSAL_LIMIT_MS = 10_000;
/** A clip that is completed so lately may not have reached the file host yet. Seconds between the tries then. */
const FRESH_MS = 60_000;
const FRESH_WAITS_SECONDS = [5, 15, 30];

type Context = IExecuteFunctions | IWebhookFunctions;
type VideoStream = Exclude<Parameters<Context['helpers']['prepareBinaryData']>[0], Buffer>;

export interface Download {
	url: string;
	fileName: string;
	/** The credential's base URL: it decides whether an address inside the local network may be used. */
	baseUrl: string;
	/** When the provider says that the clip was completed, where it does. */
	completedMs?: number;
	logger?: Pick<Logger, 'info'>;
	clock: Clock;
	signal?: AbortSignal;
}

/**
 * Streams a finished clip into n8n's binary store. Where it is cut off only the download is repeated; the clip is not made
 * again. Throws `ApimartError` with a sentence that says what to do (an expired link, a private address, no MP4).
 */
export async function downloadVideo(context: Context, download: Download): Promise<IBinaryData> {
	const { clock, signal, logger, completedMs = -Infinity } = download;
	const nowMs = clock.nowMs();
	const deadlineMs = nowMs + TOTAL_LIMIT_MS;
	const isNewTask = nowMs - completedMs < FRESH_MS;
	const store = async (tries: number) => {
		const freshWaitSeconds = isNewTask ? FRESH_WAITS_SECONDS[tries - 1] : undefined;
		return await storeOnce(context, { ...download, deadlineMs, isNewTask, freshWaitSeconds });
	};
	return await withRetries(store, { clock, signal, logger, deadlineMs, maxTries: MAX_TRIES });
}

interface OneTry extends Download {
	deadlineMs: number;
	isNewTask: boolean;
	/** Until a file that is not there yet is asked for again. */
	freshWaitSeconds?: number;
}

async function storeOnce(context: Context, download: OneTry): Promise<IBinaryData> {
	const { clock, signal, fileName, deadlineMs } = download;
	const stall = new AbortController();
	const done = new AbortController();
	const either = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
	const inspector = new Mp4Inspector();
	let lastByteAtMs = clock.nowMs();
	let stream: VideoStream | undefined;
	const watch = watchForStall(clock, done.signal, () => {
		if (clock.nowMs() >= deadlineMs) stall.abort(new Error('the file took over 15 minutes'));
		if (clock.nowMs() - lastByteAtMs < IDLE_LIMIT_MS) return;
		stall.abort(new Error('the file host sent nothing for a minute'));
	});
	const streamed = async () => {
		const video = (stream = await openVideo(context, download, either));
		// A paused stream may be listened to without losing bytes: every chunk that the store takes passes here, too.
		video.pause();
		video.on('data', (chunk: Buffer) => {
			lastByteAtMs = clock.nowMs();
			inspector.take(chunk);
			if (inspector.isNotMp4) video.destroy(new Error('the file is not an MP4'));
		});
		// Once paused like that, a stream does not flow for a store that only listens, as n8n's database and memory do.
		video.on('newListener', (event: string) => {
			if (event === 'data') video.resume();
		});
		return await context.helpers.prepareBinaryData(video, fileName, 'video/mp4');
	};
	let stored: IBinaryData | undefined;
	let reason: unknown;
	try {
		stored = await untilAborted(streamed(), either);
	} catch (error) {
		stream?.destroy();
		reason = error;
	}
	done.abort();
	await watch;
	if (signal?.aborted) throw stopReason(signal);
	if (reason instanceof ApimartError) throw reason;
	const fault = stored || inspector.bytes > 0 ? inspector.verdict() : undefined;
	if (stored && !fault) return stored;
	throw downloadError(fault ?? describeCause(reason), true);
}

async function openVideo(
	context: Context,
	download: OneTry,
	abortSignal: AbortSignal,
): Promise<VideoStream> {
	let url = download.url;
	for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
		if (!mayUseAddress(url, download.baseUrl)) {
			throw downloadError(`its address is inside a private network (${excerpt(url)})`, false);
		}
		const response: IN8nHttpFullResponse = await context.helpers.httpRequest({
			method: 'GET',
			url,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: CONNECT_TIMEOUT_MS,
			abortSignal,
		});
		const { statusCode, headers, body } = response;
		if (!isStream(body)) throw new Error('the file host gave no stream');
		const location = header(headers, 'location');
		const next = location === undefined ? undefined : parseUrl(location, url);
		if (statusCode >= 300 && statusCode < 400 && next) {
			body.destroy();
			url = next.href;
			continue;
		}
		if (statusCode !== 200) throw await refusal(statusCode, headers, body, download);
		return body;
	}
	throw downloadError(`the file host redirects more than ${MAX_REDIRECTS} times`, false);
}

async function refusal(
	httpStatus: number,
	headers: Record<string, unknown>,
	body: VideoStream,
	{ clock, isNewTask, freshWaitSeconds }: OneTry,
): Promise<ApimartError> {
	if (isNewTask && [403, 404].includes(httpStatus)) {
		body.destroy();
		const why = `the file is not there yet (HTTP ${httpStatus})`;
		return downloadError(why, true, { retryAfterSeconds: freshWaitSeconds });
	}
	if ([403, 404, 410].includes(httpStatus)) {
		body.destroy();
		return downloadError(`the link has expired or was withdrawn (HTTP ${httpStatus})`, false, {
			advice:
				'APIMart keeps a clip for about 24 hours. If it is younger, fetch it again with Get Video; otherwise only a new clip helps.',
		});
	}
	const timeout = { timeoutMs: REFUSAL_LIMIT_MS, fallback: '' };
	const said = excerpt(await withTimeout(firstBytes(body), timeout, clock));
	body.destroy();
	const retryable = httpStatus >= 500 || httpStatus === 408 || httpStatus === 429;
	return downloadError(`the file host answered HTTP ${httpStatus}: ${said}`, retryable, {
		retryAfterSeconds: retryAfterSeconds(headers, clock.nowMs()),
	});
}

async function firstBytes(body: VideoStream): Promise<string> {
	let text = '';
	try {
		for await (const chunk of body) {
			text += String(chunk);
			if (text.length > 4_000) break;
		}
	} catch {
		return text;
	}
	return text;
}

async function watchForStall(clock: Clock, done: AbortSignal, check: () => void): Promise<void> {
	try {
		for (;;) {
			await clock.sleep(IDLE_CHECK_MS, done);
			check();
		}
	} catch {
		return;
	}
}

export function videoFileName(taskId: string): string {
	return `${taskId.replace(/[^\w-]+/g, '_')}.mp4`;
}

function downloadError(
	why: string,
	retryable: boolean,
	details: { advice?: string; retryAfterSeconds?: number } = {},
): ApimartError {
	return new ApimartError(`The video could not be downloaded: ${why}`, {
		kind: 'network',
		retryable,
		charged: 'unknown',
		advice: 'The clip exists and is paid for. Fetch it again with Get Video.',
		...details,
	});
}

function isStream(body: unknown): body is VideoStream {
	return typeof body === 'object' && body !== null && 'pipe' in body && 'pause' in body;
}
