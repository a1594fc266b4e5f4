import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const COLUMNS = [
	...['script', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-multi-shot-scripts';
const FOLDER = 'folder-of-scripted-clips';
const GOOD = 2;
const NOT_JSON = 3;
const TOO_LONG = 4;
const SHOTS = [
	{ prompt: 'Wide shot of a quiet harbour', duration: 4 },
	{ prompt: 'Close-up of a rope and wet hands', duration: 3 },
	{ prompt: 'The boat leaves, seen from above', duration: 4 },
];

let stage: Stage;
let workflowId: string;
let first: Execution;

beforeAll(async () => {
	stage = await setStage('sk-multi-shot-script');
	const spreadsheet = stage.fakes.sheets.add(SHEET, 'Scripts', COLUMNS, [
		{ script: JSON.stringify(SHOTS, null, 2), shape: '9:16' },
		{ script: 'First a harbour, then a boat' },
		{ script: JSON.stringify([{ prompt: 'Too long', duration: 16 }]) },
	]);
	workflowId = await stage.importTemplate('multi-shot-script', {
		spreadsheet,
		sheet: 'Scripts',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
	});
	first = await stage.host.runToEnd(workflowId);
});
afterAll(async () => await stage.stop());

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

test('a script becomes one clip of all its shots', () => {
	expect(first.error).toBeUndefined();
	expect(first.status).toBe('success');
	expect(stage.sandbox.ledger.submits().map(({ body }) => body)).toEqual([
		expect.objectContaining({
			multi_shot: true,
			shot_type: 'customize',
			duration: 11,
			aspect_ratio: '9:16',
			multi_prompt: SHOTS.map((shot) => expect.objectContaining(shot)),
		}),
	]);
});

test('the clip lies in Drive, byte by byte, and its row is done', async () => {
	const [file] = stage.fakes.drive.inFolder(FOLDER);
	const { task_id: taskId } = row(GOOD);
	expect(file.name).toBe(`script-${GOOD}-${String(taskId)}.mp4`);
	expect(file.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	expect(row(GOOD)).toMatchObject({
		status: 'done',
		link: `https://drive.google.com/file/d/${file.id}/view`,
		cost: 1.1088,
		error: '',
	});
});

test('a script that cannot be read or is too long marks its row and costs nothing', () => {
	expect(row(NOT_JSON)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining("'Shot List (JSON)'"),
	});
	expect(row(TOO_LONG)).toMatchObject({ status: 'failed', error: expect.stringMatching(/15/) });
	expect(stage.sandbox.ledger.charges()).toHaveLength(1);
});

test('the next run finds nothing to do', async () => {
	const second = await stage.host.runToEnd(workflowId);
	expect(second.status).toBe('success');
	expect(second.itemsOf('Get open rows')).toHaveLength(0);
	expect(stage.fakes.strays).toEqual([]);
});
