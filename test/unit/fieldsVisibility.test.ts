import { NodeHelpers, type INodeParameters, type INodeProperties } from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';

/** Names of the fields that the editor shows, in their order, resource and operation left out. */
function shownFields(parameters: INodeParameters, { asTool = false } = {}): string[] {
	const { description } = new KlingFast();
	const type = { ...description, name: asTool ? `${description.name}Tool` : description.name };
	const values = NodeHelpers.getNodeParameters(
		klingFastProperties,
		parameters,
		true,
		true,
		null,
		type,
	);
	const root = { ...values, ...parameters };
	return klingFastProperties
		.filter((field) => NodeHelpers.displayParameter(root, field, null, type))
		.map(({ name }) => name)
		.filter((name) => name !== 'resource' && name !== 'operation');
}

/** Names of the options that can be added. */
function shownOptions(parameters: INodeParameters): string[] {
	const { description } = new KlingFast();
	const root = {
		...NodeHelpers.getNodeParameters(
			klingFastProperties,
			parameters,
			true,
			true,
			null,
			description,
		),
		...parameters,
	};
	const collection = klingFastProperties.find(
		(field) =>
			field.name === 'options' && NodeHelpers.displayParameter(root, field, null, description),
	);
	return (collection?.options ?? [])
		.filter((option): option is INodeProperties => 'type' in option)
		.filter((option) => NodeHelpers.displayParameter({}, option, null, description, root))
		.map(({ name }) => name);
}

const VIDEO = { resource: 'video', operation: 'generate' };

describe('Generate Video shows', () => {
	const always = ['aspectRatio', 'quality', 'audio', 'metadata'];
	const ofCallbacks = ['waitBy', 'callbackUrl'];

	it('the short form when it is fresh', () => {
		expect(shownFields({})).toEqual([
			'mode',
			'source',
			'shots',
			'prompt',
			'duration',
			'aspectRatio',
			'quality',
			'audio',
			'waitBy',
			'metadata',
			'downloadVideo',
			'options',
		]);
	});

	it('how to wait where it waits, whom to call where it does not, and neither to an AI agent that waits', () => {
		const shown = (parameters: INodeParameters, as?: { asTool: boolean }) =>
			shownFields({ ...VIDEO, ...parameters }, as).filter((name) => ofCallbacks.includes(name));
		expect(shown({})).toEqual(['waitBy']);
		expect(shown({ mode: 'submitOnly' })).toEqual(['callbackUrl']);
		expect(shown({}, { asTool: true })).toEqual([]);
	});

	it.each([
		['single', ['prompt', 'duration']],
		['auto', ['prompt', 'duration']],
		['custom', ['shotList']],
		['json', ['shotListJson']],
	])('for shots "%s": %p', (shots, expected) => {
		const ofShots = ['prompt', 'duration', 'shotList', 'shotListJson'];
		const fields = shownFields({ ...VIDEO, shots });
		expect(fields.filter((name) => ofShots.includes(name))).toEqual(expected);
		expect(fields).toEqual(expect.arrayContaining(always));
	});

	it.each([
		['text', 'url', []],
		['text', 'binary', []],
		['image', 'url', ['imageInput', 'startImageUrl', 'endImageUrl']],
		['image', 'binary', ['imageInput', 'startImageField', 'endImageField']],
	])('for source "%s" by %s: %p', (source, imageInput, expected) => {
		const fields = shownFields({ ...VIDEO, source, imageInput });
		expect(fields.filter((name) => /image/i.test(name))).toEqual(expected);
		expect(fields).toEqual(expect.arrayContaining(always));
	});

	it('no download where nothing is waited for, or where an AI agent uses it', () => {
		expect(shownFields(VIDEO)).toContain('downloadVideo');
		expect(shownFields({ ...VIDEO, mode: 'submitOnly' })).not.toContain('downloadVideo');
		expect(shownFields(VIDEO, { asTool: true })).not.toContain('downloadVideo');
		expect(shownFields({ ...VIDEO, operation: 'get' }, { asTool: true })).not.toContain(
			'downloadVideo',
		);
	});

	it('every field that may be needed where the choice is left to an expression', () => {
		expect(shownFields({ ...VIDEO, shots: '={{ $json.shots }}' })).toEqual(
			expect.arrayContaining(['prompt', 'shotList', 'shotListJson', 'duration']),
		);
	});

	it('only the options that have an effect', () => {
		const waiting = shownOptions(VIDEO);
		expect(waiting).toEqual(expect.arrayContaining(['maxWait', 'pollInterval', 'outputField']));
		const submitting = shownOptions({ ...VIDEO, mode: 'submitOnly' });
		expect(waiting.filter((name) => !submitting.includes(name))).toEqual([
			'retryFailed',
			'pollInterval',
			'outputField',
			'eachClipWorkflow',
		]);
		const linksOnly = shownOptions({ ...VIDEO, downloadVideo: false });
		expect(waiting.filter((name) => !linksOnly.includes(name))).toEqual(['outputField']);
	});
});

describe('the other operations show', () => {
	it.each([
		['video', 'get', ['taskId', 'waitUntilFinished', 'metadata', 'downloadVideo', 'options']],
		[
			'video',
			'estimateCost',
			['source', 'shots', 'prompt', 'duration', 'aspectRatio', 'quality', 'audio', 'options'],
		],
		['image', 'upload', ['inputField']],
		['account', 'getBalance', []],
	])('%s %s: %p', (resource, operation, expected) => {
		expect(shownFields({ resource, operation })).toEqual(expected);
	});

	it('the shots of an estimate', () => {
		const estimate = { resource: 'video', operation: 'estimateCost' };
		expect(shownFields({ ...estimate, shots: 'custom' })).toContain('shotList');
		expect(shownFields({ ...estimate, shots: 'json' })).toContain('shotListJson');
		expect(shownFields({ ...estimate, shots: 'json' })).not.toContain('duration');
		expect(shownFields({ ...estimate, shots: 'json' })).not.toContain('prompt');
	});

	it('of images the file that an estimate can look at, and no address', () => {
		const estimate = { resource: 'video', operation: 'estimateCost', source: 'image' };
		const images = (imageInput: string) =>
			shownFields({ ...estimate, imageInput }).filter((name) => /image/i.test(name));
		expect(images('url')).toEqual(['imageInput']);
		expect(images('binary')).toEqual(['imageInput', 'startImageField']);
		expect(shownOptions(estimate)).toEqual(['cameraMovement']);
	});

	it('how to wait only when Get Video waits, and not to an AI agent', () => {
		const get = { resource: 'video', operation: 'get' };
		expect(shownFields(get)).not.toContain('waitBy');
		expect(shownFields({ ...get, waitUntilFinished: true })).toContain('waitBy');
		const asTool = shownFields({ ...get, waitUntilFinished: true }, { asTool: true });
		expect(asTool).not.toContain('waitBy');
	});

	it('options of waiting only when Get Video waits', () => {
		const get = { resource: 'video', operation: 'get' };
		expect(shownOptions(get)).toEqual(['concurrency', 'includeInputFields', 'outputField']);
		expect(shownOptions({ ...get, waitUntilFinished: true })).toEqual([
			'concurrency',
			'includeInputFields',
			'maxWait',
			'pollInterval',
			'outputField',
		]);
	});
});
