import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { response } from '../apimart/answers';
import type { ManualClock } from './manualClock';

/** An answer, or an error below HTTP. */
export type Given = IN8nHttpFullResponse | Error;

export interface Seen {
	method: string;
	path: string;
	body: unknown;
	key: string | undefined;
	atSeconds: number;
}

/** A provider that answers by a rule and remembers what it was asked, and when. */
export class Provider {
	readonly seen: Seen[] = [];
	readonly client: ApimartClient;

	constructor(
		private readonly clock: ManualClock,
		private readonly rule: (request: Seen, count: number) => Given,
	) {
		this.client = new ApimartClient(
			async (options) => this.answer(options),
			'https://api.apimart.ai',
			'',
			clock,
		);
	}

	get submits(): Seen[] {
		return this.seen.filter(({ path }) => path === '/v1/videos/generations');
	}

	get reads(): Seen[] {
		return this.seen.filter(({ path }) => path.startsWith('/v1/tasks/'));
	}

	answer(options: IHttpRequestOptions): IN8nHttpFullResponse {
		const key: unknown = options.headers?.['Idempotency-Key'];
		const request: Seen = {
			method: options.method ?? 'GET',
			path: new URL(options.url).pathname,
			body: options.body,
			key: typeof key === 'string' ? key : undefined,
			atSeconds: this.clock.nowMs() / 1000,
		};
		this.seen.push(request);
		const count = this.seen.filter(({ path }) => path === request.path).length;
		const given = this.rule(request, count);
		if (given instanceof Error) throw given;
		return given;
	}
}

/** What happens to a request: an answer instead of the usual one, or `lose` for a reset after it was accepted. */
export type RequestFault = (request: Seen, count: number) => Given | 'lose' | undefined;

const KEY_LIFE_SECONDS = 24 * 60 * 60;

/** An API that makes every clip in the given time and remembers keys as APIMart documents it. */
export class FakeApi extends Provider {
	readonly tasks: Array<{ id: string; key: string; body: unknown; bornAtSeconds: number }> = [];

	constructor(
		clock: ManualClock,
		clipSeconds: (taskNumber: number) => number,
		fault: RequestFault = () => undefined,
	) {
		super(clock, (request, count) => {
			const given = fault(request, count);
			if (given !== undefined && given !== 'lose') return given;
			const usual = this.usual(request, clipSeconds);
			return given === 'lose' ? reset() : usual;
		});
	}

	private usual(request: Seen, clipSeconds: (taskNumber: number) => number): Given {
		if (request.method === 'POST') return this.accept(request);
		const number = this.tasks.findIndex(({ id }) => request.path.endsWith(id));
		if (number === -1) return response(400, { error: { message: 'Invalid task ID' } });
		const { id, bornAtSeconds } = this.tasks[number];
		const progress = (100 * (request.atSeconds - bornAtSeconds)) / clipSeconds(number);
		return progress >= 100 ? completed(id) : running(id, Math.floor(progress));
	}

	private accept(request: Seen): Given {
		const { key = '', body, atSeconds } = request;
		const known = this.tasks.find(
			(task) => task.key === key && atSeconds < task.bornAtSeconds + KEY_LIFE_SECONDS,
		);
		if (known && known.body !== body) {
			return response(409, { error: { message: 'reused', code: 'idempotency_key_reused' } });
		}
		if (known) return accepted(known.id, { 'Idempotency-Replayed': 'true' });
		const id = `task_${this.tasks.length}`;
		this.tasks.push({ id, key, body, bornAtSeconds: atSeconds });
		return accepted(id);
	}
}

export function accepted(taskId: string, headers: Record<string, unknown> = {}): Given {
	return response(200, { code: 200, data: [{ status: 'submitted', task_id: taskId }] }, headers);
}

export function running(id: string, progress = 50, status = 'processing'): Given {
	return response(200, { code: 200, data: { id, status, progress } });
}

export function completed(id: string): Given {
	const result = { videos: [{ url: [`https://files.example/${id}.mp4`] }] };
	return response(200, { code: 200, data: { id, status: 'completed', cost: 0.504, result } });
}

export function failed(id: string, message = 'Generation failed'): Given {
	return response(200, { code: 200, data: { id, status: 'failed', error: { message } } });
}

export function reset(): Error {
	return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
