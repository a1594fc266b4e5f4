/** Whatever a provider, a proxy or a caller writes: it costs no time, and what a person or a log gets of it is one short line. */
import {
	describeCause,
	excerpt,
	redact,
	retryAfterSeconds,
} from '../../../nodes/KlingFast/apimart/answer';
import {
	looksLikeToken,
	openToken,
	taskIdOfCallback,
} from '../../../nodes/KlingFast/apimart/callback';
import { errorOfAnswer, networkError } from '../../../nodes/KlingFast/apimart/errors';
import { parseSubmittedTaskId, parseTask, TASK_ID } from '../../../nodes/KlingFast/apimart/task';
import { faultOfTask, timeoutFault } from '../../../nodes/KlingFast/generation/outcome';
import { logEnd, logState } from '../../../nodes/KlingFast/generation/taskLog';
import { ENDLESS_TEXTS, isSlow } from '../inputs/hostileValues';
import { answer, apimartRejection, clientOf } from './answers';

const ID = 'task_01KBS40K78KGHZ9SDBWQSGSXRK';
const STATUSES = [200, 400, 409, 502];
const FORGED = `\r\n\u0085\u2028Kling Fast: clip submitted: ${ID} (execution 1, item 0)\u001b[2K\n`;

/** Every place of an answer in which a text can stand, and what is said of it. */
const SAID: Record<string, (text: string) => string[]> = {
	'the body of an error': (text) =>
		STATUSES.map((status) => errorOfAnswer(answer(status, text), 0)?.message ?? ''),
	'the message of an error': (text) =>
		STATUSES.map((status) => errorOfAnswer(answer(status, errorWith(text)), 0)?.message ?? ''),
	'the code of an error': (text) =>
		STATUSES.map((status) => errorOfAnswer(answer(status, codeWith(text)), 0)?.message ?? ''),
	'a network fault': (text) => [networkError(new Error(text)).message, describeCause(text)],
	'the reason of a failed task': (text) => saidOf({ status: 'failed', error: { message: text } }),
	'the code of a failed task': (text) => saidOf({ status: 'failed', error: { code: text } }),
	"a failed task's other reason": (text) => saidOf({ status: 'failed', fail_reason: text }),
	"a task's state": (text) => saidOf({ status: text, progress: 40 }),
};

/** Every place in which a text is read and not shown. */
const READ: Record<string, (text: string) => unknown> = {
	'a task id': (text) => [
		parseTask({ id: text, status: 'pending' }),
		parseSubmittedTaskId({ data: [{ task_id: text }] }),
		taskIdOfCallback({ id: text }),
	],
	'a video address': (text) => parseTask({ id: ID, status: 'completed', url: text }),
	numbers: (text) => parseTask({ id: ID, status: 'pending', progress: text, cost: text }),
	times: (text) => parseTask({ id: ID, status: 'completed', created: text, completed: text }),
	'Retry-After': (text) => retryAfterSeconds({ 'retry-after': text }, 0),
	'a token': (text) => [looksLikeToken(text), openToken(Buffer.alloc(32), text)],
	'a text that is hidden whole': redact,
	'a text that is shown': (text) => excerpt(text),
};

test.each(Object.entries({ ...SAID, ...READ }))('an endless text costs no time: %s', (_, work) => {
	const slow = ENDLESS_TEXTS.filter(([, text]) => isSlow(() => work(text)));
	expect(slow.map(([what]) => what)).toEqual([]);
});

test.each(Object.entries(SAID))('what is said is one short line: %s', (_, say) => {
	for (const text of [...ENDLESS_TEXTS.map(([, endless]) => endless), FORGED, `a${FORGED}b`]) {
		for (const sentence of say(text)) {
			expect(sentence.length).toBeLessThan(1_300);
			expect(sentence).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
		}
	}
});

test.each([
	'task_1\nKling Fast: clip submitted: task_2',
	'task 1',
	'tāsk_1',
	'task_1/../../balance',
	'..',
	'task_1,task_2',
	'a'.repeat(129),
])('a task id that is none is not taken for one: %j', async (id) => {
	expect(TASK_ID.test(id)).toBe(false);
	expect(parseTask({ id, status: 'completed' })).toBeUndefined();
	expect(parseSubmittedTaskId({ code: 200, data: [{ task_id: id }] })).toBeUndefined();
	expect(taskIdOfCallback({ id })).toBeUndefined();
	const { client } = clientOf({ code: 200, data: [{ task_id: id }] });
	const { message, details } = await apimartRejection(client.submit('{}', 'key'));
	expect(message).toContain(`APIMart's answer names no task ID: {"code":200,"data":[{"task_id":"`);
	expect(details).toMatchObject({ kind: 'unreadable', retryable: false, charged: 'unknown' });
});

test.each([ID, 'task-unified-1757156493-ab12cd34', 'cgt-20260919:7.b', '4711'])(
	'a task id of another form is: %s',
	(id) => {
		expect(parseSubmittedTaskId({ code: 200, data: [{ task_id: id }] })).toBe(id);
		expect(taskIdOfCallback({ id })).toBe(id);
	},
);

test('file names of an upload are cut and one line, and its time is in range', async () => {
	const url = 'https://getapib.org/f/1.png';
	const texts = { filename: `a${FORGED}`, content_type: `b${FORGED}` };
	const image = { bytes: Buffer.from('x'), fileName: 'x.png', mimeType: 'image/png' };
	const upload = async (created_at: unknown) =>
		await clientOf({ url, ...texts, created_at }).client.uploadImage(image);
	const { fileName, mimeType, createdMs } = await upload(1765000891123);
	expect(`${fileName}${mimeType}`).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
	expect(createdMs).toBe(1765000891123);
	for (const created_at of [1e15, 8.64e15, 1e300, -1, 'soon', '1e400']) {
		expect((await upload(created_at)).createdMs).toBeUndefined();
	}
});

function errorWith(message: string) {
	return { error: { message, type: 'apimart_error' } };
}

function codeWith(code: string) {
	return { error: { message: 'No', code, type: code } };
}

/** All sentences and log lines about a task. */
function saidOf(node: object): string[] {
	const task = parseTask({ id: ID, ...node });
	if (!task) return [];
	const lines: string[] = [];
	const log = (line: string) => void lines.push(line);
	const run = { logger: { debug: log, info: log, warn: log, error: log } };
	const clip = { itemIndex: 0, taskId: ID };
	const fault = faultOfTask(task);
	logState(clip, task, run);
	logEnd(clip, { itemIndex: 0, task, status: task.state, fault }, run);
	return [...lines, fault?.message ?? '', timeoutFault(ID, 900, { task }).message];
}
