import type { Execution } from '../../host/executions';
import { click, setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-approve-before-spending';
const FOLDER = 'folder-of-approved-clips';
const CHANNEL = 'C0MONEY';
const GOOD = [2, 4];
const TOO_LONG = 3;
const WRITTEN_LATER = 5;
/** 5 s Fast with sound, and 3 s Pro without: 0.504 + 0.2688, to the next cent. */
const TOTAL_USD = 0.78;

let stage: Stage;
let workflowId: string;

beforeAll(async () => {
	stage = await setStage('sk-approve-before-spending');
	const { fakes } = stage;
	fakes.slack.channels.add(CHANNEL);
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox in the snow' },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
		{ prompt: 'A paper boat', duration: 3, quality: 'pro', audio: 'FALSE' },
		{},
	]);
	fakes.sheets.type(SHEET, WRITTEN_LATER, 'status', 'idea');
	workflowId = await stage.importTemplate('approve-before-spending', {
		spreadsheet,
		sheet: 'Videos',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
		slackChannel: CHANNEL,
	});
});
afterAll(async () => await stage.stop());

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

/** Runs until the question, presses a button and waits for the end. */
async function runAndAnswer(button: string, meanwhile = () => {}): Promise<Execution> {
	const id = await stage.host.run(workflowId);
	await stage.host.waitForStatus(id, ['waiting', 'error', 'success']);
	meanwhile();
	const url = stage.fakes.slack.messages.at(-1)?.buttons[button] ?? '';
	expect(await click(url)).toBe(200);
	return await stage.host.waitForEnd(id);
}

test('rejected: the amount was told, nothing is submitted and no row is touched', async () => {
	const before = [...GOOD, TOO_LONG].map(row);
	const execution = await runAndAnswer('Reject');
	expect(execution.error).toBeUndefined();
	expect(stage.fakes.slack.messages[0].text).toContain(
		`*2 clips, 8 seconds, about ${TOTAL_USD} USD*`,
	);
	expect(stage.fakes.slack.messages[0].text).toContain(
		'Rows with a mistake, which are not made: 1',
	);
	expect(stage.sandbox.ledger.submits()).toEqual([]);
	expect([...GOOD, TOO_LONG].map(row)).toEqual(before);
});

test('approved: the rows of the estimate are made, and none that was written since', async () => {
	const execution = await runAndAnswer('Approve', () => {
		stage.fakes.sheets.type(SHEET, WRITTEN_LATER, 'prompt', 'A lighthouse');
		stage.fakes.sheets.type(SHEET, WRITTEN_LATER, 'status', '');
	});
	expect(execution.error).toBeUndefined();
	for (const rowNumber of GOOD) {
		const { task_id: taskId, link } = row(rowNumber);
		const file = stage.fakes.drive
			.inFolder(FOLDER)
			.find(({ id }) => link === `https://drive.google.com/file/d/${id}/view`);
		expect(file?.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
		expect(row(rowNumber)).toMatchObject({ status: 'done', error: '' });
	}
	expect(row(TOO_LONG)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining("'Duration (Seconds)'"),
	});
	expect(row(WRITTEN_LATER)).toMatchObject({ status: '', task_id: '' });
	const charged = stage.sandbox.ledger.charges().reduce((sum, { usd }) => sum + usd, 0);
	expect(charged).toBeCloseTo(0.7728, 6);
	expect(charged).toBeLessThanOrEqual(TOTAL_USD);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
