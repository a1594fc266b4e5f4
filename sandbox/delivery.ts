/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import type { Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { clipOf, type Clip } from './clip';
import type { Context } from './context';
import type { Reply } from './errors';
import type { FaultAction } from './faultAction';
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
	const action = transportFault(faults)?.action;
	if (action?.kind === 'reset' && !action.after) return reset(response);
	if (action?.kind === 'redirect') {
		const location = action.to ?? `${context.urls.mirror}${response.req.originalUrl}`;
		return await send(
			response,
			whole({ status: action.status ?? 307, body: '' }, { Location: location }),
		);
	}
	if (action?.kind === 'answer' && !action.after)
		return await send(response, whole(replyOf(action)));
	return undefined;
}

/** Sends what the route answers, as the fault wants it. */
export async function deliver(
	context: Context,
	response: Response,
	reply: Reply,
	faults: ActiveFault[],
): Promise<Delivered> {
	const action = transportFault(faults)?.action;
	switch (action?.kind) {
		case 'reset':
			return reset(response);
		case 'answer':
			return await send(response, whole(replyOf(action)));
		case 'headers':
			return await send(response, whole(reply, action.headers));
		case 'short':
			return await send(response, shortened(whole(reply)));
		case 'half':
			return await sendHalf(response, whole(reply));
		case 'slow':
			return await sendSlowly(context, response, whole(reply), action);
		default:
			return await send(response, whole(reply));
	}
}

/** The first fault that concerns the answer; scripts concern the task. */
export function transportFault(faults: ActiveFault[]) {
	return faults.find(({ action }) => action.kind !== 'script');
}

interface Outgoing {
	status: number;
	headers: Record<string, string>;
	content: Clip;
}

async function send(
	response: Response,
	{ status, headers, content }: Outgoing,
): Promise<Delivered> {
	if (response.destroyed) return {};
	response.writeHead(status, { ...headers, 'Content-Length': content.size });
	if (response.req.method === 'HEAD') response.end();
	else await pipeline(content.open(), response).catch(() => {});
	return { status };
}

/** The announced length is the whole one; the connection is cut in the middle. */
async function sendHalf(response: Response, { status, headers, content }: Outgoing) {
	response.writeHead(status, { ...headers, 'Content-Length': content.size });
	await pipeline(content.open(Math.floor(content.size / 2)), response, { end: false }).catch(
		() => {},
	);
	// What was written has to leave before the connection is cut, or nothing at all would arrive.
	await new Promise((resolve) => response.write('', resolve));
	await pause(10);
	response.socket?.destroy();
	return { status };
}

async function sendSlowly(
	{ stopping }: Context,
	response: Response,
	outgoing: Outgoing,
	{ part, seconds }: Extract<FaultAction, { kind: 'slow' }>,
): Promise<Delivered> {
	const wait = async () =>
		await pause(seconds * 1000, undefined, { signal: stopping }).catch(() => {});
	if (part === 'headers') {
		await wait();
		return await send(response, outgoing);
	}
	const { status, headers, content } = outgoing;
	response.writeHead(status, { ...headers, 'Content-Length': content.size });
	const middle = Math.floor(content.size / 2);
	let sent = 0;
	try {
		for await (const chunk of content.open() as AsyncIterable<Buffer>) {
			const before = Math.max(0, Math.min(chunk.length, middle - sent));
			if (sent <= middle && sent + chunk.length > middle) {
				response.write(chunk.subarray(0, before));
				await wait();
				response.write(chunk.subarray(before));
			} else {
				response.write(chunk);
			}
			sent += chunk.length;
		}
		response.end();
	} catch {
		response.destroy();
	}
	return { status };
}

function reset(response: Response): Delivered {
	response.socket?.resetAndDestroy();
	return {};
}

function shortened(outgoing: Outgoing): Outgoing {
	const { content } = outgoing;
	const size = Math.floor(content.size / 2);
	return { ...outgoing, content: { size, open: () => content.open(size) } };
}

/** A reply as bytes: JSON for an object, the text as it stands, a clip as a stream. */
function whole({ status, body, headers }: Reply, more: Record<string, string> = {}): Outgoing {
	if (isClip(body)) return { status, headers: { ...headers, ...more }, content: body };
	if (Buffer.isBuffer(body))
		return { status, headers: { ...headers, ...more }, content: clipOf([body]) };
	const isText = typeof body === 'string';
	const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
	const bytes = Buffer.from(isText ? body : JSON.stringify(body));
	return {
		status,
		headers: { 'Content-Type': type, ...headers, ...more },
		content: clipOf([bytes]),
	};
}

const isClip = (body: unknown): body is Clip =>
	typeof body === 'object' && body !== null && 'open' in body && 'size' in body;
