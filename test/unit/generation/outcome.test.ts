import {
	faultOf,
	faultOfTask,
	faultSentence,
	outcomeJson,
	timeoutFault,
	type Outcome,
} from '../../../nodes/KlingFast/generation/outcome';
import { refusal } from '../apimart/answers';
import { REQUEST } from './run';

const TASK = {
	taskId: 'task_1',
	state: 'completed' as const,
	stateWord: 'completed',
	createdMs: 1765000891000,
	completedMs: 1765001046000,
	costUsd: 0.30000000000000004,
	videoUrl: 'https://files.example/task_1.mp4',
	expiresAtMs: 1765087446000,
};

describe('the output item', () => {
	it('has all that is known, and nothing else', () => {
		const outcome: Outcome = {
			itemIndex: 0,
			status: 'completed',
			taskId: 'task_1',
			task: TASK,
			request: { ...REQUEST, cameraMovement: 'Pan left', metadata: { row: 7 } },
			estimatedCostUsd: 0.504,
			submittedAtMs: 1,
		};
		expect(outcomeJson(outcome)).toStrictEqual({
			taskId: 'task_1',
			status: 'completed',
			videoUrl: 'https://files.example/task_1.mp4',
			expiresAt: '2025-12-07T06:04:06.000Z',
			cost: 0.3,
			estimatedCost: 0.504,
			duration: 5,
			aspectRatio: '16:9',
			quality: 'std',
			audio: true,
			prompt: 'A cup',
			submittedAt: '2025-12-06T06:01:31.000Z',
			completedAt: '2025-12-06T06:04:06.000Z',
			elapsedSeconds: 155,
			metadata: { row: 7 },
		});
	});

	it('leaves out what is not known', () => {
		const request = { ...REQUEST, prompt: '' };
		expect(Object.keys(outcomeJson({ itemIndex: 0, status: 'submitted', request }))).toEqual([
			'status',
			'duration',
			'aspectRatio',
			'quality',
			'audio',
		]);
	});

	it('takes our own clock for the submit until the provider tells', () => {
		const outcome: Outcome = { itemIndex: 0, status: 'submitted', submittedAtMs: 1765000891000 };
		expect(outcomeJson(outcome).submittedAt).toBe('2025-12-06T06:01:31.000Z');
	});

	it('never took less than no time', () => {
		const task = { ...TASK, completedMs: TASK.createdMs - 1000 };
		expect(outcomeJson({ itemIndex: 0, status: 'completed', task }).elapsedSeconds).toBe(0);
	});

	it('has an error exactly where something went wrong', () => {
		const good: Outcome = { itemIndex: 0, status: 'completed', task: TASK, taskId: 'task_1' };
		expect(outcomeJson(good)).not.toHaveProperty('error');
		const bad = { ...good, fault: { message: 'The link has expired' } };
		expect(outcomeJson(bad).error).toBe('The link has expired (task task_1) [item 0]');
	});
});

describe('what went wrong, in a sentence', () => {
	it.each<[Parameters<typeof faultSentence>[0], string]>([
		[{ fault: { message: 'No balance' } }, 'No balance'],
		[{ fault: { message: 'No balance', advice: 'Top up.' } }, 'No balance. Top up.'],
		[{ fault: { message: 'Really?', advice: 'Top up.' } }, 'Really? Top up.'],
		[
			{ fault: { message: 'No', advice: 'Top up.' }, taskId: 'task_1' },
			'No (task task_1). Top up.',
		],
		[{ fault: { message: 'No task_1' }, taskId: 'task_1' }, 'No task_1'],
		[{ fault: { message: 'No' }, taskId: 'task_1', itemIndex: 4 }, 'No (task task_1) [item 4]'],
	])('%j: %s', (parts, sentence) => {
		expect(faultSentence(parts)).toBe(sentence);
	});

	it("of a refusal has the provider's words and what to do", () => {
		const error = refusal(402, { error: { message: 'top up' } });
		expect(faultOf(error)).toEqual({
			message: 'The APIMart balance is too low: top up',
			advice: 'Top up the APIMart account, then run again. Nothing was charged for this clip.',
			api: { kind: 'balance', httpStatus: 402 },
		});
	});

	it('of anything else has what there is', () => {
		const error = new Error('disk full');
		expect(faultOf(error)).toEqual({ message: 'disk full' });
		expect(faultOf('odd')).toEqual({ message: 'odd' });
	});

	it('of a failed task says that it was not charged', () => {
		expect(faultOfTask({ ...TASK, state: 'failed', failure: 'upstream fault' })).toEqual({
			message: 'APIMart could not make the clip: upstream fault',
			advice: 'Failed clips are not charged.',
		});
	});

	it('of a completed task without a video tells the way to it', () => {
		const fault = faultOfTask({ ...TASK, videoUrl: undefined });
		expect(faultSentence({ fault })).toMatch(/task_1.*names no video.*Get Video/);
		expect(faultOfTask(TASK)).toBeUndefined();
	});

	it('of a timeout names the task, what was seen of it, and the way to it', () => {
		const running = {
			...TASK,
			state: 'processing' as const,
			stateWord: 'processing',
			progress: 91,
		};
		expect(timeoutFault('task_1', 900, { task: running }).message).toBe(
			'Task task_1 was not finished after 900 seconds (last seen: processing, 91 %)',
		);
		expect(timeoutFault('task_1', 900, { lastFault: 'No answer' }).message).toBe(
			'Task task_1 was not finished after 900 seconds (the last read failed: No answer)',
		);
		expect(faultSentence({ fault: timeoutFault('task_1', 900) })).toMatch(
			/^Task task_1 .*may still be finished and charged.*Get Video/,
		);
	});
});
