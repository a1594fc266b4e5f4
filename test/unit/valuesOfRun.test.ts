import { readTaskId } from '../../nodes/KlingFast/actions/video/get.operation';
import { readDelivery, readWaiting } from '../../nodes/KlingFast/actions/video/result.fields';
import type { Params } from '../../nodes/KlingFast/params';
import { rowParams } from './rowReader';

const ID = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';
const OTHER_ID = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ6';
const OLD_ID = 'task-unified-1757165031-uyujaw3d';

const readAll = (params: Params) => ({ ...readWaiting(params), ...readDelivery(params) });

const withOptions = (options: Record<string, unknown>) => rowParams({ options });

describe('options of a run', () => {
	it('have the defaults of the editor', () => {
		const read = rowParams({});
		expect(read.choice('mode')).toBe('submitAndWait');
		expect(read.number('options.concurrency')).toBe(5);
		expect(read.optionalNumber('options.maxCost')).toBeUndefined();
		expect(read.text('options.dedupeKey')).toBe('');
		expect(readAll(read)).toEqual({
			download: true,
			maxWaitSeconds: 900,
			outputField: 'data',
			includeInputFields: false,
		});
	});

	it('are read as text as well', () => {
		const read = withOptions({
			concurrency: '20',
			maxCost: '2.50',
			maxWait: '60',
			pollInterval: '0.5',
			outputField: ' video ',
			includeInputFields: 'TRUE',
			dedupeKey: 17,
		});
		expect(read.number('options.concurrency')).toBe(20);
		expect(read.optionalNumber('options.maxCost')).toBe(2.5);
		expect(read.text('options.dedupeKey')).toBe('17');
		expect(readAll(read)).toEqual({
			download: true,
			maxWaitSeconds: 60,
			pollIntervalSeconds: 0.5,
			outputField: 'video',
			includeInputFields: true,
		});
	});

	it('are the default when they were added and left empty', () => {
		const empty = ['concurrency', 'maxCost', 'maxWait', 'pollInterval', 'outputField', 'dedupeKey'];
		const read = withOptions(Object.fromEntries(empty.map((name) => [name, ''])));
		expect(read.number('options.concurrency')).toBe(5);
		expect(read.optionalNumber('options.maxCost')).toBeUndefined();
		expect(read.text('options.dedupeKey')).toBe('');
		expect(readAll(read)).toEqual(readAll(rowParams({})));
	});

	it.each([1, 100])('%d clips at the same time are fine', (concurrency) => {
		expect(withOptions({ concurrency }).number('options.concurrency')).toBe(concurrency);
	});

	it.each([0, 101, 2.5, -1])('%d clips at the same time are not', (concurrency) => {
		expect(() => withOptions({ concurrency }).number('options.concurrency')).toThrow(
			`'Clips at the Same Time' is ${concurrency}, allowed is a whole number from 1 to 100`,
		);
	});

	it.each([0, -1, '-0.01'])('a maximum cost of %p is refused', (maxCost) => {
		expect(() => withOptions({ maxCost }).optionalNumber('options.maxCost')).toThrow(
			/^'Maximum Cost \(USD\)' is .*, allowed is a number above 0$/,
		);
	});

	it.each([
		[{ maxWait: 0.9 }, "'Maximum Wait (Seconds)' is 0.9, allowed is a number from 1 to 86,400"],
		[{ maxWait: 86401 }, "'Maximum Wait (Seconds)' is 86401"],
		[{ pollInterval: 0 }, "'Poll Interval (Seconds)' is 0, allowed is a number from 0.1 to 300"],
		[{ pollInterval: 301 }, "'Poll Interval (Seconds)' is 301"],
		[{ outputField: '__proto__' }, "'Put Output in Field' is"],
		[{ outputField: {} }, "'Put Output in Field' is an object"],
		[{ includeInputFields: 'some' }, '\'Include Other Input Fields\' is "some"'],
	])('%p is refused', (options, sentence) => {
		expect(() => readAll(withOptions(options))).toThrow(sentence);
	});

	it('knows both modes and refuses others', () => {
		expect(rowParams({ mode: 'submitOnly' }).choice('mode')).toBe('submitOnly');
		expect(() => rowParams({ mode: 'later' }).choice('mode')).toThrow(
			'\'Mode\' is "later", allowed is submitAndWait or submitOnly',
		);
	});

	it('downloads nothing where the field is hidden', () => {
		expect(readWaiting(rowParams({ mode: 'submitOnly' })).download).toBe(false);
		expect(readWaiting(rowParams({ downloadVideo: 'no' })).download).toBe(false);
		expect(readWaiting(rowParams({ downloadVideo: '' })).download).toBe(true);
	});
});

describe('Get Video', () => {
	const taskId = (value: unknown) => readTaskId(rowParams({ operation: 'get', taskId: value }));

	it.each([
		[ID, ID],
		[` ${ID}\n`, ID],
		[OLD_ID, OLD_ID],
		[
			`The clip did not finish within 900 seconds. Task ${ID} goes on, fetch it with Get Video.`,
			ID,
		],
		[`'${ID}' failed. See ${ID}.`, ID],
		[`Task ID: ${OLD_ID}, status: timedOut`, OLD_ID],
		[`https://getapib.org/video/9998230853107482-uuid-video_${ID}.mp4`, ID],
		['vid-42_a', 'vid-42_a'],
		['task_short', 'task_short'],
	])('reads %p', (value, expected) => {
		expect(taskId(value)).toBe(expected);
	});

	it.each([
		['', "'Task ID' is empty, allowed is a task ID such as"],
		[null, "'Task ID' is empty"],
		['no id in here', '\'Task ID\' is "no id in here", allowed is a task ID such as'],
		['../../v1/balance', '\'Task ID\' is "../../v1/balance"'],
		['x?y=1', "'Task ID' is"],
		[`${ID}, ${OTHER_ID}`, "'Task ID' is a text with 2 different task IDs, allowed is exactly one"],
		[`${ID} ${OLD_ID} ${ID}`, "'Task ID' is a text with 2 different task IDs"],
		[{ taskId: ID }, "'Task ID' is an object"],
	])('refuses %p', (value, sentence) => {
		expect(() => taskId(value)).toThrow(sentence);
	});

	it('waits only when asked to', () => {
		expect(rowParams({ operation: 'get', taskId: ID }).boolean('waitUntilFinished')).toBe(false);
		const read = rowParams({ operation: 'get', taskId: ID, waitUntilFinished: 'TRUE' });
		expect(read.boolean('waitUntilFinished')).toBe(true);
		expect(readWaiting(read).download).toBe(true);
	});
});

describe('Upload Image', () => {
	it('takes the file from the data field unless told otherwise', () => {
		const upload = { resource: 'image', operation: 'upload' };
		expect(rowParams(upload).text('inputField')).toBe('data');
		expect(rowParams({ ...upload, inputField: ' ' }).text('inputField')).toBe('data');
		expect(rowParams({ ...upload, inputField: 'photo' }).text('inputField')).toBe('photo');
	});
});
