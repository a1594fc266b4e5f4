/** n8n's log shows messages only, with its default settings: what an admin looks for has to stand in them. */
import { logEnd, logState, logSubmit } from '../../../nodes/KlingFast/generation/taskLog';
import type { Outcome } from '../../../nodes/KlingFast/generation/outcome';

const taskId = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const clip = { taskId, itemIndex: 3 };

function runThatLogs() {
	const lines: string[] = [];
	const at = (level: string) => (message: string) => lines.push(`${level} ${message}`);
	const logger = { info: at('info'), warn: at('warn'), debug: at('debug') };
	const scope = { instanceId: 'instance', workflowId: 'workflow', nodeId: 'node', runIndex: 0 };
	const run = { logger, keyScope: { ...scope, executionId: '1234', firstExecutionId: '1234' } };
	return { run, lines };
}

test('each change of state is one line, which names the task', () => {
	const { run, lines } = runThatLogs();
	logSubmit(clip, false, run);
	logSubmit(clip, true, run);
	logState(clip, { taskId, state: 'processing', stateWord: 'processing', progress: 91 }, run);
	const completed: Outcome = { ...clip, status: 'completed' };
	logEnd(clip, completed, run);
	logEnd(clip, { ...completed, status: 'failed', fault: { message: 'No luck' } }, run);
	expect(lines).toEqual([
		`info Kling Fast: clip submitted: ${taskId} (execution 1234, item 3)`,
		`info Kling Fast: clip found again, not bought twice: ${taskId} (execution 1234, item 3)`,
		`debug Kling Fast: clip processing, 91 %: ${taskId} (item 3)`,
		`info Kling Fast: clip completed: ${taskId} (item 3)`,
		`warn Kling Fast: clip failed: ${taskId} (item 3): No luck`,
	]);
});

test("the row's own data stands in the line of its submit: cut, without secrets", () => {
	const { run, lines } = runThatLogs();
	const pasted = ['sk', 'a1'.repeat(10)].join('-');
	const metadata = { row: 7, note: `a\nb ${pasted}`, long: 'x'.repeat(500) };
	logSubmit({ ...clip, metadata }, false, run);
	expect(lines[0]).toMatch(/\(execution 1234, item 3\) \{"row":7,"note":"a\\nb sk-\*\*\*/);
	expect(lines[0]).not.toContain(pasted);
	expect(lines[0]).not.toContain('\n');
	expect(lines[0].length).toBeLessThan(350);
});
