import fc from 'fast-check';
import { parseTask, taskState } from '../../../nodes/KlingFast/apimart/task';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const URL = `https://upload.apimart.ai/f/video/9998234998953836-b97ab050-d420-446e-8a3b-387822f0045f-video_${ID}.mp4`;

const RUNNING = {
	code: 200,
	data: { created: 1765000891, estimated_time: 600, id: ID, progress: 91, status: 'processing' },
};
const COMPLETED = {
	code: 200,
	data: {
		actual_time: 155,
		completed: 1765001046,
		created: 1765000891,
		estimated_time: 600,
		id: ID,
		progress: 100,
		result: { videos: [{ expires_at: 1765087446, url: [URL] }] },
		status: 'completed',
	},
};

describe('recorded answers', () => {
	it('reads a running task', () => {
		expect(parseTask(RUNNING)).toEqual({
			taskId: ID,
			state: 'processing',
			stateWord: 'processing',
			progress: 91,
			estimatedSeconds: 600,
			createdMs: 1765000891000,
		});
	});

	it('reads a completed task', () => {
		expect(parseTask(COMPLETED)).toEqual({
			taskId: ID,
			state: 'completed',
			stateWord: 'completed',
			progress: 100,
			estimatedSeconds: 600,
			createdMs: 1765000891000,
			completedMs: 1765001046000,
			videoUrl: URL,
			expiresAtMs: 1765087446000,
		});
	});

	it('reads a completed task without an envelope, as callbacks bring it, with its cost', () => {
		const callback = {
			id: ID,
			status: 'completed',
			progress: 100,
			created: 1781589029,
			completed: 1781589058,
			actual_time: 29,
			cost: 0.006,
			credits_cost: 0.06,
			result: { videos: [{ url: ['https://a.b/result.mp4'], expires_at: 1781675458 }] },
		};
		expect(parseTask(callback)).toMatchObject({
			taskId: ID,
			state: 'completed',
			costUsd: 0.006,
			videoUrl: 'https://a.b/result.mp4',
			expiresAtMs: 1781675458000,
		});
	});

	it('reads a failed task', () => {
		const failed = {
			id: ID,
			status: 'failed',
			progress: 100,
			created: 1781589029,
			completed: 1781589050,
			error: { message: 'upstream fault', code: '' },
		};
		expect(parseTask(failed)).toEqual({
			taskId: ID,
			state: 'failed',
			stateWord: 'failed',
			progress: 100,
			createdMs: 1781589029000,
			completedMs: 1781589050000,
			failure: 'upstream fault',
		});
	});
});

describe('the forms that public clients of the same backend tolerate', () => {
	const { data } = COMPLETED;
	it.each<[string, unknown]>([
		['an envelope', { code: 200, data }],
		['an envelope around a list of one', { code: 200, data: [data] }],
		['no envelope', data],
		['a list of one', [data]],
		['state', { ...data, status: undefined, state: 'SUCCESS' }],
		['task_status', { ...data, status: undefined, task_status: 'succeed' }],
		['task_id', { ...data, id: undefined, task_id: ID }],
		['taskId', { ...data, id: undefined, taskId: ID }],
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
		const data = {
			id: ID,
			status: 'processing',
			cost: '0.1234',
			progress: '40',
			created: '1765000891',
		};
		expect(parseTask({ data })).toMatchObject({
			costUsd: 0.1234,
			progress: 40,
			createdMs: 1765000891000,
		});
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

describe('when a link ends', () => {
	const done = { id: ID, status: 'completed', completed: 1765001046 };
	it('is 24 hours after completion where the answer does not say', () => {
		expect(parseTask({ ...done, url: URL })?.expiresAtMs).toBe(1765001046000 + 86_400_000);
	});

	it('is unknown where the answer has neither', () => {
		expect(parseTask({ id: ID, status: 'completed', url: URL })?.expiresAtMs).toBeUndefined();
	});

	it('is left out of a task without a video', () => {
		expect(parseTask(done)?.expiresAtMs).toBeUndefined();
	});
});

describe('the words for a state', () => {
	it.each<[string, string]>([
		...['submitted', 'pending', 'queued'].map((word): [string, string] => [word, 'submitted']),
		...['completed', 'complete', 'success', 'succeeded', 'succeed', 'finished'].map(
			(word): [string, string] => [word, 'completed'],
		),
		...['failed', 'failure', 'fail', 'error', 'cancelled', 'canceled', 'timeout', 'expired'].map(
			(word): [string, string] => [word, 'failed'],
		),
		...['processing', 'in_progress', 'running', 'a word of next year', ''].map(
			(word): [string, string] => [word, 'processing'],
		),
	])('%s means %s', (word, state) => {
		expect(taskState(word)).toBe(state);
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
