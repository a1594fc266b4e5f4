import type { INodeParameters } from 'n8n-workflow';
import { column, errorText, goingOn, setTheStage } from '../laws/setup';

const stage = setTheStage();

describe('Generate Video, values as sheets give them', () => {
	const cells = (json: object) => [{ json: { prompt: 'A cat', ...json } }];
	const fromCells: INodeParameters = {
		...{ mode: 'submitOnly', duration: '={{ $json.seconds }}', aspectRatio: '={{ $json.shape }}' },
		...{ quality: '={{ $json.quality }}', audio: '={{ $json.sound }}' },
		metadata: '={{ $json.extra }}',
	};
	const plain = { duration: 5, aspect_ratio: '16:9', mode: 'std', audio: true };

	test.each([
		[{ seconds: '', quality: null }, plain],
		[
			{ prompt: 42, seconds: ' 7.0 ', sound: 'no', shape: '9:16:00', quality: 'PRO' },
			{ prompt: '42', duration: 7, audio: false, aspect_ratio: '9:16', mode: 'pro' },
		],
	])('%j is sent as %j', async (cell, sent) => {
		const run = await stage.run([], { items: cells(cell), parameters: fromCells });
		expect(errorText(run).trim()).toBe('');
		expect(stage.bodies()).toEqual([{ model: 'kling-v3', prompt: 'A cat', ...sent }]);
	});

	test.each<[object, RegExp]>([
		[
			{ seconds: 'five' },
			/'Duration \(Seconds\)' is "five", but must be a whole number from 3 to 15/,
		],
		[{ prompt: '  ' }, /'Prompt' is empty/],
		[
			{ extra: { text: 'ä'.repeat(500) } },
			/'Metadata' is 1,011 bytes of JSON, but must be at most 1,000/,
		],
	])('%j is refused, with field, value, what is allowed and the item', async (cell, sentence) => {
		const items = [...cells({}), ...cells(cell)];
		const run = await stage.run([], { items, parameters: fromCells });
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(sentence);
		expect(run.error?.message).toMatch(/\[item 1\]/);
		expect(run.error?.description).toMatch(/Nothing was charged/);
		expect(stage.ledger.requests()).toEqual([]);
	});

	const cell = '={{ $json.value }}';
	const [MODE, WAIT] = [{ parameters: { mode: cell } }, { parameters: { waitBy: cell } }];
	const PLACES = { nodeOptions: { concurrency: cell } };
	const COST = { nodeOptions: { maxCost: cell } };

	test.each([
		[
			'Mode',
			MODE,
			['submitAndWait', 'submitOnly'],
			'"submitAndWait" for item 0 and "submitOnly" for item 1',
		],
		['How to Wait', WAIT, ['polling', '', 'sleep'], '"polling" for item 0 and "sleep" for item 2'],
		['Clips at the Same Time', PLACES, ['3', '3.0', '4'], '"3" for item 0 and "4" for item 2'],
		['Maximum Cost (USD)', COST, ['', '5'], 'empty for item 0 and "5" for item 1'],
		['Maximum Cost (USD)', COST, ['5', ''], '"5" for item 0 and empty for item 1'],
		['Maximum Cost (USD)', COST, ['', 'much'], 'empty for item 0 and "much" for item 1'],
		['Maximum Cost (USD)', COST, ['5', 'much'], '"5" for item 0 and "much" for item 1'],
	])(
		'%s, which holds for the whole run: %j %j is not guessed',
		async (label, field, values, typed) => {
			const items = values.map((value) => ({ json: { prompt: 'A cat', value } }));
			const sentence = `'${label}' is ${typed}, but must be one value for all rows, because it holds for the whole run`;
			const thrown = await stage.run([], { items, ...field });
			expect(thrown.error?.message).toContain(sentence);
			const run = await stage.run([], { items, ...field, ...goingOn });
			expect(column(run, 'error')).toEqual(values.map(() => expect.stringContaining(sentence)));
			expect(stage.ledger.requests()).toEqual([]);
		},
	);

	test('the same value in other words is one value', async () => {
		const values = ['5', ' 5.0 ', '$5', '5 USD'];
		const items = values.map((value) => ({ json: { prompt: 'A cat', value } }));
		const run = await stage.run([], { items, ...COST });
		expect(column(run, 'status')).toEqual(Array(4).fill('completed'));
	});

	test.each<[INodeParameters, RegExp]>([
		[{ concurrency: 0 }, /'Clips at the Same Time' is 0.*1 to 100/],
		[{ maxCost: 0 }, /'Maximum Cost \(USD\)' is 0, but must be a number above 0/],
		[{ pollInterval: 0.05 }, /'Poll Interval \(Seconds\)' is 0\.05.*0\.1 to 300/],
	])('%j is refused before anything is sent', async (nodeOptions, sentence) => {
		const run = await stage.run(['A cat'], { nodeOptions });
		expect(run.status).toBe('error');
		expect(run.error?.message).toMatch(sentence);
		expect(stage.ledger.requests()).toEqual([]);
	});
});
