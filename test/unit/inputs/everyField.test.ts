/** Every field of every operation, with whatever may stand in it: a valid request, or one sentence that names the field. */
import fc from 'fast-check';
import type { INodeProperties } from 'n8n-workflow';
import { readCallbackBase } from '../../../nodes/KlingFast/actions/video/callbacks';
import { readClipRequest, readEstimate } from '../../../nodes/KlingFast/actions/video/readClip';
import { readTaskId } from '../../../nodes/KlingFast/actions/video/get.operation';
import {
	readDelivery,
	readMetadata,
	readWaiting,
} from '../../../nodes/KlingFast/actions/video/result.fields';
import { klingFastFields } from '../../../nodes/KlingFast/actions/properties';
import { Params } from '../../../nodes/KlingFast/params';
import { TASK_ID } from '../../../nodes/KlingFast/apimart/task';
import { estimateCostUsd } from '../../../nodes/KlingFast/apimart/models';
import { clipBody, type ClipRequest } from '../../../nodes/KlingFast/apimart/clipRequest';
import { readClipRequest as providerReads } from '../../../sandbox/validation';
import { childrenOf, fieldsOf } from '../fieldLists';
import { ENDLESS_TEXTS, hostileValue, isSlow } from './hostileValues';
import { flatParams } from '../rowReader';
import { refusedField } from './sentence';

const RUNS = 150;

type Row = Record<string, unknown>;

/** Rows that are fine as they are, one for each way of saying what the clip shall be. */
const GOOD_ROWS: Record<string, Row> = {
	'a prompt': { prompt: 'A paper boat', shots: 'single' },
	'a prompt that Kling splits': { prompt: 'A paper boat', shots: 'auto' },
	'written shots': {
		shots: 'custom',
		shotList: { shot: [{ prompt: 'A wave rolls in', duration: 3 }] },
	},
	'shots from JSON': {
		shots: 'json',
		shotListJson: '[{"prompt": "A wave rolls in", "duration": 3}]',
	},
	'an image address': {
		prompt: 'A paper boat',
		source: 'image',
		startImageUrl: 'https://images.example/start.png',
		endImageUrl: 'https://images.example/end.png',
	},
	elements: {
		prompt: 'A paper boat beside @mug',
		'options.elementsJson':
			'[{"name": "mug", "description": "A blue mug", "imageUrls": ["https://images.example/mug.png"]}]',
	},
	'an image from the row': {
		prompt: 'A paper boat',
		source: 'image',
		imageInput: 'binary',
		startImageField: 'start',
		endImageField: 'end',
	},
};

/** The choice that makes another field necessary is right in itself: the sentence then names that other field. */
const NAMED_INSTEAD: Record<string, string[]> = {
	shots: ['Prompt', 'Shot List', 'Shot List (JSON)'],
	prompt: ['Elements (JSON)'],
	source: ['Start Image URL'],
	imageInput: ['Start Image URL'],
	endImageUrl: ['Start Image URL'],
};

const generateFields = withOptions(fieldsOf('video', 'generate'));

describe.each(Object.entries(GOOD_ROWS))('Generate Video, %s', (_, goodRow) => {
	test('the row is fine as it is', () => {
		expectAccepted(generate(flatParams(goodRow)));
	});

	test.each(generateFields)('$displayName', (field) => {
		const named = [field.displayName, ...(NAMED_INSTEAD[field.name] ?? [])];
		fc.assert(
			fc.property(hostileValue, (value) => {
				const row = { ...goodRow, [field.name]: value };
				expectRequestOrSentence(() => expectAccepted(generate(flatParams(row))), named);
			}),
			{ numRuns: RUNS },
		);
	});

	test('several fields at once', () => {
		const values = fc.dictionary(
			fc.constantFrom(...generateFields.map(({ name }) => name)),
			hostileValue,
			{ maxKeys: 8 },
		);
		const labels = generateFields.map(({ displayName }) => displayName);
		fc.assert(
			fc.property(values, (changed) => {
				const row = { ...goodRow, ...changed };
				expectRequestOrSentence(() => expectAccepted(generate(flatParams(row))), labels);
			}),
			{ numRuns: RUNS },
		);
	});
});

