/*
 * What must stay true:
 * - Every line names the task, and the line of a submit also its execution, in its message: with n8n's default settings the log
 *   shows messages only, not what is logged beside them.
 * - The line of a submit carries the row's own data, cut and without secrets: after a kill nothing else says which row it was.
 * - One line a change of state: submit and end at info (an end that went wrong at warn), what is between at debug.
 */
import type { IDataObject } from 'n8n-workflow';
import { excerpt } from '../apimart/redaction';
import type { Task } from '../apimart/task';
import type { Outcome } from './outcome';
import type { Run } from './run';

type Named = Pick<Outcome, 'itemIndex'> & { taskId: string };
type Logs = Pick<Run, 'logger'>;

const METADATA_CHARACTERS = 200;

/** A task id became known: from here on the clip can be found whatever happens to n8n. */
export function logSubmit(
	/** `failedTaskId`: that of the row's attempt before this one. */
	clip: Named & { metadata?: IDataObject; failedTaskId?: string },
	isFound: boolean,
	run: Logs & Pick<Run, 'keyScope'>,
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
	const line = `Kling Fast: clip ${status}: ${taskId} (item ${itemIndex})`;
	const beside = { ...clip, status, costUsd: task?.costUsd };
	if (fault) run.logger.warn(`${line}: ${fault.message}`, beside);
	else run.logger.info(line, beside);
}
