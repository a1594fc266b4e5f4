import type { INodeExecutionData } from 'n8n-workflow';
import { png } from '../../unit/apimart/imageFiles';
import { column, jsonOf } from '../laws/setup';
import {
	cutOffInSubmit,
	nextRound,
	partOf,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });
const PNG = png().toString('latin1');
const fromFiles = {
	source: 'image',
	imageInput: 'binary',
	startImageField: 'first',
	endImageField: '={{ $json.last }}',
};

async function image(content: string) {
	return await stage.engine.binary(Buffer.from(content, 'latin1'), 'cat.png', 'image/png');
}

async function row(prompt: string, first: string, last?: string): Promise<INodeExecutionData> {
	return {
		json: { prompt, last: last === undefined ? '' : 'last' },
		binary: {
			first: await image(PNG + first),
			...(last !== undefined && { last: await image(PNG + last) }),
		},
	};
}

const bodies = () => stage.ledger.accepted().map(({ body }) => body as Record<string, unknown>);

test('an image of several rows is uploaded once, also for rows that are submitted rounds later', async () => {
	const items = [
		await row('A', 'one'),
		await row('B', 'two', 'one'),
		await row('C', 'one'),
		await row('D', 'two'),
	];
	const run = await stage.sleep([], {
		items,
		parameters: fromFiles,
		nodeOptions: { concurrency: 1 },
	});
	expect(run.status).toBe('waiting');
	const final = await toTheEnd(stage, run, 10);
	expect(column(final, 'status')).toEqual(Array(4).fill('completed'));
	const { ledger } = stage.sandbox;
	expect(ledger.uploads()).toHaveLength(2);
	const urls = ledger.uploads().map(({ url }) => url);
	expect(bodies().map(({ image_urls: images }) => images)).toEqual([
		[urls[0]],
		[urls[1], urls[0]],
		[urls[0]],
		[urls[1]],
	]);
});

test('images by URL are sent as they stand', async () => {
	const address = `${stage.sandbox.filesUrl}/cat.png`;
	const run = await stage.sleep(['A', 'B'], {
		parameters: { source: 'image', imageInput: 'url', startImageUrl: address },
	});
	await toTheEnd(stage, run, 5);
	expect(bodies().map(({ image_urls: images }) => images)).toEqual([[address], [address]]);
	expect(stage.ledger.uploads()).toEqual([]);
});

test('the addresses that wake the execution that makes the clips are sent along, under both names', async () => {
	const run = await stage.sleep(['A']);
	const { id } = partOf(stage, run, 'worker');
	const token = stage.engine.savedData(id)?.resumeToken;
	const base = `http://127.0.0.1:5678/webhook-waiting/${id}`;
	expect(bodies()).toMatchObject([
		{
			webhook: `${base}?signature=${token}`,
			callback_url: `${base}/callback?signature=${token}`,
		},
	]);
	await toTheEnd(stage, run, 5);
});

test('after a crash the same bytes are sent, with the same uploaded images', async () => {
	const items = await Promise.all(['one', 'two', 'three'].map(async (name) => row(name, name)));
	const run = await stage.sleep([], {
		items,
		parameters: fromFiles,
		nodeOptions: { concurrency: 1 },
	});
	stage.pass(60);
	await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
	await stage.engine.sweep();
	const final = await toTheEnd(stage, run, 15);
	expect(column(final, 'status')).toEqual(Array(3).fill('completed'));
	const { ledger } = stage.sandbox;
	// One was uploaded ahead in the round that was lost.
	expect(ledger.uploads().length).toBeLessThanOrEqual(4);
	expect(new Set(ledger.submits().map(({ bodyHash }) => bodyHash)).size).toBe(3);
	expect(ledger.charges()).toHaveLength(3);
});

test('a retryable fault of an upload is repeated; a refused upload costs its own row only', async () => {
	const faultOnce = (status: number) =>
		stage.faults.add({ route: 'upload', nth: 1, action: { kind: 'answer', status } });
	faultOnce(503);
	const items = [await row('A', 'one'), await row('B', 'two')];
	const final = await stage.sleepThrough([], {
		items,
		parameters: fromFiles,
		onError: 'continueRegularOutput',
	});
	expect(column(final, 'status')).toEqual(['completed', 'completed']);
	faultOnce(413);
	const again = await stage.sleep([], {
		items: [await row('C', 'three'), await row('D', 'four')],
		parameters: fromFiles,
		onError: 'continueRegularOutput',
	});
	const refused = await toTheEnd(stage, again, 10);
	expect(column(refused, 'status').sort()).toEqual(['completed', 'failed']);
	expect(jsonOf(refused).filter(({ error }) => error)).toHaveLength(1);
});
