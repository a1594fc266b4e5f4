import fc from 'fast-check';
import { parseSubmittedTaskId, parseTask, taskState } from '../../../nodes/KlingFast/apimart/task';

type Fields = Record<string, unknown>;

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const URL = `https://upload.apimart.ai/f/video/9998234998953836-b97ab050-d420-446e-8a3b-387822f0045f-video_${ID}.mp4`;

const times = { created: 1765000891, completed: 1765001046 };
const read = { createdMs: 1765000891000, completedMs: 1765001046000 };
const video = { videos: [{ expires_at: 1765087446, url: [URL] }] };
const done = { id: ID, status: 'completed', progress: 100, ...times, result: video };
const ofVideo = { taskId: ID, progress: 100, videoUrl: URL, expiresAtMs: 1765087446000, ...read };
const running = { id: ID, status: 'processing', progress: 91, estimated_time: 600 };
const envelope = (data: unknown) => ({ code: 200, data });

const completed = (fields: Fields) => parseTask({ id: ID, status: 'completed', ...fields });
const failed = (fields: Fields) => parseTask({ id: ID, status: 'failed', ...fields });
const processing = (fields: Fields) => parseTask({ id: ID, status: 'processing', ...fields });

test.each<[what: string, json: unknown, task: { state: string } & Fields]>([
	[
		'a running task',
		envelope({ ...running, created: times.created }),
		{
			...{ state: 'processing', taskId: ID, progress: 91, estimatedSeconds: 600 },
			createdMs: read.createdMs,
		},
	],
	[
		'a completed task',
		envelope({ ...done, actual_time: 155, estimated_time: 600 }),
		{ state: 'completed', estimatedSeconds: 600, ...ofVideo },
	],
	[
		'a completed task without an envelope, as callbacks bring it, with its cost',
		{ ...done, actual_time: 29, cost: 0.006, credits_cost: 0.06 },
		{ state: 'completed', costUsd: 0.006, ...ofVideo },
	],
	[
		'a failed task',
		{ id: ID, status: 'failed', progress: 100, ...times, error: { message: 'fault', code: '' } },
		{ state: 'failed', taskId: ID, progress: 100, failure: 'fault', ...read },
	],
])('a recorded answer is read: %s', (_, json, task) => {
	expect(parseTask(json)).toEqual({ stateWord: task.state, ...task });
});

/** What public clients of the same backend tolerate. */
test.each<[what: string, json: unknown]>([
	['an envelope around a list of one', envelope([done])],
	['a list of one', [done]],
	['state', { ...done, status: undefined, state: 'SUCCESS' }],
	['task_status', { ...done, status: undefined, task_status: 'succeed' }],
	['task_id', { ...done, id: undefined, task_id: ID }],
	['taskId', { ...done, id: undefined, taskId: ID }],
])('a task is found in other forms: %s', (_, json) => {
	expect(parseTask(json)).toMatchObject({ taskId: ID, state: 'completed', videoUrl: URL });
});

test.each<[place: Fields]>([
	[{ result: { videos: [{ url: URL }] } }],
	[{ result: { videos: [URL] } }],
	[{ result: { videos: [{ url: [] }, { url: [URL] }] } }],
	[{ result: { url: URL } }],
	[{ result: { url: [URL] } }],
	[{ result: { output_url: URL } }],
	[{ result: { video_url: URL } }],
	[{ result: URL }],
	[{ result: [URL] }],
	[{ output_url: URL }],
	[{ video_url: URL }],
	[{ videoUrl: URL }],
	[{ url: ` ${URL} ` }],
])('the video is found in %j', (place) => {
	expect(completed(place)?.videoUrl).toBe(URL);
});

test.each<[place: Fields]>([
	[{}],
	[{ result: { videos: [] } }],
	[{ result: { videos: [{ url: ['pending'] }] } }],
	[{ result: { url: 'file:///etc/passwd' } }],
	[{ result: { url: 'data:video/mp4;base64,AAAA' } }],
	[{ status: 'processing', url: URL }],
])('no video is found in %j', (place) => {
	expect(completed(place)?.videoUrl).toBeUndefined();
});

const LONG_REASON = `${'内容未通过平台风控，'.repeat(60)}完`;

test.each<[place: Fields, reason: string]>([
	[{ error: { code: 400, message: 'bad' } }, 'bad'],
	[{ error: { error: { message: 'inner' } } }, 'inner'],
	[{ error: 'plain' }, 'plain'],
	[{ fail_reason: 'reason' }, 'reason'],
	[{ failReason: 'reason' }, 'reason'],
	[{ message: 'said' }, 'said'],
	[{ msg: 'said' }, 'said'],
	[{ error: { code: 'content_rejected', message: '' } }, 'code content_rejected'],
	[{}, 'the provider gave no reason (status failed)'],
	[{ error: 'see https://a.b/c?sig=1' }, 'see https://a.b/c'],
	[{ error: LONG_REASON }, LONG_REASON],
])('the reason of a failure is found in %j', (place, reason) => {
	expect(failed(place)?.failure).toBe(reason);
});

