/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { clipOf, type Clip } from './clip';
import type { Context } from './context';
import type { Reply } from './errors';
import { replyOf, type ActiveFault } from './faults';

/** What became of an answer: its status, unless the connection was reset before one. */
export interface Delivered {
	status?: number;
}

/**
 * The faults that keep a route from doing its work.
 * @returns undefined where the work is to be done
 */
export async function deliverBeforeWork(
	context: Context,
	response: Response,
	faults: ActiveFault[],
): Promise<Delivered | undefined> {
	const action = transportFault(faults);
	if (action?.kind === 'redirect') {
		const Location = action.to ?? `${context.urls.mirror}${response.req.originalUrl}`;
		return await send(response, { status: action.status ?? 307, body: '', headers: { Location } });
	}
	if (action?.kind === 'reset' && !action.after) return reset(response);
	if (action?.kind === 'answer' && !action.after) return await send(response, replyOf(action));
	return undefined;
}

/** Sends what the route answers, as the fault wants it. */
export async function deliver(
	{ stopping }: Context,
	response: Response,
	reply: Reply,
	faults: ActiveFault[],
): Promise<Delivered> {
	const action = transportFault(faults);
	switch (action?.kind) {
		case 'reset':
			return reset(response);
		case 'answer':
			return await send(response, replyOf(action));
		case 'headers':
			return await send(response, { ...reply, headers: { ...reply.headers, ...action.headers } });
		case 'short':
			return await send(response, { ...reply, body: firstHalf(contentOf(reply).content) });
		case 'half':
			return await sendHalf(response, reply);
		case 'slow': {
			const { part, seconds } = action;
			const wait = async () =>
				await pause(seconds * 1000, undefined, { signal: stopping }).catch(() => {});
			if (part === 'headers') await wait();
			return await send(response, reply, part === 'body' ? wait : undefined);
		}
		default:
			return await send(response, reply);
	}
}

/** The first fault that concerns the answer; scripts concern the task. */
export function transportFault(faults: ActiveFault[]) {
	return faults.find(({ action }) => action.kind !== 'script')?.action;
}

async function send(
	response: Response,
	reply: Reply,
	waitInTheMiddle?: () => Promise<void>,
): Promise<Delivered> {
	if (response.destroyed) return {};
	const content = sendHead(response, reply);
	const bytes = waitInTheMiddle ? interrupted(content, waitInTheMiddle) : content.open();
	if (response.req.method === 'HEAD') response.end();
	else await pipeline(bytes, response).catch(() => {});
	return { status: reply.status };
}

/** The announced length is the whole one; the connection is cut in the middle. */
async function sendHalf(response: Response, reply: Reply) {
	const half = firstHalf(sendHead(response, reply));
	await pipeline(half.open(), response, { end: false }).catch(() => {});
	// What was written has to leave before the connection is cut, or nothing at all would arrive.
	await new Promise((resolve) => response.write('', resolve));
	await pause(10);
	response.socket?.destroy();
	return { status: reply.status };
}

async function* interrupted(content: Clip, wait: () => Promise<void>) {
	const middle = Math.floor(content.size / 2);
	yield* content.open(middle);
	await wait();
	let skipped = 0;
	for await (const chunk of content.open() as AsyncIterable<Buffer>) {
		yield chunk.subarray(Math.min(chunk.length, middle - skipped));
		skipped = Math.min(middle, skipped + chunk.length);
	}
}

function reset(response: Response): Delivered {
	response.socket?.resetAndDestroy();
	return {};
}

function firstHalf({ size, open }: Clip): Clip {
	const half = Math.floor(size / 2);
	return { size: half, open: () => open(half) };
}

function sendHead(response: Response, reply: Reply) {
	const { type, content } = contentOf(reply);
	const headers = { ...type, ...reply.headers, 'Content-Length': content.size };
	response.writeHead(reply.status, headers);
	return content;
}

/** A body as bytes: JSON for an object, the text as it stands, a clip as a stream. */
function contentOf({ body }: Reply): { type?: Record<string, string>; content: Clip } {
	if (isClip(body)) return { content: body };
	if (Buffer.isBuffer(body)) return { content: clipOf([body]) };
	const isText = typeof body === 'string';
	const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
	const bytes = Buffer.from(isText ? body : JSON.stringify(body));
	return { type: { 'Content-Type': type }, content: clipOf([bytes]) };
}

const isClip = (body: unknown): body is Clip =>
	typeof body === 'object' && body !== null && 'open' in body && 'size' in body;
