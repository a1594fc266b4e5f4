import { NodeHelpers, type INodeParameters } from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, storedParameters } from './fieldLists';

const { description } = new KlingFast();

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
	return [...fields.map(({ name }) => name), ...options.map(({ name }) => `options.${name}`)];
}

const GENERATE = { resource: 'video', operation: 'generate' };
const GET = { resource: 'video', operation: 'get' };
const ESTIMATE = { resource: 'video', operation: 'estimateCost' };

const OF_ONE_SHOT = ['prompt', 'duration'];
const ADDRESSES = ['startImageUrl', 'endImageUrl'];
const FILES = ['startImageField', 'endImageField'];
const NOT_FOR_AGENTS = ['downloadVideo', 'options.outputField'];
const OF_WAITING = ['options.maxWait', 'options.pollInterval'];
const OF_CLIPS = ['options.retryFailed', 'options.pollInterval', 'options.outputField'];
const EACH_CLIP = 'options.eachClipWorkflow';
const image = { source: 'image' };
const file = { ...image, imageInput: 'binary' };
const only = { mode: 'submitOnly' };

test.each<[operation: INodeParameters, parameters: INodeParameters, string[], string[]]>([
	[GENERATE, only, ['callbackUrl'], ['waitBy', 'downloadVideo', ...OF_CLIPS, EACH_CLIP]],
	[GENERATE, { asTool: true }, [], ['waitBy', ...NOT_FOR_AGENTS, EACH_CLIP]],
	[GENERATE, { downloadVideo: false }, [], ['options.outputField']],
	[GENERATE, { shots: 'auto' }, [], []],
	[GENERATE, { shots: 'custom' }, ['shotList'], OF_ONE_SHOT],
	[GENERATE, { shots: 'json' }, ['shotListJson'], OF_ONE_SHOT],
	[GENERATE, { shots: '={{ $json.shots }}' }, ['shotList', 'shotListJson'], []],
	[GENERATE, { imageInput: 'binary' }, [], []],
	[GENERATE, image, ['imageInput', ...ADDRESSES], []],
	[GENERATE, file, ['imageInput', ...FILES], []],
	[GET, { waitUntilFinished: true }, ['waitBy', ...OF_WAITING], []],
	[GET, { waitUntilFinished: true, asTool: true }, OF_WAITING, NOT_FOR_AGENTS],
	[ESTIMATE, { shots: 'custom' }, ['shotList'], OF_ONE_SHOT],
	[ESTIMATE, { shots: 'json' }, ['shotListJson'], OF_ONE_SHOT],
	[ESTIMATE, image, ['imageInput'], []],
	[ESTIMATE, file, ['imageInput', 'startImageField'], []],
])('%j with %j shows %j more, and %j no longer', (operation, parameters, more, gone) => {
	const fresh = shown(operation);
	const changed = shown({ ...operation, ...parameters });
	expect(changed.filter((name) => !fresh.includes(name))).toEqual(more);
	expect(fresh.filter((name) => !changed.includes(name))).toEqual(gone);
});
