import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const COLUMNS = [
	...['scene', 'duration', 'shape', 'quality', 'audio'],
	...['status', 'link', 'cost', 'task_id', 'error'],
];
const SHEET = 'the-spreadsheet-of-a-product-line';
const FOLDER = 'folder-of-a-product-line';
const PICTURES = ['https://example.com/bottle-front.png', 'https://example.com/bottle-side.png'];
const SCENES = [2, 3];
const NOT_MENTIONED = 4;

let stage: Stage;
let workflowId: string;
let first: Execution;

beforeAll(async () => {
	stage = await setStage('sk-product-line');
	const spreadsheet = stage.fakes.sheets.add(SHEET, 'Scenes', COLUMNS, [
		{ scene: '@product on a wet rock at sunrise', shape: '9:16', duration: 3, audio: 'FALSE' },
		{ scene: 'A hand puts @product on a desk', quality: 'pro', audio: 'FALSE' },
		{ scene: 'A desk without anything on it' },
	]);
	workflowId = await stage.importTemplate('product-line', {
		spreadsheet,
		sheet: 'Scenes',
		driveFolder: `https://drive.google.com/drive/folders/${FOLDER}`,
		productDescription: 'A steel bottle',
		productPictures: PICTURES.join(' '),
	});
	first = await stage.host.runToEnd(workflowId);
});
afterAll(async () => await stage.stop());

const row = (rowNumber: number) => stage.fakes.sheets.row(SHEET, rowNumber);

test('every scene is sent with the same product', () => {
	expect(first.error).toBeUndefined();
	const sent = stage.sandbox.ledger.submits().map(({ body }) => body as { prompt: string });
	const product = { name: 'product', description: 'A steel bottle', element_input_urls: PICTURES };
	expect(sent.sort((one, other) => one.prompt.localeCompare(other.prompt))).toEqual([
		expect.objectContaining({
			prompt: '@product on a wet rock at sunrise',
			aspect_ratio: '9:16',
			element_list: [product],
		}),
		expect.objectContaining({
			prompt: 'A hand puts @product on a desk',
			mode: 'pro',
			element_list: [product],
		}),
	]);
});

test('each clip lies in Drive, byte by byte, and its row is done', async () => {
	for (const rowNumber of SCENES) {
		const { task_id: taskId, link } = row(rowNumber);
		const file = stage.fakes.drive
			.inFolder(FOLDER)
			.find(({ id }) => link === `https://drive.google.com/file/d/${id}/view`);
		expect(file?.name).toBe(`scene-${rowNumber}-${String(taskId)}.mp4`);
		expect(file?.bytes.equals(await stage.clipBytes(String(taskId)))).toBe(true);
	}
	expect(SCENES.map(row)).toMatchObject([
		{ status: 'done', cost: 0.2016, error: '' },
		{ status: 'done', cost: 0.448, error: '' },
	]);
});

test('a scene that does not mention the product costs nothing and says how to', () => {
	expect(row(NOT_MENTIONED)).toMatchObject({
		...{ status: 'failed', cost: '', link: '' },
		error: expect.stringContaining('a name that the prompt mentions as @product'),
	});
	expect(stage.sandbox.ledger.charges()).toHaveLength(2);
	expect(stage.sandbox.ledger.totalChargedUsd()).toBeCloseTo(0.6496, 6);
});

test('a second run makes what was mended, and nothing else', async () => {
	stage.fakes.sheets.type(SHEET, NOT_MENTIONED, 'scene', 'A desk with @product on it');
	stage.fakes.sheets.type(SHEET, NOT_MENTIONED, 'status', '');
	expect((await stage.host.runToEnd(workflowId)).error).toBeUndefined();
	expect(row(NOT_MENTIONED)).toMatchObject({ status: 'done', cost: 0.504, error: '' });
	expect(stage.sandbox.ledger.charges()).toHaveLength(3);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
