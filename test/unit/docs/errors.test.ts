/** docs/errors.md against the code: a message without its row, or a row without its message, fails here. */
import type { Answer } from '../../../nodes/KlingFast/apimart/answer';
import {
	errorOfAnswer,
	networkError,
	type ApimartError,
	type ErrorKind,
} from '../../../nodes/KlingFast/apimart/errors';
import { parseTask, type Task } from '../../../nodes/KlingFast/apimart/task';
import { faultOfTask, timeoutFault } from '../../../nodes/KlingFast/generation/outcome';
import { InvalidField } from '../../../nodes/KlingFast/invalidField';
import { klingFastProperties } from '../../../nodes/KlingFast/actions/properties';
import { childrenOf } from '../fieldLists';
import { codeIn, escaped, pageOf } from './markdown';
import { codeTexts } from './sentences';

const page = pageOf('docs/errors.md');

/** Only a fault of the package itself leads there. */
const NEVER_SHOWN = [
	'The row was not prepared',
	'The row has no request',
	'There is no field …',
	'The sheet ended without its rows',
	'There is no sheet to deliver',
	'There is no sheet to watch over',
];

/** In one place only: of these the code is read instead of run. */
const SAID_ONCE =
	/^(APIMart's answer (names|is) |Execution …|n8n was |This row was sent a day ago)/;

const rows = page.tables.flatMap(({ heading, head, rows: cells }) =>
	cells.map((row) => ({
		heading,
		message: codeIn(row[0]) ?? '',
		charged: head[1] === 'Charged' ? row[1] : undefined,
		cure: row[2],
	})),
);
const texts = codeTexts();
/** Names of fields are passed around in the code, too. */
const labels = new Set(
	[...klingFastProperties, ...klingFastProperties.flatMap(childrenOf)].map(
		({ displayName }) => displayName,
	),
);
const samples = [...errorSamples(), ...faultSamples()];

it('has a row, or a word in its text, for every sentence of the code', () => {
	const codes = [...page.text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
	const told = codes.filter((code) => /[A-Za-z]{3}/.test(code)).map(patternOf);
	const sentences = texts.filter(({ isSentence, text }) => isSentence && !labels.has(text));
	const untold = sentences.filter(
		({ text }) => !NEVER_SHOWN.includes(text) && !told.some((pattern) => pattern.test(text)),
	);
	expect(sentences.length).toBeGreaterThan(50);
	expect(untold.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
});

it('has no row for a sentence that the code does not know', () => {
	const known = [...texts.map(({ text }) => text), ...samples.map(({ message }) => message)];
	const idle = rows.filter(({ heading, message }) => {
		const pattern = patternOf(message);
		return heading !== "n8n's log" && !known.some((text) => pattern.test(text));
	});
	expect(idle.map(({ message }) => message)).toEqual([]);
});

it('says of every row what to do, and what was charged where money is in it', () => {
	const silent = rows.filter(({ heading, cure }) => heading !== "n8n's log" && !cure);
	expect(silent.map(({ message }) => message)).toEqual([]);
	const charged = rows.filter((row) => row.charged !== undefined).map((row) => row.charged);
	expect([...new Set(charged)].sort()).toEqual(['No', 'Perhaps', 'Yes']);
});

it('is tried with every kind of error that there is', () => {
	const kinds = errorSamples().map(({ kind }) => kind);
	expect([...new Set(kinds)].sort()).toEqual(Object.keys(everyKind).sort());
});

it.each(samples)('has a row for: $message', ({ message, charged }) => {
	const row = rows.find((candidate) => patternOf(candidate.message).test(message));
	expect(row?.message).toBeDefined();
	if (charged === 'no') expect(row?.charged).toMatch(/^(No|Perhaps)$/);
	else expect(row?.charged).toMatch(/^(Perhaps|Yes)$/);
});

it.each(rows.filter(({ charged, message }) => charged === 'Perhaps' && !SAID_ONCE.test(message)))(
	'never promises too much, nor fears without reason: $message',
	({ message }) => {
		const mine = samples.filter((sample) => patternOf(message).test(sample.message));
		expect(mine.map(({ charged }) => charged)).toContain('unknown');
	},
);

interface Sample {
	message: string;
	charged: 'no' | 'unknown';
}

const everyKind: Record<ErrorKind, true> = {
	credential: true,
	balance: true,
	content: true,
	rateLimit: true,
	overloaded: true,
	parameter: true,
	duplicate: true,
	unknownTask: true,
	network: true,
	unreachable: true,
	unreadable: true,
	redirect: true,
	server: true,
};

function errorSamples(): Array<Sample & { kind: ErrorKind }> {
	const said = (message: string, code?: string) => ({ error: { message, code } });
	const answers: Array<[httpStatus: number, json: unknown]> = [
		...[302, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503, 504].map(
			(status): [number, unknown] => [status, said('No')],
		),
		[200, undefined],
		[403, undefined],
		[407, undefined],
		[200, { success: false, message: 'No' }],
		[400, said('duration is too long')],
		[400, said('no channel', 'get_channel_failed')],
		[400, said('the prompt was rejected by moderation')],
		[400, said('invalid task id')],
		[500, said('build_request_failed: no such mode')],
		[503, said('later', 'idempotency_unavailable')],
		[409, said('in progress', 'idempotency_in_progress')],
		[409, said('reused', 'idempotency_key_reused')],
		[409, said('unknown', 'idempotency_result_unknown')],
	];
	const errors = answers.map(([httpStatus, json]) => {
		const text = json === undefined ? '<p>Hello</p>' : JSON.stringify(json);
		const answer: Answer = { httpStatus, json, text, headers: {} };
		return errorOfAnswer(answer, 0);
	});
	return [...errors, ...['ECONNRESET', 'ENOTFOUND'].map((code) => networkError({ code }))]
		.filter((error): error is ApimartError => error !== undefined)
		.map(({ message, details }) => ({ message, charged: details.charged, kind: details.kind }));
}

function faultSamples(): Sample[] {
	const taskOf = (json: object) => parseTask({ id: 'task_1', ...json }) as Task;
	const running = taskOf({ status: 'processing', progress: 40 });
	const unknown = [
		timeoutFault('task_1', 900),
		timeoutFault('task_1', 900, { task: running }),
		timeoutFault('task_1', 900, { lastFault: 'No answer' }),
		faultOfTask(taskOf({ status: 'completed' })),
	];
	const no = [
		faultOfTask(taskOf({ status: 'failed', error: { message: 'The face is not clear' } })),
		faultOfTask(taskOf({ status: 'cancelled' })),
		new InvalidField('Duration (Seconds)', '20', 'a whole number from 3 to 15'),
		new InvalidField('Shot List', '"x"', 'a whole number', 'shot 2, duration'),
	];
	return [
		...unknown.map((fault): Sample => ({ message: fault?.message ?? '', charged: 'unknown' })),
		...no.map((fault): Sample => ({ message: fault?.message ?? '', charged: 'no' })),
	];
}

function patternOf(message: string): RegExp {
	return new RegExp(`^${message.split('…').map(escaped).join('.+')}$`, 's');
}
