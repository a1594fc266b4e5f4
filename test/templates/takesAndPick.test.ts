import type { Execution } from '../../host/executions';
import { click, setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'quality', 'audio', 'status', 'takes', 'picked'],
	...['cost', 'cost_per_usable_clip', 'link', 'error'],
];
const SHEET = 'the-spreadsheet-of-takes-and-pick';
const TAKES = 'folder-of-takes';
const PICKS = 'folder-of-picks';
const CHANNEL = 'C0TAKES';
const PICKED = 2;
const NOT_PICKED = 3;
const FAILS = 4;
const TOO_LONG = 5;
const FULL_DRIVE = 6;
const LATER = 7;
const SUM = 8;
const EARLIER = 9;

let stage: Stage;
let execution: Execution;
let asked: Record<number, Record<string, unknown>>;

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);
const takesOf = (prompt: string) =>
	stage.sandbox.ledger
		.submits()
		.filter(({ body }) => (body as { prompt: string }).prompt === prompt);

beforeAll(async () => {
	stage = await setStage('sk-takes-and-pick');
	const { fakes, host } = stage;
	fakes.slack.channels.add(CHANNEL);
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox in the snow', duration: 4, shape: '9:16', audio: false },
		{ prompt: 'A paper boat' },
		{ prompt: 'Something that goes wrong [[fail:content]]' },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
		{ prompt: 'A lighthouse', duration: 3, audio: false },
		{ prompt: 'A row for the next run' },
		{ status: 'sum' },
		{ prompt: 'A kite', status: 'done', takes: 3, picked: 1, cost: 1 },
	]);
	for (const take of [1, 2, 3]) fakes.drive.refuseOnce(`row-${FULL_DRIVE}-take-${take}`);
	const workflowId = await stage.importTemplate('takes-and-pick', {
		spreadsheet,
		sheet: 'Videos',
		takesFolder: `https://drive.google.com/drive/folders/${TAKES}`,
		picksFolder: `https://drive.google.com/drive/folders/${PICKS}`,
		slackChannel: CHANNEL,
	});
	const id = await host.run(workflowId);
	await host.waitForStatus(id, ['waiting', 'error', 'success']);
	asked = Object.fromEntries([PICKED, NOT_PICKED, FAILS].map((number) => [number, row(number)]));
	const answers = { 'field-0': 'Take 2', 'field-1': 'None' };
	expect(await click(fakes.slack.messages[0].buttons.Pick, answers)).toBe(200);
	execution = await host.waitForEnd(id);
});
afterAll(async () => await stage.stop());

test('each row gets three takes, each bought once and saved to Drive', async () => {
	expect(execution.error).toBeUndefined();
	expect(takesOf('A red fox in the snow').map(({ body }) => body)).toEqual(
		Array(3).fill(
			expect.objectContaining({ mode: 'std', duration: 4, aspect_ratio: '9:16', audio: false }),
		),
	);
	expect(new Set(takesOf('A red fox in the snow').map(({ taskId }) => taskId)).size).toBe(3);
	expect(stage.sandbox.ledger.charges()).toHaveLength(9);
	const { drive } = stage.fakes;
	const names = [...drive.files.values()]
		.map(({ name }) => name.replace(/task_\w+/, 'task'))
		.sort();
	expect(names).toEqual(
		[PICKED, NOT_PICKED].flatMap((number) =>
			[1, 2, 3].map((take) => `row-${number}-take-${take}-task.mp4`),
		),
	);
	for (const { name, bytes } of drive.files.values()) {
		const [, taskId = ''] = /(task_\w+)\.mp4$/.exec(name) ?? [];
		expect(bytes.equals(await stage.clipBytes(taskId))).toBe(true);
	}
});

test('one question shows all takes, and rows without one are not in it', () => {
	const [{ text, buttons }] = stage.fakes.slack.messages;
	expect(Object.keys(buttons)).toEqual(['Pick']);
	expect(text).toContain('*Row 2*: A red fox in the snow (0.8064 USD)');
	expect(text).toContain('*Row 3*: A paper boat (1.512 USD)');
	expect(text.match(/<https:\/\/drive\.google\.com\/file\/d\/[^|]+\|Take [123]>/g)).toHaveLength(6);
	expect(text).not.toMatch(/Row [4-9]/);
	expect(asked[PICKED]).toMatchObject({ status: 'to pick', takes: 3, cost: 0.8064, picked: '' });
	expect(asked[FAILS]).toMatchObject({ status: 'failed', takes: 0, cost: 0 });
});

test('the pick moves to its folder and tells what it has cost with its takes', () => {
	const [pick, ...others] = stage.fakes.drive.inFolder(PICKS);
	expect(others).toEqual([]);
	expect(pick.name).toMatch(/^row-2-take-2-/);
	expect(stage.fakes.drive.inFolder(TAKES)).toHaveLength(5);
	expect(row(PICKED)).toMatchObject({
		status: 'done',
		takes: 3,
		picked: 2,
		cost: 0.8064,
		cost_per_usable_clip: 0.8064,
		link: `https://drive.google.com/file/d/${pick.id}/view`,
		error: '',
	});
});

test('a row without a pick has a cost and no usable clip, a row that failed its reason, and what Drive refused stays open', () => {
	expect(row(NOT_PICKED)).toMatchObject({
		...{ status: 'no pick', takes: 3, picked: '', cost: 1.512, cost_per_usable_clip: '' },
		...{ link: '', error: '' },
	});
	expect(row(FAILS)).toMatchObject({ status: 'failed', error: expect.stringMatching(/\w+ \w+/) });
	expect(row(TOO_LONG)).toMatchObject({
		...{ status: 'failed', takes: 0, cost: 0 },
		error: expect.stringContaining("'Duration (Seconds)'"),
	});
	expect(row(FULL_DRIVE)).toMatchObject({
		...{ status: '', takes: 3, cost: 0.6048, link: '' },
		error: expect.stringMatching(/^Google Drive: \w+/),
	});
	expect(row(LATER)).toMatchObject({ status: '', takes: '' });
});

test('the sum counts every row that has ended, and divides by what is used', () => {
	// 0.8064 + 1.512, and the 1 USD of an earlier run; two usable clips.
	expect(row(SUM)).toMatchObject({
		...{ status: 'sum', takes: 9, picked: 2, cost: 3.3184, cost_per_usable_clip: 1.6592 },
		...{ prompt: '', link: '' },
	});
	expect(row(EARLIER)).toMatchObject({ status: 'done', cost: 1 });
	expect(stage.sandbox.ledger.totalChargedUsd()).toBeCloseTo(2.9232, 6);
	expect(stage.fakes.slack.messages).toHaveLength(2);
	expect(stage.fakes.slack.messages[1].text).toContain(
		'9 takes of 5 rows for 3.3184 USD, 2 picked. A usable clip costs 1.6592 USD.',
	);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
