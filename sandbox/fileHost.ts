import express, { type Express, type Request } from 'express';
import type { Context } from './context';
import { deliver, deliverBeforeWork } from './delivery';
import { expiredLink, type Reply } from './errors';
import { LINK_LIFETIME_SECONDS } from './taskAnswer';
import type { Task } from './tasks';

/**
 * Where finished clips and uploaded images lie: another origin than the API, open to everyone. An
 * Authorization header that arrives here is a leak, and goes into the ledger as a violation.
 */
export function fileHost(context: Context, origin: 'files' | 'mirror'): Express {
	const app = express().disable('x-powered-by').disable('etag');
	app.use(async (request, response) => {
		const { ledger, settings, tasks, faults } = context;
		const { method, path } = request;
		const authorization = request.get('authorization') !== undefined;
		if (authorization) ledger.addViolation(`${origin}: an Authorization header arrived at ${path}`);
		const task = tasks.findByFile(lastPart(request));
		const subject = { taskId: task?.id, prompt: task?.promptText };
		const active = origin === 'files' ? faults.take('file', subject) : [];
		const fault = active.map(({ label }) => label).join(' ') || undefined;
		const entry = ledger.addDownload({ origin, path, taskId: task?.id, fault, authorization });
		const delivered =
			(await deliverBeforeWork(context, response, active)) ??
			(await deliver(context, response, await find(context, request, task), active));
		ledger.update(entry, { ...delivered, ended: true });
		if (settings.logLevel === 'requests') {
			const { at, status = 'reset' } = entry;
			settings.log(`${at.slice(11, 23)} ${origin} ${method} ${path} -> ${status}`);
		}
	});
	return app;
}

async function find(context: Context, request: Request, task: Task | undefined): Promise<Reply> {
	const nowMs = context.clock.wallMs();
	if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: '' };
	if (request.path.startsWith('/image/')) {
		const image = context.uploads.find(lastPart(request), nowMs);
		if (!image) return expiredLink();
		return { status: 200, body: image.bytes, headers: { 'Content-Type': image.contentType } };
	}
	// A CDN in front of a store that may not be listed says 403 for what it does not have.
	if (!request.path.startsWith('/video/') || task?.state !== 'completed') return expiredLink();
	const ageSeconds = (nowMs - (task.endedMs ?? nowMs)) / 1000;
	if (task.script.linkExpired || ageSeconds >= LINK_LIFETIME_SECONDS) return expiredLink();
	return { status: 200, body: await task.clip, headers: { 'Content-Type': 'video/mp4' } };
}

const lastPart = ({ path }: Request) => path.split('/').at(-1) ?? '';
