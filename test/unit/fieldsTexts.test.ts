import { NodeHelpers, type INodeParameters } from 'n8n-workflow';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { KlingFast } from '../../nodes/KlingFast/KlingFast.node';
import { childrenOf, fieldsOf, generateField } from './fieldLists';

describe('the texts', () => {
	const everyField = klingFastProperties.flatMap((field) => [field, ...childrenOf(field)]);

	it('explain every field that does not explain itself', () => {
		const unexplained = everyField
			.filter(({ description, hint }) => !description && !hint)
			.map(({ name }) => name);
		expect(unexplained).toEqual([
			'resource',
			'operation',
			'operation',
			'operation',
			'options',
			'options',
			'options',
		]);
	});

	it('tell what metadata is for, with an expression to copy', () => {
		expect(generateField('metadata')?.hint).toBe(
			"Your row's own data, e.g. {{ { row: $json.row_number } }}",
		);
	});

	it('begin each placeholder of a text with e.g., and end no single sentence with a period', () => {
		for (const { type, placeholder, description } of everyField) {
			if (placeholder && type !== 'collection' && type !== 'fixedCollection') {
				expect(placeholder).toMatch(/^e\.g\. /);
			}
			const sentences = (description ?? '').replace('e.g.', '').split('. ').length;
			if (description) expect(description.endsWith('.')).toBe(sentences > 1);
		}
	});

	it('sort options by their label', () => {
		for (const operation of ['generate', 'get']) {
			const options = fieldsOf('video', operation).find(({ name }) => name === 'options');
			const labels = childrenOf(options).map(({ displayName }) => displayName);
			expect(labels).toEqual([...labels].sort((a, b) => a.localeCompare(b)));
		}
	});
});

describe('what is refused before a run', () => {
	const issuesOf = (parameters: INodeParameters) =>
		Object.keys(
			NodeHelpers.getNodeParametersIssues(
				klingFastProperties,
				{
					id: '1',
					name: 'Kling Fast',
					type: 'n8n-nodes-kling-fast.klingFast',
					typeVersion: 1,
					position: [0, 0],
					parameters:
						NodeHelpers.getNodeParameters(
							klingFastProperties,
							parameters,
							true,
							false,
							null,
							null,
						) ?? {},
				},
				new KlingFast().description,
			)?.parameters ?? {},
		);

	it.each<[string[], INodeParameters]>([
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
	])('%p is missing with %p', (missing, parameters) => {
		expect(issuesOf(parameters)).toEqual(missing);
	});
});
