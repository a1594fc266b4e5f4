import {
	faultSentence,
	outcomeJson,
	timeoutFault,
} from '../../../nodes/KlingFast/generation/outcome';

it('a clip never took less than no time', () => {
	const times = { createdMs: 1765000891000, completedMs: 1765000890000 };
	const task = { taskId: 'task_1', state: 'completed' as const, stateWord: 'completed', ...times };
	expect(outcomeJson({ itemIndex: 0, task }).elapsedSeconds).toBe(0);
});

it.each<[Parameters<typeof faultSentence>[0], string]>([
	[{ fault: { message: 'No balance' } }, 'No balance'],
	[{ fault: { message: 'No balance', advice: 'Top up.' } }, 'No balance. Top up.'],
	[{ fault: { message: 'Really?', advice: 'Top up.' } }, 'Really? Top up.'],
	[{ fault: { message: 'No', advice: 'Do.' }, taskId: 'task_1' }, 'No (task task_1). Do.'],
	[{ fault: { message: 'No task_1' }, taskId: 'task_1' }, 'No task_1'],
	[{ fault: { message: 'No' }, taskId: 'task_1', itemIndex: 4 }, 'No (task task_1) [item 4]'],
])('what went wrong is one sentence: %j', (parts, sentence) => {
	expect(faultSentence(parts)).toBe(sentence);
});

it.each([
	[undefined, 'last seen: pending)'],
	[0, 'last seen: pending, 0 %)'],
	[42, 'last seen: pending, 42 %)'],
])('a timeout says how far the clip was where that was told: %p', (progress, words) => {
	const task = { taskId: 'task_1', state: 'submitted' as const, stateWord: 'pending', progress };
	expect(timeoutFault('task_1', 900, { task }).message).toContain(words);
});
