import { column, goingOn, hintsOf, setTheStage } from '../laws/setup';

const stage = setTheStage();

const CUP = 'A ceramic cup on the table, steam rising';

describe('Generate Video says once a run what is worth a second look', () => {
	const parameters = { audio: '={{ $json.sound }}', duration: '={{ $json.seconds }}' };
	const rows = (...cells: Array<{ prompt: string; sound?: boolean; seconds?: number }>) =>
		cells.map((json) => ({ json: { sound: true, seconds: 3, ...json } }));

	test('one hint of each kind, with its items and their money, and every row is made', async () => {
		const items = rows(
			{ prompt: CUP },
			{ prompt: 'A dog barks at the door' },
			{ prompt: CUP, seconds: 5 },
			{ prompt: 'She says "good morning"', sound: false },
			{ prompt: CUP, seconds: 99 },
		);
		const run = await stage.run([], { items, parameters, ...goingOn });
		expect(column(run, 'status')).toEqual([...Array(4).fill('completed'), 'failed']);
		const hints = [
			"Items 0 and 2: The prompt asks for no sound or speech, so Kling chooses the sound. If it is not needed, switch 'Generate Audio' off: 0.5376 USD instead of 0.8064.",
			"Item 3: The prompt has spoken words in quotes, but 'Generate Audio' is off, so they will not be heard. With it the clip costs 0.3024 USD instead of 0.2016.",
		];
		expect(run.hints).toEqual(
			hints.map((message) => ({ message, type: 'info', location: 'outputPane' })),
		);
		expect(stage.ledger.accepted()).toHaveLength(4);
	});

	test('100 rows give one hint, not 100', async () => {
		const items = rows(...Array.from({ length: 100 }, () => ({ prompt: CUP })));
		const run = await stage.run([], { items, parameters: { ...parameters, mode: 'submitOnly' } });
		expect(column(run, 'status')).toEqual(Array(100).fill('submitted'));
		expect(hintsOf(run)).toEqual([
			expect.stringMatching(/^Items 0, 1, .* 9 and 90 more: .*: 20\.16 USD instead of 30\.24\.$/),
		]);
	});

	test('nothing where there is nothing to say', async () => {
		const run = await stage.run(['A dog barks at the door', 'A cat']);
		expect(run.hints).toEqual([]);
	});
});
