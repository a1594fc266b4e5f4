import type { Execution } from '../../host/executions';
import type { SlackMessage } from './fakes/slack';
import { click, setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'audio'],
	...['status', 'draft_cost', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-draft-approve-final';
const FOLDER = 'folder-of-finals';
const CHANNEL = 'C0DRAFTS';
const APPROVED = 2;
const DECLINED = 3;
const FAILS = 4;
const TOO_LONG = 5;

let stage: Stage;
let workflowId: string;
let asked: Execution[];
let questions: Record<number, SlackMessage>;
let draftTaskIds: Record<number, string>;

beforeAll(async () => {
	stage = await setStage('sk-draft-approve-final');
	const { fakes, host } = stage;
	fakes.slack.channels.add(CHANNEL);
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox in the snow', duration: 4, shape: '9:16' },
		{ prompt: 'A paper boat', audio: false },
		{ prompt: 'Something that goes wrong [[fail:content]]' },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
	]);
	const callbackUrl = await stage.callbackUrl('draft-approve-final');
	workflowId = await stage.importTemplate('draft-approve-final', {
		spreadsheet,
		sheet: 'Videos',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
		slackChannel: CHANNEL,
		callbackUrl,
	});
	await stage.publish(workflowId, callbackUrl);
	const ordering = await host.runToEnd(workflowId);
	expect(ordering.error).toBeUndefined();
	asked = await stage.executions(workflowId, 2, ['waiting']);
	// The run that ordered the drafts, and the one of the failed draft.
	await stage.executions(workflowId, 2, ['success']);
	const ofRow = (row: number) =>
		fakes.slack.messages.filter(({ text }) => text.includes(`*Draft of row ${row}*`));
	questions = { [APPROVED]: ofRow(APPROVED)[0], [DECLINED]: ofRow(DECLINED)[0] };
	draftTaskIds = { [APPROVED]: String(row(APPROVED).task_id) };
});
afterAll(async () => {
	await stage.host.deactivate(workflowId);
	await stage.stop();
});

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

test('each draft that is ready asks in a run and with a link of its own, telling both prices', () => {
	expect(asked).toHaveLength(2);
	expect(stage.fakes.slack.messages).toHaveLength(2);
	expect(questions[APPROVED].text).toContain('A red fox in the snow');
	expect(questions[APPROVED].text).toContain('the draft cost 0.2688 USD');
	expect(questions[APPROVED].text).toContain('The final in Pro costs about 0.5376 USD');
	expect(questions[APPROVED].text).toContain(`<${stage.sandbox.filesUrl}/video/`);
	expect(questions[APPROVED].buttons.Respond).not.toBe(questions[DECLINED].buttons.Respond);
});

test('a draft that cannot be ordered or fails marks its row and asks nobody', () => {
	expect(row(FAILS)).toMatchObject({ status: 'failed', error: expect.stringMatching(/\w+ \w+/) });
	expect(row(TOO_LONG)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining("'Duration (Seconds)'"),
	});
});

test('a declined draft marks its row with the reason, and no final is bought', async () => {
	const form = { 'field-0': 'Decline', 'field-1': 'The boat looks like a hat' };
	expect(await click(questions[DECLINED].buttons.Respond, form)).toBe(200);
	await stage.executions(workflowId, 3, ['success']);
	expect(row(DECLINED)).toMatchObject({
		status: 'declined',
		error: 'The boat looks like a hat',
		draft_cost: 0.336,
		link: '',
		cost: '',
	});
	expect(stage.sandbox.ledger.charges()).toHaveLength(2);
});

test('an approved draft is made in Pro from the same words, and lies in Drive byte by byte', async () => {
	expect(await click(questions[APPROVED].buttons.Respond, { 'field-0': 'Make the final' })).toBe(
		200,
	);
	const ended = await stage.executions(workflowId, 4, ['success', 'error']);
	expect(ended.map(({ error }) => error)).toEqual(ended.map(() => undefined));

	const submits = stage.sandbox.ledger.submits().map(({ body }) => body as { prompt: string });
	expect(submits.at(-1)).toMatchObject({
		prompt: 'A red fox in the snow',
		mode: 'pro',
		duration: 4,
		aspect_ratio: '9:16',
		audio: true,
	});
	expect(submits.filter(({ prompt }) => prompt === 'A red fox in the snow')).toHaveLength(2);
	const { task_id: taskId } = row(APPROVED);
	expect(taskId).not.toBe(draftTaskIds[APPROVED]);
	const [file] = stage.fakes.drive.inFolder(FOLDER);
	expect(file.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	expect(row(APPROVED)).toMatchObject({
		status: 'done',
		link: `https://drive.google.com/file/d/${file.id}/view`,
		draft_cost: 0.2688,
		cost: 0.5376,
		error: '',
	});
	expect(stage.fakes.drive.files.size).toBe(1);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