test.each<[error: Fields, true | undefined]>([
	[{ message: 'Failure to pass the risk control system' }, true],
	[{ message: 'The prompt may violate our content security policy' }, true],
	[{ message: 'Rejected by the safety system' }, true],
	[{ message: '内容未通过平台风控' }, true],
	[{ message: '提示词包含敏感内容' }, true],
	[{ message: '图片违规' }, true],
	[{ message: '审核不通过' }, true],
	[{ code: 'content_rejected', message: 'Generation failed' }, true],
	[{ message: 'Generation failed upstream' }, undefined],
	[{ message: "mode value 'fast' is invalid" }, undefined],
	[{ message: '生成失败' }, undefined],
])('moderation is known by its words: %j, %p', (error, isContentRefused) => {
	expect(failed({ error })?.isContentRefused).toBe(isContentRefused);
});

test.each<[fields: Fields, task: Fields]>([
	[
		{ cost: '0.1234', progress: '40' },
		{ costUsd: 0.1234, progress: 40 },
	],
	[{ created: '1765000891' }, { createdMs: read.createdMs }],
	[{ created: 1765000891123 }, { createdMs: 1765000891123 }],
	...[0, -5, 1e15, 8.639e15, 1e17, 1e300, '9'.repeat(30), 'soon', null, [], true].map(
		(created): [Fields, Fields] => [{ created }, { createdMs: undefined }],
	),
])('numbers and times of %j are read as %j', (fields, task) => {
	expect(processing(fields)).toMatchObject(task);
});

test.each<[what: string, Fields, afterMs: number | undefined]>([
	['24 hours after completion where the answer does not say', { ...times, url: URL }, 86_400_000],
	['so, too, where it says nonsense', { ...times, url: URL, expires_at: 1e15 }, 86_400_000],
	['left out where the answer has neither', { url: URL }, undefined],
	['left out of a task without a video', times, undefined],
])('the end of a link is %s', (_, fields, afterMs) => {
	expect(completed(fields)?.expiresAtMs).toBe(afterMs && read.completedMs + afterMs);
});

test.each([
	['submitted', ['submitted', 'pending', 'queued']],
	['completed', ['completed', 'complete', 'success', 'succeeded', 'succeed', 'finished']],
	['failed', 'failed failure fail error cancelled canceled timeout expired'.split(' ')],
	['processing', ['processing', 'in_progress', 'running', 'a word of next year', '']],
])('the words for %s', (state, spellings) => {
	expect(spellings.map(taskState)).toEqual(spellings.map(() => state));
});

test.each<[json: unknown]>([
	[undefined],
	[null],
	['<html></html>'],
	[[]],
	[{}],
	[envelope([])],
	[{ data: { id: ID } }],
	[{ data: { status: 'completed' } }],
	[{ error: { message: 'invalid API key', code: '' } }],
	[{ id: ID, status: ' ' }],
])('%j is no task', (json) => {
	expect(parseTask(json)).toBeUndefined();
});

test.each<[json: unknown, taskId: string | undefined]>([
	[envelope([{ status: 'submitted', task_id: ID }]), ID],
	[{ code: 202, request_id: 'req_1', data: { object: 'generation.task', id: ID } }, ID],
	[{ data: [{ id: ID }] }, ID],
	[{ data: { task_id: ID } }, ID],
	[{ data: { taskId: ID } }, ID],
	[{ task_id: ID }, ID],
	[{ taskId: ID }, ID],
	[{ id: ID }, ID],
	[{ id: 'req_1', data: [{ task_id: ID }] }, ID],
	[{ data: [{ task_id: ` ${ID}\n` }] }, ID],
	...[undefined, null, 'x', [], {}, { data: [] }, { data: { id: '' } }].map(
		(json): [unknown, undefined] => [json, undefined],
	),
])('the task ID of the submit that is answered by %j is %s', (json, taskId) => {
	expect(parseSubmittedTaskId(json)).toBe(taskId);
});

test('no answer throws, and what is read has sound values', () => {
	const key = fc.constantFrom(
		...['id', 'status', 'data', 'result', 'videos', 'url', 'error', 'message', 'created'],
		...['completed', 'expires_at', 'progress', 'cost', 'code', 'task_id'],
	);
	const leaf = fc.oneof(
		fc.constantFrom<unknown>('completed', 'failed', 'processing', URL, ID, null, 1e300, -1),
		fc.jsonValue(),
	);
	const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
		tree: fc.oneof(
			{ maxDepth: 4 },
			leaf,
			fc.array(tie('tree'), { maxLength: 3 }),
			fc.dictionary(key, tie('tree'), { maxKeys: 8 }),
		),
	}));
	const likely = fc.record({
		id: fc.constant(ID),
		...{ status: leaf, result: tree, error: tree, created: tree, completed: tree },
	});
	fc.assert(
		fc.property(fc.oneof(tree, likely), (json) => {
			expect(['string', 'undefined']).toContain(typeof parseSubmittedTaskId(json));
			const task = parseTask(json);
			if (!task) return;
			expect(task.taskId).not.toBe('');
			if (task.videoUrl !== undefined) expect(task.videoUrl).toMatch(/^https?:\/\//i);
			expect(task.failure === undefined).toBe(task.state !== 'failed');
			for (const ms of [task.createdMs, task.completedMs, task.expiresAtMs]) {
				if (ms !== undefined) expect(() => new Date(ms).toISOString()).not.toThrow();
			}
		}),
		{ numRuns: 1000 },
	);
});
