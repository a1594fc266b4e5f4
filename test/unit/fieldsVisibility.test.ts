import { NodeHelpers, type INodeParameters } from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, storedParameters } from './fieldLists';

const { description } = new KlingFast();
const ROOT = ['resource', 'operation'];

/** Names of the fields that the editor shows, in their order, and of the options that can be added; `asTool`: to an AI agent. */
function shown({ asTool, ...parameters }: INodeParameters): string[] {
	const type = { ...description, name: asTool ? `${description.name}Tool` : description.name };
	const root = { ...storedParameters(parameters, type, true), ...parameters };
	const fields = klingFastProperties.filter((field) =>
		NodeHelpers.displayParameter(root, field, null, type),
	);
	const options = fields
		.filter(({ type: kind }) => kind === 'collection')
		.flatMap(childrenOf)
		.filter((option) => NodeHelpers.displayParameter({}, option, null, type, root));
	return [
		...fields.map(({ name }) => name).filter((name) => !ROOT.includes(name)),
		...options.map(({ name }) => `options.${name}`),
	];
}

const GENERATE = { resource: 'video', operation: 'generate' };
const GET = { resource: 'video', operation: 'get' };
const ESTIMATE = { resource: 'video', operation: 'estimateCost' };
const ALL_BUT_OPTIONS = /^(?!options\.)/;

test.each<[INodeParameters, string[]]>([
	[
		{},
		[
			...['mode', 'source', 'shots', 'prompt', 'duration', 'aspectRatio', 'quality', 'audio'],
			...['waitBy', 'metadata', 'downloadVideo', 'options'],
		],
	],
	[GET, ['taskId', 'waitUntilFinished', 'metadata', 'downloadVideo', 'options']],
	[
		ESTIMATE,
		['source', 'shots', 'prompt', 'duration', 'aspectRatio', 'quality', 'audio', 'options'],
	],
	[{ resource: 'image', operation: 'upload' }, ['inputField']],
	[{ resource: 'account', operation: 'getBalance' }, []],
])('a fresh node with %j shows %j', (parameters, names) => {
	expect(shown(parameters).filter((name) => ALL_BUT_OPTIONS.test(name))).toEqual(names);
});

const WRITTEN = [['shotList'], ['prompt', 'duration']];
const FROM_JSON = [['shotListJson'], ['prompt', 'duration']];
const NOT_FOR_AGENTS = ['downloadVideo', 'options.outputField'];
const OF_WAITING = ['options.maxWait', 'options.pollInterval'];
const OF_CLIPS = ['options.retryFailed', 'options.pollInterval', 'options.outputField'];

test.each<[operation: INodeParameters, parameters: INodeParameters, string[], string[]]>([
	[
		GENERATE,
		{ mode: 'submitOnly' },
		['callbackUrl'],
		['waitBy', 'downloadVideo', ...OF_CLIPS, 'options.eachClipWorkflow'],
	],
	[GENERATE, { asTool: true }, [], ['waitBy', ...NOT_FOR_AGENTS, 'options.eachClipWorkflow']],
	[GENERATE, { downloadVideo: false }, [], ['options.outputField']],
	[GENERATE, { shots: 'auto' }, [], []],
	[GENERATE, { shots: 'custom' }, WRITTEN[0], WRITTEN[1]],
	[GENERATE, { shots: 'json' }, FROM_JSON[0], FROM_JSON[1]],
	[GENERATE, { shots: '={{ $json.shots }}' }, ['shotList', 'shotListJson'], []],
	[GENERATE, { imageInput: 'binary' }, [], []],
	[GENERATE, { source: 'image' }, ['imageInput', 'startImageUrl', 'endImageUrl'], []],
	[
		GENERATE,
		{ source: 'image', imageInput: 'binary' },
		['imageInput', 'startImageField', 'endImageField'],
		[],
	],
	[GET, { waitUntilFinished: true }, ['waitBy', ...OF_WAITING], []],
	[GET, { waitUntilFinished: true, asTool: true }, OF_WAITING, NOT_FOR_AGENTS],
	[ESTIMATE, { shots: 'custom' }, WRITTEN[0], WRITTEN[1]],
	[ESTIMATE, { shots: 'json' }, FROM_JSON[0], FROM_JSON[1]],
	[ESTIMATE, { source: 'image' }, ['imageInput'], []],
	[ESTIMATE, { source: 'image', imageInput: 'binary' }, ['imageInput', 'startImageField'], []],
])('%j with %j shows %j more, and %j no longer', (operation, parameters, more, gone) => {
	const fresh = shown(operation);
	const changed = shown({ ...operation, ...parameters });
	expect(changed.filter((name) => !fresh.includes(name))).toEqual(more);
	expect(fresh.filter((name) => !changed.includes(name))).toEqual(gone);
});

test.each<[INodeParameters, string[]]>([
	[GET, ['concurrency', 'includeInputFields', 'outputField']],
	[ESTIMATE, ['cameraMovement']],
])('%j offers the options %j', (parameters, names) => {
	const options = shown(parameters).filter((name) => !ALL_BUT_OPTIONS.test(name));
	expect(options).toEqual(names.map((name) => `options.${name}`));
});
