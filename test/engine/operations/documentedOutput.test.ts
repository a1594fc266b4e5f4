/** The examples of output in the docs against what the operations give: the same names in the same order, of the same kind. */
import { allPages, pageOf, tableOf, codeIn } from '../../unit/docs/markdown';
import { jsonOf, setTheStage } from '../laws/setup';

const stage = setTheStage({ generationSeconds: 60 });
const PNG = Buffer.from('\x89PNG\r\n\x1a\n pixels', 'latin1');

function exampleOf(path: string, key: string): Record<string, unknown> {
	const examples = pageOf(path)
		.codeBlocks.filter(({ language }) => language === 'json')
		.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
	const example = examples.find((candidate) => key in candidate);
	if (!example) throw new Error(`${path} has no example with "${key}"`);
	return example;
}

const kindsOf = (json: object) =>
	Object.entries(json).map(([name, value]: [string, unknown]) => [name, typeof value]);

test('the item in the README is what Generate Video gives for that clip', async () => {
	const example = exampleOf('README.md', 'videoUrl');
	const run = await stage.run([String(example.prompt)], {
		parameters: { metadata: JSON.stringify(example.metadata) },
	});
	const [json] = jsonOf(run);
	expect(kindsOf(json)).toEqual(kindsOf(example));
	const { status, cost, estimatedCost, duration, aspectRatio, quality, audio } = example;
	expect(json).toMatchObject({
		...{ status, cost, estimatedCost, duration, aspectRatio, quality, audio },
		metadata: example.metadata,
	});
});

test('the list of what comes out names every field of an item, and error', async () => {
	const ids = await stage.submit(['[[fail]] A fox']);
	const good = await stage.run(['A fox'], { parameters: { metadata: '{"row":1}' } });
	const bad = await stage.fetch(ids);
	stage.faults.add({ action: 'fail', nth: 1 });
	const again = await stage.run(['A cat']);
	const changed = await stage.run(['[[500-after-accept]] A dog'], {
		...{ retryOnFail: true, maxTries: 2 },
		parameters: { prompt: '={{ $json.prompt + Math.random() }}' },
	});
	const names = [good, bad, again, changed].flatMap(jsonOf).flatMap((json) => Object.keys(json));
	const { rows } = tableOf(pageOf('docs/fields.md'), 'What comes out');
	const listed = rows.map(([cell]) => codeIn(cell));
	expect(names).toContain('error');
	expect([...new Set(names)].sort()).toEqual(listed.sort());
});

test.each([
	['image', 'upload', 'mimeType', { inputField: 'photo' }],
	['account', 'getBalance', 'unlimited', {}],
	['video', 'estimateCost', 'pricePerSecond', {}],
])('the example of %s: %s is what it gives', async (resource, operation, key, parameters) => {
	const photo = await stage.engine.binary(PNG, 'red-mug.png', 'image/png');
	const run = await stage.run(['one row'], {
		items: [{ json: {}, binary: { photo } }],
		parameters: { resource, operation, ...parameters },
	});
	expect(jsonOf(run).map(kindsOf)).toEqual([kindsOf(exampleOf('docs/fields.md', key))]);
});

test('no other page has an example of output that nobody checks', () => {
	const checked = ['README.md', 'docs/fields.md'];
	const others = allPages().filter(({ path, codeBlocks }) =>
		codeBlocks.some(({ language }) => language === 'json' && !checked.includes(path)),
	);
	expect(others.map(({ path }) => path)).toEqual([]);
});
