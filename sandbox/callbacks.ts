import axios from 'axios';
import type { Clock } from './clock';
import { callbackTargets, refusalReason, type CallbackTarget } from './callbackAddress';
import type { Ledger } from './ledger';
import type { CallbackEntry } from './ledgerEntries';
import type { Settings } from './options';
import type { Task } from './tasks';

/** Waits before the second, third and fourth try, in provider seconds (webhook page, 2026-08). */
const RETRY_DELAYS_SECONDS = [10, 30, 60];

/**
 * Pushes finished tasks, as APIMart's webhook page describes it: terminal states only, plain JSON, no
 * signature, 2xx within 10 s counts, 5xx and silence are tried again three times, 4xx is final.
 */
export class Callbacks {
	private readonly aborter = new AbortController();

	constructor(
		private readonly settings: Settings,
		private readonly clock: Clock,
		private readonly ledger: Ledger,
		/** The task as a status read shows it. */
		private readonly show: (task: Task) => Record<string, unknown>,
	) {}

	/** Called at the submit; nothing happens unless the task's words ask for it. */
	started(task: Task) {
		if (!task.script.callback?.early) return;
		this.clock.after(task.generationSeconds / 2, () => {
			for (const target of this.targets(task)) {
				void this.post({ task, target, kind: 'early', body: this.body(task), tries: 1 });
			}
		});
	}

	/** Called when a task ends; `cancelled` is never pushed. */
	ended(task: Task) {
		if (task.state === 'cancelled') return;
		const { never, delaySeconds = 0 } = task.script.callback ?? {};
		for (const target of this.targets(task)) {
			if (never) {
				const push = { task, target, kind: 'genuine' as const };
				this.note(push, 1, { outcome: 'dropped', reason: 'asked for' });
				continue;
			}
			const send = () => {
				void this.sendAll(task, target);
			};
			if (delaySeconds > 0) this.clock.after(delaySeconds, send);
			else send();
		}
	}

	stop() {
		this.aborter.abort();
	}

	private async sendAll(task: Task, target: CallbackTarget) {
		const { copies = 1, forged, malformed } = task.script.callback ?? {};
		const once = { task, target, tries: 1 };
		if (forged) await this.post({ ...once, kind: 'forged', body: this.forgedBody(task) });
		if (malformed) await this.post({ ...once, kind: 'malformed', body: '{"id": "task_' });
		const genuine = { ...once, body: this.body(task), tries: RETRY_DELAYS_SECONDS.length + 1 };
		for (let copy = 1; copy <= copies; copy++) {
			await this.post({ ...genuine, kind: copy === 1 ? 'genuine' : 'duplicate' });
		}
	}

	private async post(push: Push, attempt = 1): Promise<void> {
		const { target, body, tries } = push;
		const reason = this.settings.strictCallbacks ? refusalReason(target.url) : undefined;
		if (reason) {
			this.note(push, attempt, { outcome: 'dropped', reason });
			return;
		}
		const answer = await this.send(target.url, body);
		if (this.aborter.signal.aborted) return;
		const { status = 500 } = answer;
		const isOver = status < 500 || attempt >= tries;
		if (isOver) {
			const outcome = status >= 200 && status < 300 ? 'delivered' : 'given-up';
			this.note(push, attempt, { outcome, ...answer });
			return;
		}
		const retryInSeconds = RETRY_DELAYS_SECONDS[attempt - 1];
		// The timer first: who reads of the failure in the ledger can move the clock at once.
		this.clock.after(retryInSeconds, () => {
			void this.post(push, attempt + 1);
		});
		this.note(push, attempt, { outcome: 'failed', ...answer, retryInSeconds });
	}

	private async send(url: string, body: string): Promise<{ status?: number; reason?: string }> {
		try {
			const { status } = await axios.post(url, body, {
				headers: { 'Content-Type': 'application/json', 'User-Agent': 'apimart-sandbox' },
				maxRedirects: 0,
				proxy: false,
				responseType: 'text',
				signal: AbortSignal.any([
					this.aborter.signal,
					AbortSignal.timeout(this.settings.callbackTimeoutSeconds * 1000),
				]),
				transformRequest: (text: string) => text,
				validateStatus: () => true,
			});
			return { status };
		} catch (error) {
			return { reason: axios.isAxiosError(error) ? (error.code ?? error.message) : String(error) };
		}
	}

	private body(task: Task) {
		const shown = this.show(task);
		const { enveloped } = task.script.callback ?? {};
		return JSON.stringify(enveloped ? { code: 200, data: shown } : shown);
	}

	private targets({ request }: Task) {
		return callbackTargets(request, this.settings.webhookContract, this.settings.callbackQueryJoin);
	}

	private note(
		{ task, target, kind }: Pick<Push, 'task' | 'target' | 'kind'>,
		attempt: number,
		rest: Pick<CallbackEntry, 'outcome'> & Partial<CallbackEntry>,
	) {
		this.ledger.addCallback({ taskId: task.id, ...target, kind, attempt, ...rest });
	}

	/** Says "completed" whatever is true, with an address that is not the provider's. */
	private forgedBody(task: Task) {
		const result = { videos: [{ url: [`http://127.0.0.1:9/forged-${task.id}.mp4`] }] };
		const lies = { cost: 0, error: undefined, result, status: 'completed' };
		return JSON.stringify({ ...this.show(task), ...lies });
	}
}

interface Push {
	task: Task;
	target: CallbackTarget;
	kind: CallbackEntry['kind'];
	body: string;
	tries: number;
}
