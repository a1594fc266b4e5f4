/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import Table from 'cli-table3';
import type { IDataObject } from 'n8n-workflow';
import type { Ledger } from '../sandbox';
import type { Execution } from './executions';
import { formatSeconds } from './progress';

const SENTENCE_COLUMN_WIDTH = 60;

/** What became of one row of the CSV file. */
export interface RowOutcome {
	row: string;
	status: string;
	taskId?: string;
	clipSeconds?: number;
	waitSeconds?: number;
	costUsd?: number;
	/** Of the file on disk, if it is there and not empty. */
	filePath?: string;
	sentence?: string;
}

export interface Outcome {
	rows: RowOutcome[];
	makespanSeconds: number;
	/** Why the whole execution ended, if it did not end well. */
	error?: string;
	/** Every row has its file, or a sentence that says why not; at least one has its file. */
	isGood: boolean;
}

/** Reads from a finished execution of `local-rows-to-files`, and from the disk, what became of the rows. */
export async function readOutcome(execution: Execution, makespanSeconds: number): Promise<Outcome> {
	const filePaths = new Map(
		execution.jsonOf('Save clip').map(({ taskId, fileName }) => [taskId, String(fileName)]),
	);
	const inputs = execution.jsonOf('Rows');
	const rows = await Promise.all(
		execution
			.jsonOf('Generate video')
			.map(async (clip, index) =>
				rowOutcome(clip, inputs[index], await existing(filePaths.get(clip.taskId))),
			),
	);
	const isAccounted = ({ status, filePath, sentence }: RowOutcome) =>
		status === 'completed' ? filePath !== undefined : sentence !== undefined;
	return {
		rows,
		makespanSeconds,
		error: execution.error,
		isGood:
			execution.status === 'success' &&
			rows.length === inputs.length &&
			rows.some(({ filePath }) => filePath !== undefined) &&
			rows.every(isAccounted),
	};
}

/** Prints the table of rows and, under it, the totals. */
export function showOutcome(outcome: Outcome, ledger?: Ledger): void {
	const table = new Table({
		head: ['Row', 'Status', 'Task', 'Clip', 'Wait', 'Cost', 'File, or why not'],
		style: { head: [], border: [], compact: true },
		colAligns: ['right', 'left', 'left', 'right', 'right', 'right', 'left'],
		colWidths: [null, null, null, null, null, null, SENTENCE_COLUMN_WIDTH],
		wordWrap: true,
	});
	for (const row of outcome.rows) table.push(tableRow(row));
	const files = outcome.rows.filter(({ filePath }) => filePath !== undefined).length;
	const costUsd = outcome.rows.reduce((sum, row) => sum + (row.costUsd ?? 0), 0);
	const totals = [
		`${outcome.rows.length} rows, ${files} video files`,
		ledger
			? `${ledger.totalChargedUsd().toFixed(4)} USD charged for ${ledger.charges().length} clips (by the sandbox's ledger, in play money)`
			: `${costUsd.toFixed(4)} USD charged`,
		`made in ${formatSeconds(outcome.makespanSeconds)}`,
	];
	process.stdout.write(`\n${table.toString()}\n${totals.join(', ')}\n`);
	if (outcome.error) process.stdout.write(`The workflow ended with: ${outcome.error}\n`);
}

function rowOutcome(clip: IDataObject, input?: IDataObject, filePath?: string): RowOutcome {
	const metadata = clip.metadata as IDataObject | undefined;
	const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
	const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
	return {
		row: String(metadata?.row ?? input?.row ?? '?'),
		status: textOf(clip.status) ?? 'unknown',
		taskId: textOf(clip.taskId),
		clipSeconds: numberOf(clip.duration),
		waitSeconds: numberOf(clip.elapsedSeconds),
		costUsd: numberOf(clip.cost),
		filePath,
		sentence: textOf(clip.error),
	};
}

function tableRow(row: RowOutcome): string[] {
	const inUnit = (value: number | undefined, digits: number, unit: string) =>
		value === undefined ? '' : `${value.toFixed(digits)} ${unit}`;
	return [
		row.row,
		row.status,
		row.taskId ?? '',
		inUnit(row.clipSeconds, 0, 's'),
		inUnit(row.waitSeconds, 0, 's'),
		inUnit(row.costUsd, 4, 'USD'),
		row.sentence ?? (row.filePath ? relative(process.cwd(), row.filePath) : 'no file'),
	];
}

async function existing(path?: string): Promise<string | undefined> {
	if (path === undefined) return undefined;
	const size = await stat(path).then(
		(file) => file.size,
		() => 0,
	);
	return size > 0 ? path : undefined;
}
