import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-nightly-batches';
const FOLDER = 'folder-of-the-night';
const CHANNEL = 'C0NIGHT';
/** 0.504 + 0.504 + 0.2016: the fourth row would be too much, the fifth still fits. */
const BUDGET_USD = 1.2096;
const FIRST_NIGHT = [2, 3, 6];
const TOO_LONG = 4;
const SECOND_NIGHT = 5;

let stage: Stage;
let workflowId: string;

beforeAll(async () => {
	stage = await setStage('sk-nightly-batch');
	const { fakes } = stage;
	fakes.slack.channels.add(CHANNEL);
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox in the snow' },
		{ prompt: 'A paper boat' },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
		{ prompt: 'A lighthouse' },
		{ prompt: 'A candle', duration: 3, audio: false },
	]);
	workflowId = await stage.importTemplate('nightly-batch', {
		spreadsheet,
		sheet: 'Videos',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
		slackChannel: CHANNEL,
		budgetUsd: BUDGET_USD,
	});
});
afterAll(async () => await stage.stop());

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);
const spentUsd = () => stage.sandbox.ledger.charges().reduce((sum, { usd }) => sum + usd, 0);

async function spendANight(): Promise<Execution> {
	const execution = await stage.host.waitForEnd(await stage.host.run(workflowId, 'Every night'));
	expect(execution.error).toBeUndefined();
	expect(execution.status).toBe('success');
	return execution;
}

async function expectDone(rowNumbers: number[]): Promise<void> {
	for (const rowNumber of rowNumbers) {
		const { task_id: taskId, link, status } = row(rowNumber);
		expect(status).toBe('done');
		const [, id] = /\/d\/([^/]+)\//.exec(String(link)) ?? [];
		const bytes = stage.fakes.drive.files.get(id)?.bytes;
		expect(bytes?.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	}
}

test('n8n takes it as a published workflow with a schedule', async () => {
	await stage.host.activate(workflowId);
	await stage.host.deactivate(workflowId);
});

test('a night makes the rows that fit into its budget, and leaves the others open', async () => {
	await spendANight();
	await expectDone(FIRST_NIGHT);
	expect(spentUsd()).toBeCloseTo(BUDGET_USD, 6);
	expect(row(SECOND_NIGHT)).toMatchObject({ status: '', task_id: '', error: '' });
	expect(row(TOO_LONG)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining("'Duration (Seconds)'"),
	});
});

test('Slack is told in the morning, once, when all is saved', async () => {
	expect(stage.fakes.slack.messages.map(({ text }) => text)).toEqual([
		':crescent_moon: 3 clips made for 1.21 USD, 1 rows need a look, 1 wait for the next night.',
	]);
});

test('the next night makes what was left; the one after finds nothing and says nothing', async () => {
	await spendANight();
	await expectDone([SECOND_NIGHT]);
	expect(spentUsd()).toBeCloseTo(BUDGET_USD + 0.504, 6);
	await spendANight();
	expect(stage.sandbox.ledger.charges()).toHaveLength(4);
	expect(stage.fakes.slack.messages).toHaveLength(2);
	expect(stage.fakes.strays).toEqual([]);
});
