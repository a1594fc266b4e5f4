import { NodeHelpers, type INodeProperties } from 'n8n-workflow';
import { klingFastFields, klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { readClipRequest } from '../../nodes/KlingFast/actions/video/readClip';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, choicesOf, fieldsOf, generateField } from './fieldLists';
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

const GET: Row[] = [
	['taskId', 'Task ID', 'string', ''],
	['waitUntilFinished', 'Wait Until Finished', 'boolean', false],
	['waitBy', 'How to Wait', 'options', 'polling'],
	['metadata', 'Metadata', 'json', '{}'],
	['downloadVideo', 'Download Video', 'boolean', true],
	['options', 'Options', 'collection', {}],
];

const GET_OPTIONS: Row[] = [
	['concurrency', 'Clips at the Same Time', 'number', 5],
	['includeInputFields', 'Include Other Input Fields', 'boolean', false],
	['maxWait', 'Maximum Wait (Seconds)', 'number', 900],
	['pollInterval', 'Poll Interval (Seconds)', 'number', ''],
	['outputField', 'Put Output in Field', 'string', 'data'],
];

const asRows = (fields: INodeProperties[]): Row[] =>
	fields.map((field) => [field.name, field.displayName, field.type, field.default]);

describe('the fields', () => {
	it('are the properties of the node', () => {
		expect(new KlingFast().description.properties).toBe(klingFastProperties);
	});

	it('of Generate Video stand in the order in which they are needed', () => {
		expect(asRows(fieldsOf('video', 'generate'))).toEqual(GENERATE);
		expect(asRows(childrenOf(generateField('options')))).toEqual(GENERATE_OPTIONS);
	});

	it('of Get Video', () => {
		const fields = fieldsOf('video', 'get');
		expect(asRows(fields)).toEqual(GET);
		expect(asRows(childrenOf(fields.find(({ name }) => name === 'options')))).toEqual(GET_OPTIONS);
	});

	it('of Estimate Cost are those of Generate Video that make the price, and what its warnings are about', () => {
		const fields = fieldsOf('video', 'estimateCost');
		const names = [
			...['source', 'shots', 'prompt', 'shotList', 'shotListJson', 'imageInput'],
			...['startImageField', 'duration', 'aspectRatio', 'quality', 'audio', 'options'],
		];
		expect(asRows(fields)).toEqual(GENERATE.filter(([name]) => names.includes(name)));
		const options = childrenOf(fields.find(({ name }) => name === 'options'));
		expect(asRows(options)).toEqual(GENERATE_OPTIONS.slice(0, 1));
	});

	it('of Upload Image and Get Balance', () => {
		expect(asRows(fieldsOf('image', 'upload'))).toEqual([
			['inputField', 'Input Data Field Name', 'string', 'data'],
		]);
		expect(fieldsOf('account', 'getBalance')).toEqual([]);
	});

	it('of a shot', () => {
		const [shot] = generateField('shotList')?.options ?? [];
		expect(shot).toMatchObject({
			name: 'shot',
			values: [
				{ name: 'prompt', displayName: 'Prompt', type: 'string', default: '' },
				{ name: 'duration', displayName: 'Duration (Seconds)', type: 'number', default: 3 },
			],
		});
	});

	it.each([
		['mode', { 'Submit and Wait': 'submitAndWait', 'Submit Only': 'submitOnly' }],
		['source', { 'Text Only': 'text', 'Image and Text': 'image' }],
		[
			'shots',
			{
				'One Shot': 'single',
				'Several, Written by You': 'custom',
				'Several, From JSON': 'json',
				'Several, Split by Kling': 'auto',
			},
		],
		['imageInput', { URL: 'url', 'Binary File': 'binary' }],
		['aspectRatio', { '16:9': '16:9', '9:16': '9:16', '1:1': '1:1' }],
		['quality', { 'Fast (720p)': 'std', 'Pro (1080p)': 'pro', '4K': '4k' }],
	])('%s offers its values', (name, choices) => {
		const offered = choicesOf(generateField(name)).map((choice) => [choice.name, choice.value]);
		expect(Object.fromEntries(offered)).toEqual(choices);
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

	const everyChoice = [...fieldsOf('video', 'generate'), ...childrenOf(generateField('options'))]
		.filter(({ name }) => name !== 'mode' && name !== 'waitBy')
		.flatMap((field) => choicesOf(field).map(({ name, value }) => ({ field, name, value })));

	it.each(everyChoice)('take the choice "$name" by its value and by its name', (choice) => {
		const { field, name, value } = choice;
		const path = GENERATE_OPTIONS.some(([option]) => option === field.name)
			? `options.${field.name}`
			: field.name;
		const read = (chosen: unknown) => {
			const row: Record<string, unknown> = {
				prompt: 'A fox',
				shotList: { shot: [{ prompt: 'A fox', duration: 3 }] },
				shotListJson: [{ prompt: 'A fox', duration: 4 }],
				startImageUrl: 'https://example.com/a.png',
				...(field.name === 'imageInput' && { source: 'image' }),
				[path]: chosen,
			};
			return readClipRequest(flatParams(row), 'https://api.apimart.ai');
		};
		expect(read(name)).toEqual(read(value));
		const [first, second] = choicesOf(field).map((other) => read(other.value));
		expect(first).not.toEqual(second);
	});

	it.each(['mode', 'waitBy'])('%s is taken by value and by name', (name) => {
		for (const choice of choicesOf(generateField(name))) {
			expect(flatParams({ [name]: choice.name }).choice(name)).toBe(choice.value);
			expect(flatParams({ [name]: choice.value }).choice(name)).toBe(choice.value);
		}
	});
});

describe('the operations', () => {
	it('read as a sentence when they land on the canvas', () => {
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

	it('start with Generate Video', () => {
		const parameters = NodeHelpers.getNodeParameters(
			klingFastProperties,
			{},
			true,
			false,
			null,
			null,
		);
		expect(parameters).toMatchObject({ resource: 'video', operation: 'generate' });
	});
});
