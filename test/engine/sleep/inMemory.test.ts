import '../inMemory';
import { png } from '../../unit/apimart/imageFiles';
import { column, numbered } from '../laws/setup';
import { setTheSleepStage, taskIds, toTheEnd } from '../operations/sleepStage';
import { CHOSEN, chosenWorkflow, itemsStartedBy } from '../operations/startedClips';

const stage = setTheSleepStage();
const FROM_FILE = { source: 'image', imageInput: 'binary', startImageField: 'data' };

test('without a store for files the videos are fetched when the rows are delivered, and the saved sheet stays small', async () => {
	const final = await stage.sleepThrough(numbered(7));
	expect(column(final, 'status')).toEqual(Array(7).fill('completed'));
	for (const { binary, json } of final.items) {
		expect(binary?.data.id).toBeUndefined();
		const content = Buffer.from(binary?.data.data ?? '', 'base64').toString('latin1');
		expect(content).toContain(`task ${json.taskId}`);
	}
	expect(stage.ledger.downloads().length).toBeLessThanOrEqual(12);
	expect(taskIds(stage)).toHaveLength(7);
});

test('images are uploaded before the sheet sleeps, because they could not be found later', async () => {
	const image = await stage.engine.binary(png(), 'cat.png', 'image/png');
	const run = await stage.sleep([], {
		items: numbered(3).map((prompt) => ({ json: { prompt }, binary: { data: image } })),
		parameters: FROM_FILE,
		nodeOptions: { concurrency: 1 },
	});
	expect(stage.ledger.uploads()).toHaveLength(1);
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(3).fill('completed'));
	expect(stage.ledger.uploads()).toHaveLength(1);
});

test('an image that is refused costs its own row only', async () => {
	const images = ['one', 'two'].map((name) => Buffer.concat([png(), Buffer.from(name)]));
	const items = await Promise.all(
		images.map(async (bytes, row) => {
			const data = await stage.engine.binary(bytes, 'cat.png', 'image/png');
			return { json: { prompt: `row ${row}` }, binary: { data } };
		}),
	);
	stage.faults.add({ route: 'upload', nth: 1, action: { kind: 'answer', status: 413 } });
	const final = await stage.sleepThrough([], {
		items,
		parameters: FROM_FILE,
		onError: 'continueRegularOutput',
	});
	expect(column(final, 'status')).toEqual(['failed', 'completed']);
	expect(column(final, 'error')).toEqual([expect.stringContaining('HTTP 413'), undefined]);
	expect(stage.ledger.charges()).toHaveLength(1);
});

test("n8n's Retry goes on with the task of a row whose image is refused now", async () => {
	const data = await stage.engine.binary(png(), 'cat.png', 'image/png');
	const options = {
		items: [{ json: { prompt: 'A cat' }, binary: { data } }],
		parameters: FROM_FILE,
	};
	const stopped = await stage.sleep([], options);
	stage.engine.stop(String(stopped.options.executionId));
	stage.faults.add({ route: 'upload', action: { kind: 'answer', status: 413 } });
	const run = await stage.sleep([], { ...options, context: stopped.context });
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(['completed']);
	expect(column(final, 'taskId')).toEqual(taskIds(stage));
});

test('a workflow that is started for each clip gets its video then, and the row its own in the end', async () => {
	const { engine } = stage;
	engine.addWorkflow(CHOSEN, chosenWorkflow());
	const nodeOptions = { eachClipWorkflow: CHOSEN };
	const run = await stage.sleep(numbered(6), { nodeOptions });
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(6).fill('completed'));
	const items = itemsStartedBy(engine, run);
	expect(items.map(({ json }) => json.prompt).sort()).toEqual(numbered(6));
	for (const { binary, json } of [...items, ...final.items]) {
		const content = Buffer.from(binary?.data.data ?? '', 'base64').toString('latin1');
		expect(content).toContain(`task ${json.taskId}`);
	}
});
