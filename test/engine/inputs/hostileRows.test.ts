/** Rows with anything in their cells, through n8n's own expressions: a clip or one sentence each, and no charge without a clip. */
import fc from 'fast-check';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { hostileCell } from '../../unit/inputs/hostileValues';
import { fieldOfSentence } from '../../unit/inputs/sentence';
import { goingOn, jsonOf, setTheStage } from '../laws/setup';

const stage = setTheStage({ concurrency: 0, balanceUsd: 10_000 });

const COLUMNS = ['prompt', 'duration', 'aspectRatio', 'quality', 'audio', 'shots', 'shotListJson'];
const OPTION_COLUMNS = ['negativePrompt', 'cameraMovement', 'watermark', 'moderate', 'outputField'];
const ITEM_WORDS = / \[item \d+\]/;
const NOT_CHARGED = '. Nothing was charged.';

test('each row is a clip or a sentence that names its field, and only clips are charged', async () => {
	const row = fc
		.record({ prompt: fc.constant('A paper boat') })
		.chain((good) =>
			fc
				.dictionary(fc.constantFrom(...COLUMNS, ...OPTION_COLUMNS), hostileCell, { maxKeys: 3 })
				.map((changed): IDataObject => ({ ...good, ...(changed as IDataObject) })),
		);
	await fc.assert(
		fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
			stage.sandbox.reset();
			const items = rows.map((json) => ({ json }));
			const run = await stage.run([], { items, ...goingOn, ...columns() });
			const outcomes = jsonOf(run);
			expect(outcomes).toHaveLength(rows.length);
			for (const { status, error } of outcomes) expectClipOrSentence(status, error);
			const clips = outcomes.filter(({ status }) => status === 'completed');
			expect(stage.ledger.allCharges()).toHaveLength(clips.length);
		}),
		{ numRuns: 20 },
	);
}, 120_000);

test('one bad row stops the run before anything is sent, where On Error is Stop', async () => {
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...COLUMNS), hostileCell, async (column, cell) => {
			stage.sandbox.reset();
			const rows = [{}, { [column]: cell }].map((bad) => ({ prompt: 'A paper boat', ...bad }));
			const items = rows.map((json) => ({ json: json as IDataObject }));
			const run = await stage.run([], { items, ...columns() });
			if (run.error) expect(stage.ledger.requests()).toEqual([]);
			else expect(stage.ledger.charges()).toHaveLength(2);
		}),
		{ numRuns: 20 },
	);
}, 120_000);

test('of a thousand rows at once the good ones are made and the others told', async () => {
	const rows = Array.from({ length: 1_000 }, (_, index) => ({
		prompt: `A paper boat ${index}`,
		duration: index % 2 === 0 ? 3 : [2, '16', 'x', -1, 3.5][index % 5],
	}));
	const run = await stage.run([], {
		...{ ...goingOn, ...columns(), nodeOptions: { concurrency: 100 } },
		items: rows.map((json) => ({ json })),
	});
	const outcomes = jsonOf(run);
	expect(outcomes.map(({ status }) => status)).toEqual(
		rows.map((_, index) => (index % 2 === 0 ? 'completed' : 'failed')),
	);
	expect(outcomes.filter(({ prompt }, index) => prompt === rows[index].prompt)).toHaveLength(500);
	expect(stage.ledger.charges()).toHaveLength(500);
	expect(stage.ledger.maxInFlight()).toBeLessThanOrEqual(100);
}, 120_000);

/** Every column of the row dragged into its field. */
function columns(): { parameters: INodeParameters; nodeOptions: INodeParameters } {
	const dragged = (names: string[]) =>
		Object.fromEntries(names.map((name) => [name, `={{ $json.${name} }}`]));
	return { parameters: dragged(COLUMNS), nodeOptions: dragged(OPTION_COLUMNS) };
}

function expectClipOrSentence(status: unknown, error: unknown): void {
	if (status === 'completed') return expect(error).toBeUndefined();
	expect(status).toBe('failed');
	const [sentence, advice] = String(error).split(NOT_CHARGED);
	expect(advice).toBe('');
	expect(fieldOfSentence(sentence.replace(ITEM_WORDS, ''))).not.toBe('');
}
