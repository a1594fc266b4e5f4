import '../inMemory';
import type { INodeExecutionData } from 'n8n-workflow';
import { png } from '../../unit/apimart/imageFiles';
import { column, goingOn, numbered, slow } from '../laws/setup';
import { fromFiles, imageRows } from '../operations/imageRows';
import { setTheSleepStage, sleepy, toTheEnd } from '../operations/sleepStage';
import { CHOSEN, chosenWorkflow, itemsStartedBy } from '../operations/startedClips';

const stage = setTheSleepStage();
const { row } = imageRows(stage);
const PNG = png().toString('latin1');

function expectVideosOfTheirRows(items: INodeExecutionData[]): void {
	for (const { binary, json } of items) {
		expect(binary?.data.id).toBeUndefined();
		const content = Buffer.from(binary?.data.data ?? '', 'base64').toString('latin1');
		expect(content).toContain(`task ${json.taskId}`);
	}
}

test('without a store for files the videos are fetched when the rows are delivered, and the saved sheet stays small', async () => {
	const final = await stage.sleepThrough(numbered(7));
	expect(column(final, 'status')).toEqual(Array(7).fill('completed'));
	expectVideosOfTheirRows(final.items);
	expect(stage.ledger.downloads().length).toBeLessThanOrEqual(12);
	expect(stage.taskIds()).toHaveLength(7);
});

test('images are uploaded before the sheet sleeps, because they could not be found later', async () => {
	const items = await Promise.all(numbered(3).map(async (prompt) => await row(prompt, PNG)));
	const nodeOptions = { concurrency: 1 };
	const run = await stage.sleep([], { items, parameters: fromFiles, nodeOptions });
	expect(stage.ledger.uploads()).toHaveLength(1);
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(3).fill('completed'));
	expect(stage.ledger.uploads()).toHaveLength(1);
});

test('a row whose image has expired meanwhile is not bought with it', async () => {
	const items = await Promise.all(numbered(3).map(async (prompt) => await row(prompt, PNG)));
	const more = { ...goingOn, parameters: fromFiles, nodeOptions: { concurrency: 1 } };
	const run = await stage.sleep([], { items, ...more });
	stage.pass(72 * 60 * 60);
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'error')[2]).toMatch(/uploaded too long ago.*nothing was charged/);
	expect(stage.ledger.submits()).toHaveLength(2);
});

test('an image that is refused costs its own row only', async () => {
	const items = [await row('A', `${PNG}one`), await row('B', `${PNG}two`)];
	stage.faults.add({ route: 'upload', nth: 1, action: { kind: 'answer', status: 413 } });
	const final = await stage.sleepThrough([], { items, parameters: fromFiles, ...goingOn });
	expect(column(final, 'status')).toEqual(['failed', 'completed']);
	expect(column(final, 'error')).toEqual([expect.stringContaining('HTTP 413'), undefined]);
	expect(stage.ledger.charges()).toHaveLength(1);
});

test.each(['completed', 'failed'] as const)(
	"n8n's Retry goes on with the task of a row whose image is refused now: %s, and no other attempt without an image",
	async (ending) => {
		const options = { items: [await row('A cat', PNG)], parameters: fromFiles, ...goingOn };
		const stopped = await stage.sleep([], options);
		stage.engine.stop(String(stopped.options.executionId));
		stage.faults.add({ route: 'upload', nth: 1, action: { kind: 'answer', status: 413 } });
		const run = await stage.sleep([], { ...options, context: stopped.context });
		await stage.finish(stage.taskIds(), ending);
		const final = await toTheEnd(stage, run, 10);
		expect(column(final, 'status')).toEqual([ending]);
		expect(column(final, 'taskId')).toEqual(stage.taskIds());
		expect(stage.taskIds()).toHaveLength(1);
		expect(stage.ledger.uploads()).toHaveLength(1);
	},
);

test('images that take more than a minute, one after the other, do not end the sheet', async () => {
	stage.faults.add({ ...slow('upload', 0.1), times: 99 });
	const items = await Promise.all(numbered(8).map(async (name) => await row(name, PNG + name)));
	const running = stage.engine.start(sleepy(stage, [], { items, parameters: fromFiles }));
	for (let count = 1; count <= items.length; count++) {
		await stage.ledger.waitFor((ledger) => ledger.uploads().length >= count);
		stage.pass(10);
	}
	const final = await toTheEnd(stage, await running.finished);
	expect(column(final, 'status')).toEqual(Array(8).fill('completed'));
});

test('a workflow that is started for each clip gets its video then, and the row its own in the end', async () => {
	stage.engine.addWorkflow(CHOSEN, chosenWorkflow());
	const run = await stage.sleep(numbered(6), { nodeOptions: { eachClipWorkflow: CHOSEN } });
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(6).fill('completed'));
	const items = itemsStartedBy(stage.engine, run);
	expect(items.map(({ json }) => json.prompt).sort()).toEqual(numbered(6));
	expectVideosOfTheirRows([...items, ...final.items]);
});
