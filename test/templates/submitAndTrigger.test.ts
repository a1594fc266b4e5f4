import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const COLUMNS = [
	...['prompt', 'duration', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-submit-and-trigger';
const CHANNEL = 'C0READY';
const GOOD = [2, 3, 6];
const TOO_LONG = 4;
const FAILS = 5;

let stage: Stage;
let submitting: string;
let submitted: Execution;
let runs: Execution[];
let rowsAfterSubmit: Array<Record<string, unknown>>;

beforeAll(async () => {
	stage = await setStage('sk-submit-and-trigger', { webhookContract: 'both' });
	const { fakes, host } = stage;
	fakes.s3.buckets.add('videos');
	fakes.slack.channels.add(CHANNEL);
	const spreadsheet = fakes.sheets.add(SHEET, 'Videos', COLUMNS, [
		{ prompt: 'A red fox [[slow:240]]', duration: 5, audio: false },
		{ prompt: 'A paper boat [[duplicate-callback:3]]', duration: 3 },
		{ prompt: 'A clip of twenty seconds', duration: 20 },
		{ prompt: 'Something that goes wrong [[fail:content]]' },
		{ prompt: 'A lighthouse [[forged-callback]]', quality: 'pro' },
	]);
	const callbackUrl = await stage.callbackUrl('trigger-to-s3');
	submitting = await stage.importTemplate('sheets-submit-only', {
		spreadsheet,
		sheet: 'Videos',
		callbackUrl,
	});
	const receiving = await stage.importTemplate('trigger-to-s3', {
		spreadsheet,
		sheet: 'Videos',
		bucket: 'videos',
		publicAddress: 'https://videos.example.com',
		slackChannel: CHANNEL,
	});
	await stage.publish(receiving, callbackUrl);
	submitted = await host.runToEnd(submitting);
	rowsAfterSubmit = [2, 3, 4, 5, 6].map((rowNumber) => fakes.sheets.row(SHEET, rowNumber));
	runs = await stage.executions(receiving, GOOD.length + 1, ['success', 'error']);
	await host.deactivate(receiving);
});
afterAll(async () => await stage.stop());

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

test('submitting ends at once; each row that was taken has its task, the other its sentence', () => {
	expect(submitted.error).toBeUndefined();
	expect(rowsAfterSubmit[0]).toMatchObject({
		status: 'submitted',
		task_id: expect.stringMatching(/^task_/),
		cost: 0.336,
		link: '',
	});
	expect(row(TOO_LONG)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining("'Duration (Seconds)'"),
	});
});

test('each clip, finished or failed, starts one run, however often it is called back', () => {
	expect(runs.map(({ status, error }) => ({ status, error }))).toEqual(
		runs.map(() => ({ status: 'success', error: undefined })),
	);
	const started = runs.map((run) => run.jsonOf('Kling Fast Trigger')[0].metadata);
	const rowNumbers = started.map((metadata) => (metadata as { row: number }).row);
	expect(rowNumbers.sort()).toEqual([...GOOD, FAILS].sort());
	expect(stage.sandbox.ledger.charges()).toHaveLength(GOOD.length);
});

test('each finished clip lies in the store, byte by byte, at the address that its row tells', async () => {
	const { objects } = stage.fakes.s3;
	expect(objects.size).toBe(GOOD.length);
	for (const rowNumber of GOOD) {
		const { task_id: taskId, link, status, cost } = row(rowNumber);
		const key = `clips/row-${rowNumber}-${String(taskId)}.mp4`;
		const object = objects.get(`videos/${key}`);
		expect(object?.contentType).toBe('video/mp4');
		expect(object?.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
		expect({ status, link }).toEqual({
			status: 'done',
			link: `https://videos.example.com/${key}`,
		});
		expect(cost).toBeGreaterThan(0);
	}
});

test('a failed clip marks its row and costs nothing', () => {
	expect(row(FAILS)).toMatchObject({ status: 'failed', error: expect.stringMatching(/\w+ \w+/) });
});

test('Slack is told of each clip', () => {
	const texts = stage.fakes.slack.messages.map(({ text }) => text).sort();
	const ready = GOOD.map((rowNumber) => {
		const { cost, link } = row(rowNumber);
		return `:clapper: The clip of row ${rowNumber} is ready (${String(cost)} USD): ${String(link)}`;
	});
	const wrong = `:warning: Row ${FAILS} needs a look: ${String(row(FAILS).error)}`;
	expect(texts).toEqual([...ready, wrong].sort());
});

test('submitting again does no row twice', async () => {
	const again = await stage.host.runToEnd(submitting);
	expect(again.status).toBe('success');
	expect(again.itemsOf('Get open rows')).toHaveLength(0);
	expect(stage.sandbox.ledger.submits()).toHaveLength(GOOD.length + 1);
});

test('with the trigger off, nothing is submitted and each row says why', async () => {
	for (const rowNumber of GOOD) stage.fakes.sheets.type(SHEET, rowNumber, 'status', '');
	stage.fakes.sheets.type(SHEET, GOOD[0], 'prompt', 'A badger');
	const refused = await stage.host.runToEnd(submitting);
	expect(refused.status).toBe('success');
	expect(row(GOOD[0])).toMatchObject({
		status: 'failed',
		error: expect.stringMatching(/publish/i),
	});
	expect(stage.sandbox.ledger.submits()).toHaveLength(GOOD.length + 1);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
