import fc from 'fast-check';
import { parseTask, taskState } from '../../../nodes/KlingFast/apimart/task';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const URL = `https://upload.apimart.ai/f/video/9998234998953836-b97ab050-d420-446e-8a3b-387822f0045f-video_${ID}.mp4`;

const times = { created: 1765000891, completed: 1765001046 };
const read = { createdMs: 1765000891000, completedMs: 1765001046000 };
const video = { videos: [{ expires_at: 1765087446, url: [URL] }] };
const done = { id: ID, status: 'completed', progress: 100, ...times, result: video };
const ofVideo = { taskId: ID, progress: 100, videoUrl: URL, expiresAtMs: 1765087446000, ...read };
const running = { id: ID, status: 'processing', progress: 91, estimated_time: 600 };

it.each<[string, unknown, object]>([
	[
		'a running task',
		{ code: 200, data: { ...running, created: times.created } },
		{
			state: 'processing',
			taskId: ID,
			progress: 91,
			estimatedSeconds: 600,
			createdMs: read.createdMs,
		},
	],
	[
		'a completed task',
		{ code: 200, data: { ...done, actual_time: 155, estimated_time: 600 } },
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
	expect(parseTask(json)).toEqual({ stateWord: (task as { state: string }).state, ...task });
});

describe('the forms that public clients of the same backend tolerate', () => {
	it.each<[string, unknown]>([
		['an envelope', { code: 200, data: done }],
		['an envelope around a list of one', { code: 200, data: [done] }],
		['no envelope', done],
		['a list of one', [done]],
		['state', { ...done, status: undefined, state: 'SUCCESS' }],
		['task_status', { ...done, status: undefined, task_status: 'succeed' }],
		['task_id', { ...done, id: undefined, task_id: ID }],
		['taskId', { ...done, id: undefined, taskId: ID }],
	])('%s', (_, json) => {
		expect(parseTask(json)).toMatchObject({ taskId: ID, state: 'completed', videoUrl: URL });
	});

	it.each<[string, Record<string, unknown>]>([
		['videos with a list of addresses', { result: { videos: [{ url: [URL] }] } }],
		['videos with one address', { result: { videos: [{ url: URL }] } }],
		['videos as addresses', { result: { videos: [URL] } }],
		['an empty video before the real one', { result: { videos: [{ url: [] }, { url: [URL] }] } }],
		['result.url', { result: { url: URL } }],
		['result.url as a list', { result: { url: [URL] } }],
		['result.output_url', { result: { output_url: URL } }],
		['result.video_url', { result: { video_url: URL } }],
		['result as an address', { result: URL }],
		['result as a list', { result: [URL] }],
		["the article's output_url", { output_url: URL }],
		['video_url', { video_url: URL }],
		['videoUrl', { videoUrl: URL }],
		['url', { url: ` ${URL} ` }],
	])('finds the video in %s', (_, place) => {
		const task = parseTask({ data: { id: ID, status: 'completed', ...place } });
		expect(task?.videoUrl).toBe(URL);
	});

	it.each<[string, unknown]>([
		['no result', undefined],
		['an empty list', { videos: [] }],
		['no address', { videos: [{ url: ['pending'] }] }],
		['another scheme', { url: 'file:///etc/passwd' }],
		['data', { url: 'data:video/mp4;base64,AAAA' }],
	])('finds no video in %s', (_, result) => {
		expect(parseTask({ id: ID, status: 'completed', result })?.videoUrl).toBeUndefined();
	});

	it('gives no video of a task that is not completed', () => {
		expect(parseTask({ id: ID, status: 'processing', url: URL })?.videoUrl).toBeUndefined();
	});

	it.each<[string, Record<string, unknown>, string]>([
		['an error with a code as a number', { error: { code: 400, message: 'bad' } }, 'bad'],
		['an error in an error', { error: { error: { message: 'inner' } } }, 'inner'],
		['an error as a text', { error: 'plain' }, 'plain'],
		['fail_reason', { fail_reason: 'reason' }, 'reason'],
		['failReason', { failReason: 'reason' }, 'reason'],
		['message', { message: 'said' }, 'said'],
		['msg', { msg: 'said' }, 'said'],
		['only a code', { error: { code: 'content_rejected', message: '' } }, 'code content_rejected'],
		['nothing', {}, 'the provider gave no reason (status failed)'],
		['a signed link', { error: 'see https://a.b/c?sig=1' }, 'see https://a.b/c'],
	])('finds the reason of a failure in %s', (_, place, reason) => {
		expect(parseTask({ id: ID, status: 'failed', ...place })?.failure).toBe(reason);
	});

	it.each<[unknown, true | undefined]>([
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
	])('knows moderation by its words: %j', (error, isContentRefused) => {
		const task = parseTask({ id: ID, status: 'failed', error });
		expect(task?.isContentRefused).toBe(isContentRefused);
	});

	it('shows a reason of any language and length in full', () => {
		const reason = `${'内容未通过平台风控，'.repeat(60)}完`;
		expect(parseTask({ id: ID, status: 'failed', error: reason })?.failure).toBe(reason);
	});

	it('reads numbers that are texts', () => {
		const data = { ...running, cost: '0.1234', progress: '40', created: '1765000891' };
		const { createdMs } = read;
		expect(parseTask({ data })).toMatchObject({ costUsd: 0.1234, progress: 40, createdMs });
	});

	it('takes a time that can only be milliseconds as such', () => {
		expect(parseTask({ id: ID, status: 'processing', created: 1765000891123 })?.createdMs).toBe(
			1765000891123,
		);
	});

	it.each([0, -5, 1e17, 1e300, 'soon', null, [], true])(
		'takes %p for no time, because no calendar has it',
		(created) => {
			expect(parseTask({ id: ID, status: 'processing', created })?.createdMs).toBeUndefined();
		},
	);
});

it.each<[string, object, number | undefined]>([
	['24 hours after completion where the answer does not say', { ...times, url: URL }, 86_400_000],
	['left out where the answer has neither', { url: URL }, undefined],
	['left out of a task without a video', times, undefined],
])('the end of a link is %s', (_, fields, afterMs) => {
	const task = parseTask({ id: ID, status: 'completed', ...fields });
	expect(task?.expiresAtMs).toBe(afterMs && read.completedMs + afterMs);
});

describe('the words for a state', () => {
	const words: Record<string, string[]> = {
		submitted: ['submitted', 'pending', 'queued'],
		completed: ['completed', 'complete', 'success', 'succeeded', 'succeed', 'finished'],
		failed: 'failed failure fail error cancelled canceled timeout expired'.split(' '),
		processing: ['processing', 'in_progress', 'running', 'a word of next year', ''],
	};
	it.each(Object.entries(words))('%s', (state, spellings) => {
		expect(spellings.map(taskState)).toEqual(spellings.map(() => state));
	});
});

describe('what is no task', () => {
	it.each<[unknown]>([
		[undefined],
		[null],
		['<html></html>'],
		[[]],
		[{}],
		[{ code: 200, data: [] }],
		[{ data: { id: ID } }],
		[{ data: { status: 'completed' } }],
		[{ error: { message: 'invalid API key', code: '' } }],
		[{ id: ID, status: ' ' }],
	])('%j', (json) => {
		expect(parseTask(json)).toBeUndefined();
	});

	it('never throws, whatever the answer, and what it gives has sound values', () => {
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
		const likely = fc.tuple(leaf, tree, tree, tree).map(([status, result, error, created]) => ({
			id: ID,
			status,
			result,
			error,
			created,
			completed: created,
		}));
		fc.assert(
			fc.property(fc.oneof(tree, likely), (json) => {
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
});
