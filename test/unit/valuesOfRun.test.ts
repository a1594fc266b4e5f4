import { readTaskId } from '../../nodes/KlingFast/actions/video/get.fields';
import { readDelivery, readWaiting } from '../../nodes/KlingFast/actions/video/result.fields';
import { rowParams } from './rowReader';

type Row = Record<string, unknown>;

const ID = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';
const OTHER_ID = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ6';
const OLD_ID = 'task-unified-1757165031-uyujaw3d';
const UPLOAD = { resource: 'image', operation: 'upload' };
const GET = { operation: 'get', taskId: ID };

function readRun(row: Row) {
	const params = rowParams(row);
	return {
		mode: params.choice('mode'),
		concurrency: params.number('options.concurrency'),
		maxCost: params.optionalNumber('options.maxCost'),
		dedupeKey: params.text('options.dedupeKey'),
		...readWaiting(params),
		...readDelivery(params),
	};
}

const DEFAULTS = {
	mode: 'submitAndWait',
	concurrency: 5,
	maxCost: undefined,
	dedupeKey: '',
	download: true,
	maxWaitSeconds: 900,
	outputField: 'data',
	includeInputFields: false,
};
const EMPTY_OPTIONS = ['concurrency', 'maxCost', 'maxWait', 'pollInterval', 'outputField'];

test.each<[row: Row, read: Row]>([
	[{}, {}],
	[{ downloadVideo: '', options: Object.fromEntries(EMPTY_OPTIONS.map((name) => [name, ''])) }, {}],
	[{ options: { dedupeKey: '' } }, {}],
	[{ options: { dedupeKey: 17, maxCost: '2.50' } }, { dedupeKey: '17', maxCost: 2.5 }],
	[{ options: { concurrency: '100' } }, { concurrency: 100 }],
	[{ options: { concurrency: 1 } }, { concurrency: 1 }],
	[{ options: { maxWait: '60' } }, { maxWaitSeconds: 60 }],
	[{ options: { pollInterval: '0.5' } }, { pollIntervalSeconds: 0.5 }],
	[{ options: { outputField: ' video ' } }, { outputField: 'video' }],
	[{ options: { includeInputFields: 'TRUE' } }, { includeInputFields: true }],
	[{ mode: 'submitOnly' }, { mode: 'submitOnly', download: false }],
	[{ downloadVideo: 'no' }, { download: false }],
	[{ ...GET, waitUntilFinished: 'TRUE' }, {}],
])('%j is read as %j', (row, read) => {
	expect(readRun(row)).toEqual({ ...DEFAULTS, ...read });
});

test.each<[options: Row, sentence: string]>([
	...[0, 101, 2.5, -1].map((concurrency): [Row, string] => [
		{ concurrency },
		`'Clips at the Same Time' is ${concurrency}, but must be a whole number from 1 to 100`,
	]),
	...[0, -1, '-0.01'].map((maxCost): [Row, string] => [{ maxCost }, "'Maximum Cost (USD)' is"]),
	[{ maxWait: 0.9 }, "'Maximum Wait (Seconds)' is 0.9, but must be a number from 1 to 86,400"],
	[{ maxWait: 86401 }, "'Maximum Wait (Seconds)' is 86401"],
	[{ pollInterval: 0 }, "'Poll Interval (Seconds)' is 0, but must be a number from 0.1 to 300"],
	[{ pollInterval: 301 }, "'Poll Interval (Seconds)' is 301"],
	[{ outputField: '__proto__' }, "'Put Output in Field' is"],
	[{ outputField: {} }, "'Put Output in Field' is an object"],
	[{ includeInputFields: 'some' }, '\'Include Other Input Fields\' is "some"'],
])('%p is refused', (options, sentence) => {
	expect(() => readRun({ options })).toThrow(sentence);
});

const taskId = (value: unknown) => readTaskId(rowParams({ ...GET, taskId: value }));

test.each([
	[` ${ID}\n`, ID],
	[OLD_ID, OLD_ID],
	[`The clip did not finish within 900 seconds. Task ${ID} goes on, fetch it with Get Video.`, ID],
	[`'${ID}' failed. See ${ID}.`, ID],
	[`Task ID: ${OLD_ID}, status: timedOut`, OLD_ID],
	[`https://getapib.org/video/9998230853107482-uuid-video_${ID}.mp4`, ID],
	['vid-42_a', 'vid-42_a'],
	['task_short', 'task_short'],
])('Get Video reads the task ID of %p', (value, expected) => {
	expect(taskId(value)).toBe(expected);
});

test.each([
	[null, "'Task ID' is empty, but must be a task ID such as"],
	['no id in here', '\'Task ID\' is "no id in here", but must be a task ID such as'],
	['../../v1/balance', '\'Task ID\' is "../../v1/balance"'],
	['x?y=1', "'Task ID' is"],
	[
		`${ID}, ${OTHER_ID}`,
		"'Task ID' is a text with 2 different task IDs, but must be a text with exactly one",
	],
	[`${ID} ${OLD_ID} ${ID}`, "'Task ID' is a text with 2 different task IDs"],
	[{ taskId: ID }, "'Task ID' is an object"],
])('Get Video refuses %p', (value, sentence) => {
	expect(() => taskId(value)).toThrow(sentence);
});

test.each<[Row, boolean]>([
	[GET, false],
	[{ ...GET, waitUntilFinished: 'TRUE' }, true],
])('%j waits: %p', (row, waits) => {
	expect(rowParams(row).boolean('waitUntilFinished')).toBe(waits);
});

test.each([
	[{}, 'data'],
	[{ inputField: ' ' }, 'data'],
	[{ inputField: 'photo' }, 'photo'],
])('Upload Image with %j takes the file from %s', (row, field) => {
	expect(rowParams({ ...UPLOAD, ...row }).text('inputField')).toBe(field);
});
