import { NodeHelpers, type INodeParameters } from 'n8n-workflow';
import { klingFastFields, klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, choicesOf, storedParameters } from './fieldLists';
import { flatParams } from './rowReader';

describe('the fields', () => {
	it('are the properties of the node', () => {
		expect(new KlingFast().description.properties).toBe(klingFastProperties);
	});

	it('of one name are read alike, whichever operation they belong to', () => {
		const read = klingFastProperties.flatMap((field) => [
			...(field.name === 'operation' ? [] : [[field.name, field] as const]),
			...childrenOf(field).map((option) => [`options.${option.name}`, option] as const),
		]);
		for (const [path, field] of read) {
			const { displayName, type, default: standard, typeOptions, options } = field;
			if (type === 'collection') continue;
			const used = klingFastFields.get(path);
			expect(used).toMatchObject({ displayName, type, default: standard });
			expect([used?.typeOptions, used?.options]).toEqual([typeOptions, options]);
		}
	});

	const everyChoice = [...klingFastFields].flatMap(([path, field]) =>
		choicesOf(field).map((choice) => ({ path, ...choice })),
	);

	it.each(everyChoice)('$path takes the choice "$name" by its name and by its value', (choice) => {
		const { path, name, value } = choice;
		expect(flatParams({ [path]: name }).choice(path)).toBe(value);
		expect(flatParams({ [path]: value }).choice(path)).toBe(value);
	});

	const everyField = klingFastProperties.flatMap((field) => [field, ...childrenOf(field)]);

	/** Saved workflows rely on both. Labels, defaults and order are checked against docs/fields.md. */
	it('have the names and types that they always had', () => {
		const namesOf = (type: string) => {
			const names = everyField.filter((field) => field.type === type).map(({ name }) => name);
			return [...new Set(names)].join(' ');
		};
		const types = [...new Set(everyField.map(({ type }) => type))];
		expect(Object.fromEntries(types.map((type) => [type, namesOf(type)]))).toEqual({
			options: [
				'resource operation mode source shots imageInput aspectRatio quality waitBy',
				'cameraMovement',
			].join(' '),
			string: [
				'prompt startImageUrl endImageUrl startImageField endImageField callbackUrl',
				'negativePrompt outputField dedupeKey taskId inputField',
			].join(' '),
			number: 'duration concurrency retryFailed maxCost maxWait pollInterval',
			boolean: 'audio downloadVideo moderate includeInputFields watermark waitUntilFinished',
			json: 'shotListJson metadata elementsJson',
			fixedCollection: 'shotList elements',
			collection: 'options',
			workflowSelector: 'eachClipWorkflow',
		});
	});

	it('explain themselves, or have an explanation', () => {
		const unexplained = everyField.filter(({ description, hint }) => !description && !hint);
		expect(new Set(unexplained.map(({ displayName }) => displayName))).toEqual(
			new Set(['Resource', 'Operation', 'Options']),
		);
		expect(klingFastFields.get('metadata')?.hint).toContain('{{ { row: $json.row_number } }}');
	});

	it('show an example as one', () => {
		const examples = everyField.filter(({ type }) => !/collection/i.test(type));
		const others = examples.filter(({ placeholder = 'e.g. ' }) => !placeholder.startsWith('e.g. '));
		expect(others.map(({ name }) => name)).toEqual([]);
	});
});

test('the operations read as a sentence when they land on the canvas', () => {
	const actions = klingFastProperties
		.filter(({ name }) => name === 'operation')
		.flatMap(choicesOf)
		.map(({ value, action }) => [value, action]);
	expect(Object.fromEntries(actions)).toEqual({
		estimateCost: 'Estimate video cost',
		generate: 'Generate video',
		get: 'Get video',
		upload: 'Upload image',
		getBalance: 'Get account balance',
	});
});

test.each<[string[], INodeParameters]>([
	[['prompt'], {}],
	[['prompt'], { shots: 'auto' }],
	[[], { shots: 'json' }],
	[[], { prompt: '={{ $json.prompt }}' }],
	[['startImageUrl'], { prompt: 'A fox', source: 'image' }],
	[[], { prompt: 'A fox', source: 'image', imageInput: 'binary' }],
	[[], { prompt: 'A fox', source: '={{ $json.source }}', imageInput: 'binary' }],
	[['taskId'], { operation: 'get' }],
	[[], { operation: 'estimateCost' }],
	[[], { prompt: 'A fox', duration: '={{ $json.seconds }}', audio: '={{ $json.audio }}' }],
])('before a run n8n misses %p with %p', (missing, typed) => {
	const { description } = new KlingFast();
	const parameters = storedParameters(typed);
	const node = { id: '1', name: 'Kling Fast', type: 'klingFast', typeVersion: 1 };
	const issues = NodeHelpers.getNodeParametersIssues(
		klingFastProperties,
		{ ...node, position: [0, 0], parameters },
		description,
	);
	expect(Object.keys(issues?.parameters ?? {})).toEqual(missing);
});
