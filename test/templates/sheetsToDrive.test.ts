/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { setTimeout as delay } from 'node:timers/promises';
import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-sheets-to-drive';
/** Where the part begins that runs for each clip. */
const ENDED = 'When a clip has ended';
const FOLDER = 'folder-to-drive';
/** Row numbers as Google counts. 5 is done already. */
const GOOD = [2, 7];
const TOO_LONG = 3;
const REJECTED = 4;
const DONE = 5;
const FAILS = 6;
const NOT_SAVED = 8;

let stage: Stage;
let workflowId: string;
let first: Execution;
/** Those of single rows. */
let saved: Execution[];

beforeAll(async () => {
	stage = await setStage('sk-sheets-to-drive');
	const { fakes } = stage;
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox trots through fresh snow', duration: 5, audio: false },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
		{ prompt: 'Something forbidden [[moderation-400]]' },
		{ prompt: 'Made yesterday', status: 'done', link: 'https://drive.google.com/x' },
		{ prompt: 'Something that goes wrong [[fail:content]]' },
		{ prompt: 'A paper boat', duration: '4', shape: '9:16:00', quality: 'pro', audio: 'TRUE' },
		{ prompt: 'A lighthouse at night', shape: '1:01:00' },
	]);
	fakes.drive.refuseOnce(`row-${NOT_SAVED}-`);
	workflowId = await stage.importTemplate('sheets-to-drive', {
		spreadsheet,
		sheet: 'Videos',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
	});
	first = await stage.host.runToEnd(workflowId);
	saved = await savedRows(first);
});
afterAll(async () => await stage.stop());

/** The workflow runs once more for each item of a run, and once without one: to check that it can be started. */
async function savedRows(run: Execution): Promise<Execution[]> {
	const count = run.itemsOf('Generate video').length;
	for (const deadline = Date.now() + 60_000; ; await delay(200)) {
		const ids = (await stage.host.executionsOf(workflowId)).map(({ id }) => id);
		const later = ids.filter((id) => Number(id) > Number(run.id));
		const all = await Promise.all(later.map(async (id) => await stage.host.execution(id)));
		const ofRows = all.filter((each) => each.itemsOf(ENDED).length > 0);
		const isOver = all.every(({ status }) => status === 'success' || status === 'error');
		if (isOver && ofRows.length >= count) return ofRows;
		if (Date.now() > deadline) throw new Error(`${ofRows.length} of ${count} rows were saved`);
	}
}

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

async function expectSaved(rowNumber: number): Promise<void> {
	const { task_id: taskId } = row(rowNumber);
	const named = `row-${rowNumber}-${String(taskId)}.mp4`;
	const file = stage.fakes.drive.inFolder(FOLDER).find(({ name }) => name === named);
	expect(file?.mimeType).toBe('video/mp4');
	expect(file?.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	expect(row(rowNumber)).toMatchObject({
		status: 'done',
		link: `https://drive.google.com/file/d/${file?.id}/view`,
		error: '',
	});
}

test('the workflow runs to its end', () => {
	expect(first.error).toBeUndefined();
	expect(first.status).toBe('success');
});

test('each row has a run of its own, whatever became of it, and only one', () => {
	const rows = saved.map((run) => (run.jsonOf(ENDED)[0].metadata as { row: number }).row);
	expect(rows.sort()).toEqual([...GOOD, TOO_LONG, REJECTED, FAILS, NOT_SAVED].sort());
	for (const { error } of saved) expect(error).toBeUndefined();
});

test('a good row has its clip in Drive, byte by byte, and its link, cost and task in the sheet', async () => {
	for (const rowNumber of GOOD) await expectSaved(rowNumber);
	expect(row(GOOD[0])).toMatchObject({ prompt: 'A red fox trots through fresh snow', cost: 0.336 });
	expect(row(GOOD[1])).toMatchObject({ shape: '9:16:00', cost: 0.5376 });
});

test('a row that cannot be made, is rejected or fails is marked with its sentence and costs nothing', () => {
	expect(row(TOO_LONG)).toMatchObject({
		status: 'failed',
		error: expect.stringMatching(/^'Duration \(Seconds\)' is "?20/),
		task_id: '',
	});
	expect(row(REJECTED)).toMatchObject({
		status: 'failed',
		error: expect.stringMatching(/\w+ \w+/),
	});
	expect(row(FAILS)).toMatchObject({
		status: 'failed',
		error: expect.stringMatching(/\w+ \w+/),
		task_id: expect.stringMatching(/^task_/),
	});
	expect(stage.sandbox.ledger.charges()).toHaveLength(GOOD.length + 1);
});

test('a row that has a status is left alone', () => {
	expect(row(DONE)).toMatchObject({
		status: 'done',
		link: 'https://drive.google.com/x',
		task_id: '',
	});
});

test('a clip that Drive refuses keeps its row open, with the reason and the link of the provider', () => {
	expect(row(NOT_SAVED)).toMatchObject({
		status: '',
		link: expect.stringContaining(stage.sandbox.filesUrl),
		task_id: expect.stringMatching(/^task_/),
		error: expect.stringContaining('Google Drive: '),
	});
});

test('the next run saves that clip and buys none; the one after finds nothing to do', async () => {
	const { task_id: taskId } = row(NOT_SAVED);
	const submits = stage.sandbox.ledger.charges().length;

	const second = await stage.host.runToEnd(workflowId);
	expect(second.error).toBeUndefined();
	expect(second.itemsOf('Get open rows')).toHaveLength(1);
	expect(await savedRows(second)).toHaveLength(1);
	expect(row(NOT_SAVED).task_id).toBe(taskId);
	await expectSaved(NOT_SAVED);
	expect(stage.sandbox.ledger.charges()).toHaveLength(submits);

	const third = await stage.host.runToEnd(workflowId);
	expect(third.status).toBe('success');
	expect(third.itemsOf('Get open rows')).toHaveLength(0);
	expect(third.runsOf('Generate video')).toHaveLength(0);
	expect(stage.fakes.drive.inFolder(FOLDER)).toHaveLength(GOOD.length + 1);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
