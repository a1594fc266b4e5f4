import type { KeyAccount, Keys } from './balance';
import type { Clip } from './clip';
import type { ClipMaker } from './clips';
import type { Clock } from './clock';
import { taskFailed } from './errors';
import type { Ledger } from './ledger';
import type { Settings } from './options';
import { priceUsd } from './prices';
import type { Random } from './random';
import type { TaskScript } from './taskScript';
import type { ClipRequest } from './validation';

/** How a task is to end. */
export interface Ending {
	ending?: 'completed' | 'failed' | 'cancelled';
	error?: unknown;
}

export interface Task {
	id: string;
	account: KeyAccount;
	request: ClipRequest;
	script: TaskScript;
	/** The prompts, in which fault words may stand. */
	promptText: string;
	state: 'running' | 'completed' | 'failed' | 'cancelled';
	generationSeconds: number;
	/** Time of day of the submit. */
	createdMs: number;
	startedProviderMs: number;
	/** Provider seconds from the submit to the end. */
	elapsedSeconds?: number;
	/** Time of day of the end: from here the link's 24 hours count. */
	endedMs?: number;
	reservedUsd: number;
	billedUsd?: number;
	clip: Promise<Clip>;
	/** Name at the file host. */
	fileName: string;
	error?: unknown;
}

/**
 * The tasks and their lives. A task ends when its provider seconds have passed and its file is ready,
 * whichever comes later; then, and only then, money is settled or given back and the callback leaves.
 */
export class Tasks {
	private readonly tasks = new Map<string, Task>();

	constructor(
		private readonly parts: {
			settings: Settings;
			clock: Clock;
			random: Random;
			keys: Keys;
			ledger: Ledger;
			clips: ClipMaker;
		},
		private readonly onEnd: (task: Task) => void,
	) {}

	/** @throws RefusalError 402 where the money does not reach; nothing is made then */
	create(account: KeyAccount, request: ClipRequest, script: TaskScript, promptText: string): Task {
		const { clock, random, keys, clips } = this.parts;
		const id = random.taskId(clock.wallMs());
		const reservedUsd = script.costUsd ?? priceUsd(request);
		keys.reserve(account, id, reservedUsd);
		const task: Task = {
			id,
			account,
			request,
			script,
			promptText,
			state: 'running',
			generationSeconds: script.generationSeconds ?? this.drawGenerationSeconds(),
			createdMs: clock.wallMs(),
			startedProviderMs: clock.providerMs(),
			reservedUsd,
			clip: clips.make(id, request, script.clipMegabytes),
			fileName: `${random.fileStem()}-video_${id}.mp4`,
		};
		task.clip.catch(() => {});
		this.tasks.set(id, task);
		if (script.ending !== 'never') {
			clock.after(task.generationSeconds, () => {
				void this.finish(id);
			});
		}
		return task;
	}

	find(id: string) {
		return this.tasks.get(id);
	}

	findByFile(fileName: string) {
		return this.all().find((task) => task.fileName === fileName);
	}

	all() {
		return [...this.tasks.values()];
	}

	/** Ends a task now, as its script says or as asked for; one that has ended stays as it is. */
	async finish(id: string, asked?: Ending) {
		const task = this.tasks.get(id);
		if (!task) return undefined;
		const { completesLaterSeconds } = task.script;
		const ending = asked?.ending ?? scriptedEnding(task);
		const error = asked?.error ?? task.script.error;
		if (ending === 'completed') {
			try {
				await task.clip;
			} catch (reason) {
				this.end(task, 'failed', taskFailed(String(reason)));
				return task;
			}
		}
		this.end(task, ending, error);
		if (completesLaterSeconds !== undefined && asked === undefined) {
			this.parts.clock.after(completesLaterSeconds, () => {
				this.parts.keys.reopen(task.account, task.reservedUsd);
				task.state = 'running';
				this.end(task, 'completed');
			});
		}
		return task;
	}

	clear() {
		this.tasks.clear();
	}

	private end(task: Task, state: Exclude<Task['state'], 'running'>, error?: unknown) {
		if (task.state !== 'running' || !this.tasks.has(task.id)) return;
		const { clock, keys, ledger } = this.parts;
		task.state = state;
		task.elapsedSeconds = (clock.providerMs() - task.startedProviderMs) / 1000;
		task.endedMs = clock.wallMs();
		if (state === 'completed') {
			task.billedUsd = task.reservedUsd;
			keys.settle(task.account, task.id, task.reservedUsd, task.billedUsd);
		} else {
			task.error = error;
			keys.refund(task.account, task.id, task.reservedUsd);
		}
		ledger.changed();
		this.onEnd(task);
	}

	private drawGenerationSeconds() {
		const { generationSeconds } = this.parts.settings;
		if (typeof generationSeconds === 'number') return generationSeconds;
		return this.parts.random.between(generationSeconds.min, generationSeconds.max);
	}
}

function scriptedEnding({ script }: Task) {
	if (script.completesLaterSeconds !== undefined) return 'failed';
	return script.ending === undefined || script.ending === 'never' ? 'completed' : script.ending;
}
