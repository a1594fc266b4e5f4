import { png } from '../../unit/apimart/imageFiles';
import { column, jsonOf, goingOn, slow } from '../laws/setup';
import { fromFiles, imageRows } from '../operations/imageRows';
import {
	cutOffInSubmit,
	nextRound,
	partOf,
	setTheSleepStage,
	sleepy,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });
const PNG = png().toString('latin1');
const rows = imageRows(stage);
const row = async (prompt: string, first: string, last?: string) =>
	await rows.row(prompt, PNG + first, last && PNG + last);

const sentImages = () => stage.bodies().map(({ image_urls: images }) => images);
const oneAtATime = { parameters: fromFiles, nodeOptions: { concurrency: 1 } };

test('an image of several rows is uploaded once, also for rows that are submitted rounds later', async () => {
	const items = [
		await row('A', 'one'),
		await row('B', 'two', 'one'),
		await row('C', 'one'),
		await row('D', 'two'),
	];
	const run = await stage.sleep([], { items, ...oneAtATime });
	expect(run.status).toBe('waiting');
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(4).fill('completed'));
	const [one, two, ...more] = stage.ledger.uploads().map(({ url }) => url);
	expect(more).toEqual([]);
	expect(sentImages()).toEqual([[one], [two, one], [one], [two]]);
});

test('an image whose address has expired while the sheet slept is uploaded again', async () => {
	const items = [await row('A', 'one'), await row('B', 'two'), await row('C', 'one')];
	const run = await stage.sleep([], { items, ...oneAtATime, ...goingOn });
	stage.pass(72 * 60 * 60);
	await toTheEnd(stage, run, 10);
	const [one, , oneAgain, ...more] = stage.ledger.uploads();
	expect(more).toEqual([]);
	expect(oneAgain.sha256).toBe(one.sha256);
	expect(sentImages()[2]).toEqual([oneAgain.url]);
});

test('images by URL are sent as they stand', async () => {
	const startImageUrl = `${stage.sandbox.filesUrl}/cat.png`;
	const parameters = { source: 'image', imageInput: 'url', startImageUrl };
	await stage.sleepThrough(['A', 'B'], { parameters });
	expect(sentImages()).toEqual([[startImageUrl], [startImageUrl]]);
	expect(stage.ledger.uploads()).toEqual([]);
});

test('the addresses that wake the execution that makes the clips are sent along, under both names', async () => {
	const run = await stage.sleep(['A']);
	const { id } = partOf(stage, run, 'worker');
	const signature = `signature=${stage.engine.savedData(id)?.resumeToken}`;
	const base = `http://127.0.0.1:5678/webhook-waiting/${id}`;
	const addresses = {
		webhook: `${base}?${signature}`,
		callback_url: `${base}/callback?${signature}`,
	};
	expect(stage.bodies()).toMatchObject([addresses]);
	await toTheEnd(stage, run, 5);
});

test('after a crash the same bytes are sent, with the same uploaded images', async () => {
	const items = await Promise.all(['one', 'two', 'three'].map(async (name) => row(name, name)));
	const run = await stage.sleep([], { items, ...oneAtATime });
	stage.pass(60);
	await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
	await stage.engine.sweep();
	const final = await toTheEnd(stage, run, 15);
	expect(column(final, 'status')).toEqual(Array(3).fill('completed'));
	// One was uploaded ahead in the round that was lost.
	expect(stage.ledger.uploads().length).toBeLessThanOrEqual(4);
	expect(new Set(stage.ledger.submits().map(({ bodyHash }) => bodyHash)).size).toBe(3);
	expect(stage.ledger.charges()).toHaveLength(3);
});

test.each([
	['a retryable fault of an upload is repeated', 503, ['completed', 'completed']],
	['a refused upload costs its own row only', 413, ['completed', 'failed']],
])('%s', async (_, status, statuses) => {
	stage.faults.add({ route: 'upload', nth: 1, action: { kind: 'answer', status } });
	const items = [await row('A', 'one'), await row('B', 'two')];
	const final = await stage.sleepThrough([], { items, parameters: fromFiles, ...goingOn });
	expect(column(final, 'status').sort()).toEqual(statuses);
	const failed = statuses.filter((word) => word === 'failed');
	expect(jsonOf(final).filter(({ error }) => error)).toHaveLength(failed.length);
});

test('uploads of more than a minute before the first submit do not end the sheet', async () => {
	stage.faults.add(slow('upload', 0.3));
	const items = [await row('A', 'one'), await row('B', 'two')];
	const running = stage.engine.start(sleepy(stage, [], { items, parameters: fromFiles }));
	await stage.ledger.waitFor((ledger) => ledger.requests().length >= 2);
	stage.pass(70);
	const final = await toTheEnd(stage, await running.finished);
	expect(column(final, 'status')).toEqual(['completed', 'completed']);
});
