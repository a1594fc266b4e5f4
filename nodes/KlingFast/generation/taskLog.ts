/*
 * Where a task id is written down as soon as it is known. What must stay true:
 * - Every line about a clip names its task, and the line of a submit also its execution, in its message: with n8n's default settings
 *   the log shows messages only, not what is logged beside them.
 * - The line of a submit carries the row's own data, cut and without secrets: after a kill nothing else says which row it was.
 * - One line a change of state: submit and end at info (an end that went wrong at warn), what is between at debug.
 */
import type { IDataObject, Logger } from 'n8n-workflow';
import { excerpt } from '../apimart/answer';
import type { Task } from '../apimart/task';
import type { KeyScope } from './idempotency';
import type { Outcome } from './outcome';

/*
 * What n8n keeps of a stopped run is its custom data: at most ten values for the whole execution. A value longer than 512
 * characters is cut without a word, so an id must never reach over the end.
 */
const CHARACTERS_PER_VALUE = 512;
/** From 256 characters on n8n logs an error at each write, though nothing is cut (n8n-core 2.41): used only in need. */
const QUIET_CHARACTERS_PER_VALUE = 255;
/** Of the whole execution; what is more is dropped without a word. */
const MAX_VALUES_OF_EXECUTION = 10;
const KEY_PREFIX = 'klingTasks';
const KEYS = [1, 2, 3, 4, 5].map((number) => `${KEY_PREFIX}${number}`);
const NO_ROOM =
	"Kling Fast: the custom data of this execution has no room for all open task IDs. Each has a line of its own in this log, 'clip submitted'.";

interface CustomData {
	set(key: string, value: string): void;
	getAll(): Record<string, string>;
}

/**
 * Writes every task id, as soon as it is known, into the custom data of the execution. When there are more than fit (35 of the
 * provider's usual length, or 80 that are all still open), those that have ended make room first, then the oldest; of one that is
 * still open the log says so once. Never throws: a full record must not cost a clip.
 */
export class TaskJournal {
	private readonly ended = new Set<string>();
	private hasWarned = false;

	constructor(
		private readonly customData: CustomData | undefined,
		private readonly logger?: Pick<Logger, 'warn'>,
	) {}

	add(taskId: string): void {
		if (!this.customData) return;
		const data = this.customData.getAll();
		const ids = KEYS.flatMap((key) => data[key]?.split(',') ?? []).filter((id) => id !== '');
		if (ids.includes(taskId)) return;
		ids.push(taskId);
		const others = Object.keys(data).filter((key) => !key.startsWith(KEY_PREFIX)).length;
		const room = Math.min(KEYS.length, MAX_VALUES_OF_EXECUTION - others);
		const open = ids.filter((id) => !this.ended.has(id));
		const quiet = packed(open, QUIET_CHARACTERS_PER_VALUE);
		const isQuiet =
			quiet.length <= room && quiet.every(({ length }) => length <= QUIET_CHARACTERS_PER_VALUE);
		const limit = isQuiet ? QUIET_CHARACTERS_PER_VALUE : CHARACTERS_PER_VALUE;
		const fitting = ids.filter((id) => id.length <= limit);
		let values = packed(fitting, limit);
		while (values.length > room) {
			const oldestEnded = fitting.findIndex((id) => this.ended.has(id));
			fitting.splice(Math.max(0, oldestEnded), 1);
			values = packed(fitting, limit);
		}
		if (!this.hasWarned && open.some((id) => !fitting.includes(id))) {
			this.hasWarned = true;
			this.logger?.warn(NO_ROOM);
		}
		try {
			for (const [index, key] of KEYS.entries()) {
				const value = values[index] ?? '';
				if (value !== (data[key] ?? '')) this.customData.set(key, value);
			}
		} catch {
			return;
		}
	}

	end(taskId: string): void {
		this.ended.add(taskId);
	}
}

/** The ids, separated by commas, in as many texts as their length needs. */
function packed(ids: string[], charactersPerValue: number): string[] {
	const values: string[] = [];
	for (const id of ids) {
		const longer = `${values.at(-1)},${id}`;
		const isRoomLeft = values.length > 0 && longer.length <= charactersPerValue;
		if (isRoomLeft) values[values.length - 1] = longer;
		else values.push(id);
	}
	return values;
}

type Named = Pick<Outcome, 'itemIndex'> & { taskId: string };
type Logs = { logger: Pick<Logger, 'info' | 'warn' | 'debug'> };

const METADATA_CHARACTERS = 200;

/** A task id became known: from here on the clip can be found whatever happens to n8n. */
export function logSubmit(
	/** `failedTaskId`: that of the row's attempt before this one. */
	clip: Named & { metadata?: IDataObject; failedTaskId?: string },
	isFound: boolean,
	run: Logs & { keyScope: KeyScope },
): void {
	const what = isFound ? 'clip found again, not bought twice' : 'clip submitted';
	const { taskId, itemIndex, metadata = {}, failedTaskId } = clip;
	const { executionId } = run.keyScope;
	const after = failedTaskId ? `, the next attempt after ${failedTaskId}` : '';
	const place = `execution ${executionId}, item ${itemIndex}`;
	const isEmpty = Object.keys(metadata).length === 0;
	const own = isEmpty ? '' : ` ${excerpt(JSON.stringify(metadata), METADATA_CHARACTERS)}`;
	const line = `Kling Fast: ${what}: ${taskId}${after} (${place})${own}`;
	run.logger.info(line, { taskId, itemIndex, executionId });
}

/** The provider has another word for the task than at the read before. */
export function logState(clip: Named, { stateWord, progress }: Task, run: Logs): void {
	const { taskId, itemIndex } = clip;
	const state = progress === undefined ? stateWord : `${stateWord}, ${progress} %`;
	run.logger.debug(`Kling Fast: clip ${state}: ${taskId} (item ${itemIndex})`, { ...clip });
}

/** What the node leaves the clip as: made, failed, out of time, or completed without its file. */
export function logEnd(clip: Named, { status, task, fault }: Outcome, run: Logs): void {
	const { taskId, itemIndex } = clip;
	const line = `Kling Fast: clip ${status ?? 'in an unknown state'}: ${taskId} (item ${itemIndex})`;
	const beside = { ...clip, status, costUsd: task?.costUsd };
	if (fault) run.logger.warn(`${line}: ${fault.message}`, beside);
	else run.logger.info(line, beside);
}
