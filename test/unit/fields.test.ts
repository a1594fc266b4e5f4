import { NodeHelpers, type INodeParameters, type INodeProperties } from 'n8n-workflow';
import { klingFastFields, klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, choicesOf, fieldsOf, storedParameters } from './fieldLists';
import { flatParams } from './rowReader';

/** Name, label, type and default: what saved workflows and users rely on. */
type Row = [name: string, label: string, type: string, defaultValue: unknown];

const GENERATE: Row[] = [
	['mode', 'Mode', 'options', 'submitAndWait'],
	['source', 'Start From', 'options', 'text'],
	['shots', 'Shots', 'options', 'single'],
	['prompt', 'Prompt', 'string', ''],
	['shotList', 'Shot List', 'fixedCollection', {}],
	['shotListJson', 'Shot List (JSON)', 'json', '[]'],
	['imageInput', 'Image Input', 'options', 'url'],
	['startImageUrl', 'Start Image URL', 'string', ''],
	['endImageUrl', 'End Image URL', 'string', ''],
	['startImageField', 'Start Image Input Data Field Name', 'string', 'data'],
	['endImageField', 'End Image Input Data Field Name', 'string', ''],
	['duration', 'Duration (Seconds)', 'number', 5],
	['aspectRatio', 'Aspect Ratio', 'options', '16:9'],
	['quality', 'Quality', 'options', 'std'],
	['audio', 'Generate Audio', 'boolean', true],
	['waitBy', 'How to Wait', 'options', 'polling'],
	['callbackUrl', 'Callback URL', 'string', ''],
	['metadata', 'Metadata', 'json', '{}'],
	['downloadVideo', 'Download Video', 'boolean', true],
	['options', 'Options', 'collection', {}],
];

const GENERATE_OPTIONS: Row[] = [
	['cameraMovement', 'Camera Movement', 'options', ''],
	['moderate', 'Check Content First', 'boolean', false],
	['concurrency', 'Clips at the Same Time', 'number', 5],
	['elements', 'Elements', 'fixedCollection', {}],
	['elementsJson', 'Elements (JSON)', 'json', '[]'],
	['includeInputFields', 'Include Other Input Fields', 'boolean', false],
	['retryFailed', 'Make Again If It Fails', 'number', 1],
	['maxCost', 'Maximum Cost (USD)', 'number', ''],
	['maxWait', 'Maximum Wait (Seconds)', 'number', 900],
	['negativePrompt', 'Negative Prompt', 'string', ''],
	['pollInterval', 'Poll Interval (Seconds)', 'number', ''],
	['outputField', 'Put Output in Field', 'string', 'data'],
	['dedupeKey', 'Row Key (Prevents Double Charges)', 'string', ''],
	['eachClipWorkflow', 'Start a Workflow for Each Clip', 'workflowSelector', ''],
	['watermark', 'Watermark', 'boolean', false],
];

const SHARED = ['waitBy', 'metadata', 'downloadVideo', 'options'];
const GET: Row[] = [
	['taskId', 'Task ID', 'string', ''],
	['waitUntilFinished', 'Wait Until Finished', 'boolean', false],
	...GENERATE.filter(([name]) => SHARED.includes(name)),
];
const GET_OPTIONS = ['concurrency', 'includeInputFields', 'maxWait', 'pollInterval', 'outputField'];

/** Those of Generate Video that make the price, and those that its warnings are about. */
const ESTIMATE = [
	...['source', 'shots', 'prompt', 'shotList', 'shotListJson', 'imageInput', 'startImageField'],
	...['duration', 'aspectRatio', 'quality', 'audio', 'options'],
];

const rowsOf = (rows: Row[], names: string[]) => rows.filter(([name]) => names.includes(name));
const asRows = (fields: INodeProperties[]): Row[] =>
	fields.map((field) => [field.name, field.displayName, field.type, field.default]);

describe('the fields', () => {
	it('are the properties of the node', () => {
		expect(new KlingFast().description.properties).toBe(klingFastProperties);
	});

	it.each<[resource: string, operation: string, fields: Row[], options: Row[]]>([
		['video', 'generate', GENERATE, GENERATE_OPTIONS],
		['video', 'get', GET, rowsOf(GENERATE_OPTIONS, GET_OPTIONS)],
		['video', 'estimateCost', rowsOf(GENERATE, ESTIMATE), GENERATE_OPTIONS.slice(0, 1)],
		['image', 'upload', [['inputField', 'Input Data Field Name', 'string', 'data']], []],
		['account', 'getBalance', [], []],
	])(
		'of %s, %s stand in the order in which they are needed',
		(resource, operation, rows, options) => {
			const fields = fieldsOf(resource, operation);
			expect(asRows(fields)).toEqual(rows);
			const collection = fields.find(({ name }) => name === 'options');
			expect(asRows(childrenOf(collection))).toEqual(options);
		},
	);

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

	it('explain themselves, or have an explanation', () => {
		const unexplained = everyField.filter(({ description, hint }) => !description && !hint);
		expect(new Set(unexplained.map(({ name }) => name))).toEqual(
			new Set(['resource', 'operation', 'options']),
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