describe('Estimate Cost', () => {
	test.each(fieldsOf('video', 'estimateCost'))('$displayName', (field) => {
		const named = [field.displayName, ...(NAMED_INSTEAD[field.name] ?? [])];
		fc.assert(
			fc.property(fc.constantFrom(...Object.values(GOOD_ROWS)), hostileValue, (goodRow, value) => {
				const params = flatParams({ ...goodRow, [field.name]: value });
				expectRequestOrSentence(() => {
					const costUsd = estimateCostUsd(readEstimate(params));
					expect(costUsd).toBeGreaterThan(0);
					expect(costUsd).toBeLessThan(10);
				}, named);
			}),
			{ numRuns: RUNS },
		);
	});
});

describe('Get Video', () => {
	const goodRow = { taskId: 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5' };

	test.each(withOptions(fieldsOf('video', 'get')))('$displayName', (field) => {
		fc.assert(
			fc.property(hostileValue, (value) => {
				const params = flatParams({ ...goodRow, [field.name]: value });
				expectRequestOrSentence(() => {
					expect(readTaskId(params)).toMatch(TASK_ID);
					readMetadata(params);
					params.boolean('waitUntilFinished');
					params.number('options.concurrency');
					readWaiting(params);
					readDelivery(params);
				}, [field.displayName]);
			}),
			{ numRuns: RUNS },
		);
	});
});

test('Upload: Input Data Field Name', () => {
	fc.assert(
		fc.property(hostileValue, (inputField) => {
			expectRequestOrSentence(() => {
				expect(flatParams({ inputField }).text('inputField')).not.toBe('');
			}, ['Input Data Field Name']);
		}),
		{ numRuns: RUNS },
	);
});

describe('An endless text costs no time', () => {
	const names = new Set([...generateFields.map(({ name }) => name), 'taskId', 'inputField']);

	test.each([...names])('%s', (name) => {
		const row = Object.values(GOOD_ROWS).find((goodRow) => isRead(name, goodRow));
		if (!row) throw new Error(`Nothing reads ${name}`);
		const slow = ENDLESS_TEXTS.filter(([, text]) =>
			isSlow(() => readAll(flatParams({ ...row, mode: 'submitOnly', [name]: text }))),
		);
		expect(slow.map(([what]) => what)).toEqual([]);
	});

	function readAll(params: Params): void {
		const readInputField = () => params.text('inputField');
		for (const reads of [readTaskId, readInputField, readEstimate, generate]) {
			try {
				reads(params);
			} catch {
				continue;
			}
		}
	}

	function isRead(name: string, row: Row): boolean {
		const read: string[] = [];
		const reader = new Params(klingFastFields, (path, fallback) => {
			read.push(path);
			return { mode: 'submitOnly', ...row }[path] ?? fallback;
		});
		readAll(reader);
		return read.includes(name);
	}
});

/** All that Generate Video reads of a row, and the very body that it would send. */
function generate(params: Params): { request: ClipRequest; body: string } {
	params.number('options.concurrency');
	params.optionalNumber('options.maxCost');
	params.choice('waitBy');
	const isSubmitOnly = params.choice('mode') === 'submitOnly';
	const request = readClipRequest(params, 'https://api.apimart.ai');
	params.text('options.dedupeKey');
	params.number('options.retryFailed');
	readWaiting(params);
	readDelivery(params);
	if (isSubmitOnly) readCallbackBase(params);
	const frames = [request.startFrame, request.endFrame].flatMap((frame) =>
		frame === undefined ? [] : ['url' in frame ? frame.url : 'https://uploads.example/image.png'],
	);
	return { request, body: clipBody(request, frames) };
}

/** The provider's own rules, written down a second time in the sandbox, find nothing wrong either. */
function expectAccepted({ request, body }: ReturnType<typeof generate>): void {
	const taken = providerReads(JSON.parse(body));
	expect(taken.duration).toBe(request.durationSeconds);
	expect(taken.mode).toBe(request.quality);
	expect(taken.aspectRatio).toBe(request.aspectRatio);
	expect(taken.audio).toBe(request.audio);
}

function expectRequestOrSentence(work: () => void, labels: string[]): void {
	let refusal: unknown;
	try {
		work();
	} catch (error) {
		refusal = error;
	}
	if (refusal !== undefined) expect(labels).toContain(refusedField(refusal));
}

/** Options are read by the name `options.<name>`. */
function withOptions(fields: INodeProperties[]): INodeProperties[] {
	const own = fields.filter(({ type }) => !['collection', 'notice'].includes(type));
	const options = fields
		.filter(({ type }) => type === 'collection')
		.flatMap((collection) => childrenOf(collection))
		.map((option) => ({ ...option, name: `options.${option.name}` }));
	return [...own, ...options];
}
