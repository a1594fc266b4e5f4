/** Every field of every operation, with whatever may stand in it: a valid request, or one sentence that names the field. */
import fc from 'fast-check';
import type { INodeProperties } from 'n8n-workflow';
import { readCallbackBase } from '../../../nodes/KlingFast/actions/video/callbacks';
import { readClipRequest, readEstimate } from '../../../nodes/KlingFast/actions/video/clip';
import { readTaskId } from '../../../nodes/KlingFast/actions/video/get.fields';
import {
	readDelivery,
	readMetadata,
	readWaiting,
} from '../../../nodes/KlingFast/actions/video/result.fields';
import type { Params } from '../../../nodes/KlingFast/params';
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

const BOAT = { prompt: 'A paper boat' };
const SHOT = { prompt: 'A wave rolls in', duration: 3 };
const [START, END] = ['https://images.example/start.png', 'https://images.example/end.png'];
const MUG = { name: 'mug', description: 'A blue mug', imageUrls: [START] };
const FILES = { imageInput: 'binary', startImageField: 'start', endImageField: 'end' };

/** Rows that are fine as they are, one for each way of saying what the clip shall be. */
const GOOD_ROWS: Record<string, Row> = {
	'a prompt': { ...BOAT, shots: 'single' },
	'a prompt that Kling splits': { ...BOAT, shots: 'auto' },
	'written shots': { shots: 'custom', shotList: { shot: [SHOT] } },
	'shots from JSON': { shots: 'json', shotListJson: JSON.stringify([SHOT]) },
	'an image address': { ...BOAT, source: 'image', startImageUrl: START, endImageUrl: END },
	elements: { prompt: 'A boat beside @mug', 'options.elementsJson': JSON.stringify([MUG]) },
	'an image from the row': { ...BOAT, source: 'image', ...FILES },
};

/** The choice that makes another field necessary is right in itself: the sentence then names that other field. */
const NAMED_INSTEAD: Record<string, string[]> = {
	shots: ['Prompt', 'Shot List', 'Shot List (JSON)'],
	prompt: ['Elements (JSON)'],
	source: ['Start Image URL'],
	imageInput: ['Start Image URL'],
	endImageUrl: ['Start Image URL'],
};

interface Operation {
	fields: INodeProperties[];
	rows: Row[];
	/** Throws where a row is refused, or where what is made of it is not sound. */
	read(params: Params): void;
}

const clipRows = Object.values(GOOD_ROWS);

const OPERATIONS: Record<string, Operation> = {
	'Generate Video': {
		fields: withOptions(fieldsOf('video', 'generate')),
		rows: clipRows,
		read: (params) => expectAccepted(generate(params)),
	},
	'Estimate Cost': {
		fields: withOptions(fieldsOf('video', 'estimateCost')),
		rows: clipRows,
		read(params) {
			const costUsd = estimateCostUsd(readEstimate(params));
			expect(costUsd).toBeGreaterThan(0);
			expect(costUsd).toBeLessThan(10);
		},
	},
	'Get Video': {
		fields: withOptions(fieldsOf('video', 'get')),
		rows: [{ taskId: 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5' }],
		read(params) {
			expect(readTaskId(params)).toMatch(TASK_ID);
			readMetadata(params);
			params.boolean('waitUntilFinished');
			params.number('options.concurrency');
			readWaiting(params);
			readDelivery(params);
		},
	},
	'Upload Image': {
		fields: fieldsOf('image', 'upload'),
		rows: [{}],
		read: (params) => expect(params.text('inputField')).not.toBe(''),
	},
};
const everyField = Object.entries(OPERATIONS).flatMap(([operation, { fields, ...rest }]) =>
	fields.map((field) => ({ operation, field, ...rest })),
);

test.each(Object.entries(GOOD_ROWS))('a clip of %s is fine as it is', (_, row) => {
	expectAccepted(generate(flatParams(row)));
});

test.each(everyField)('$operation, $field.displayName', ({ field, rows, read }) => {
	const named = [field.displayName, ...(NAMED_INSTEAD[field.name] ?? [])];
	fc.assert(
		fc.property(fc.constantFrom(...rows), hostileValue, (row, value) => {
			expectSoundOrSentence(() => read(flatParams({ ...row, [field.name]: value })), named);
		}),
		{ numRuns: RUNS * rows.length },
	);
});

test('Generate Video, several fields at once', () => {
	const { fields, rows, read } = OPERATIONS['Generate Video'];
	const names = fc.constantFrom(...fields.map(({ name }) => name));
	const labels = fields.map(({ displayName }) => displayName);
	const values = fc.dictionary(names, hostileValue, { maxKeys: 8 });
	fc.assert(
		fc.property(fc.constantFrom(...rows), values, (row, changed) => {
			expectSoundOrSentence(() => read(flatParams({ ...row, ...changed })), labels);
		}),
		{ numRuns: RUNS * rows.length },
	);
});

const firstOfItsName = everyField.filter(
	({ field }, index) => everyField.findIndex((other) => other.field.name === field.name) === index,
);

test.each(firstOfItsName)(
	'an endless text costs no time: $field.name',
	({ rows, read, field: { name } }) => {
		const row = { mode: 'submitOnly', ...(rows.find((good) => name in good) ?? rows[0]) };
		let reads = 0;
		const withText = (text: string): Row => ({
			...row,
			get [name]() {
				reads += 1;
				return text;
			},
		});
		const slow = ENDLESS_TEXTS.filter(([, text]) => isSlow(() => read(flatParams(withText(text)))));
		expect(slow.map(([what]) => what)).toEqual([]);
		expect(reads).toBeGreaterThan(0);
	},
);

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

function expectSoundOrSentence(work: () => void, labels: string[]): void {
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
